use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use bytes::Bytes;
use tower::{BoxError, Service};

use super::Integration;
use crate::{
    body::Body,
    context::Context,
    responses,
    service::{BoxFuture, Response},
};

/// An [`Integration`] as a tower service of its own; its error is rendered as the stock answer.
#[derive(Clone)]
pub struct IntegrationService {
    integration: Arc<dyn Integration>,
}

impl IntegrationService {
    /// A service of an integration that is shared.
    #[must_use]
    pub fn new(integration: Arc<dyn Integration>) -> Self {
        Self { integration }
    }
}

impl fmt::Debug for IntegrationService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationService").finish_non_exhaustive()
    }
}

impl<B> Service<http::Request<B>> for IntegrationService
where
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = IntegrationFuture;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> IntegrationFuture {
        let integration = Arc::clone(&self.integration);
        IntegrationFuture {
            inner: Box::pin(async move {
                let (mut parts, body) = request.into_parts();
                let context = Context::of(&mut parts, None);
                let request = http::Request::from_parts(parts, Body::new(body));
                let answer = integration.invoke(request, &context).await;
                Ok(answer.unwrap_or_else(|error| responses::render_alone(error, &context)))
            }),
        }
    }
}

pin_project_lite::pin_project! {
    /// The future of an [`IntegrationService`].
    pub struct IntegrationFuture {
        inner: BoxFuture<Result<Response, Infallible>>,
    }
}

impl Future for IntegrationFuture {
    type Output = Result<Response, Infallible>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.project().inner.as_mut().poll(cx)
    }
}

impl fmt::Debug for IntegrationFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationFuture").finish_non_exhaustive()
    }
}

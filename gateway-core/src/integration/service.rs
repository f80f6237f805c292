use std::{
    convert::Infallible,
    fmt,
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
    service::{Response, ResponseFuture},
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
    type Future = ResponseFuture;

    fn poll_ready(&mut self, _: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<B>) -> ResponseFuture {
        let integration = Arc::clone(&self.integration);
        ResponseFuture::new(async move {
            let (mut parts, body) = request.into_parts();
            let context = Context::of(&mut parts, None);
            let request = http::Request::from_parts(parts, Body::new(body));
            let answer = integration.invoke(request, &context).await;
            answer.unwrap_or_else(|error| responses::render_alone(error, &context))
        })
    }
}

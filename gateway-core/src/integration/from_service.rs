use std::{fmt, marker::PhantomData};

use async_trait::async_trait;
use bytes::Bytes;
use tower::{BoxError, Service, ServiceExt};

use super::{Integration, hand_on};
use crate::{
    body::Body,
    context::Context,
    error::{Error, ErrorKind},
    service::{Request, Response},
};

/// Any tower service as an [`Integration`], such as the host's own `axum::Router`.
///
/// The service is cloned for each request and driven to readiness (`tower::util::BoxCloneSyncService` makes any service
/// fit). Its error becomes
/// [`ErrorKind::IntegrationFailure`]. It finds the `Arc<Context>` in the request's extensions.
///
/// # Example
/// ```
/// use gateway_core::{Body, FromService, Request, Response};
///
/// let own = tower::service_fn(|_: Request| async { Ok::<_, std::io::Error>(Response::new(Body::from("hello"))) });
/// let integration = FromService::new(own);
/// ```
pub struct FromService<S, R = Body> {
    service: S,
    response: PhantomData<fn() -> R>,
}

impl<S, R> FromService<S, R>
where
    S: Service<Request, Response = http::Response<R>> + Clone,
{
    /// Makes an integration of `service`.
    #[must_use]
    pub fn new(service: S) -> Self {
        Self { service, response: PhantomData }
    }
}

impl<S, R> fmt::Debug for FromService<S, R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FromService").finish_non_exhaustive()
    }
}

#[async_trait]
impl<S, R> Integration for FromService<S, R>
where
    S: Service<Request, Response = http::Response<R>> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError>,
    S::Future: Send,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    async fn invoke(&self, mut request: Request, context: &Context) -> Result<Response, Error> {
        hand_on(context, &mut request);
        let service = self.service.clone();
        let response = service
            .oneshot(request)
            .await
            .map_err(|error| Error::new(ErrorKind::IntegrationFailure).with_source(error))?;
        Ok(response.map(Body::new))
    }
}

//! `Integration`: a backend that answers requests.

mod from_service;
mod service;

use std::{future::Future, sync::Arc};

use async_trait::async_trait;

pub use self::{from_service::FromService, service::IntegrationService};
use crate::{
    context::Context,
    error::{Error, ErrorKind},
    service::{Request, Response},
};

/// A backend.
///
/// The request's URI has lost the stage or the base path; [`Context::request`] has the whole. Path variables are in
/// [`Context::path_params`]. Any tower service becomes an integration by [`FromService`], and so does an `async`
/// closure from [`Request`] to `Result<Response, Error>`; both find the `Arc<Context>` in the request's extensions.
///
/// # Example
/// ```
/// use gateway_core::{Body, Error, Integration, Request, Response};
///
/// let hello = async |_: Request| Ok::<_, Error>(Response::new(Body::from("hello")));
/// # fn takes(_: impl Integration) {}
/// # takes(|_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) });
/// ```
#[async_trait]
pub trait Integration: Send + Sync + 'static {
    /// Answers one request.
    ///
    /// # Errors
    /// [`IntegrationFailure`](crate::ErrorKind::IntegrationFailure) and
    /// [`IntegrationTimeout`](crate::ErrorKind::IntegrationTimeout) when there is no answer,
    /// [`ApiConfigurationError`](crate::ErrorKind::ApiConfigurationError) when the request cannot be made.
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error>;

    /// Why a request fails that this has not answered in time: [`IntegrationTimeout`](ErrorKind::IntegrationTimeout),
    /// with another status where AWS has one for such a backend.
    fn late(&self) -> Error {
        ErrorKind::IntegrationTimeout.into()
    }

    /// This integration as a tower service.
    fn into_service(self) -> IntegrationService
    where
        Self: Sized,
    {
        IntegrationService::new(Arc::new(self))
    }
}

#[async_trait]
impl<F, Answer> Integration for F
where
    F: Fn(Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Response, Error>> + Send,
{
    async fn invoke(&self, mut request: Request, context: &Context) -> Result<Response, Error> {
        hand_on(context, &mut request);
        self(request).await
    }
}

#[async_trait]
impl<I: Integration + ?Sized> Integration for Arc<I> {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        (**self).invoke(request, context).await
    }

    fn late(&self) -> Error {
        (**self).late()
    }
}

/// Lets what takes a request alone find the facts in it.
fn hand_on(context: &Context, request: &mut Request) {
    if let Some(context) = context.shared() {
        request.extensions_mut().insert(context);
    }
}

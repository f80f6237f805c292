//! The seam to an HTTP client: authorizers and integrations share one, and its connection pool.

use async_trait::async_trait;

use crate::{
    error::Error,
    service::{Request, Response},
};

/// Sends an HTTP request as it is, to the absolute address in its URI.
///
/// `gateway_integrations::http::PooledClient` implements it; a host may bring its own.
#[async_trait]
pub trait HttpClient: Send + Sync + 'static {
    /// Sends `request` and returns the answer as soon as its head is there. A `Host` header that is missing is taken
    /// from the address; redirects are not followed.
    ///
    /// # Errors
    /// [`IntegrationFailure`](crate::ErrorKind::IntegrationFailure) if there is no answer,
    /// [`IntegrationTimeout`](crate::ErrorKind::IntegrationTimeout) if it is late,
    /// [`RequestTooLarge`](crate::ErrorKind::RequestTooLarge) if the request's body went over its limit,
    /// [`BadRequest`](crate::ErrorKind::BadRequest) if that body broke off. The source is a
    /// [`CallError`](crate::CallError), as is that of an error of the answer's body, where the client can say so much.
    async fn send(&self, request: Request) -> Result<Response, Error>;
}

//! `ServiceClient`: what signs calls of AWS's services, and sends them.

use std::{future::Future, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{Context, Error, Response};

/// A client of AWS's services: it signs a call with the credentials of its role, and sends it.
///
/// A closure `|call: ServiceCall| async { Ok(response) }` is one too.
#[async_trait]
pub trait ServiceClient: Send + Sync + 'static {
    /// Calls a service.
    ///
    /// # Errors
    /// [`IntegrationFailure`](gateway_core::ErrorKind::IntegrationFailure) when there is no answer,
    /// [`ApiConfigurationError`](gateway_core::ErrorKind::ApiConfigurationError) when the call may not be made.
    async fn send(&self, call: ServiceCall, context: &Context) -> Result<Response, Error>;
}

/// One call of a service, not signed yet.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ServiceCall {
    /// The service's name in host names, such as `sqs`.
    pub service: String,
    /// What stands in front of it, such as `runtime` for `runtime.sagemaker`.
    pub subdomain: Option<String>,
    /// The region.
    pub region: String,
    /// The role to call with (an ARN).
    pub credentials: Option<String>,
    /// The action, where the address names one. It stands in the query, too; services that speak JSON want it in
    /// `X-Amz-Target`, with a prefix of their own.
    pub action: Option<String>,
    /// The call, with an absolute address.
    pub request: http::Request<Bytes>,
}

impl ServiceCall {
    /// A call of `service` in `region`, with the host's own credentials.
    #[must_use]
    pub fn new(service: impl Into<String>, region: impl Into<String>, request: http::Request<Bytes>) -> Self {
        let (service, region) = (service.into(), region.into());
        Self { service, subdomain: None, region, credentials: None, action: None, request }
    }

    /// Names the action, for services that speak JSON.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.action = Some(action.into());
        self
    }
}

#[async_trait]
impl<F, Answer> ServiceClient for F
where
    F: Fn(ServiceCall) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Response, Error>> + Send,
{
    async fn send(&self, call: ServiceCall, _: &Context) -> Result<Response, Error> {
        self(call).await
    }
}

#[async_trait]
impl ServiceClient for Arc<dyn ServiceClient> {
    async fn send(&self, call: ServiceCall, context: &Context) -> Result<Response, Error> {
        (**self).send(call, context).await
    }
}

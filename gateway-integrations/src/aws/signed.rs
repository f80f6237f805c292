//! `SignedClient`: calls services of AWS over HTTP, with signatures.

use std::{collections::HashMap, fmt, sync::Arc};

use async_trait::async_trait;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use bytes::Bytes;
use gateway_core::{Body, Context, Error, HttpClient, Response};
use http::{HeaderName, HeaderValue, Request, StatusCode, Uri};

use super::{
    ServiceCall, ServiceClient,
    assume_role::{AssumedRole, RoleArn},
    credentials::Callers,
    endpoint::{EndpointError, at, endpoint},
    signature::{Scope, sign, signing_name, target_prefix},
};
use crate::failure::{misconfigured, read_answer};

static TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A client of AWS's services that signs each call itself (Signature Version 4) and sends it through an [`HttpClient`]:
/// a [`ServiceClient`] for every service, and a [`Function`](gateway_core::Function) for those on Lambda.
///
/// Calls are signed with the credentials of the role that the integration names (`credentials`), if [`roles`](Self::roles)
/// knows it or it can be [assumed](Self::assume_roles), and with the host's own where it names none. Any `ProvideCredentials` gives them: constant ones, those of the
/// environment ([`credentials_from_env`](super::credentials_from_env)), a closure (`provide_credentials_fn`), the chains of
/// `aws-config`. They are kept until a minute before they expire, and never shown to anybody.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{Functions, HttpClient};
/// use gateway_integrations::{Integrations, aws::{Credentials, SignedClient}};
///
/// fn integrations(client: Arc<dyn HttpClient>) -> Integrations {
///     let credentials = Credentials::from_keys("AKIDEXAMPLE", "secret", None);
///     let signed = SignedClient::new(Arc::clone(&client), credentials);
///     let lambda = signed.clone();
///     Integrations::new(client)
///         .functions(Functions::new().resolve_with(move |_| Some(Arc::new(lambda.clone()))))
///         .service_client(signed)
/// }
/// ```
#[derive(Clone)]
pub struct SignedClient {
    client: Arc<dyn HttpClient>,
    callers: Arc<Callers>,
    endpoint: Option<Uri>,
    endpoints: HashMap<String, Uri>,
    /// The region of the STS that is asked for the credentials of roles.
    sts: Option<String>,
}

impl SignedClient {
    /// A client that calls through `client` with the credentials of the host.
    #[must_use]
    pub fn new(client: Arc<dyn HttpClient>, credentials: impl ProvideCredentials + 'static) -> Self {
        Self {
            client,
            callers: Arc::new(Callers::new(SharedCredentialsProvider::new(credentials))),
            endpoint: None,
            endpoints: HashMap::new(),
            sts: None,
        }
    }

    /// Who gives the credentials of a role, by its ARN. A role that nobody knows is a failure of the integration (500);
    /// the host's own credentials never stand in for it.
    #[must_use]
    pub fn roles(mut self, roles: impl Fn(&str) -> Option<SharedCredentialsProvider> + Send + Sync + 'static) -> Self {
        self.callers = Arc::new(self.callers.with_roles(Box::new(roles)));
        self
    }

    /// Assumes the roles that integrations name, with the host's own credentials: by a call of AWS STS in `region`, when a
    /// role is first needed and a minute before its credentials expire. A role that may not be assumed is a failure of the
    /// integration (500), whose cause is written down.
    ///
    /// AWS STS API reference: *AssumeRole*.
    #[must_use]
    pub fn assume_roles(mut self, region: impl Into<String>) -> Self {
        self.sts = Some(region.into());
        self
    }

    /// Calls this endpoint instead of AWS's, as `AWS_ENDPOINT_URL` does for AWS's own tools.
    ///
    /// # Errors
    /// When `address` is no endpoint.
    pub fn endpoint(mut self, address: &str) -> Result<Self, EndpointError> {
        self.endpoint = Some(endpoint(address)?);
        Ok(self)
    }

    /// The same for one service, by its name in integrations: `sqs`.
    ///
    /// # Errors
    /// When `address` is no endpoint.
    pub fn service_endpoint(mut self, service: &str, address: &str) -> Result<Self, EndpointError> {
        self.endpoints.insert(service.to_owned(), endpoint(address)?);
        Ok(self)
    }

    /// Signs a call and sends it.
    pub(crate) async fn call(
        &self,
        service: &str,
        signing_name: &str,
        region: &str,
        role: Option<&str>,
        mut request: Request<Bytes>,
        context: &Context,
    ) -> Result<Response, Error> {
        const NO_ROLE: &str = "API Gateway does not have permission to assume the provided role";
        let assume = |role: &str| self.assumed(role, context);
        let caller = self.callers.of(role, assume).ok_or_else(|| misconfigured(context, NO_ROLE))?;
        let now = context.clock().now();
        let credentials = caller.at(now).await.map_err(|error| misconfigured(context, error))?;
        if let Some(endpoint) = self.endpoint_of(service) {
            *request.uri_mut() = at(endpoint, request.uri());
        }
        let scope = Scope { service: signing_name, region, time: now };
        sign(&mut request, &credentials, &scope).map_err(|error| misconfigured(context, error))?;
        context.record_sent(request.headers());
        let response = self.client.send(request.map(Body::from)).await?;
        match credentials.session_token() {
            Some(token) if response.status() == StatusCode::FORBIDDEN => without(token, response, context).await,
            _ => Ok(response),
        }
    }

    fn endpoint_of(&self, service: &str) -> Option<&Uri> {
        self.endpoints.get(service).or(self.endpoint.as_ref())
    }

    /// Who assumes `role`, if that is one and roles are assumed at all.
    fn assumed(&self, role: &str, context: &Context) -> Option<SharedCredentialsProvider> {
        Some(SharedCredentialsProvider::new(AssumedRole {
            role: RoleArn::parse(role)?,
            region: self.sts.clone()?,
            endpoint: self.endpoint_of("sts").cloned(),
            own: Arc::clone(self.callers.own()),
            client: Arc::clone(&self.client),
            clock: Arc::clone(context.clock()),
        }))
    }
}

#[async_trait]
impl ServiceClient for SignedClient {
    async fn send(&self, mut call: ServiceCall, context: &Context) -> Result<Response, Error> {
        if let (Some(prefix), Some(action)) = (target_prefix(&call.service), &call.action)
            && let Ok(target) = HeaderValue::from_str(&format!("{prefix}.{action}"))
        {
            call.request.headers_mut().entry(&TARGET).or_insert(target);
        }
        let name = signing_name(&call.service, call.subdomain.as_deref());
        self.call(&call.service, name, &call.region, call.credentials.as_deref(), call.request, context).await
    }
}

impl fmt::Debug for SignedClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedClient")
            .field("endpoint", &self.endpoint)
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}

/// A refusal as it is, unless it tells the session's token: what a wrong signature should have been made of.
async fn without(token: &str, response: Response, context: &Context) -> Result<Response, Error> {
    let (head, body) = response.into_parts();
    let body = read_answer(body, context).await?;
    if body.windows(token.len().max(1)).any(|window| window == token.as_bytes()) {
        return Err(misconfigured(context, "the service refused the call, and told its token"));
    }
    Ok(Response::from_parts(head, Body::from(body)))
}

#[cfg(test)]
#[path = "signed_tests.rs"]
mod tests;

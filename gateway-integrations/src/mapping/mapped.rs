//! `Mapped`: a backend behind a mapping.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use gateway_core::{
    Body, Context, Error, Integration, IntegrationFacts, Request, Response, Step,
    config::{ContentHandling, Passthrough},
};
use http::{HeaderMap, response::Parts};

use super::{
    error::MappingError,
    headers::Behind,
    integration_response::IntegrationResponse,
    request::RequestMapping,
    response::{Answer, ResponseMapping},
};
use crate::failure::{read_answer, read_request, readable};

/// A backend behind a mapping: templates and parameters make its requests, and its answers.
///
/// Nothing of the client's request reaches the backend but what is mapped, and the body where no template is for it;
/// nothing of the backend's headers reaches the client but what is mapped. Each answer needs an
/// [`IntegrationResponse`]: without one the client gets 500, as with API Gateway.
///
/// The backend inside is any [`Integration`]: [`HttpBackend`](crate::http::HttpBackend), or one of the host's. It finds
/// the [`CallParameters`](super::CallParameters) in the request's extensions.
///
/// AWS developer guide: *Data mappings for REST APIs in API Gateway*, *Set up an integration request*.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::HttpClient;
/// use gateway_integrations::{http::HttpBackend, mapping::{IntegrationResponse, Mapped}};
///
/// fn pets(client: Arc<dyn HttpClient>) -> Result<Mapped<HttpBackend>, Box<dyn std::error::Error>> {
///     Ok(Mapped::new(HttpBackend::new("http://pets.internal/{kind}", client)?)
///         .request_parameter("integration.request.path.kind", "method.request.querystring.kind")?
///         .request_template("application/json", r#"{"name": $input.json('$.petName')}"#)?
///         .response(IntegrationResponse::new(200))
///         .response(IntegrationResponse::new(404).selection_pattern("404|410")?))
/// }
/// ```
#[derive(Clone)]
pub struct Mapped<I> {
    inner: I,
    pub(super) request: RequestMapping,
    pub(super) response: ResponseMapping,
}

impl<I> Mapped<I> {
    /// A mapping in front of an HTTP backend, or one that is like it.
    #[must_use]
    pub fn new(inner: I) -> Self {
        Self::behind(inner, Behind::Http)
    }

    /// A mapping in front of an AWS service, whose calls are signed: fewer headers may be mapped.
    #[must_use]
    pub fn aws(inner: I) -> Self {
        Self::behind(inner, Behind::Aws)
    }

    pub(super) fn behind(inner: I, behind: Behind) -> Self {
        Self { inner, request: RequestMapping::new(behind), response: ResponseMapping::new(behind) }
    }

    /// Sets a parameter of the call, `integration.request.{header|querystring|path}.NAME`, to a source:
    /// `method.request.{header|querystring|path}.NAME`, `method.request.body.PATH`, `context.NAME`,
    /// `stageVariables.NAME` or `'text'`. What has no value is left out.
    ///
    /// Some headers may not be set (`Content-Length`, `Transfer-Encoding`, ...): every request fails then.
    ///
    /// AWS developer guide: *Parameter mapping for REST APIs in API Gateway*.
    ///
    /// # Errors
    /// [`MappingError::Target`], [`MappingError::Source`] or [`MappingError::Path`] when a text names neither.
    pub fn request_parameter(mut self, target: &str, source: &str) -> Result<Self, MappingError> {
        self.request.parameters.add(target, source, self.request.behind)?;
        Ok(self)
    }

    /// Makes the body with a mapping template, for requests of this content type; `$default` is every other.
    ///
    /// # Errors
    /// [`MappingError::Template`] when the template cannot be read.
    pub fn request_template(mut self, content_type: &str, template: &str) -> Result<Self, MappingError> {
        self.request.templates.add(content_type, template)?;
        Ok(self)
    }

    /// What happens to a request that no template is for; it is passed on unless given.
    #[must_use]
    pub fn passthrough(mut self, passthrough: Passthrough) -> Self {
        self.request.passthrough = passthrough;
        self
    }

    /// Converts the request's body between text and binary.
    #[must_use]
    pub fn content_handling(mut self, handling: ContentHandling) -> Self {
        self.request.handling = Some(handling);
        self
    }

    /// Adds an answer. Of several that fit, that of the lowest status is taken.
    #[must_use]
    pub fn response(mut self, response: IntegrationResponse) -> Self {
        self.response.add(response);
        self
    }

    /// The backend.
    #[must_use]
    pub fn inner(&self) -> &I {
        &self.inner
    }
}

impl<I> fmt::Debug for Mapped<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mapped")
            .field("request", &self.request)
            .field("response", &self.response)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl<I: Integration> Integration for Mapped<I> {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (request, mut body) = request.into_parts();
        let body = read_request(&mut body).await?;
        let call = self.request.apply(&request, body, context)?;

        let mut mapped = Request::new(Body::from(call.body));
        *mapped.method_mut() = request.method.clone();
        *mapped.uri_mut() = request.uri.clone();
        *mapped.headers_mut() = call.headers;
        mapped.extensions_mut().insert(call.parameters);
        let called = context.clock().elapsed();
        let (head, body) = self.inner.invoke(mapped, context).await?.into_parts();
        let latency = context.clock().elapsed().saturating_sub(called);
        let body = read_answer(body, context).await?;
        if self.response.behind != Behind::Nothing {
            answered(&head, latency, context);
            context.record(|| Step::EndpointResponse {
                status: head.status,
                latency,
                headers: HeaderMap::clone(&head.headers),
                body: readable(&body),
            });
        }
        self.response.apply(Answer { head, body }, call.overrides, &request, context)
    }

    fn late(&self) -> Error {
        self.inner.late()
    }
}

/// Writes down how the backend itself answered: what the client gets may be quite another answer.
pub(super) fn answered(head: &Parts, latency: Duration, context: &Context) {
    context.set_integration(IntegrationFacts::answered(head.status, &head.headers, latency));
}

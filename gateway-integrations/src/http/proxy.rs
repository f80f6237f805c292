//! `HttpProxy`: passes requests on to an HTTP backend.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{Context, Error, ErrorKind, HttpClient, Integration, Request, Response};
use http::{Method, StatusCode, Version, header};
use http_body::Body as _;

use super::{
    headers::{Rules, clients_host, set_content_length},
    uri::{UriTemplate, UriTemplateError},
};

/// An HTTP backend; requests and answers stream through.
///
/// The status, the body and most headers pass unchanged, redirects too. What happens to the headers depends on what
/// stands in front:
///
/// - A REST API removes and renames what Amazon API Gateway removes and renames (`Date` becomes
///   `x-amzn-Remapped-Date`), and adds `X-Amzn-Apigateway-Api-Id`, `X-Amzn-Trace-Id` and `X-Forwarded-*`.
/// - An HTTP API renames nothing, and adds `Forwarded`, `Via` and `X-Amzn-Trace-Id`.
/// - Alone, as a service of its own, it adds `X-Forwarded-*`.
///
/// Hop-by-hop headers, and those that `Connection` names, never pass. Upgrades are not passed on, and `CONNECT` is
/// refused.
///
/// AWS developer guide: *Set up an HTTP integration*, *HTTP proxy integrations for HTTP APIs*.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::HttpClient;
/// use gateway_integrations::{HttpProxy, http::UriTemplateError};
///
/// fn pets(client: Arc<dyn HttpClient>) -> Result<HttpProxy, UriTemplateError> {
///     Ok(HttpProxy::new("http://pets.internal:8080/v1/pets/{id}", client)?.method(http::Method::GET))
/// }
/// ```
#[derive(Clone)]
pub struct HttpProxy {
    uri: UriTemplate,
    client: Arc<dyn HttpClient>,
    method: Option<Method>,
    preserve_host: bool,
}

impl HttpProxy {
    /// A backend at the address `uri`, see [`UriTemplate`], called through `client`.
    ///
    /// # Errors
    /// When `uri` is no address.
    pub fn new(uri: &str, client: Arc<dyn HttpClient>) -> Result<Self, UriTemplateError> {
        Ok(Self::of(UriTemplate::parse(uri)?, client))
    }

    pub(super) fn of(uri: UriTemplate, client: Arc<dyn HttpClient>) -> Self {
        Self { uri, client, method: None, preserve_host: false }
    }

    /// Calls the backend with `method`, whatever the client's own is.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Whether the backend sees the `Host` that the client named, instead of its own. No unless said.
    ///
    /// Over HTTP/2 the backend's own name stays in `:authority`.
    #[must_use]
    pub fn preserve_host(mut self, preserve: bool) -> Self {
        self.preserve_host = preserve;
        self
    }

    /// The address.
    #[must_use]
    pub fn uri(&self) -> &UriTemplate {
        &self.uri
    }
}

impl fmt::Debug for HttpProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpProxy")
            .field("uri", &self.uri)
            .field("method", &self.method)
            .field("preserve_host", &self.preserve_host)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Integration for HttpProxy {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (mut parts, body) = request.into_parts();
        let (uri, host) = self.uri.target(&parts.uri, context)?;
        if let Some(method) = &self.method {
            parts.method = method.clone();
        }
        if parts.method == Method::CONNECT {
            return Err(Error::new(ErrorKind::BadRequest).with_source("CONNECT cannot be passed on"));
        }
        let rules = Rules::of(context);
        rules.strip_request(&mut parts.headers);
        rules.extend_request(&mut parts.headers, context);
        set_content_length(&mut parts.headers, &parts.method, body.size_hint().exact());
        let host = if self.preserve_host { clients_host(&parts.headers, context).unwrap_or(host) } else { host };
        parts.headers.insert(header::HOST, host);
        parts.uri = uri;
        parts.version = Version::HTTP_11;
        let method = parts.method.clone();

        let mut response = self.client.send(Request::from_parts(parts, body)).await?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Error::new(ErrorKind::IntegrationFailure).with_source("the backend switched protocols unasked"));
        }
        *response.version_mut() = Version::HTTP_11;
        rules.answer(&mut response, &method);
        Ok(response)
    }
}

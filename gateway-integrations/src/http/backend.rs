//! `HttpBackend`: calls an HTTP backend as a mapping says.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{Context, Error, HttpClient, Integration, Request, Response, Step};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use http_body::Body as _;

use super::{
    headers::{HeaderRules, set_content_length},
    uri::{UriTemplate, UriTemplateError},
};
use crate::{
    failure::{misconfigured, no_answer, readable},
    mapping::CallParameters,
};

static API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");
static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The HTTP backend inside a [`Mapped`](crate::mapping::Mapped): the integration type `HTTP`.
///
/// It sends what the mapping made, to its address with the mapped variables and parameters in it, and adds what is not
/// mapped: `Accept: application/json`, `User-Agent: AmazonAPIGateway_{apiId}`, `X-Amzn-Apigateway-Api-Id`,
/// `X-Amzn-Trace-Id`.
///
/// A `{variable}` in the address that is not mapped stays as it is written. Redirects are not followed.
///
/// AWS developer guide: *Set up HTTP integrations in API Gateway*.
#[derive(Clone)]
pub struct HttpBackend {
    uri: UriTemplate,
    client: Arc<dyn HttpClient>,
    method: Option<Method>,
    own: HeaderRules,
}

impl HttpBackend {
    /// A backend at the address `uri`, see [`UriTemplate`], called through `client`.
    ///
    /// # Errors
    /// When `uri` is no address.
    pub fn new(uri: &str, client: Arc<dyn HttpClient>) -> Result<Self, UriTemplateError> {
        Ok(Self { uri: UriTemplate::parse(uri)?, client, method: None, own: HeaderRules::new() })
    }

    /// Calls the backend with `method`, whatever the client's own is.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Changes headers as the host says, after the mapping and the gateway's own; a `Host` that is mapped stays.
    #[must_use]
    pub fn header_rules(mut self, rules: HeaderRules) -> Self {
        self.own = rules;
        self
    }
}

impl fmt::Debug for HttpBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpBackend")
            .field("uri", &self.uri)
            .field("method", &self.method)
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Integration for HttpBackend {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (mut parts, body) = request.into_parts();
        let call = parts.extensions.remove::<CallParameters>().unwrap_or_default();
        let (uri, host) = self.uri.called(&call.path, &call.query, context)?;
        if let Some(method) = &self.method {
            parts.method = method.clone();
        }
        if parts.method == Method::CONNECT {
            return Err(misconfigured(context, "CONNECT cannot be sent"));
        }
        let clients = || HeaderValue::from_str(context.authority()?).ok();
        parts.headers.entry(header::HOST).or_insert_with(|| self.own.host(host, clients));
        add_defaults(&mut parts.headers, context);
        self.own.request(&mut parts.headers);
        set_content_length(&mut parts.headers, &parts.method, body.size_hint().exact());
        parts.uri = uri;
        parts.version = Version::HTTP_11;
        context.record(|| Step::EndpointRequest {
            uri: parts.uri.to_string(),
            method: parts.method.to_string(),
            headers: parts.headers.clone(),
            body: readable(body.as_bytes().unwrap_or_default()),
        });
        #[cfg(feature = "tls-aws-lc-rs")]
        super::client_certificate::show(&mut parts, context);
        let answer = self.client.send(Request::from_parts(parts, body)).await;
        let mut response = answer.map_err(|error| no_answer(context, error))?;
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(misconfigured(context, "the backend switched protocols unasked"));
        }
        self.own.response(response.headers_mut());
        Ok(response)
    }
}

/// Adds what is not mapped.
fn add_defaults(headers: &mut HeaderMap, context: &Context) {
    headers.entry(header::ACCEPT).or_insert(HeaderValue::from_static("application/json"));
    let api_id = context.stage().map_or("", |stage| stage.api_id.as_str());
    if let Ok(agent) = HeaderValue::from_str(&format!("AmazonAPIGateway_{api_id}")) {
        headers.entry(header::USER_AGENT).or_insert(agent);
    }
    if let Ok(api_id) = HeaderValue::from_str(api_id) {
        headers.insert(&API_ID, api_id);
    }
    if let Some(trace) = context.trace_id().to_header() {
        headers.insert(&TRACE, trace);
    }
}

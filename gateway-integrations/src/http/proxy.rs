//! `HttpProxy`: passes requests on to an HTTP backend.

use std::{fmt, future::ready, pin::Pin, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{Body, Context, Error, ErrorKind, HttpClient, Integration, Parts, Request, Response, Step};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Version, header};
use http_body::Body as _;

use super::{
    headers::{HeaderRules, Rules, clients_host, set_content_length},
    uri::{UriTemplate, UriTemplateError, Variables},
};
use crate::failure::{no_answer, read_request, readable};
#[cfg(feature = "mapping")]
use crate::mapping::{
    BodyText, MappedHost, MappedRequest, MappingError, headers::Behind, parameters::RequestParameters,
    source::MethodRequest,
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
/// Hop-by-hop headers, and those that `Connection` names, never pass; a host's own rules come after these. Upgrades are
/// passed on where they are allowed, as in `HttpProxy::upgrades`. `CONNECT` is refused. `Expect` and interim answers end
/// here: the host's server says `100 Continue` when the body is first read.
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
    own: HeaderRules,
    #[cfg(feature = "proxy")]
    upgrades: super::upgrade::Upgrades,
    #[cfg(feature = "mapping")]
    parameters: RequestParameters,
}

/// What a mapping adds to a request.
#[derive(Default)]
struct Added {
    headers: HeaderMap,
    query: Vec<(Box<str>, String)>,
    /// The variables of the address; the route's own where none is mapped.
    path: Option<Vec<(Box<str>, String)>>,
    /// Whether the request's path stands in place of the address's own.
    overwrites_path: bool,
    /// Parameters that the address must not have of its own.
    replaced: Option<Arc<[Box<str>]>>,
    #[cfg(feature = "mapping")]
    host: MappedHost,
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
        Self {
            uri,
            client,
            method: None,
            own: HeaderRules::new(),
            #[cfg(feature = "proxy")]
            upgrades: super::upgrade::Upgrades::default(),
            #[cfg(feature = "mapping")]
            parameters: RequestParameters::default(),
        }
    }

    /// Calls the backend with `method`, whatever the client's own is.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = Some(method);
        self
    }

    /// Changes headers as the host says, after all other rules.
    #[must_use]
    pub fn header_rules(mut self, rules: HeaderRules) -> Self {
        self.own = rules;
        self
    }

    /// Lets clients switch their connections to these protocols, such as `websocket`; the bytes then pass through
    /// unread. None unless named, as Amazon API Gateway has it. A connection that is switched to HTTP (`h2c`) would
    /// carry requests past the gateway.
    ///
    /// The host's server must allow upgrades: hyper's `serve_connection(..).with_upgrades()`; axum does. The client must
    /// leave an `OnUpgrade` of hyper in the extensions of an answer that switches, as
    /// [`PooledClient`](super::PooledClient) does. HTTP/1.1 only.
    #[cfg(feature = "proxy")]
    #[must_use]
    pub fn upgrades(mut self, protocols: impl IntoIterator<Item = impl Into<Box<str>>>) -> Self {
        self.upgrades = super::upgrade::Upgrades::new(protocols);
        self
    }

    /// Sets a parameter of the call, `integration.request.{header|querystring|path}.NAME`, to a source:
    /// `method.request.{header|querystring|path}.NAME`, `method.request.body.PATH`, `context.NAME`,
    /// `stageVariables.NAME` or `'text'`. What has no value is left out.
    ///
    /// Mapped headers replace the client's and the gateway's own; mapped parameters of the query follow the client's.
    /// Once a variable of the address is mapped, variables that are not stay as they are written. A source in the body
    /// has the body read into memory.
    ///
    /// # Errors
    /// [`MappingError`] when a text names neither a target nor a source.
    #[cfg(feature = "mapping")]
    pub fn request_parameter(mut self, target: &str, source: &str) -> Result<Self, MappingError> {
        self.parameters.add(target, source, Behind::Http)?;
        Ok(self)
    }

    #[cfg(feature = "mapping")]
    pub(crate) fn with_parameters(mut self, parameters: RequestParameters) -> Self {
        self.parameters = parameters;
        self
    }

    #[cfg(feature = "mapping")]
    fn reads_body(&self) -> bool {
        self.parameters.reads_body()
    }

    #[cfg(not(feature = "mapping"))]
    fn reads_body(&self) -> bool {
        false
    }

    /// What is mapped; `body` is there where [`reads_body`](Self::reads_body).
    #[cfg(feature = "mapping")]
    fn added(&self, parts: &mut Parts, body: Option<&Bytes>, context: &Context) -> Result<Added, Error> {
        if let Some(MappedRequest { has_path, replaced, host }) = parts.extensions.remove() {
            let replaced = Some(replaced);
            return Ok(Added { overwrites_path: has_path, replaced, host, ..Added::default() });
        }
        if self.parameters.is_empty() {
            return Ok(Added::default());
        }
        let text = body.map(|bytes| String::from_utf8_lossy(bytes));
        let body = BodyText::new(text.as_deref());
        let (headers, call) = self.parameters.values(&MethodRequest { headers: &parts.headers, context, body })?;
        let path = self.parameters.map_path().then_some(call.path);
        Ok(Added { headers, query: call.query, path, ..Added::default() })
    }

    #[cfg(not(feature = "mapping"))]
    fn added(&self, _: &mut Parts, _: Option<&Bytes>, _: &Context) -> Result<Added, Error> {
        Ok(Added::default())
    }

    /// The `Host` to call with; `own` is the address's.
    fn host(&self, own: HeaderValue, added: &Added, client: &HeaderMap, context: &Context) -> HeaderValue {
        #[cfg(feature = "mapping")]
        match &added.host {
            MappedHost::Value(mapped) => return mapped.clone(),
            MappedHost::Removed => return own,
            MappedHost::Unmapped => {}
        }
        #[cfg(not(feature = "mapping"))]
        let _ = added;
        self.own.host(own, || clients_host(client, context))
    }

    /// The same, of a request whose body a mapping reads.
    async fn read_and_call(&self, parts: Parts, mut body: Body, context: &Context) -> Result<Response, Error> {
        let bytes = read_request(&mut body).await?;
        self.call(parts, body, Some(&bytes), context)?.await
    }

    /// Makes the call, and gives what waits for its answer.
    ///
    /// Not `async` itself: its future would hold the request, as large as all the rest, while it waits.
    fn call<'a>(
        &'a self,
        mut parts: Parts,
        body: Body,
        read: Option<&Bytes>,
        context: &'a Context,
    ) -> Result<Answer<'a>, Error> {
        let added = self.added(&mut parts, read, context)?;
        let variables = match added.path.as_deref() {
            Some(path) => Variables::Mapped(path),
            None if added.overwrites_path => Variables::PathOverwritten,
            None => Variables::OfRoute,
        };
        let replaced = added.replaced.as_deref().unwrap_or_default();
        let (uri, host) = self.uri.proxied(&parts.uri, variables, &added.query, replaced, context)?;
        if let Some(method) = &self.method {
            parts.method = method.clone();
        }
        if parts.method == Method::CONNECT {
            return Err(Error::new(ErrorKind::BadRequest).with_source("CONNECT cannot be passed on"));
        }
        let rules = Rules::of(context);
        #[cfg(feature = "proxy")]
        let upgrade = self.upgrades.asked(&mut parts);
        rules.strip_request(&mut parts.headers);
        self.own.distrust(&mut parts.headers, context);
        rules.extend_request(&mut parts.headers, context);
        set_content_length(&mut parts.headers, &parts.method, body.size_hint().exact());
        parts.headers.insert(header::HOST, self.host(host, &added, &parts.headers, context));
        replace(&mut parts.headers, added.headers);
        self.own.request(&mut parts.headers);
        #[cfg(feature = "proxy")]
        if let Some(upgrade) = &upgrade {
            upgrade.pass_on(&mut parts.headers);
        }
        parts.uri = uri;
        parts.version = Version::HTTP_11;
        let method = parts.method.clone();
        context.record(|| Step::EndpointRequest {
            uri: parts.uri.to_string(),
            method: method.to_string(),
            headers: parts.headers.clone(),
            body: readable(body.as_bytes().unwrap_or_default()),
        });
        #[cfg(feature = "tls-aws-lc-rs")]
        super::client_certificate::show(&mut parts, context);
        let called = context.trace().map(|_| context.clock().elapsed());
        let answer = self.client.send(Request::from_parts(parts, body));
        Ok(Box::pin(async move {
            #[cfg_attr(not(feature = "proxy"), expect(unused_mut, reason = "only upgrades change it here"))]
            let mut response = answer.await.map_err(|error| no_answer(context, error))?;
            #[cfg(feature = "proxy")]
            if let (StatusCode::SWITCHING_PROTOCOLS, Some(upgrade)) = (response.status(), upgrade) {
                upgrade.join(&mut response)?;
                return Ok(response);
            }
            self.answered(response, rules, &method, called, context)
        }))
    }

    /// Makes the backend's answer the client's.
    fn answered(
        &self,
        mut response: Response,
        rules: Rules,
        method: &Method,
        called: Option<Duration>,
        context: &Context,
    ) -> Result<Response, Error> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            return Err(Error::new(ErrorKind::IntegrationFailure).with_source("the backend switched protocols unasked"));
        }
        let record = |response: &Response| {
            (response.headers().clone(), readable(response.body().as_bytes().unwrap_or_default()))
        };
        context.record(|| {
            let (headers, body) = record(&response);
            let latency = context.clock().elapsed().saturating_sub(called.unwrap_or_default());
            Step::EndpointResponse { status: response.status(), latency, headers, body }
        });
        *response.version_mut() = Version::HTTP_11;
        rules.answer(&mut response, method);
        self.own.response(response.headers_mut());
        context.record(|| {
            let (headers, body) = record(&response);
            Step::MethodResponse { status: response.status(), headers, body }
        });
        Ok(response)
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
            .field("own", &self.own)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Integration for HttpProxy {
    fn invoke<'s, 'c, 'a>(&'s self, request: Request, context: &'c Context) -> Answer<'a>
    where
        's: 'a,
        'c: 'a,
        Self: 'a,
    {
        let (parts, body) = request.into_parts();
        if self.reads_body() {
            return Box::pin(self.read_and_call(parts, body, context));
        }
        self.call(parts, body, None, context).unwrap_or_else(|error| Box::pin(ready(Err(error))))
    }
}

/// The future of a call.
type Answer<'a> = Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'a>>;

/// Puts mapped headers in the place of others of their names.
fn replace(headers: &mut HeaderMap, mapped: HeaderMap) {
    for (name, value) in mapped {
        if let Some(name) = name {
            headers.insert(name, value);
        }
    }
}

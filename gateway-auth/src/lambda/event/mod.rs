//! The events that authorizer functions get.

mod connect;
mod http_api;
mod rest;

use std::{borrow::Cow, net::IpAddr, time::Duration};

use gateway_core::{ClientCertificate, Context, HeaderCase, Parts, PathParams, query_pairs};
use http::{HeaderMap, HeaderName, HeaderValue, header, uri::Authority};
use serde_json::{Map, Value, json};

use super::identity::Identity;
use crate::policy::SecureTransport;

/// What a function is told of a request, by the kind of the API.
///
/// AWS developer guide: *Input to an API Gateway Lambda authorizer*; *Control access to HTTP APIs with AWS Lambda
/// authorizers*; *Create a Lambda REQUEST authorizer function*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum AuthorizerEvent {
    /// REST APIs, type `TOKEN`: the value of one header.
    Token,
    /// REST APIs, type `REQUEST`: the head of the request.
    Request,
    /// HTTP APIs, payload format version 1.0.
    Version1,
    /// HTTP APIs, payload format version 2.0.
    Version2,
    /// WebSocket APIs: the request that opens a connection. Who serves it writes the connection down in
    /// [`Context::set_connection`], and in the route's facts the key `$connect`. The result holds for the connection, and
    /// is never remembered.
    Connect,
}

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");
static FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
static PORT: HeaderName = HeaderName::from_static("x-forwarded-port");
static PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

impl AuthorizerEvent {
    /// How long a function may take.
    pub(super) fn timeout(self) -> Duration {
        match self {
            Self::Version1 | Self::Version2 => Duration::from_secs(10),
            Self::Token | Self::Request | Self::Connect => Duration::from_secs(29),
        }
    }

    /// The event of a request, as JSON.
    pub(super) fn write(self, identity: &Identity<'_>, arn: &str, request: &Parts, context: &Context) -> Vec<u8> {
        let event = match self {
            Self::Token => {
                json!({ "type": "TOKEN", "authorizationToken": identity.values().first(), "methodArn": arn })
            }
            Self::Request => rest::event(arn, request, context),
            Self::Version1 => http_api::version_1(identity, arn, request, context),
            Self::Version2 => http_api::version_2(identity, arn, request, context),
            Self::Connect => connect::event(arn, request, context),
        };
        // Texts, numbers and maps with texts for keys cannot fail.
        serde_json::to_vec(&event).unwrap_or_default()
    }
}

/// The headers that a function sees.
fn headers(request: &Parts, context: &Context) -> HeaderMap {
    let mut headers = request.headers.clone();
    let authority = context.request().uri.authority().map(Authority::as_str);
    if let (false, Some(host)) = (headers.contains_key(header::HOST), authority) {
        insert(&mut headers, &header::HOST, host);
    }
    let told = request.extensions.get::<SecureTransport>().map(|SecureTransport(secure)| *secure);
    let secure = told.unwrap_or_else(|| context.request().uri.scheme_str() == Some("https"));
    if let Some(address) = source_ip(context) {
        let sent = headers.get_all(&FOR).iter().filter_map(|value| value.to_str().ok());
        let all: Vec<_> = sent.map(str::to_owned).chain([address.to_string()]).collect();
        insert(&mut headers, &FOR, &all.join(", "));
    }
    let port = headers.get(header::HOST).and_then(|host| Authority::try_from(host.as_bytes()).ok()?.port_u16());
    headers.insert(&PORT, HeaderValue::from(port.unwrap_or(if secure { 443 } else { 80 })));
    headers.insert(&PROTO, HeaderValue::from_static(if secure { "https" } else { "http" }));
    insert(&mut headers, &TRACE, context.trace_id().as_str());
    headers
}

fn insert(headers: &mut HeaderMap, name: &HeaderName, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}

fn source_ip(context: &Context) -> Option<IpAddr> {
    context.request().source_ip.map(|address| address.to_canonical())
}

fn text(value: &HeaderValue) -> Cow<'_, str> {
    String::from_utf8_lossy(value.as_bytes())
}

/// Names, each with its last value, and with all of them.
struct Values {
    last: Map<String, Value>,
    all: Map<String, Value>,
}

impl Values {
    fn of<'a>(pairs: impl IntoIterator<Item = (Cow<'a, str>, Cow<'a, str>)>) -> Self {
        let mut values = Self { last: Map::new(), all: Map::new() };
        for (name, value) in pairs {
            values.last.insert(name.to_string(), value.as_ref().into());
            if let Value::Array(all) = values.all.entry(name).or_insert_with(|| json!([])) {
                all.push(value.into());
            }
        }
        values
    }

    /// Under the names that AWS shows.
    fn of_headers(headers: &HeaderMap, request: &Parts, context: &Context) -> Self {
        let endpoint = context.stage().map(|stage| stage.endpoint).unwrap_or_default();
        let sent = request.extensions.get::<HeaderCase>();
        Self::of(headers.iter().map(|(name, value)| (HeaderCase::spell(name, sent, endpoint), text(value))))
    }

    fn of_query(request: &Parts) -> Self {
        Self::of(query_pairs(request.uri.query().unwrap_or_default()))
    }
}

fn path_parameters(context: &Context) -> Map<String, Value> {
    let pairs = context.path_params().into_iter().flat_map(PathParams::iter);
    pairs.map(|(name, value)| (name.to_owned(), value.into())).collect()
}

fn stage_variables(context: &Context) -> Map<String, Value> {
    let variables = context.stage().into_iter().flat_map(|stage| &stage.variables);
    variables.map(|(name, value)| (name.clone(), value.as_str().into())).collect()
}

fn client_certificate(certificate: &ClientCertificate) -> Value {
    let fields = certificate.fields();
    json!({
        "clientCertPem": fields.pem, "subjectDN": fields.subject_dn, "issuerDN": fields.issuer_dn,
        "serialNumber": fields.serial_number,
        "validity": { "notBefore": fields.not_before, "notAfter": fields.not_after },
    })
}

fn millis(context: &Context) -> u64 {
    u64::try_from(context.received_millis()).unwrap_or(u64::MAX)
}

/// Puts what is there.
fn put(to: &mut Value, name: &str, value: Option<impl Into<Value>>) {
    if let (Some(object), Some(value)) = (to.as_object_mut(), value) {
        object.insert(name.to_owned(), value.into());
    }
}

fn filled(map: Map<String, Value>) -> Option<Map<String, Value>> {
    Some(map).filter(|map| !map.is_empty())
}

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use http_body::Body as _;

use super::GatewayResponse;
use crate::{
    body::Body,
    context::{ApiKind, Context},
    error::{Error, ErrorKind},
    service::Response,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
static ERROR_TYPE: HeaderName = HeaderName::from_static("x-amzn-errortype");
static REQUEST_ID: HeaderName = HeaderName::from_static("x-amzn-requestid");
static EXTENDED_REQUEST_ID: HeaderName = HeaderName::from_static("x-amz-apigw-id");
static HTTP_REQUEST_ID: HeaderName = HeaderName::from_static("apigw-requestid");

/// Adds the ids that every answer of the gateway carries.
pub(crate) fn stamp(headers: &mut HeaderMap, kind: ApiKind, context: &Context) {
    match kind {
        ApiKind::Rest => {
            let (id, extended) = context.id().to_headers();
            headers.insert(&REQUEST_ID, id);
            headers.insert(&EXTENDED_REQUEST_ID, extended);
        }
        ApiKind::Http => {
            headers.insert(&HTTP_REQUEST_ID, context.id().extended_to_header());
        }
    }
}

/// The answer of a layer that stands alone.
pub(crate) fn render_alone(error: Error, context: &Context) -> Response {
    render_stock(context.kind(), error, context)
}

/// The stock answer of this kind of API, for a request that has not reached a stage.
pub(crate) fn render_stock(kind: ApiKind, error: Error, context: &Context) -> Response {
    super::GatewayResponses::default().render_as(kind, error, context)
}

pub(super) fn answer(
    kind: ApiKind,
    error: Error,
    definition: Option<&GatewayResponse>,
    request: &HeaderMap,
    context: &Context,
) -> Response {
    let (status, body) = match kind {
        ApiKind::Rest => (error.status(), stock(key(&error), error.message().or(error.kind().message()))),
        ApiKind::Http => (error.http_status(), stock("message", error.http_message())),
    };
    let mut headers = HeaderMap::with_capacity(6);
    let (content_type, body) = match definition.and_then(|definition| definition.body(request, context)) {
        Some((content_type, body)) => (HeaderValue::from_str(content_type).unwrap_or(JSON), Body::from(body)),
        None => (JSON, body),
    };
    headers.insert(header::CONTENT_TYPE, content_type);
    if let Some(definition) = definition {
        definition.apply_headers(&mut headers, request, context);
    }
    if kind == ApiKind::Rest {
        headers.insert(&ERROR_TYPE, HeaderValue::from_static(error.exception()));
    }
    let mut response = Response::new(body);
    *response.status_mut() = definition.and_then(GatewayResponse::own_status).unwrap_or(status);
    *response.headers_mut() = headers;
    finish(response, kind, error, context)
}

/// Takes the body off an answer that must have none: servers of HTTP/2 send what they are given (RFC 9110 §6.4.1). The
/// answer to `HEAD` still tells how long it would be.
pub(crate) fn without_body(is_head: bool, response: Response) -> Response {
    let has_none = matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    if !is_head && !has_none {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact().filter(|length| !has_none && *length > 0) {
        parts.headers.entry(header::CONTENT_LENGTH).or_insert_with(|| HeaderValue::from(length));
    }
    Response::from_parts(parts, Body::empty())
}

/// Adds what no definition changes: the ids, and what the error itself asks for.
fn finish(mut response: Response, kind: ApiKind, error: Error, context: &Context) -> Response {
    stamp(response.headers_mut(), kind, context);
    if let Some((name, value)) = error.header() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    tracing::debug!(error = &error as &(dyn std::error::Error + 'static), "refused");
    response.extensions_mut().insert(Arc::new(error));
    response
}

/// Denials spell the key with a capital letter.
fn key(error: &Error) -> &'static str {
    if error.exception() == ErrorKind::AccessDenied.exception() { "Message" } else { "message" }
}

/// `{"message":$context.error.messageString}`.
fn stock(key: &str, message: Option<&str>) -> Body {
    let message = serde_json::Value::from(message);
    Body::from(Bytes::from(format!("{{\"{key}\":{message}}}")))
}

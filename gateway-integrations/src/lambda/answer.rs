//! From a function's result to the answer for the client.

use base64::Engine;
use gateway_core::{Body, Context, Error, Response, media_type};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{format::Format, result::ProxyResult};
use crate::{
    failure::{misconfigured, readable},
    headers::{Behind, rename_for_client},
    http::remove_hop_by_hop,
    lenient::BASE64,
};

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

/// The answer, and its body as text if somebody asks for the steps of this request.
pub(super) fn of(
    result: ProxyResult,
    format: Format,
    accept: Option<&HeaderValue>,
    context: &Context,
) -> Result<(Response, Option<String>), Error> {
    // HTTP APIs have no media types of their own: the function alone decides.
    let decodes = result.is_base64_encoded && (format != Format::Rest || takes_binary(accept, context));
    let text = context.trace().map(|_| readable(&result.body));
    let body = if decodes {
        let decoded = BASE64.decode(&result.body);
        let decoded = decoded.map_err(|_| misconfigured(context, "Unable to base64 decode the body."))?;
        Body::from(decoded)
    } else {
        Body::from(result.body)
    };
    let mut response = Response::new(body);
    *response.status_mut() = result.status;
    *response.headers_mut() = headers(result.headers, format, context);
    Ok((response, text))
}

/// The answer whose body is still to come.
pub(super) fn streamed(prelude: ProxyResult, body: Body, format: Format, context: &Context) -> Response {
    let mut response = Response::new(body);
    *response.status_mut() = prelude.status;
    *response.headers_mut() = headers(prelude.headers, format, context);
    response
}

/// Whether the client takes bytes: by the first type that it accepts.
fn takes_binary(accept: Option<&HeaderValue>, context: &Context) -> bool {
    context.stage().is_some_and(|stage| {
        let media = accept.and_then(media_type);
        stage.binary_media_types.contain_all() || media.is_some_and(|media| stage.binary_media_types.contain(media))
    })
}

/// The function's headers under the names that the client gets, with the gateway's own.
fn headers(mut headers: HeaderMap, format: Format, context: &Context) -> HeaderMap {
    if format != Format::Rest {
        remove_hop_by_hop(&mut headers);
        headers.remove(header::CONTENT_LENGTH);
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("text/plain; charset=utf-8"));
        return headers;
    }
    rename_for_client(&mut headers, Behind::Aws);
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    if let Some(trace) = context.trace_id().to_header() {
        headers.insert(&TRACE, trace);
    }
    headers
}

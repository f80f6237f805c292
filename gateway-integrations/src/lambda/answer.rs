//! From a function's result to the answer for the client.

use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use gateway_core::{Body, Context, Error, ErrorKind, Response, media_type};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::result::ProxyResult;
use crate::aws::fail;

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");

const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What the client gets under another name, because the gateway or the connection has its own.
static REMAPPED: [(HeaderName, HeaderName); 14] = [
    (header::AUTHORIZATION, HeaderName::from_static("x-amzn-remapped-authorization")),
    (header::CONNECTION, HeaderName::from_static("x-amzn-remapped-connection")),
    (header::CONTENT_LENGTH, HeaderName::from_static("x-amzn-remapped-content-length")),
    (HeaderName::from_static("content-md5"), HeaderName::from_static("x-amzn-remapped-content-md5")),
    (header::DATE, HeaderName::from_static("x-amzn-remapped-date")),
    (header::EXPECT, HeaderName::from_static("x-amzn-remapped-expect")),
    (header::HOST, HeaderName::from_static("x-amzn-remapped-host")),
    (header::MAX_FORWARDS, HeaderName::from_static("x-amzn-remapped-max-forwards")),
    (header::PROXY_AUTHENTICATE, HeaderName::from_static("x-amzn-remapped-proxy-authenticate")),
    (header::SERVER, HeaderName::from_static("x-amzn-remapped-server")),
    (header::TRAILER, HeaderName::from_static("x-amzn-remapped-trailer")),
    (header::UPGRADE, HeaderName::from_static("x-amzn-remapped-upgrade")),
    (header::USER_AGENT, HeaderName::from_static("x-amzn-remapped-user-agent")),
    (header::WWW_AUTHENTICATE, HeaderName::from_static("x-amzn-remapped-www-authenticate")),
];

/// The answer, and its body as text if somebody asks for the steps of this request.
pub(super) fn of(
    result: ProxyResult,
    accept: Option<&HeaderValue>,
    context: &Context,
) -> Result<(Response, Option<String>), Error> {
    let decodes = result.is_base64_encoded && takes_binary(accept, context);
    let text = context.trace().map(|_| result.body.clone());
    let body = if decodes {
        let decoded = BASE64.decode(&result.body).map_err(|error| {
            fail(context, "configuration error: Unable to base64 decode the body.");
            Error::new(ErrorKind::ApiConfigurationError).with_source(error)
        })?;
        Body::from(decoded)
    } else {
        Body::from(result.body)
    };
    let mut response = Response::new(body);
    *response.status_mut() = result.status;
    *response.headers_mut() = headers(result.headers, context);
    Ok((response, text))
}

/// Whether the client takes bytes: by the first type that it accepts.
fn takes_binary(accept: Option<&HeaderValue>, context: &Context) -> bool {
    context.stage().is_some_and(|stage| {
        let media = accept.and_then(media_type);
        stage.binary_media_types.contain_all() || media.is_some_and(|media| stage.binary_media_types.contain(media))
    })
}

/// The function's headers under the names that the client gets, with the gateway's own.
fn headers(own: HeaderMap, context: &Context) -> HeaderMap {
    // Room for the ids, too.
    let mut headers = HeaderMap::with_capacity(own.len() + 4);
    let mut last = None;
    for (name, value) in own {
        // A name that repeats comes once.
        last = name.or(last);
        let Some(name) = last.as_ref().filter(|name| **name != header::TRANSFER_ENCODING) else { continue };
        let remapped = REMAPPED.iter().find(|(own, _)| own == name).map_or(name, |(_, remapped)| remapped);
        headers.append(remapped.clone(), value);
    }
    headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
    if let Some(trace) = context.trace_id().to_header() {
        headers.insert(&TRACE, trace);
    }
    headers
}

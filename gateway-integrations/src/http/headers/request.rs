//! From the client to the backend.

use gateway_core::Context;
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

use super::{
    Rules,
    forwarded::{Origin, add_via},
    hop::{is_hop_by_hop, remove_ending},
};

static TRACE: HeaderName = HeaderName::from_static("x-amzn-trace-id");
static API_ID: HeaderName = HeaderName::from_static("x-amzn-apigateway-api-id");

/// What a REST API's `HTTP_PROXY` keeps from the backend, beside what is hop-by-hop.
fn is_dropped_by_rest(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "content-encoding"
            | "content-md5"
            | "max-forwards"
            | "server"
            | "via"
            | "www-authenticate"
            | "x-http-method-override"
    )
}

impl Rules {
    /// Removes what the backend must not see of the client's headers.
    ///
    /// AWS developer guide: *Amazon API Gateway important notes*, as far as recordings do not say otherwise.
    pub(in crate::http) fn strip_request(self, headers: &mut HeaderMap) {
        let takes_trailers = match self {
            Self::Rest => false,
            Self::Http => is_grpc(headers) && wants_trailers(headers),
            Self::Alone => wants_trailers(headers),
        };
        let ends = |name: &HeaderName| {
            is_hop_by_hop(name) || *name == header::EXPECT || (self == Self::Rest && is_dropped_by_rest(name))
        };
        remove_ending(headers, ends);
        match self {
            Self::Rest => {
                if headers.get(header::AUTHORIZATION).is_some_and(is_signature) {
                    headers.remove(header::AUTHORIZATION);
                }
            }
            // gRPC backends refuse calls without it.
            Self::Http | Self::Alone if takes_trailers => {
                headers.insert(header::TE, HeaderValue::from_static("trailers"));
            }
            Self::Http | Self::Alone => {}
        }
    }

    /// Adds what the gateway tells the backend about the request. What a client sent under the same names is replaced,
    /// or continued where the header is a list.
    ///
    /// To be called while `Host` is still the client's.
    pub(in crate::http) fn extend_request(self, headers: &mut HeaderMap, context: &Context) {
        let origin = Origin::of(headers, context);
        match self {
            Self::Rest => {
                let api_id = context.stage().and_then(|stage| HeaderValue::from_str(&stage.api_id).ok());
                set(headers, &API_ID, api_id);
                set(headers, &TRACE, context.trace_id().to_header());
                origin.add_x_forwarded(headers);
            }
            Self::Http => {
                set(headers, &TRACE, context.trace_id().to_header());
                origin.add_forwarded(headers);
                add_via(headers);
                origin.extend_x_forwarded_for(headers);
            }
            Self::Alone => {
                origin.add_x_forwarded(headers);
                origin.add_x_forwarded_host(headers);
            }
        }
    }
}

/// Says how long the body is, if that is known; a request that usually has a body says so also when it has none.
pub(in crate::http) fn set_content_length(headers: &mut HeaderMap, method: &Method, exact: Option<u64>) {
    let says_nothing = !matches!(*method, Method::POST | Method::PUT | Method::PATCH);
    match exact {
        Some(0) if says_nothing => {
            headers.remove(header::CONTENT_LENGTH);
        }
        Some(length) => {
            if content_length(headers) != Some(length) {
                headers.insert(header::CONTENT_LENGTH, HeaderValue::from(length));
            }
        }
        None => {
            headers.remove(header::CONTENT_LENGTH);
        }
    }
}

/// The one length that the headers tell; none if they tell two.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut values = headers.get_all(header::CONTENT_LENGTH).iter();
    match (values.next(), values.next()) {
        (Some(only), None) => only.to_str().ok()?.parse().ok(),
        _ => None,
    }
}

/// Replaces a header, if there is something to say.
fn set(headers: &mut HeaderMap, name: &HeaderName, value: Option<HeaderValue>) {
    if let Some(value) = value {
        headers.insert(name, value);
    }
}

fn wants_trailers(headers: &HeaderMap) -> bool {
    headers.get(header::TE).is_some_and(|te| te == "trailers")
}

/// Whether a request is a call of gRPC, which AWS knows nothing of here.
fn is_grpc(headers: &HeaderMap) -> bool {
    headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc"))
}

/// Whether an `Authorization` is a SigV4 signature, which is meant for the gateway.
fn is_signature(value: &HeaderValue) -> bool {
    value.as_bytes().starts_with(b"AWS4-HMAC-SHA256")
}

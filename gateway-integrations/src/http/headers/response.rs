//! From the backend to the client.

use gateway_core::Response;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use http_body::Body as _;

use super::{
    Rules,
    hop::{is_hop_by_hop, remove_ending},
};

/// What the client gets under another name, because the gateway sets the name itself or keeps it from clients.
fn remapped(name: &HeaderName) -> Option<&'static HeaderName> {
    static NAMES: [HeaderName; 8] = [
        HeaderName::from_static("x-amzn-remapped-authorization"),
        HeaderName::from_static("x-amzn-remapped-content-md5"),
        HeaderName::from_static("x-amzn-remapped-date"),
        HeaderName::from_static("x-amzn-remapped-max-forwards"),
        HeaderName::from_static("x-amzn-remapped-server"),
        HeaderName::from_static("x-amzn-remapped-user-agent"),
        HeaderName::from_static("x-amzn-remapped-www-authenticate"),
        HeaderName::from_static("x-amzn-remapped-x-amzn-requestid"),
    ];
    let place = match name.as_str() {
        "authorization" => 0,
        "content-md5" => 1,
        "date" => 2,
        "max-forwards" => 3,
        "server" => 4,
        "user-agent" => 5,
        "www-authenticate" => 6,
        "x-amzn-requestid" => 7,
        _ => return None,
    };
    NAMES.get(place)
}

static REMAPPED_CONNECTION: HeaderName = HeaderName::from_static("x-amzn-remapped-connection");
static REMAPPED_LENGTH: HeaderName = HeaderName::from_static("x-amzn-remapped-content-length");

/// What a REST API keeps from the client, beside what is hop-by-hop.
fn is_dropped_by_rest(name: &HeaderName) -> bool {
    matches!(name.as_str(), "expect" | "host" | "via")
}

impl Rules {
    /// Makes the backend's headers those of the answer to the client; `method` is what the backend was asked with.
    ///
    /// A REST API's answer has a content type, JSON where the backend named none. `Content-Length` stays beside its
    /// renamed copy, since an answer to `HEAD` has no other way to tell it.
    ///
    /// AWS developer guide: *Amazon API Gateway important notes*, as far as recordings do not say otherwise.
    pub(in crate::http) fn answer(self, response: &mut Response, method: &Method) {
        if self != Self::Rest {
            remove_ending(response.headers_mut(), is_hop_by_hop);
            return;
        }
        let length = length(response, method);
        let headers = response.headers_mut();
        let connection = headers.get(header::CONNECTION).cloned();
        remove_ending(headers, |name| is_hop_by_hop(name) || is_dropped_by_rest(name));
        while let Some((name, remapped)) = headers.keys().find_map(|name| Some((name.clone(), remapped(name)?))) {
            remap(headers, &name, remapped);
        }
        if let Some(connection) = connection {
            headers.insert(&REMAPPED_CONNECTION, connection);
        }
        if let Some(length) = length {
            headers.insert(&REMAPPED_LENGTH, length);
        }
        if !headers.contains_key(header::CONTENT_TYPE) {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
    }
}

/// The length as the backend told it, or as it would have told a client on the wire.
fn length(response: &Response, method: &Method) -> Option<HeaderValue> {
    let has_none = method == Method::HEAD
        || matches!(response.status(), StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED)
        || response.headers().contains_key(header::TRANSFER_ENCODING);
    let told = response.headers().get(header::CONTENT_LENGTH).cloned();
    told.or_else(|| response.body().size_hint().exact().filter(|_| !has_none).map(HeaderValue::from))
}

/// Renames a header with all its values.
fn remap(headers: &mut HeaderMap, name: &HeaderName, remapped: &HeaderName) {
    let others: Vec<HeaderValue> = headers.get_all(name).iter().skip(1).cloned().collect();
    if let Some(first) = headers.remove(name) {
        headers.insert(remapped, first);
        for other in others {
            headers.append(remapped, other);
        }
    }
}

//! Headers that end at the next hop (RFC 9110, 7.6.1).

use http::{HeaderMap, HeaderName, HeaderValue, header};

static HOP_BY_HOP: [HeaderName; 9] = [
    header::CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
];

/// Removes what ends here, and what `Connection` names beside it.
///
/// To be done before anything is added: a client must not be able to name away what the gateway says.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    let listed: Vec<HeaderName> = headers.get_all(header::CONNECTION).iter().flat_map(names).collect();
    for name in &listed {
        headers.remove(name);
    }
    remove_all(headers, &HOP_BY_HOP);
}

/// Removes headers with all their values.
pub(super) fn remove_all(headers: &mut HeaderMap, names: &[HeaderName]) {
    for name in names {
        headers.remove(name);
    }
}

/// The header names in a value of `Connection`; its usual options name none.
fn names(value: &HeaderValue) -> impl Iterator<Item = HeaderName> {
    let text = value.to_str().unwrap_or_default();
    text.split(',').map(str::trim).filter(|option| !is_plain_option(option)).filter_map(|name| name.parse().ok())
}

/// Whether an option of `Connection` is about the connection itself.
fn is_plain_option(option: &str) -> bool {
    ["", "keep-alive", "close", "upgrade"].iter().any(|plain| option.eq_ignore_ascii_case(plain))
}

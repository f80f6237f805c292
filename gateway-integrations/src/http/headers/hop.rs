//! Headers that end at the next hop (RFC 9110, 7.6.1).

use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Whether a header is about the connection itself.
pub(in crate::http) fn is_hop_by_hop(name: &HeaderName) -> bool {
    matches!(
        name.as_str(),
        "connection"
            | "keep-alive"
            | "proxy-connection"
            | "proxy-authenticate"
            | "proxy-authorization"
            | "te"
            | "trailer"
            | "transfer-encoding"
            | "upgrade"
    )
}

/// Removes what `Connection` names, before a mapping adds anything; that the connection is to be switched stays said.
#[cfg(feature = "mapping")]
pub(crate) fn remove_listed(headers: &mut HeaderMap) {
    let options = headers.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
    let switches = options.flat_map(|text| text.split(',')).any(|option| option.trim().eq_ignore_ascii_case("upgrade"));
    remove_ending(headers, |name| *name == header::CONNECTION);
    if switches {
        headers.insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    }
}

/// Removes all that is about the connection itself.
pub(crate) fn remove_hop_by_hop(headers: &mut HeaderMap) {
    remove_ending(headers, is_hop_by_hop);
}

/// Removes what ends here: the headers that `ends` says, and what `Connection` names, where it stays no longer either.
///
/// To be done before anything is added: a client must not be able to name away what the gateway says.
pub(in crate::http) fn remove_ending(headers: &mut HeaderMap, ends: impl Fn(&HeaderName) -> bool) {
    // One pass where nothing ends here, as is usual: to look up each of the names would hash them all.
    while let Some(name) = headers.keys().find(|name| ends(name)).cloned() {
        if name == header::CONNECTION {
            let listed: Vec<HeaderName> = headers.get_all(&name).iter().flat_map(names).collect();
            for name in &listed {
                headers.remove(name);
            }
        }
        headers.remove(&name);
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

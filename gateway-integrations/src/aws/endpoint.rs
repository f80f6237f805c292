//! Other endpoints than AWS's own.

use http::{Uri, uri};

/// Why a text is no endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an endpoint is `http://` or `https://` with a host, and no path")]
pub struct EndpointError;

/// Reads an endpoint.
pub(super) fn endpoint(address: &str) -> Result<Uri, EndpointError> {
    let uri: Uri = address.parse().map_err(|_| EndpointError)?;
    let bare = uri.path_and_query().is_none_or(|path| path == "/");
    let web = matches!(uri.scheme_str(), Some("http" | "https"));
    if web && bare && uri.authority().is_some() { Ok(uri) } else { Err(EndpointError) }
}

/// The address `call` at another endpoint.
pub(super) fn at(endpoint: &Uri, call: &Uri) -> Uri {
    let mut parts = uri::Parts::default();
    parts.scheme = endpoint.scheme().cloned();
    parts.authority = endpoint.authority().cloned();
    parts.path_and_query = Some(call.path_and_query().cloned().unwrap_or(uri::PathAndQuery::from_static("/")));
    Uri::from_parts(parts).unwrap_or_else(|_| call.clone())
}

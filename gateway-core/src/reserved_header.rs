use http::HeaderName;

/// What no mapping of an HTTP API may change, and no routing rule may ask for.
static RESERVED: [&str; 18] = [
    "authorization",
    "connection",
    "content-encoding",
    "content-length",
    "content-location",
    "forwarded",
    "keep-alive",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "te",
    "trailers",
    "transfer-encoding",
    "upgrade",
    "via",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];
static RESERVED_STARTS: [&str; 4] = ["access-control-", "apigw-", "x-amz-", "x-amzn-"];

/// Whether a header is the gateway's own, or a proxy's: no parameter mapping of an HTTP API changes it in either
/// direction, and no routing rule asks for it.
///
/// AWS developer guide: *Transform API requests and responses for HTTP APIs* (reserved headers).
#[must_use]
pub fn is_reserved_header(name: &HeaderName) -> bool {
    let name = name.as_str();
    RESERVED.contains(&name) || RESERVED_STARTS.iter().any(|start| name.starts_with(start))
}

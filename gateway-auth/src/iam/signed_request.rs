use http::HeaderMap;

/// A request, as its signature covers it: as it stood on the wire.
#[derive(Clone, Copy)]
pub struct SignedRequest<'a> {
    /// The method.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// The query, without `?`.
    pub query: Option<&'a str>,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The host of the target, for requests that have no `Host` (HTTP/2).
    pub authority: Option<&'a str>,
    /// The whole body.
    pub body: &'a [u8],
}

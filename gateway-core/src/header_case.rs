//! `HeaderCase`: how names of headers are spelled where somebody sees the spelling.

use std::borrow::Cow;

use http::HeaderName;

use crate::context::EndpointType;

/// The spellings of header names as a client sent them.
///
/// [`http::HeaderMap`] knows lower case only. A server that knows more puts this into the request's extensions; functions
/// and templates then see the names as AWS shows them. Without it, names that are well known get their usual
/// spelling.
///
/// AWS developer guide: *API endpoint types for REST APIs in API Gateway*.
///
/// # Example
/// ```
/// use gateway_core::{EndpointType, HeaderCase};
/// use http::HeaderName;
///
/// let sent = HeaderCase::new(["user-agent", "tEsT-HEADeR"]);
/// let spelled = |name, endpoint| HeaderCase::spell(&HeaderName::from_static(name), Some(&sent), endpoint).into_owned();
/// assert_eq!(spelled("user-agent", EndpointType::Edge), "User-Agent");
/// assert_eq!(spelled("user-agent", EndpointType::Regional), "user-agent");
/// assert_eq!(spelled("test-header", EndpointType::Edge), "tEsT-HEADeR");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HeaderCase(Vec<Box<str>>);

impl HeaderCase {
    /// The names as they were sent; of a name that was spelled in two ways the first counts.
    #[must_use]
    pub fn new<T: Into<Box<str>>>(names: impl IntoIterator<Item = T>) -> Self {
        Self(names.into_iter().map(Into::into).collect())
    }

    /// How `name` is spelled for functions and templates of an API behind `endpoint`.
    ///
    /// An edge-optimized API spells well-known names in the usual way, whatever the client sent; every other name stays
    /// as it was `sent`. Where that is not known, well-known names are spelled in the usual way, and an edge-optimized
    /// API capitalises the others.
    #[must_use]
    pub fn spell<'a>(name: &'a HeaderName, sent: Option<&'a Self>, endpoint: EndpointType) -> Cow<'a, str> {
        let name = name.as_str();
        let sent = sent.and_then(|sent| sent.0.iter().find(|own| own.eq_ignore_ascii_case(name)));
        let usual = || WELL_KNOWN.iter().find(|own| own.eq_ignore_ascii_case(name)).map(|own| Cow::Borrowed(*own));
        let as_sent = || sent.map(|own| Cow::Borrowed(&**own));
        match endpoint {
            EndpointType::Edge => usual().or_else(as_sent).unwrap_or_else(|| capitalised(name).into()),
            EndpointType::Regional | EndpointType::Private => as_sent().or_else(usual).unwrap_or(Cow::Borrowed(name)),
        }
    }

    /// The usual spelling of `name`: `X-Amzn-Trace-Id`, `ETag`, `WWW-Authenticate`, `My-Own-Header`.
    #[must_use]
    pub fn usual(name: &HeaderName) -> Cow<'_, str> {
        Self::spell(name, None, EndpointType::Edge)
    }
}

/// Each word with a capital letter.
fn capitalised(name: &str) -> String {
    let mut start = true;
    let letters = name.chars().map(|letter| {
        let spelled = if start { letter.to_ascii_uppercase() } else { letter };
        start = letter == '-';
        spelled
    });
    letters.collect()
}

/// The fields of HTTP (RFC 9110 and its neighbours), and what proxies and AWS add.
static WELL_KNOWN: &[&str] = &[
    "Accept",
    "Accept-Charset",
    "Accept-Encoding",
    "Accept-Language",
    "Accept-Ranges",
    "Access-Control-Allow-Credentials",
    "Access-Control-Allow-Headers",
    "Access-Control-Allow-Methods",
    "Access-Control-Allow-Origin",
    "Access-Control-Expose-Headers",
    "Access-Control-Max-Age",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Age",
    "Allow",
    "Authorization",
    "Cache-Control",
    "Connection",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Location",
    "Content-MD5",
    "Content-Range",
    "Content-Type",
    "Cookie",
    "DNT",
    "Date",
    "ETag",
    "Expect",
    "Expires",
    "Forwarded",
    "From",
    "Host",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Keep-Alive",
    "Last-Modified",
    "Location",
    "Max-Forwards",
    "Origin",
    "Pragma",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Range",
    "Referer",
    "Retry-After",
    "Sec-Fetch-Dest",
    "Sec-Fetch-Mode",
    "Sec-Fetch-Site",
    "Sec-Fetch-User",
    "Server",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Upgrade-Insecure-Requests",
    "User-Agent",
    "Vary",
    "Via",
    "WWW-Authenticate",
    "Warn",
    "Warning",
    "x-amzn-ErrorType",
    "X-Amz-Date",
    "X-Amz-Security-Token",
    "X-Amz-Source-Arn",
    "X-Amzn-Trace-Id",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Port",
    "X-Forwarded-Proto",
    "x-amzn-apigateway-api-id",
    "x-amzn-lambda-integration-tag",
    "x-amzn-Remapped-Connection",
    "x-amzn-Remapped-Content-Length",
    "x-amzn-Remapped-Date",
    "x-amzn-Remapped-Server",
    "x-amzn-RequestId",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_spelled_as_the_endpoint_has_it() {
        use EndpointType::{Edge, Private, Regional};
        let sent = HeaderCase::new(["AUTHORIZATION", "x-Own", "x-own"]);
        for (name, known, endpoint, spelled) in [
            ("authorization", true, Edge, "Authorization"),
            ("authorization", true, Regional, "AUTHORIZATION"),
            ("authorization", true, Private, "AUTHORIZATION"),
            ("authorization", false, Regional, "Authorization"),
            ("x-own", true, Edge, "x-Own"),
            ("x-own", true, Regional, "x-Own"),
            ("x-own", false, Edge, "X-Own"),
            ("x-own", false, Regional, "x-own"),
            ("etag", false, Edge, "ETag"),
            ("te", false, Regional, "TE"),
            ("www-authenticate", false, Edge, "WWW-Authenticate"),
            ("content-md5", false, Edge, "Content-MD5"),
            ("x-amzn-trace-id", false, Regional, "X-Amzn-Trace-Id"),
        ] {
            let name = HeaderName::from_static(name);
            assert_eq!(HeaderCase::spell(&name, known.then_some(&sent), endpoint), spelled, "{name} {endpoint:?}");
        }
    }
}

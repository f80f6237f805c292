//! What a request must be before anything is asked of it: within the limits, and unambiguous.

use http::{HeaderMap, Uri, header};

use crate::{
    context::{ApiKind, Context},
    definition::Limits,
    error::{Error, ErrorKind},
    service::Parts,
};

/// Refuses a client without the certificate that the domain asks for.
///
/// AWS developer guide: *How to turn on mutual TLS authentication for your REST APIs*.
pub(super) fn authenticated(context: &Context) -> Result<(), Error> {
    match context.domain().and_then(|domain| domain.client_certificate.as_ref()) {
        Some(Err(reason)) => Err(Error::new(ErrorKind::AccessDenied)
            .with_message("Forbidden")
            .with_exception("ForbiddenException")
            .with_source(reason.to_string())),
        _ => Ok(()),
    }
}

/// Refuses what is too large, and what two readers could read in two ways. `target` is the URI as it arrived.
///
/// AWS developer guide: *Amazon API Gateway important notes* (for REST APIs: `|`, `{` and `}` in a query); *Quotas for
/// configuring and running an HTTP API*.
pub(super) fn check(request: &Parts, target: &Uri, kind: ApiKind, limits: &Limits) -> Result<(), Error> {
    let target = target.path_and_query().map_or(0, |target| target.as_str().len());
    if kind == ApiKind::Rest && target > limits.uri {
        return Err(ErrorKind::UriTooLong.into());
    }
    // An HTTP API counts the request line and the values of the headers together.
    let line = request.method.as_str().len() + target + "  HTTP/1.1".len();
    let (mut size, mut has_length) = (if kind == ApiKind::Http { line } else { 0 }, false);
    for (name, value) in &request.headers {
        size += value.len();
        if kind == ApiKind::Rest {
            size += name.as_str().len() + 4;
        }
        has_length |= name == header::CONTENT_LENGTH;
    }
    if kind == ApiKind::Rest && request.uri.query().is_some_and(|query| query.contains(['|', '{', '}'])) {
        return Err(Error::new(ErrorKind::BadRequest).with_message("percent-encode | { } in the query"));
    }
    if size > limits.headers {
        return Err(ErrorKind::HeadersTooLarge.into());
    }
    if target > limits.uri {
        return Err(ErrorKind::UriTooLong.into());
    }
    if has_length && content_length(&request.headers)?.is_some_and(|length| length > limits.payload) {
        return Err(ErrorKind::RequestTooLarge.into());
    }
    Ok(())
}

/// RFC 9112 §6.3: a length that is said twice must be the same, and excludes a transfer coding.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Error> {
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).iter();
    let Some(first) = lengths.next() else { return Ok(None) };
    let digits = first.to_str().ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|text| text.parse().ok());
    let ambiguous = lengths.any(|other| other != first) || headers.contains_key(header::TRANSFER_ENCODING);
    match length {
        Some(length) if !ambiguous => Ok(Some(length)),
        _ => Err(Error::new(ErrorKind::BadRequest).with_message("the length of the body is ambiguous")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(request: http::request::Builder) -> Option<ErrorKind> {
        let (parts, ()) = request.body(()).unwrap().into_parts();
        check(&parts, &parts.uri, ApiKind::Rest, &Limits::default()).err().map(|error| error.kind())
    }

    #[test]
    fn sizes_have_limits() {
        assert_eq!(refused(http::Request::get("/")), None);
        assert_eq!(refused(http::Request::get(format!("/{}", "x".repeat(10_240)))), Some(ErrorKind::UriTooLong));
        let large = http::Request::get("/").header("x", "x".repeat(10_240));
        assert_eq!(refused(large), Some(ErrorKind::HeadersTooLarge));
        let declared = http::Request::post("/").header("content-length", 10 * 1024 * 1024 + 1);
        assert_eq!(refused(declared), Some(ErrorKind::RequestTooLarge));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_refused() {
        let post = || http::Request::post("/").header("content-length", "5");
        assert_eq!(refused(post().header("content-length", "5")), None);
        for twice in [
            post().header("content-length", "6"),
            post().header("transfer-encoding", "chunked"),
            http::Request::post("/").header("content-length", "+5"),
            http::Request::post("/").header("content-length", "99999999999999999999"),
            http::Request::get("/?a=b|c"),
        ] {
            assert_eq!(refused(twice), Some(ErrorKind::BadRequest));
        }
        let (parts, ()) = http::Request::get("/?a={b}").body(()).unwrap().into_parts();
        assert!(check(&parts, &parts.uri, ApiKind::Http, &Limits::default()).is_ok());
    }
}

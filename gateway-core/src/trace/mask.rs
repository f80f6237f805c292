//! No credential is ever written down.

use std::borrow::Cow;

use http::{HeaderMap, HeaderValue};

const CREDENTIALS: &[&str] =
    &["authorization", "cookie", "proxy-authorization", "set-cookie", "x-amz-security-token", "x-api-key"];
/// How many letters AWS leaves to tell one credential from another; only of what is long enough.
const TAIL: usize = 6;

/// The value of a header, or stars and the last letters of it; a session's token keeps its length alone, which decides
/// what still stands behind it in a log.
pub(crate) fn value<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if name.eq_ignore_ascii_case("x-amz-security-token") {
        return "*".repeat(value.len()).into();
    }
    if !CREDENTIALS.iter().any(|credential| name.eq_ignore_ascii_case(credential)) {
        return value.into();
    }
    let tail = value.len().checked_sub(TAIL).filter(|hidden| *hidden >= 3 * TAIL).and_then(|at| value.get(at..));
    format!("{}{}", "*".repeat(34), tail.unwrap_or_default()).into()
}

pub(super) fn headers(headers: &mut HeaderMap) {
    for (name, value) in headers.iter_mut() {
        let masked = match value.to_str() {
            Ok(text) => self::value(name.as_str(), text),
            Err(_) => self::value(name.as_str(), ""),
        };
        if let Cow::Owned(masked) = masked {
            *value = HeaderValue::from_str(&masked).unwrap_or_else(|_| HeaderValue::from_static("[redacted]"));
        }
    }
}

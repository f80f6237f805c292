//! Where a request holds its token.

use std::borrow::Cow;

use gateway_core::{Parts, ValueSource, query_pairs};
use http::{HeaderName, header::AUTHORIZATION};

use super::refusal::{MALFORMED, Refusal};

/// Where the token is in a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenSource {
    /// In a header, whose name's case does not count.
    Header(HeaderName),
    /// In a parameter of the query, whose name's case does.
    Query(String),
}

impl Default for TokenSource {
    fn default() -> Self {
        Self::Header(AUTHORIZATION)
    }
}

impl TokenSource {
    /// Parses `$request.header.NAME`, `$request.querystring.NAME` or the `method.request` form.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match ValueSource::parse(text).ok()? {
            ValueSource::Header(name) => HeaderName::try_from(name).ok().map(Self::Header),
            ValueSource::Query(name) => Some(Self::Query(name)),
            _ => None,
        }
    }

    /// The token, with or without `Bearer ` before it. A value that comes twice is malformed: someone behind the
    /// gateway might read the other one.
    pub(super) fn token<'a>(&self, request: &'a Parts) -> Result<Cow<'a, str>, Refusal> {
        let value = match self {
            Self::Header(name) => {
                let all = request.headers.get_all(name).iter();
                Cow::Borrowed(only(all)?.to_str().map_err(|_| MALFORMED)?)
            }
            Self::Query(name) => {
                let all = query_pairs(request.uri.query().unwrap_or_default()).filter(|(key, _)| key == name);
                only(all)?.1
            }
        };
        let token = without_scheme(value);
        if token.is_empty() { Err(Refusal::NoToken) } else { Ok(token) }
    }
}

/// The only one of them.
fn only<T>(mut all: impl Iterator<Item = T>) -> Result<T, Refusal> {
    match (all.next(), all.next()) {
        (Some(one), None) => Ok(one),
        (None, _) => Err(Refusal::NoToken),
        (Some(_), Some(_)) => Err(MALFORMED),
    }
}

/// Takes the scheme off, in any case, with one space. Servers trim values, so a bare `Bearer` is an empty token.
fn without_scheme(value: Cow<'_, str>) -> Cow<'_, str> {
    const SCHEME: &str = "bearer ";
    let has_scheme = value.get(..SCHEME.len()).is_some_and(|start| start.eq_ignore_ascii_case(SCHEME));
    match value {
        value if value.eq_ignore_ascii_case(SCHEME.trim_end()) => Cow::Borrowed(""),
        value if !has_scheme => value,
        Cow::Borrowed(text) => Cow::Borrowed(text.get(SCHEME.len()..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(SCHEME.len()..).unwrap_or_default().to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str, headers: &[&[u8]]) -> Parts {
        let mut request = http::Request::get(uri);
        for value in headers {
            request = request.header("Authorization", *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_scheme_may_be_there() {
        let source = TokenSource::parse("$request.header.authorization").unwrap();
        assert_eq!(source, TokenSource::default());
        let read = |values: &[&[u8]]| source.token(&parts("/", values)).map(Cow::into_owned);
        for (values, token) in [
            (&[&b"a.b.c"[..]][..], Ok("a.b.c")),
            (&[b"Bearer a.b.c"], Ok("a.b.c")),
            (&[b"bEARER a.b.c"], Ok("a.b.c")),
            (&[b"Bearer  a.b.c"], Ok(" a.b.c")),
            (&[b"Bearer"], Err(Refusal::NoToken)),
            (&[b"Bearer "], Err(Refusal::NoToken)),
            (&[b""], Err(Refusal::NoToken)),
            (&[], Err(Refusal::NoToken)),
            (&[b"Basic x"], Ok("Basic x")),
            (&[b"a", b"a"], Err(MALFORMED)),
            (&["Bearer \u{e9}".as_bytes()], Err(MALFORMED)),
        ] {
            assert_eq!(read(values), token.map(str::to_owned), "{values:?}");
        }
    }

    #[test]
    fn the_query_is_decoded() {
        let source = TokenSource::parse("$request.querystring.token").unwrap();
        let read = |uri: &str| source.token(&parts(uri, &[])).map(Cow::into_owned);
        assert_eq!(read("/?token=a.b.c&x=1").unwrap(), "a.b.c");
        assert_eq!(read("/?token=Bearer+a.b").unwrap(), "a.b");
        assert_eq!(read("/?token=bearer%20a%2eb").unwrap(), "a.b");
        assert_eq!(read("/?Token=a").unwrap_err(), Refusal::NoToken);
        assert_eq!(read("/?token=").unwrap_err(), Refusal::NoToken);
        assert_eq!(read("/?token=a&token=a").unwrap_err(), MALFORMED);
        assert_eq!(read("/?token=%C3%A9%C3%A9%C3%A9%C3%A9").unwrap(), "\u{e9}\u{e9}\u{e9}\u{e9}");
    }

    #[test]
    fn a_token_comes_from_one_header_or_parameter() {
        assert_eq!(TokenSource::parse("method.request.header.X"), Some(TokenSource::Header("x".parse().unwrap())));
        for text in ["$request.path.x", "$context.x", "'x'", "$request.header.", "$request.header.a b", ""] {
            assert_eq!(TokenSource::parse(text), None, "{text}");
        }
    }
}

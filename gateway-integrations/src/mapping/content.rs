//! Bodies as text or as bytes.

use std::borrow::Cow;

use base64::Engine;
use bytes::Bytes;
use gateway_core::{MediaTypes, config::ContentHandling, media_type};
use http::{HeaderMap, HeaderValue, header};

use crate::lenient::BASE64;

/// A body after its conversion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Content {
    /// UTF-8.
    Text(Bytes),
    /// Bytes, which no template can read.
    Binary(Bytes),
}

/// A body that is to be decoded, and is no base64.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the body cannot be decoded: it is no base64")]
pub(crate) struct NoBase64;

impl Content {
    /// The request's body as the integration gets it.
    ///
    /// AWS developer guide: *Content type conversions in API Gateway*.
    pub(crate) fn of_request(
        body: Bytes,
        headers: &HeaderMap,
        binary: &MediaTypes,
        handling: Option<ContentHandling>,
    ) -> Result<Self, NoBase64> {
        match (is_binary(headers.get(header::CONTENT_TYPE), binary), handling) {
            (false, Some(ContentHandling::ConvertToBinary)) => decoded(&body),
            (false, _) => Ok(text(body)),
            (true, Some(ContentHandling::ConvertToText)) => Ok(encoded(&body)),
            (true, _) => Ok(Self::Binary(body)),
        }
    }

    /// The backend's body as the client gets it; `backend` are the answer's headers, `accept` is the client's wish.
    ///
    /// An empty body is a text whatever it is called: there is nothing to convert.
    ///
    /// AWS developer guide: *Content type conversions in API Gateway*.
    pub(crate) fn of_response(
        body: Bytes,
        backend: &HeaderMap,
        accept: Option<&HeaderValue>,
        binary: &MediaTypes,
        handling: Option<ContentHandling>,
    ) -> Result<Self, NoBase64> {
        if body.is_empty() {
            return Ok(Self::Text(body));
        }
        let (is_wanted, is_payload) = (is_binary(accept, binary), is_binary(backend.get(header::CONTENT_TYPE), binary));
        match (is_payload, handling, is_wanted) {
            (false, Some(ContentHandling::ConvertToBinary), _) | (false, None, true) => decoded(&body),
            (false, ..) => Ok(text(body)),
            (true, Some(ContentHandling::ConvertToText), _) | (true, None, false) => Ok(encoded(&body)),
            (true, ..) => Ok(Self::Binary(body)),
        }
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match self {
            Self::Text(bytes) => std::str::from_utf8(bytes).ok(),
            Self::Binary(_) => None,
        }
    }

    pub(crate) fn into_bytes(self) -> Bytes {
        match self {
            Self::Text(bytes) | Self::Binary(bytes) => bytes,
        }
    }
}

/// Whether a media type is binary; without one only `*/*` says so.
fn is_binary(media: Option<&HeaderValue>, binary: &MediaTypes) -> bool {
    if binary.is_empty() {
        return false;
    }
    media.and_then(media_type).map_or_else(|| binary.contain_all(), |media| binary.contain(media))
}

/// UTF-8; what is none is replaced.
fn text(body: Bytes) -> Content {
    match String::from_utf8_lossy(&body) {
        Cow::Borrowed(_) => Content::Text(body),
        Cow::Owned(replaced) => Content::Text(replaced.into()),
    }
}

fn encoded(body: &Bytes) -> Content {
    Content::Text(BASE64.encode(body).into())
}

fn decoded(body: &Bytes) -> Result<Content, NoBase64> {
    BASE64.decode(body.trim_ascii()).map(|bytes| Content::Binary(bytes.into())).map_err(|_| NoBase64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BINARY: Option<ContentHandling> = Some(ContentHandling::ConvertToBinary);
    const TEXT: Option<ContentHandling> = Some(ContentHandling::ConvertToText);

    fn headers(media: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(media))])
    }

    fn plain(text: &'static str) -> Content {
        Content::Text(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn requests_are_converted_by_their_content_type() {
        let (none, png) = (MediaTypes::default(), MediaTypes::new(["image/png"]));
        let bytes = Content::Binary(Bytes::from_static(b"hi"));
        for (body, media, binary, handling, expected) in [
            ("aGk=", "image/png", &none, None, Ok(plain("aGk="))),
            ("aGk=", "image/png", &none, BINARY, Ok(bytes.clone())),
            ("aGk=", "image/png", &none, TEXT, Ok(plain("aGk="))),
            ("aGk=", "text/plain", &png, BINARY, Ok(bytes.clone())),
            ("hi", "image/png", &png, None, Ok(bytes.clone())),
            ("hi", "image/png", &png, BINARY, Ok(bytes.clone())),
            ("hi", "image/png", &png, TEXT, Ok(plain("aGk="))),
            ("aGk", "text/plain", &png, BINARY, Ok(bytes)),
            ("no base64!", "text/plain", &png, BINARY, Err(NoBase64)),
        ] {
            let found = Content::of_request(Bytes::from_static(body.as_bytes()), &headers(media), binary, handling);
            assert_eq!(found, expected, "{body} {media} {handling:?}");
        }
    }

    #[test]
    fn answers_are_converted_by_their_content_type_and_the_clients_wish() {
        let (none, png) = (MediaTypes::default(), MediaTypes::new(["image/png"]));
        let bytes = || Content::Binary(Bytes::from_static(b"hi"));
        for (body, payload, accept, binary, handling, expected) in [
            ("aGk=", "image/png", "image/png", &none, None, plain("aGk=")),
            ("aGk=", "image/png", "image/png", &none, BINARY, bytes()),
            ("aGk=", "text/plain", "text/plain", &png, None, plain("aGk=")),
            ("aGk=", "text/plain", "text/plain", &png, BINARY, bytes()),
            ("aGk=", "text/plain", "image/png", &png, None, bytes()),
            ("aGk=", "text/plain", "image/png", &png, TEXT, plain("aGk=")),
            ("hi", "image/png", "text/plain", &png, None, plain("aGk=")),
            ("hi", "image/png", "text/plain", &png, BINARY, bytes()),
            ("hi", "image/png", "image/png", &png, None, bytes()),
            ("hi", "image/png", "image/png", &png, TEXT, plain("aGk=")),
            ("", "image/png", "image/png", &png, None, plain("")),
        ] {
            let accept = HeaderValue::from_static(accept);
            let body = Bytes::from_static(body.as_bytes());
            let found = Content::of_response(body, &headers(payload), Some(&accept), binary, handling).unwrap();
            assert_eq!(found, expected, "{payload} {accept:?} {handling:?}");
        }
    }

    #[test]
    fn text_that_is_no_utf_8_is_replaced() {
        let content =
            Content::of_request(Bytes::from_static(b"a\xffb"), &HeaderMap::new(), &MediaTypes::default(), None);
        assert_eq!(content, Ok(plain("a\u{fffd}b")));
    }
}

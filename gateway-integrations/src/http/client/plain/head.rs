//! The heads of plain messages.

use std::mem::MaybeUninit;

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Version, header};
use httparse::{Header, ParserConfig, Status};
use hyper::ext::ReasonPhrase;

use super::{Expects, MOST, Start};
use crate::http::client::body::Outgoing;

/// How many headers a plain answer has at most.
const HEADERS: usize = 48;
/// For how many headers more than the backend's an answer has room: a map that grows is made anew.
const MORE: usize = 2;

/// What was read of an answer.
pub(super) enum Read {
    /// A head, and the body as far as it is there.
    Plain(Response<Start>),
    /// What only hyper judges.
    Other,
    /// Not all of its head.
    Unfinished,
}

/// Writes a request with all its body. `None` where it is not plain: its body streams or is long, its framing is not its
/// length, or it says something about the connection.
pub(super) fn write(request: &Request<Outgoing>, out: &mut Vec<u8>) -> Option<()> {
    let body = request.body().in_memory().filter(|body| body.len() <= MOST)?;
    if request.method() == Method::CONNECT {
        return None;
    }
    let uri = request.uri();
    out.extend_from_slice(request.method().as_str().as_bytes());
    out.push(b' ');
    out.extend_from_slice(uri.path().as_bytes());
    if let Some(query) = uri.query() {
        out.push(b'?');
        out.extend_from_slice(query.as_bytes());
    }
    out.extend_from_slice(b" HTTP/1.1\r\n");
    let mut length = None;
    for (name, value) in request.headers() {
        if *name == header::CONTENT_LENGTH {
            if length.is_some() {
                return None;
            }
            length = Some(digits(value)?);
        } else if *name == header::CONNECTION || *name == header::TRANSFER_ENCODING {
            return None;
        }
        out.extend_from_slice(name.as_str().as_bytes());
        out.extend_from_slice(b": ");
        out.extend_from_slice(value.as_bytes());
        out.extend_from_slice(b"\r\n");
    }
    if length.unwrap_or(0) != body.len() as u64 {
        return None;
    }
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(body);
    (out.len() <= MOST).then_some(())
}

/// Takes an answer's head off what was heard, with what there is of its body.
pub(super) fn read(heard: &mut BytesMut, expects: Expects) -> Read {
    let bytes = heard.split().freeze();
    let mut slots = [const { MaybeUninit::uninit() }; HEADERS];
    let mut answer = httparse::Response::new(&mut []);
    let read = match ParserConfig::default().parse_response_with_uninit_headers(&mut answer, &bytes, &mut slots) {
        Ok(Status::Complete(end)) => match plain(&answer, &bytes, end, expects) {
            Some(answer) => return Read::Plain(answer),
            None => Read::Other,
        },
        Ok(Status::Partial) => Read::Unfinished,
        Err(_) => Read::Other,
    };
    *heard = bytes.into();
    read
}

/// The answer, if it is plain: neither interim nor a switch, of a length that is said once (RFC 9112, 6.3), on a
/// connection that stays.
fn plain(answer: &httparse::Response<'_, '_>, bytes: &Bytes, end: usize, expects: Expects) -> Option<Response<Start>> {
    let status = StatusCode::from_u16(answer.code?).ok()?;
    if answer.version != Some(1) || status.is_informational() || answer.headers.len() > expects.max_headers {
        return None;
    }
    let mut headers = HeaderMap::with_capacity(answer.headers.len() + MORE);
    let mut length = None;
    for Header { name, value } in &*answer.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).ok()?;
        let value = HeaderValue::from_maybe_shared(bytes.slice_ref(value)).ok()?;
        if name == header::CONTENT_LENGTH {
            if length.is_some() {
                return None;
            }
            length = Some(digits(&value)?);
        } else if name == header::TRANSFER_ENCODING
            || (name == header::CONNECTION && !value.as_bytes().eq_ignore_ascii_case(b"keep-alive"))
        {
            return None;
        }
        headers.append(name, value);
    }
    let has_none = expects.no_body || matches!(status, StatusCode::NO_CONTENT | StatusCode::NOT_MODIFIED);
    let length = if has_none { 0 } else { length? };
    let first = bytes.slice(end..);
    let left = length.checked_sub(first.len() as u64)?;
    let mut response = Response::new(Start { first, left });
    *response.status_mut() = status;
    *response.version_mut() = Version::HTTP_11;
    *response.headers_mut() = headers;
    if answer.reason != status.canonical_reason() {
        let reason = ReasonPhrase::try_from(answer.reason?.as_bytes()).ok()?;
        response.extensions_mut().insert(reason);
    }
    Some(response)
}

/// A length, which has digits only.
fn digits(value: &HeaderValue) -> Option<u64> {
    let text = value.to_str().ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_all(said: &str) -> (Read, BytesMut) {
        let mut heard = BytesMut::from(said);
        (read(&mut heard, Expects { no_body: false, max_headers: 3 }), heard)
    }

    #[test]
    fn a_plain_answer_is_read() {
        let said = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: Keep-Alive\r\nX-A: \r\n\r\nabc";
        let (Read::Plain(answer), heard) = read_all(said) else { panic!("plain") };
        assert_eq!((answer.status().as_u16(), answer.headers().len(), heard.len()), (200, 3, 0));
        assert_eq!((&*answer.body().first, answer.body().left), (&b"abc"[..], 2));
        let (Read::Plain(answer), _) = read_all("HTTP/1.1 304 Unchanged\r\nContent-Length: 5\r\n\r\n") else {
            panic!("plain")
        };
        assert_eq!(answer.body().left, 0);
        assert_eq!(answer.extensions().get::<ReasonPhrase>().unwrap().as_bytes(), b"Unchanged");
    }

    #[test]
    fn what_is_not_plain_stays() {
        for (said, unfinished) in [
            ("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", true),
            ("HTTP/1.1 200 OK\r\n\r\n", false),
            ("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: +1\r\n\r\nx", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false),
            ("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: 1\r\nA: 2\r\nA: 3\r\n\r\n", false),
            ("SSH-2.0-OpenSSH_9.6\r\n", false),
        ] {
            let (read, heard) = read_all(said);
            assert_eq!(heard, said);
            assert_eq!(matches!(read, Read::Unfinished), unfinished, "{said}");
            assert!(!matches!(read, Read::Plain(_)), "{said}");
        }
    }

    #[test]
    fn only_what_is_framed_by_its_length_is_written() {
        let written = |request: http::request::Builder, body: &'static str| {
            let (body, _) = Outgoing::new(body.into()).unwrap();
            let mut out = Vec::new();
            write(&request.body(body).unwrap(), &mut out).map(|()| String::from_utf8(out).unwrap())
        };
        let post = || Request::post("/a?b").header("Host", "h");
        let whole = written(post().header("Content-Length", "2"), "ab").unwrap();
        assert_eq!(whole, "POST /a?b HTTP/1.1\r\nhost: h\r\ncontent-length: 2\r\n\r\nab");
        assert_eq!(written(post(), "").unwrap(), "POST /a?b HTTP/1.1\r\nhost: h\r\n\r\n");
        for (request, body) in [
            (post(), "ab"),
            (post().header("Content-Length", "3"), "ab"),
            (post().header("Content-Length", "2").header("Content-Length", "2"), "ab"),
            (post().header("Transfer-Encoding", "chunked"), ""),
            (post().header("Connection", "close"), ""),
            (Request::connect("/"), ""),
        ] {
            assert_eq!(written(request, body), None);
        }
    }
}

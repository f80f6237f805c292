//! The canonical request: what was signed, written the one way that both sides write it.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, percent_encode};
use sha2::{Digest, Sha256};

use super::{
    carrier::{SIGNATURE_PARAMETER, TOKEN_HEADER, TOKEN_PARAMETER},
    signed_request::SignedRequest,
};

/// Everything but `A-Za-z0-9-._~`.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
/// The same within a path.
const ENCODED_IN_PATH: &AsciiSet = &ENCODED.remove(b'/');

/// Headers whose values are told to nobody.
const SECRET_HEADERS: [&str; 5] = ["authorization", "cookie", "proxy-authorization", TOKEN_HEADER, "x-api-key"];

/// Where a canonical request is written.
pub(super) trait Sink {
    fn put(&mut self, bytes: &[u8]);

    /// What may be a credential.
    fn put_secret(&mut self, bytes: &[u8]) {
        self.put(bytes);
    }
}

impl Sink for Sha256 {
    fn put(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// A canonical request to show: without credentials.
#[derive(Default)]
pub(super) struct Shown(String);

impl Shown {
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Sink for Shown {
    fn put(&mut self, bytes: &[u8]) {
        self.0.push_str(&String::from_utf8_lossy(bytes));
    }

    fn put_secret(&mut self, _: &[u8]) {
        self.0.push_str("[redacted]");
    }
}

/// What is signed in more ways than one.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Form {
    /// The signature stands in the query, which it does not cover itself.
    pub(super) presigned: bool,
    /// `.`, `..` and `//` are taken out of the path.
    pub(super) normalized: bool,
    /// The session token was added to the query after it was signed.
    pub(super) without_token: bool,
}

/// Writes the canonical request; `None` if a signed header is not there.
pub(super) fn write(
    sink: &mut impl Sink,
    request: &SignedRequest<'_>,
    signed_headers: &str,
    payload_hash: &[u8],
    form: Form,
) -> Option<()> {
    sink.put(request.method.as_bytes());
    sink.put(b"\n");
    let path = if form.normalized { normalized(request.path) } else { request.path.into() };
    write_path(sink, &path);
    sink.put(b"\n");
    write_query(sink, request.query.unwrap_or_default(), form);
    sink.put(b"\n");
    for name in signed_headers.split(';') {
        write_header(sink, request, name)?;
    }
    sink.put(b"\n");
    sink.put(signed_headers.as_bytes());
    sink.put(b"\n");
    sink.put(payload_hash);
    Some(())
}

fn write_path(sink: &mut impl Sink, path: &str) {
    if path.is_empty() {
        return sink.put(b"/");
    }
    percent_encode(path.as_bytes(), ENCODED_IN_PATH).for_each(|part| sink.put(part.as_bytes()));
}

/// The path as SDKs send it: without empty segments, `.` and `..`.
pub(super) fn normalized(path: &str) -> Cow<'_, str> {
    if !path.contains("//") && !path.split('/').any(|segment| matches!(segment, "." | "..")) {
        return path.into();
    }
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let mut written = String::with_capacity(path.len());
    for segment in &kept {
        written.push('/');
        written.push_str(segment);
    }
    if written.is_empty() || path.ends_with(['/', '.']) && ends_as_folder(path) {
        written.push('/');
    }
    written.into()
}

/// Whether a path ends with a slash, `/.` or `/..`.
fn ends_as_folder(path: &str) -> bool {
    matches!(path.rsplit('/').next(), Some("" | "." | ".."))
}

/// Decoded, encoded again, and sorted.
fn write_query(sink: &mut impl Sink, query: &str, form: Form) {
    if query.is_empty() {
        return;
    }
    let left_out =
        |name: &str| (form.presigned && name == SIGNATURE_PARAMETER) || (form.without_token && name == TOKEN_PARAMETER);
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    let pairs = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).filter(|(name, _)| !left_out(name));
    let mut pairs: Vec<_> = pairs.map(|(name, value)| (encoded(name), encoded(value))).collect();
    pairs.sort_unstable();
    for (place, (name, value)) in pairs.iter().enumerate() {
        if place > 0 {
            sink.put(b"&");
        }
        sink.put(name.as_bytes());
        sink.put(b"=");
        if name == TOKEN_PARAMETER { sink.put_secret(value.as_bytes()) } else { sink.put(value.as_bytes()) }
    }
}

/// A name or value of a query, as it is signed. Most stand there so already.
fn encoded(text: &str) -> Cow<'_, str> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~');
    if text.bytes().all(plain) {
        return text.into();
    }
    let spaced = if text.contains('+') { Cow::Owned(text.replace('+', " ")) } else { Cow::Borrowed(text) };
    let decoded: Cow<'_, [u8]> = percent_decode_str(&spaced).into();
    // Room for one letter that is encoded: most have none or one.
    let mut encoded = String::with_capacity(decoded.len() + 2);
    encoded.extend(percent_encode(&decoded, ENCODED));
    encoded.into()
}

fn write_header(sink: &mut impl Sink, request: &SignedRequest<'_>, name: &str) -> Option<()> {
    let is_secret = SECRET_HEADERS.contains(&name);
    sink.put(name.as_bytes());
    sink.put(b":");
    let mut values = request.headers.get_all(name).iter().peekable();
    if values.peek().is_none() {
        // HTTP/2 has the host in the target.
        sink.put(request.authority.filter(|_| name == "host")?.as_bytes());
    }
    for (place, value) in values.enumerate() {
        if place > 0 {
            sink.put(b",");
        }
        if is_secret { sink.put_secret(value.as_bytes()) } else { write_value(sink, value.as_bytes()) }
    }
    sink.put(b"\n");
    Some(())
}

/// Trimmed, with one space where there are several.
fn write_value(sink: &mut impl Sink, value: &[u8]) {
    let value = value.trim_ascii();
    if !value.windows(2).any(|pair| pair == b"  ") {
        return sink.put(value);
    }
    for (place, word) in value.split(|byte| *byte == b' ').filter(|word| !word.is_empty()).enumerate() {
        if place > 0 {
            sink.put(b" ");
        }
        sink.put(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_normalized_as_sdks_do() {
        for (path, expected) in [
            ("", "/"),
            ("/", "/"),
            ("//", "/"),
            ("/a/b", "/a/b"),
            ("/example/..", "/"),
            ("/a/b/..", "/a/"),
            ("/./", "/"),
            ("/./example", "/example"),
            ("//example//", "/example/"),
            ("/a./b.", "/a./b."),
            ("/../../a", "/a"),
        ] {
            let found = if path.is_empty() { Cow::Borrowed("/") } else { normalized(path) };
            assert_eq!(found, expected, "{path}");
        }
    }
}

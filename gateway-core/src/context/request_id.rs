//! Request ids: unique, cheap, and in the two forms that Amazon API Gateway prints.

use std::{fmt, str};

use bytes::Bytes;
use http::HeaderValue;

use crate::random::{Random, mix};

const HEX: &[u8; 16] = b"0123456789abcdef";
/// Where the hexadecimal digits of each byte stand in a UUID.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The ids of one request.
///
/// `id` is a UUID of version 4; `extended` is what REST APIs send as `x-amz-apigw-id` and HTTP APIs as
/// `apigw-requestid`: 15 characters and a `=`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RequestId {
    id: [u8; 36],
    extended: [u8; 16],
}

impl RequestId {
    /// Draws a new pair of ids.
    #[must_use]
    pub fn draw(random: &Random) -> Self {
        let number = random.next_u64();
        let high = mix(number ^ 0xa5a5_5a5a_c3c3_3c3c);
        Self { id: uuid(high, number), extended: extended(number, high) }
    }

    /// The same ids, with a UUID chosen by the client. `None` if it is not one.
    pub(crate) fn adopt(mut self, value: &[u8]) -> Option<Self> {
        let id: [u8; 36] = value.try_into().ok()?;
        let well_formed = id.iter().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        });
        self.id = id;
        well_formed.then_some(self)
    }

    /// `$context.requestId` of a REST API.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.id).unwrap_or_default()
    }

    /// `$context.extendedRequestId`.
    #[must_use]
    pub fn extended(&self) -> &str {
        str::from_utf8(&self.extended).unwrap_or_default()
    }

    /// Both ids as header values, in one allocation.
    #[must_use]
    pub fn to_headers(self) -> (HeaderValue, HeaderValue) {
        let mut text = [0; 52];
        let (id, extended) = text.split_at_mut(self.id.len());
        id.copy_from_slice(&self.id);
        extended.copy_from_slice(&self.extended);
        let mut id = Bytes::from_owner(text);
        let extended = id.split_off(self.id.len());
        (to_header(id), to_header(extended))
    }

    /// The extended id as a header value.
    #[must_use]
    pub fn extended_to_header(self) -> HeaderValue {
        to_header(Bytes::copy_from_slice(&self.extended))
    }
}

fn to_header(text: Bytes) -> HeaderValue {
    HeaderValue::from_maybe_shared(text).unwrap_or(HeaderValue::from_static("-"))
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.as_str(), self.extended())
    }
}

/// The low 62 bits of `low` stay as they are, so ids are as unique as they.
fn uuid(high: u64, low: u64) -> [u8; 36] {
    let high = (high & !0xf000) | 0x4000;
    let low = (low & !(0b11 << 62)) | (0b10 << 62);
    let bits = (u128::from(high) << 64) | u128::from(low);
    let mut text = [b'-'; 36];
    for (byte, place) in bits.to_be_bytes().into_iter().zip(PAIRS) {
        if let Some(pair) = text.get_mut(place..).and_then(<[u8]>::first_chunk_mut) {
            *pair = [digit(HEX, usize::from(byte >> 4)), digit(HEX, usize::from(byte & 0xf))];
        }
    }
    text
}

fn extended(number: u64, more: u64) -> [u8; 16] {
    let bits = (u128::from(number) << 26) | u128::from(more >> 38);
    let mut text = [b'='; 16];
    for (place, byte) in text.iter_mut().enumerate().take(14) {
        *byte = digit(BASE64, (bits >> (84 - 6 * place)) as usize & 0x3f);
    }
    // 11 bytes are 88 bits: the last digit holds four of them.
    if let Some(last) = text.get_mut(14) {
        *last = digit(BASE64, (bits as usize & 0xf) << 2);
    }
    text
}

fn digit(alphabet: &[u8], value: usize) -> u8 {
    alphabet.get(value).copied().unwrap_or(b'0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_forms_of_aws_and_differ() {
        let random = Random::seeded(1);
        let (first, second) = (RequestId::draw(&random), RequestId::draw(&random));
        assert_ne!(first, second);
        assert_eq!(first.as_str().as_bytes()[14], b'4');
        assert!(matches!(first.as_str().as_bytes()[19], b'8' | b'9' | b'a' | b'b'));
        assert!(first.extended().ends_with('=') && !first.extended().ends_with("=="));
        assert_eq!(first, RequestId::draw(&Random::seeded(1)));
    }

    #[test]
    fn only_a_uuid_is_adopted() {
        let id = RequestId::draw(&Random::seeded(1));
        let chosen = b"01234567-89ab-4def-8123-456789abcdef";
        assert_eq!(id.adopt(chosen).unwrap().as_str().as_bytes(), chosen);
        assert!(id.adopt(b"01234567-89ab-4def-8123-456789abcdeg").is_none());
        assert!(id.adopt(b"short").is_none());
    }
}

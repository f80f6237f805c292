//! Request ids: unique, cheap, and in the two forms that Amazon API Gateway prints.

use std::{fmt, str};

use http::HeaderValue;

use crate::random::{Random, mix};

const HEX: &[u8; 16] = b"0123456789abcdef";
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

    /// The id as a header value.
    #[must_use]
    pub fn to_header(self) -> HeaderValue {
        HeaderValue::from_bytes(&self.id).unwrap_or(HeaderValue::from_static("-"))
    }

    /// The extended id as a header value.
    #[must_use]
    pub fn extended_to_header(self) -> HeaderValue {
        HeaderValue::from_bytes(&self.extended).unwrap_or(HeaderValue::from_static("-"))
    }
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
    let mut bits = (u128::from(high) << 64) | u128::from(low);
    let mut text = [b'-'; 36];
    for (place, byte) in text.iter_mut().enumerate() {
        if !matches!(place, 8 | 13 | 18 | 23) {
            bits = bits.rotate_left(4);
            *byte = digit(HEX, bits as usize & 0xf);
        }
    }
    text
}

fn extended(number: u64, more: u64) -> [u8; 16] {
    let mut bits = (u128::from(number) << 64) | u128::from(more);
    let mut text = [b'='; 16];
    for byte in text.iter_mut().take(15) {
        bits = bits.rotate_left(6);
        *byte = digit(BASE64, bits as usize & 0x3f);
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

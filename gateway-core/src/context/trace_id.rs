//! `X-Amzn-Trace-Id`: taken from the client and completed, or made.

use std::ops::Range;

use http::HeaderValue;

/// How long a header is that is made from nothing, in bytes.
const MADE: usize = 75;

/// The trace header to hand on to a backend.
///
/// AWS developer guide: *Understanding AWS X-Ray traces* (passive tracing).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceId(String);

impl TraceId {
    /// Completes the client's header: a missing `Root` and `Parent` are made from the time of arrival and the id of
    /// the request, a missing `Sampled` is 1 where the client gave a parent, 0 otherwise.
    pub(crate) fn continued(client: Option<&HeaderValue>, seconds: u64, request_id: &str) -> Self {
        let client = client.and_then(|value| value.to_str().ok()).filter(|text| text.len() <= 512).unwrap_or_default();
        let (mut root, mut parent, mut sampled, mut rest) = (None, None, None, String::new());
        // Most clients send none.
        let pieces = (!client.is_empty()).then(|| client.split(';'));
        for (key, value) in pieces.into_iter().flatten().filter_map(|piece| piece.trim().split_once('=')) {
            let slot = match key {
                _ if key.eq_ignore_ascii_case("root") => &mut root,
                _ if key.eq_ignore_ascii_case("parent") => &mut parent,
                _ if key.eq_ignore_ascii_case("sampled") => &mut sampled,
                _ => {
                    rest.push(';');
                    push_title(&mut rest, key);
                    rest.extend(["=", value]);
                    continue;
                }
            };
            slot.get_or_insert(value);
        }
        // The groups of a UUID, without its hyphens.
        let digits = |places: Range<usize>| request_id.get(places).unwrap_or_default();
        let default_sampled = if root.is_some() && parent.is_some() { "1" } else { "0" };
        let mut text = String::with_capacity(client.len() + MADE);
        text.push_str("Root=");
        match root {
            Some(root) => text.push_str(root),
            None => {
                text.push_str("1-");
                // Eight digits, as `write` would make them with more ado.
                text.extend(
                    (0..8).rev().filter_map(|place| char::from_digit((seconds >> (4 * place)) as u32 & 0xf, 16)),
                );
                text.push('-');
                text.extend([digits(0..8), digits(9..13), digits(14..18), digits(19..23), digits(24..28)]);
            }
        }
        text.push_str(";Parent=");
        match parent {
            Some(parent) => text.push_str(parent),
            None => text.extend([digits(19..23), digits(24..36)]),
        }
        text.extend([";Sampled=", sampled.unwrap_or(default_sampled), &rest]);
        Self(text)
    }

    /// The header's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The header's value.
    #[must_use]
    pub fn to_header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }
}

/// Writes `key` as X-Ray spells keys: the first letter in upper case.
fn push_title(text: &mut String, key: &str) {
    let mut letters = key.chars();
    text.extend(letters.next().map(|first| first.to_ascii_uppercase()));
    text.extend(letters.map(|letter| letter.to_ascii_lowercase()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn continued(client: &'static str) -> String {
        let header = HeaderValue::from_static(client);
        TraceId::continued(Some(&header), 0x6592_0080, "01234567-89ab-4def-8123-456789abcdef").0
    }

    #[test]
    fn the_rows_of_the_trace_table() {
        assert_eq!(continued(""), "Root=1-65920080-0123456789ab4def81234567;Parent=8123456789abcdef;Sampled=0");
        assert_eq!(continued("Root=1-a-b"), "Root=1-a-b;Parent=8123456789abcdef;Sampled=0");
        assert_eq!(continued("Root=1-a-b;Parent=c"), "Root=1-a-b;Parent=c;Sampled=1");
        assert_eq!(continued("root=1-a-b;Parent=c;Sampled=0;lineage=d"), "Root=1-a-b;Parent=c;Sampled=0;Lineage=d");
    }
}

//! Parameters of a query.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str};

/// In a query these mean something, or are not allowed.
pub(crate) const QUERY: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'*');

/// The name of a parameter, decoded; `pair` is as it stands in a query.
pub(crate) fn parameter_name(pair: &str) -> Cow<'_, str> {
    let name = pair.split_once('=').map_or(pair, |(name, _)| name);
    if name.contains('+') {
        let spaced = name.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(name).decode_utf8_lossy()
}

/// Writes a query with its `?`, but without the parameters of these names; gives what separates more from it.
pub(super) fn without(names: &[Box<str>], query: &str, out: &mut String) -> char {
    let mut separator = '?';
    let pairs = query.strip_prefix('?').unwrap_or(query).split('&');
    for pair in pairs.filter(|pair| names.iter().all(|name| parameter_name(pair) != **name)) {
        out.push(separator);
        out.push_str(pair);
        separator = '&';
    }
    separator
}

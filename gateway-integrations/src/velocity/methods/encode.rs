//! The encodings of `$util`.

use std::{borrow::Cow, fmt::Write};

use base64::Engine;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

use crate::{lenient::BASE64, velocity::error::Fault};

/// What `java.net.URLEncoder` escapes; the space becomes `+` afterwards.
const FORM: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'*').remove(b'_').remove(b' ');

/// Which letters a text of JavaScript has as they are.
#[expect(clippy::indexing_slicing, reason = "a place that is not there does not compile")]
static PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut letter = b' ';
    while letter <= b'~' {
        plain[letter as usize] = !matches!(letter, b'"' | b'\'' | b'\\' | b'/');
        letter += 1;
    }
    plain
};

/// Whether [`java_script`] leaves a text as it is.
pub(in crate::velocity) fn plain_script(text: &str) -> bool {
    text.bytes().all(is_plain)
}

fn is_plain(byte: u8) -> bool {
    PLAIN.get(usize::from(byte)).is_some_and(|plain| *plain)
}

/// As `StringEscapeUtils.escapeJavaScript` of commons-lang 2: ASCII only, and `'` and `/` escaped too.
pub(in crate::velocity) fn java_script(text: &str) -> Cow<'_, str> {
    let Some(first) = text.bytes().position(|byte| !is_plain(byte)) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 16);
    let (before, rest) = text.split_at_checked(first).unwrap_or(("", text));
    out.push_str(before);
    for letter in rest.chars() {
        match letter {
            '"' | '\'' | '\\' | '/' => out.extend(['\\', letter]),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(letter),
            _ => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{unit:04X}");
                }
            }
        }
    }
    Cow::Owned(out)
}

pub(super) fn form(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, FORM).to_string().replace(' ', "+")
}

pub(super) fn from_form(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_encoding::percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

pub(super) fn base64(text: &str) -> String {
    BASE64.encode(text)
}

pub(super) fn from_base64(text: &str) -> Result<String, Fault> {
    let digits: String = text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
    let bytes = BASE64.decode(digits).map_err(|_| Fault::new("$util.base64Decode got a text that is not base64"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

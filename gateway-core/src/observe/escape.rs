//! Values as they may stand in a log line, so that no client can forge one.

use std::fmt::Write;

use serde_json::Value;

/// What a line is written in, and so how values are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Words, some between double quotes: `"` and `\` get a backslash.
    Text,
    /// JSON; a value that stands outside quotes gets them, unless it is a JSON scalar by itself.
    Json,
    /// XML: entities.
    Xml,
    /// Fields with commas between them: quoted where they need it.
    Csv,
}

impl Encoding {
    /// Writes a value, or `-` for one that is missing or empty; `bare` where no quotes stand around it.
    pub(super) fn write(self, out: &mut String, value: Option<&str>, bare: bool) {
        match (self, value.filter(|value| !value.is_empty())) {
            (Self::Json, None) if bare => out.push_str("\"-\""),
            (_, None) => out.push('-'),
            (Self::Json, Some(value)) if bare && is_scalar(value) => splice(out, value, ends_line, escape),
            (Self::Json, Some(value)) if bare => {
                out.push('"');
                splice(out, value, needs_backslash, escape);
                out.push('"');
            }
            (Self::Text | Self::Json, Some(value)) => splice(out, value, needs_backslash, escape),
            (Self::Xml, Some(value)) => splice(out, value, needs_entity, entity),
            (Self::Csv, Some(value)) => field(out, value),
        }
    }
}

/// Control characters, and the two that JavaScript and some viewers take for the end of a line.
pub(super) fn ends_line(letter: char) -> bool {
    letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}')
}

fn needs_backslash(letter: char) -> bool {
    matches!(letter, '"' | '\\') || ends_line(letter)
}

fn needs_entity(letter: char) -> bool {
    matches!(letter, '&' | '<' | '>' | '"' | '\'' | '\u{fffe}' | '\u{ffff}') || ends_line(letter)
}

/// Copies `value`, with `escape` for the letters that are `special`.
fn splice(out: &mut String, value: &str, special: fn(char) -> bool, escape: fn(&mut String, char)) {
    if is_plain(value) {
        return out.push_str(value);
    }
    let mut rest = value;
    while let Some((at, letter)) = rest.char_indices().find(|(_, letter)| special(*letter)) {
        out.push_str(rest.get(..at).unwrap_or_default());
        escape(out, letter);
        rest = rest.get(at + letter.len_utf8()..).unwrap_or_default();
    }
    out.push_str(rest);
}

/// Whether no letter can be special, in whatever a line is written in: nearly every value is such.
fn is_plain(value: &str) -> bool {
    let is = |byte: u8| matches!(byte, b' '..=b'~') & !matches!(byte, b'"' | b'\\' | b'&' | b'<' | b'>' | b'\'');
    // All of them, as that is faster than to stop at the first.
    value.bytes().fold(true, |plain, byte| plain & is(byte))
}

/// JSON's escapes, which a text log can take as well.
fn escape(out: &mut String, letter: char) {
    match letter {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        // Writing to a String cannot fail.
        _ => drop(write!(out, "\\u{:04x}", u32::from(letter))),
    }
}

fn entity(out: &mut String, letter: char) {
    match letter {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '"' => out.push_str("&quot;"),
        '\'' => out.push_str("&#39;"),
        // XML 1.0 has no way to say the other control characters below the space.
        '\t' | '\n' | '\r' | '\u{7f}'..='\u{fffd}' => drop(write!(out, "&#{};", u32::from(letter))),
        _ => out.push('\u{fffd}'),
    }
}

/// RFC 4180, on one line.
fn field(out: &mut String, value: &str) {
    if !value.contains([',', '"']) && value.trim().len() == value.len() {
        return splice(out, value, ends_line, escape);
    }
    let double =
        |out: &mut String, letter: char| if letter == '"' { out.push_str("\"\"") } else { escape(out, letter) };
    out.push('"');
    splice(out, value, |letter| letter == '"' || ends_line(letter), double);
    out.push('"');
}

/// Whether the text is a JSON number, string, boolean or null, and nothing else.
fn is_scalar(text: &str) -> bool {
    let alone = !text.starts_with(char::is_whitespace) && !text.ends_with(char::is_whitespace);
    // Nothing else starts so: the parser need not see a user agent.
    let may = text.starts_with(|first: char| first.is_ascii_digit() || "\"-tfn".contains(first));
    alone
        && may
        && matches!(serde_json::from_str(text), Ok(Value::Number(_) | Value::String(_) | Value::Bool(_) | Value::Null))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(encoding: Encoding, value: &str, bare: bool) -> String {
        let mut out = String::new();
        encoding.write(&mut out, Some(value), bare);
        out
    }

    #[test]
    fn values_are_escaped_for_their_surroundings() {
        let hostile = "a\"\\\n\u{1b}\u{2028}<&>',ü";
        for (encoding, expected) in [
            (Encoding::Text, r#"a\"\\\n\u001b\u2028<&>',ü"#),
            (Encoding::Json, r#"a\"\\\n\u001b\u2028<&>',ü"#),
            (Encoding::Xml, "a&quot;\\&#10;\u{fffd}&#8232;&lt;&amp;&gt;&#39;,ü"),
            (Encoding::Csv, r#""a""\\n\u001b\u2028<&>',ü""#),
        ] {
            assert_eq!(written(encoding, hostile, false), expected, "{encoding:?}");
            assert_eq!(written(encoding, "", false), "-");
        }
        assert_eq!(written(Encoding::Csv, "plain\n", false), r#""plain\n""#);
        assert_eq!(written(Encoding::Csv, "plain text", false), "plain text");
        assert_eq!(written(Encoding::Xml, "\u{7f}\u{ffff}", false), "&#127;\u{fffd}");
    }

    #[test]
    fn outside_quotes_only_a_scalar_stays_bare() {
        for scalar in ["200", "-1.5", "true", "null", r#""a \"b\"""#] {
            assert_eq!(written(Encoding::Json, scalar, true), scalar);
        }
        assert_eq!(written(Encoding::Json, "\"\u{7f}\"", true), r#""\u007f""#);
        for (value, expected) in [
            (r#"1,"admin":true"#, r#""1,\"admin\":true""#),
            ("1 ", r#""1 ""#),
            ("\n1", r#""\n1""#),
            ("{}", r#""{}""#),
            ("[1]", r#""[1]""#),
            ("1e999", r#""1e999""#),
            (r#""\ud800""#, r#""\"\\ud800\"""#),
            ("nil", r#""nil""#),
            ("", r#""-""#),
        ] {
            assert_eq!(written(Encoding::Json, value, true), expected, "{value}");
        }
    }
}

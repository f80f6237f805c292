//! To JSON text: compact, in order.

use std::fmt::{self, Display, Write};

use super::{Json, java_double};

/// Writes `text` with its quotes.
pub(crate) fn quote(text: &str, out: &mut impl Write) -> fmt::Result {
    out.write_char('"')?;
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.write_str(text.get(plain..at).unwrap_or_default())?;
        plain = at + 1;
        match byte {
            b'"' => out.write_str("\\\"")?,
            b'\\' => out.write_str("\\\\")?,
            b'\n' => out.write_str("\\n")?,
            b'\r' => out.write_str("\\r")?,
            b'\t' => out.write_str("\\t")?,
            0x08 => out.write_str("\\b")?,
            0x0c => out.write_str("\\f")?,
            _ => write!(out, "\\u{byte:04x}")?,
        }
    }
    out.write_str(text.get(plain..).unwrap_or_default())?;
    out.write_char('"')
}

impl Display for Json {
    /// JSON text without white space; doubles as Java prints them.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => out.write_str("null"),
            Self::Bool(value) => write!(out, "{value}"),
            Self::Integer(number) => write!(out, "{number}"),
            Self::Double(number) => out.write_str(&java_double(*number)),
            Self::Text(text) => quote(text, out),
            Self::List(items) => {
                for (at, item) in items.iter().enumerate() {
                    out.write_char(if at == 0 { '[' } else { ',' })?;
                    item.fmt(out)?;
                }
                out.write_str(if items.is_empty() { "[]" } else { "]" })
            }
            Self::Object(object) => {
                for (at, (key, value)) in object.iter().enumerate() {
                    out.write_char(if at == 0 { '{' } else { ',' })?;
                    quote(key, out)?;
                    out.write_char(':')?;
                    value.fmt(out)?;
                }
                out.write_str(if object.is_empty() { "{}" } else { "}" })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_in_order() {
        for text in [
            r#"{"z":1,"a":[1,2.5,true,null,"x"],"m":{"k":{}}}"#,
            r#""quote \" slash / back \\ tab \t nul \u0000 é""#,
            "[]",
            "18446744073709551615",
        ] {
            assert_eq!(Json::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Json::parse(r#"{"a":1,"b":2,"a":3}"#).unwrap().to_string(), r#"{"a":3,"b":2}"#);
        assert_eq!(Json::parse("1e3").unwrap().to_string(), "1000.0");
    }

    #[test]
    fn text_that_is_not_json_is_refused() {
        for text in ["", "{", "{'a':1}", "nope", "1 2", &"[".repeat(5000)] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
    }
}

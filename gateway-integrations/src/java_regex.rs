//! Java's regular expressions on the `regex` crate.
//!
//! What differs is translated: `\d`, `\w`, `\s`, `\b` know ASCII only, `\Q…\E` quotes, `\h`, `\R`, `\Z` are spelled out.
//! Look-around, back references and possessive or atomic groups do not exist here: such an expression is refused.
//! `$` matches at the very end only, not also before a last line break.

use regex::{Regex, RegexBuilder};

/// Compiled expressions above this size, in bytes, are refused.
const SIZE: usize = 1 << 20;

/// Compiles an expression that is searched for.
pub(crate) fn search(pattern: &str) -> Result<Regex, regex::Error> {
    build(&translate(pattern))
}

/// Compiles an expression that the whole text must match.
pub(crate) fn whole(pattern: &str) -> Result<Regex, regex::Error> {
    let pattern = translate(pattern);
    // By itself: `a)(b` is none, and would be one inside the brackets.
    build(&pattern)?;
    build(&format!(r"\A(?:{pattern})\z"))
}

fn build(pattern: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(pattern).size_limit(SIZE).dfa_size_limit(SIZE).nest_limit(100).build()
}

fn translate(pattern: &str) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            out.push(letter);
            continue;
        }
        match letters.next() {
            Some('d') => out.push_str("[0-9]"),
            Some('D') => out.push_str("[^0-9]"),
            Some('w') => out.push_str("[A-Za-z0-9_]"),
            Some('W') => out.push_str("[^A-Za-z0-9_]"),
            Some('s') => out.push_str(r"[ \t\n\x0B\f\r]"),
            Some('S') => out.push_str(r"[^ \t\n\x0B\f\r]"),
            Some('h') => out.push_str(r"[ \t\xA0]"),
            Some('b') => out.push_str(r"(?-u:\b)"),
            Some('B') => out.push_str(r"(?-u:\B)"),
            Some('R') => out.push_str(r"(?:\r\n|[\n\x0B\f\r\x{85}\x{2028}\x{2029}])"),
            Some('Z') => out.push_str(r"(?:\r?\n)?\z"),
            Some('e') => out.push_str(r"\x1B"),
            Some('Q') => {
                let rest = letters.as_str();
                let (quoted, after) = rest.split_once("\\E").unwrap_or((rest, ""));
                out.push_str(&regex::escape(quoted));
                letters = after.chars();
            }
            // Java lets any other letter that is no ASCII letter or digit stand for itself.
            Some(other) if !other.is_ascii() => out.push(other),
            Some(other @ ('<' | '>')) => out.push(other),
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_mean_what_they_mean_in_java() {
        for (pattern, text, matches) in [
            (r"\d{4}-\d{2}", "2024-01", true),
            (r"\d", "٣", false),
            (r"[\w.-]+@[\w.-]+", "a.b@c-d", true),
            (r"\w", "é", false),
            (r"\Qa.b\E+", "a.bbb", true),
            (r"\Qa.b\E", "axb", false),
            (r"a\/b\<", "a/b<", true),
            (r".*\bfoo\b.*", "a foo b", true),
            ("a|b", "ab", false),
        ] {
            assert_eq!(whole(pattern).unwrap().is_match(text), matches, "{pattern} on {text}");
        }
        for pattern in ["(?=a)", r"(a)\1", "(", "a)(b", "a{1000}{1000}{1000}"] {
            assert!(whole(pattern).is_err(), "{pattern}");
        }
    }
}

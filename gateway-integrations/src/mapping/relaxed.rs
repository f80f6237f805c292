//! The relaxed JSON that the template of a mock writes.
//!
//! Keys and texts may stand in single quotes or in none, commas may be idle, and what follows the object is not read.

use std::{iter::Peekable, str::Chars};

/// How deep lists and objects may be nested.
const DEPTH: usize = 200;

/// The whole number under `statusCode`; `None` where the text is no object that has one.
pub(super) fn status_code(text: &str) -> Option<i64> {
    let mut reader = Reader { letters: text.chars().peekable(), depth: 0 };
    reader.skip_blanks();
    (reader.letters.next()? == '{').then_some(())?;
    let mut status = None;
    reader.object(&mut |key, value| {
        if key == "statusCode" {
            status = value;
        }
    })?;
    status
}

struct Reader<'a> {
    letters: Peekable<Chars<'a>>,
    depth: usize,
}

/// A whole number, or any other value.
type Number = Option<i64>;

impl Reader<'_> {
    /// Reads an object whose brace is open; `None` where it is not well formed, as everywhere here.
    fn object(&mut self, entry: &mut dyn FnMut(&str, Number)) -> Option<()> {
        self.enter()?;
        loop {
            self.skip_blanks();
            match *self.letters.peek()? {
                ',' => {
                    self.letters.next();
                }
                '}' => {
                    self.letters.next();
                    self.depth -= 1;
                    return Some(());
                }
                ':' | '[' | ']' | '{' => return None,
                _ => {
                    let key = self.word(&[':'])?;
                    self.skip_blanks();
                    (self.letters.next()? == ':').then_some(())?;
                    let value = self.value(&[',', '}'])?;
                    entry(&key, value);
                    self.skip_blanks();
                    matches!(*self.letters.peek()?, ',' | '}').then_some(())?;
                }
            }
        }
    }

    fn list(&mut self) -> Option<()> {
        self.enter()?;
        loop {
            self.skip_blanks();
            match *self.letters.peek()? {
                ',' => {
                    self.letters.next();
                }
                ']' => {
                    self.letters.next();
                    self.depth -= 1;
                    return Some(());
                }
                ':' | '}' => return None,
                _ => {
                    self.value(&[',', ']'])?;
                    self.skip_blanks();
                    matches!(*self.letters.peek()?, ',' | ']').then_some(())?;
                }
            }
        }
    }

    /// Reads a value; one without quotes ends before a letter of `ends`.
    fn value(&mut self, ends: &[char]) -> Option<Number> {
        self.skip_blanks();
        match *self.letters.peek()? {
            '{' => {
                self.letters.next();
                self.object(&mut |_, _| {}).map(|()| None)
            }
            '[' => {
                self.letters.next();
                self.list().map(|()| None)
            }
            '"' | '\'' => self.word(ends).map(|_| None),
            letter if ends.contains(&letter) || matches!(letter, ']' | '}' | ':') => None,
            _ => self.word(ends).map(|word| word.parse().ok().filter(|_| !word.starts_with('+'))),
        }
    }

    /// Reads a text in quotes, or one without, which ends before a letter of `ends`.
    fn word(&mut self, ends: &[char]) -> Option<String> {
        let mut word = String::new();
        if let Some(quote) = self.letters.next_if(|letter| matches!(letter, '"' | '\'')) {
            loop {
                match self.letters.next()? {
                    letter if letter == quote => return Some(word),
                    // Which letter an escape stands for does not matter here.
                    '\\' => word.push(self.letters.next()?),
                    letter => word.push(letter),
                }
            }
        }
        while let Some(letter) = self.letters.next_if(|letter| !ends.contains(letter)) {
            word.push(letter);
        }
        self.letters.peek()?;
        word.truncate(word.trim_end().len());
        Some(word)
    }

    fn skip_blanks(&mut self) {
        while self.letters.next_if(|letter| matches!(letter, ' ' | '\t' | '\r' | '\n')).is_some() {}
    }

    fn enter(&mut self) -> Option<()> {
        self.depth += 1;
        (self.depth <= DEPTH).then_some(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_text_is_read_or_is_not(text in "[{}\\[\\]:,'\"\\\\ a0-]{0,40}") {
            let object = format!("{{statusCode: 7, {text}");
            prop_assert!([None, Some(7)].contains(&status_code(&object)) || text.contains("statusCode"));
        }
    }

    #[test]
    fn carelessly_written_objects_are_read() {
        for text in [
            r#"{"statusCode": 404}"#,
            "\n\n  { 'statusCode' : 404 , }",
            "{statusCode:404}",
            "{,, statusCode: 404,, other: [a b, {c: d}, 'e'], }",
            "{statusCode: 404, x}: y} trailing",
            "{statusCode: 404} {not read",
            r#"{"a": "\"}", statusCode: 404}"#,
            "{statusCode: 200, statusCode: 404}",
        ] {
            assert_eq!(status_code(text), Some(404), "{text}");
        }
    }

    #[test]
    fn anything_else_has_no_status() {
        for text in [
            "",
            "{}",
            "404",
            "statusCode: 404",
            r#"{"statusCode": "404"}"#,
            r#"{"statusCode": 404.0}"#,
            r#"{"statusCode": }"#,
            r#"{"statusCode": 404"#,
            r#"{"statusCode': 404}"#,
            "{'statusCode: 404}",
            "{statusCode: 404, {a: b}",
            "{statusCode: 404, a: [}",
            "[{statusCode: 404}]",
        ] {
            assert_eq!(status_code(text), None, "{text}");
        }
        assert_eq!(status_code(&"{a:".repeat(100_000)), None);
        assert_eq!(status_code(&format!("{{a:{}", "[".repeat(100_000))), None);
    }
}

//! From text to steps.
//!
//! ```text
//! path     = [ "$" ] ( "." name | ".*" | "." function | ".." step | "[" brackets "]" )*
//! brackets = "*" | names | places | slice | "?(" condition ")"
//! ```

use std::sync::Arc;

use super::{ast::Step, function::Function, parse_filter};

/// Deeper or longer paths are refused.
const STEPS: usize = 64;

/// Why a text is no path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the JSONPath `{path}` is not valid at letter {}: {reason}", .at + 1)]
pub struct JsonPathError {
    path: Box<str>,
    at: usize,
    reason: Box<str>,
}

pub(super) fn path(text: &str) -> Result<Vec<Step>, JsonPathError> {
    let mut reader = Reader { text, at: 0, depth: 0 };
    reader.blanks();
    let steps = if reader.take("$") || reader.take("@") {
        reader.steps(false)
    } else if reader.peek() == Some('[') || reader.peek() == Some('.') || reader.peek().is_none() {
        if reader.peek().is_none() {
            reader.fail("it is empty: write $ for the whole document")
        } else {
            reader.steps(false)
        }
    } else {
        reader.dotted().and_then(|first| {
            let mut steps = vec![first];
            steps.extend(reader.steps(false)?);
            Ok(steps)
        })
    };
    let steps = steps.map_err(|reason| reader.error(reason))?;
    reader.blanks();
    if reader.peek().is_some() {
        return Err(reader.error("write `.name` or `[…]` here".into()));
    }
    Ok(steps)
}

/// What is wrong; the place is where the reader stands.
pub(super) type Reason = Box<str>;

/// Reads a path letter by letter.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
}

impl<'a> Reader<'a> {
    /// The steps that follow `$` or `@`. In a filter they end at the first letter that continues none.
    pub(super) fn steps(&mut self, in_filter: bool) -> Result<Vec<Step>, Reason> {
        let mut steps = Vec::new();
        loop {
            if matches!(steps.last(), Some(Step::Function(_))) && matches!(self.peek(), Some('.' | '[')) {
                return self.fail("nothing can follow a function");
            }
            if self.take("..") {
                steps.push(Step::Descend);
                steps.push(if self.peek() == Some('[') { self.brackets()? } else { self.dotted()? });
            } else if self.take(".") {
                steps.push(if self.peek() == Some('[') { self.brackets()? } else { self.dotted()? });
            } else if self.peek() == Some('[') {
                steps.push(self.brackets()?);
            } else if in_filter || self.peek().is_none_or(char::is_whitespace) {
                return Ok(steps);
            } else {
                return self.fail("write `.name` or `[…]` here");
            }
            if steps.len() > STEPS {
                return self.fail("the path has too many steps");
            }
        }
    }

    /// `*`, `name` or `function()`.
    fn dotted(&mut self) -> Result<Step, Reason> {
        if self.take("*") {
            return Ok(Step::All);
        }
        let stops = |letter: char| {
            letter.is_whitespace()
                || matches!(letter, '.' | '[' | ']' | '(' | ')' | '=' | '!' | '<' | '>' | '&' | '|' | ',')
        };
        let name = self.take_until(stops);
        if name.is_empty() {
            return self.fail("a name must follow the dot");
        }
        if !self.take("(") {
            return Ok(Step::Names(vec![name.into()]));
        }
        let mut arguments = Vec::new();
        self.blanks();
        while !self.take(")") {
            arguments.push(self.json()?);
            self.blanks();
            if !self.take(",") && self.peek() != Some(')') {
                return self.fail("close the call with `)`");
            }
            self.blanks();
        }
        match Function::new(name, arguments) {
            Some(function) => Ok(Step::Function(function)),
            None => self.fail("there is no such function; known are length, min, max, avg, sum, stddev, keys, concat, append, first, last, index(n)"),
        }
    }

    fn brackets(&mut self) -> Result<Step, Reason> {
        self.take("[");
        self.blanks();
        let step = match self.peek() {
            Some('*') => {
                self.take("*");
                Step::All
            }
            Some('?') => {
                self.take("?");
                self.blanks();
                Step::Filter(parse_filter::condition(self)?)
            }
            Some('\'' | '"') => {
                let mut names: Vec<Arc<str>> = Vec::new();
                loop {
                    self.blanks();
                    names.push(self.quoted()?.into());
                    self.blanks();
                    if !self.take(",") {
                        break Step::Names(names);
                    }
                }
            }
            Some('(') => self.script()?,
            _ => self.places()?,
        };
        self.blanks();
        if self.take("]") { Ok(step) } else { self.fail("close the brackets with `]`") }
    }

    /// `(@.length-1)`, the former way to count from the end.
    fn script(&mut self) -> Result<Step, Reason> {
        let known = self.take("(@.length-") || self.take("(@.length()-");
        match self.place()? {
            Some(place) if known && place > 0 && self.take(")") => Ok(Step::Places(vec![-place])),
            _ => self.fail("of scripts only (@.length-1) is known: write [-1]"),
        }
    }

    fn places(&mut self) -> Result<Step, Reason> {
        let first = self.place()?;
        self.blanks();
        if self.take(":") {
            self.blanks();
            let end = self.place()?;
            self.blanks();
            // Jayway reads a step width and goes one by one all the same.
            if self.take(":") {
                self.blanks();
                self.place()?;
            }
            return Ok(Step::Slice(first, end));
        }
        let Some(first) = first else {
            return self.fail("brackets hold a quoted name, a number, a slice, `*` or `?(…)`");
        };
        let mut places = vec![first];
        while self.take(",") {
            self.blanks();
            match self.place()? {
                Some(place) => places.push(place),
                None => return self.fail("a number must follow the comma"),
            }
            self.blanks();
        }
        Ok(Step::Places(places))
    }

    fn place(&mut self) -> Result<Option<i64>, Reason> {
        let digits = self.take_until(|letter| !letter.is_ascii_digit() && letter != '-');
        if digits.is_empty() {
            return Ok(None);
        }
        digits.parse().map(Some).or_else(|_| self.fail("this is no index"))
    }

    /// A text in quotes; a backslash takes the next letter as it is.
    pub(super) fn quoted(&mut self) -> Result<String, Reason> {
        let Some(quote) = self.peek().filter(|letter| matches!(letter, '\'' | '"')) else {
            return self.fail("a quoted name must stand here");
        };
        let mut text = String::new();
        let mut letters = self.rest().char_indices().skip(1);
        while let Some((at, letter)) = letters.next() {
            match letter {
                '\\' => text.extend(letters.next().map(|(_, letter)| letter)),
                _ if letter == quote => {
                    self.at += at + quote.len_utf8();
                    return Ok(text);
                }
                _ => text.push(letter),
            }
        }
        self.fail("the quote is not closed")
    }

    pub(super) fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn take_until(&mut self, stop: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let (taken, _) = rest.split_at(rest.find(stop).unwrap_or(rest.len()));
        self.at += taken.len();
        taken
    }

    pub(super) fn blanks(&mut self) {
        self.take_until(|letter| !letter.is_whitespace());
    }

    pub(super) fn fail<T>(&self, reason: &str) -> Result<T, Reason> {
        Err(reason.into())
    }

    fn error(&self, reason: Reason) -> JsonPathError {
        let at = self.text.get(..self.at).unwrap_or_default().chars().count();
        JsonPathError { path: self.text.into(), at, reason }
    }
}

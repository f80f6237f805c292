//! Texts, numbers, lists, maps and ranges.

use super::{Cursor, Parser};
use crate::velocity::{
    ast::{Expression, Node},
    error::Fault,
};

impl Parser<'_> {
    /// A literal or a reference.
    pub(super) fn primary(&mut self) -> Result<Expression, Fault> {
        self.cursor.blanks();
        match self.cursor.peek() {
            Some('"') => self.interpolated(),
            Some('\'') => self.quoted('\'').map(|(text, _)| Expression::Text(text.into())),
            Some('[') => self.list(),
            Some('{') => self.map(),
            Some('0'..='9' | '-' | '.') => self.number(),
            Some('$') => match self.reference()? {
                Some(reference) => Ok(Expression::Reference(reference)),
                None => Err(self.fault("a name must follow the `$`; write '$' for the letter")),
            },
            _ if self.cursor.accept_word("true") => Ok(Expression::Bool(true)),
            _ if self.cursor.accept_word("false") => Ok(Expression::Bool(false)),
            _ => Err(self.fault("a value must stand here: a reference, a number, a quoted text, true, false, […] or {…}; there is no null, write $null")),
        }
    }

    /// What stands in quotes; a doubled quote is one. And whether there was one.
    fn quoted(&mut self, quote: char) -> Result<(String, bool), Fault> {
        let at = self.cursor.position();
        let mut mark = [0; 4];
        let mark: &str = quote.encode_utf8(&mut mark);
        self.cursor.accept(mark);
        let mut text = String::new();
        let mut doubled = false;
        loop {
            let Some(part) = self.cursor.take_through(mark) else {
                return Err(self.fault_at(at, "the quote is not closed"));
            };
            text.push_str(part);
            if !self.cursor.accept(mark) {
                return Ok((text, doubled));
            }
            doubled = true;
            text.push(quote);
        }
    }

    /// A text in double quotes: a template of its own, where it holds a `$` or a `#`.
    fn interpolated(&mut self) -> Result<Expression, Fault> {
        let at = self.cursor.position().saturating_add(1);
        let (text, doubled) = self.quoted('"')?;
        if !text.contains(['$', '#']) {
            return Ok(Expression::Text(text.into()));
        }
        self.enter()?;
        let mut inner = Parser { cursor: Cursor::within(&text, at, !doubled), depth: self.depth, names: self.names };
        let block = inner.template()?;
        self.leave(match &*block {
            [] => Expression::Text("".into()),
            [Node::Text(text)] => Expression::Text((**text).into()),
            _ => Expression::Interpolated(block),
        })
    }

    fn number(&mut self) -> Result<Expression, Fault> {
        let rest = self.cursor.rest();
        let sign = usize::from(rest.starts_with('-'));
        let digits = |from: usize| {
            let tail = rest.get(from..).unwrap_or_default();
            tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len())
        };
        let starts = |from: usize, text: &str| rest.get(from..).is_some_and(|tail| tail.starts_with(text));
        let whole = sign + digits(sign);
        let mut end = whole;
        if starts(end, ".") && !starts(end, "..") {
            end += 1 + digits(end + 1);
        }
        if starts(end, "e") || starts(end, "E") {
            let signed = end + 1 + usize::from(starts(end + 1, "+") || starts(end + 1, "-"));
            let exponent = digits(signed);
            end = if exponent > 0 { signed + exponent } else { end };
        }
        let text = rest.get(..end).unwrap_or_default();
        let number = if end == whole {
            text.parse().ok().map(Expression::Integer)
        } else {
            text.parse().ok().filter(|number: &f64| number.is_finite()).map(Expression::Double)
        };
        let number = number.ok_or_else(|| self.fault("this is no number"))?;
        self.cursor.take(end);
        Ok(number)
    }

    /// `[…]`: a list or a range.
    fn list(&mut self) -> Result<Expression, Fault> {
        let at = self.cursor.position();
        self.enter()?;
        self.cursor.accept("[");
        self.cursor.blanks();
        let mut items = Vec::new();
        while !self.cursor.accept("]") {
            items.push(self.primary()?);
            self.cursor.blanks();
            if items.len() == 1 && self.cursor.accept("..") {
                let to = self.primary()?;
                self.cursor.blanks();
                return match (items.pop(), self.cursor.accept("]")) {
                    (Some(from), true) => self.leave(Expression::Range(Box::new((from, to)), at)),
                    _ => Err(self.fault("close the range with `]`")),
                };
            }
            if !self.cursor.accept(",") && !self.cursor.starts_with("]") {
                return Err(self.fault("separate elements with `,` and close the list with `]`"));
            }
            self.cursor.blanks();
        }
        self.leave(Expression::List(items))
    }

    fn map(&mut self) -> Result<Expression, Fault> {
        self.enter()?;
        self.cursor.accept("{");
        self.cursor.blanks();
        let mut entries = Vec::new();
        while !self.cursor.accept("}") {
            let key = self.primary()?;
            self.cursor.blanks();
            if !self.cursor.accept(":") {
                return Err(self.fault("write `:` between the key and its value"));
            }
            entries.push((key, self.primary()?));
            self.cursor.blanks();
            if !self.cursor.accept(",") && !self.cursor.starts_with("}") {
                return Err(self.fault("separate entries with `,` and close the map with `}`"));
            }
            self.cursor.blanks();
        }
        self.leave(Expression::Map(entries))
    }
}

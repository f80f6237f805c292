//! Values as text: Java's `toString`, and JSON for lists that came out of JSON.

use std::fmt::{self, Write};

use super::{Document, Heap, List, Map, Place, Text, Value, digits, document::Item};
use crate::{
    json::{java_double, quote},
    velocity::{error::Fault, literal::Literal},
};

/// How deep a value may be nested that is printed.
const DEPTH: usize = 64;

/// How deep JSON can be that was read, with room for the list that an indefinite path makes around it.
const JSON_DEPTH: usize = 130;

/// A text that may not grow beyond its bound.
pub(in crate::velocity) struct Printer {
    pub(in crate::velocity) text: String,
    pub(in crate::velocity) limit: usize,
}

impl Printer {
    pub(in crate::velocity) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    pub(in crate::velocity) fn sized(limit: usize, likely: usize) -> Self {
        Self { text: String::with_capacity(likely.min(limit) + Literal::PIECE), limit }
    }

    #[inline]
    pub(in crate::velocity) fn push(&mut self, text: &str) -> Result<(), Fault> {
        if self.text.len() + text.len() > self.limit {
            return Err(too_long());
        }
        self.text.push_str(text);
        Ok(())
    }

    #[inline(always)]
    pub(in crate::velocity) fn literal(&mut self, literal: &Literal) -> Result<(), Fault> {
        match literal.piece() {
            Some((piece, length)) => self.piece(piece, length),
            None => self.push(literal)?,
        }
        Ok(())
    }

    /// Adds a piece whose length is known when this is compiled, and takes off again what is not wanted of it. So little
    /// is added that [`bounded`](Self::bounded) may look for it later.
    #[inline(always)]
    fn piece(&mut self, piece: &str, length: usize) {
        let end = self.text.len() + length;
        self.text.push_str(piece);
        self.text.truncate(end);
    }

    /// Fails where the text has grown beyond its bound, piece by piece.
    #[inline]
    pub(in crate::velocity) fn bounded(&self) -> Result<(), Fault> {
        if self.text.len() > self.limit { Err(too_long()) } else { Ok(()) }
    }

    /// Prints a value; null prints nothing.
    #[inline]
    pub(in crate::velocity) fn print<'s>(&mut self, heap: &Heap<'s>, value: &Value<'s>) -> Result<(), Fault> {
        match value {
            Value::Null => Ok(()),
            Value::Text(text) => self.push(text),
            Value::Integer(number) => self.integer(*number),
            _ => self.java(heap, value, DEPTH),
        }
    }

    /// Prints a value as JSON.
    pub(in crate::velocity) fn print_json<'s>(&mut self, heap: &Heap<'s>, value: &Value<'s>) -> Result<(), Fault> {
        self.json(heap, value, JSON_DEPTH)
    }

    #[inline(always)]
    pub(in crate::velocity) fn whole(&mut self, number: i64) -> Result<(), Fault> {
        match digits::of(number) {
            Some((piece, length)) => self.piece(piece, length),
            None => self.large(number)?,
        }
        Ok(())
    }

    #[inline(never)]
    fn large(&mut self, number: i64) -> Result<(), Fault> {
        self.push(itoa::Buffer::new().format(number))
    }

    pub(in crate::velocity) fn truth(&mut self, value: bool) -> Result<(), Fault> {
        self.push(if value { "true" } else { "false" })
    }

    fn integer(&mut self, number: i128) -> Result<(), Fault> {
        match i64::try_from(number) {
            Ok(number) => self.whole(number),
            Err(_) => self.push(&number.to_string()),
        }
    }

    fn java<'s>(&mut self, heap: &Heap<'s>, value: &Value<'s>, depth: usize) -> Result<(), Fault> {
        let depth = deeper(depth)?;
        match value {
            Value::Null => self.push("null"),
            Value::Bool(value) => self.truth(*value),
            Value::Integer(number) => self.integer(*number),
            Value::Double(number) => self.push(&java_double(*number)),
            Value::Text(text) => self.push(text),
            Value::List(list) if list.is_json() => self.json_list(heap, list, depth),
            Value::List(list) => list.with(|items| self.joined(heap, items, depth)),
            Value::Body(place) => match heap.unchanged() {
                Some(document) => self.body(heap, document, *place, depth),
                None => self.java(heap, &heap.open(value)?, depth + 1),
            },
            Value::Range(from, to) => {
                self.push("[")?;
                let (mut at, step) = (*from, if from <= to { 1 } else { -1 });
                while at != *to {
                    self.push(&format!("{at}, "))?;
                    at += step;
                }
                self.push(&format!("{at}]"))
            }
            Value::Map(map) if map.is_quiet() => Ok(()),
            Value::Map(map) => map.with(|entries| {
                self.push("{")?;
                for (at, (key, value)) in entries.iter().enumerate() {
                    self.push(if at == 0 { "" } else { ", " })?;
                    self.push(key)?;
                    self.push("=")?;
                    self.java(heap, value, depth)?;
                }
                self.push("}")
            }),
            Value::Entry(entry) => {
                self.push(&entry.0)?;
                self.push("=")?;
                self.java(heap, &entry.1, depth)
            }
            // What Java has of a loop is an empty map.
            Value::Loop(_) => self.push("{}"),
            Value::Block(_) | Value::Input | Value::Util | Value::Context(_) => Ok(()),
        }
    }

    /// A list or an object of the body: JSON, or `{key=value}`.
    fn body<'s>(&mut self, heap: &Heap<'s>, document: &Document<'s>, place: Place, depth: usize) -> Result<(), Fault> {
        if let Item::List(..) = document.item(place) {
            return document.write(place, self).map_err(|fmt::Error| too_long());
        }
        self.push("{")?;
        for (at, value) in document.inside(place).enumerate() {
            self.push(if at == 0 { "" } else { ", " })?;
            self.push(document.word(document.key(value)))?;
            self.push("=")?;
            self.java(heap, &Heap::of_body(document, value), depth)?;
        }
        self.push("}")
    }

    fn joined<'s>(&mut self, heap: &Heap<'s>, items: &[Value<'s>], depth: usize) -> Result<(), Fault> {
        self.push("[")?;
        for (at, item) in items.iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " })?;
            self.java(heap, item, depth)?;
        }
        self.push("]")
    }

    fn json<'s>(&mut self, heap: &Heap<'s>, value: &Value<'s>, depth: usize) -> Result<(), Fault> {
        let depth = deeper(depth)?;
        match value {
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Double(_) => self.java(heap, value, 1),
            Value::List(list) => self.json_list(heap, list, depth),
            Value::Map(map) => self.json_map(heap, map, depth),
            Value::Body(place) => match heap.unchanged() {
                Some(document) => document.write(*place, self).map_err(|fmt::Error| too_long()),
                None => self.json(heap, &heap.open(value)?, depth + 1),
            },
            _ => {
                let mut inner = Self::new(self.limit);
                inner.java(heap, value, depth)?;
                quote(&inner.text, self).map_err(|fmt::Error| too_long())
            }
        }
    }

    fn json_list<'s>(&mut self, heap: &Heap<'s>, list: &List<'s>, depth: usize) -> Result<(), Fault> {
        list.with(|items| {
            self.push("[")?;
            for (at, item) in items.iter().enumerate() {
                self.push(if at == 0 { "" } else { "," })?;
                self.json(heap, item, depth)?;
            }
            self.push("]")
        })
    }

    fn json_map<'s>(&mut self, heap: &Heap<'s>, map: &Map<'s>, depth: usize) -> Result<(), Fault> {
        map.with(|entries| {
            self.push("{")?;
            for (at, (key, value)) in entries.iter().enumerate() {
                self.push(if at == 0 { "" } else { "," })?;
                quote(key, self).map_err(|fmt::Error| too_long())?;
                self.push(":")?;
                self.json(heap, value, depth)?;
            }
            self.push("}")
        })
    }
}

fn deeper(depth: usize) -> Result<usize, Fault> {
    depth.checked_sub(1).ok_or_else(|| Fault::new("the value is nested too deep to be printed"))
}

#[cold]
fn too_long() -> Fault {
    Fault::new("the result grows too long")
}

impl Write for Printer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text).map_err(|_| fmt::Error)
    }
}

/// The value as text; null is the empty one.
pub(in crate::velocity) fn text<'s>(heap: &Heap<'s>, value: &Value<'s>) -> Result<Text<'s>, Fault> {
    if let Value::Text(text) = value {
        return Ok(text.clone());
    }
    let mut printer = Printer::new(heap.longest());
    printer.print(heap, value)?;
    heap.spend_text(printer.text.len())?;
    Ok(printer.text.into())
}

//! Values as text: Java's `toString`, and JSON for lists that came out of JSON.

use std::{
    fmt::{self, Write},
    sync::Arc,
};

use super::{Heap, List, Map, Value};
use crate::{
    json::{java_double, quote},
    velocity::error::Fault,
};

/// How deep a value may be nested that is printed.
const DEPTH: usize = 64;

/// A text that may not grow beyond its bound.
pub(in crate::velocity) struct Printer {
    pub(in crate::velocity) text: String,
    pub(in crate::velocity) limit: usize,
}

impl Printer {
    pub(in crate::velocity) fn new(limit: usize) -> Self {
        Self { text: String::new(), limit }
    }

    pub(in crate::velocity) fn push(&mut self, text: &str) -> Result<(), Fault> {
        if self.text.len() + text.len() > self.limit {
            return Err(Fault::new("the result grows too long"));
        }
        self.text.push_str(text);
        Ok(())
    }

    /// Prints a value; null prints nothing.
    pub(in crate::velocity) fn print(&mut self, value: &Value) -> Result<(), Fault> {
        match value {
            Value::Null => Ok(()),
            Value::Text(text) => self.push(text),
            _ => self.java(value, DEPTH),
        }
    }

    fn java(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or_else(|| Fault::new("the value is nested too deep to be printed"))?;
        match value {
            Value::Null => self.push("null"),
            Value::Bool(value) => self.push(if *value { "true" } else { "false" }),
            Value::Integer(number) => self.push(&number.to_string()),
            Value::Double(number) => self.push(&java_double(*number)),
            Value::Text(text) => self.push(text),
            Value::List(list) if list.is_json() => self.json_list(list, depth),
            Value::List(list) => list.with(|items| self.joined(items, depth)),
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
                    self.java(value, depth)?;
                }
                self.push("}")
            }),
            Value::Entry(entry) => {
                self.push(&entry.0)?;
                self.push("=")?;
                self.java(&entry.1, depth)
            }
            Value::Loop(_) | Value::Block(_) | Value::Input | Value::Util | Value::Context(_) => Ok(()),
        }
    }

    fn joined(&mut self, items: &[Value], depth: usize) -> Result<(), Fault> {
        self.push("[")?;
        for (at, item) in items.iter().enumerate() {
            self.push(if at == 0 { "" } else { ", " })?;
            self.java(item, depth)?;
        }
        self.push("]")
    }

    fn json(&mut self, value: &Value, depth: usize) -> Result<(), Fault> {
        let depth = depth.checked_sub(1).ok_or_else(|| Fault::new("the value is nested too deep to be printed"))?;
        match value {
            Value::Null | Value::Bool(_) | Value::Integer(_) | Value::Double(_) => self.java(value, 1),
            Value::List(list) => self.json_list(list, depth),
            Value::Map(map) => self.json_map(map, depth),
            _ => {
                let mut inner = Self::new(self.limit);
                inner.java(value, depth)?;
                quote(&inner.text, self).map_err(|fmt::Error| Fault::new("the result grows too long"))
            }
        }
    }

    fn json_list(&mut self, list: &List, depth: usize) -> Result<(), Fault> {
        list.with(|items| {
            self.push("[")?;
            for (at, item) in items.iter().enumerate() {
                self.push(if at == 0 { "" } else { "," })?;
                self.json(item, depth)?;
            }
            self.push("]")
        })
    }

    fn json_map(&mut self, map: &Map, depth: usize) -> Result<(), Fault> {
        map.with(|entries| {
            self.push("{")?;
            for (at, (key, value)) in entries.iter().enumerate() {
                self.push(if at == 0 { "" } else { "," })?;
                quote(key, self).map_err(|fmt::Error| Fault::new("the result grows too long"))?;
                self.push(":")?;
                self.json(value, depth)?;
            }
            self.push("}")
        })
    }
}

impl Write for Printer {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.push(text).map_err(|_| fmt::Error)
    }
}

/// The value as text; null is the empty one.
pub(in crate::velocity) fn text(heap: &Heap, value: &Value) -> Result<Arc<str>, Fault> {
    if let Value::Text(text) = value {
        return Ok(Arc::clone(text));
    }
    let mut printer = Printer::new(heap.longest());
    printer.print(value)?;
    heap.spend_text(printer.text.len())?;
    Ok(printer.text.into())
}

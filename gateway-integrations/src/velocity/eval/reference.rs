//! Following references.

use std::sync::Arc;

use super::Evaluator;
use crate::velocity::{
    ast::{Reference, Step},
    error::Fault,
    methods,
    value::{Value, text},
};

impl Evaluator<'_> {
    /// The value of a reference.
    ///
    /// What is not there is the empty text, and not null: API Gateway's engine puts that in place of any reference
    /// without a value. So `$nope` prints nothing, equals both `""` and `$null`, and `#if($nope)` holds (recorded).
    pub(super) fn reference(&mut self, reference: &Reference) -> Result<Value, Fault> {
        let value = self.follow(&reference.name, &reference.steps).map_err(|fault| fault.at(reference.at))?;
        Ok(if value.is_null() { Value::Text(Arc::clone(&self.empty)) } else { value })
    }

    /// The value at the end of the steps, or null.
    pub(super) fn follow(&mut self, name: &Arc<str>, steps: &[Step]) -> Result<Value, Fault> {
        let mut value = self.root(name)?;
        for step in steps {
            if value.is_null() {
                return Ok(value);
            }
            self.heap.spend(1)?;
            value = match step {
                Step::Property(name) => self.property(&value, name)?,
                Step::Index(index) => {
                    let index = self.value(index)?;
                    self.index(&value, &index)?
                }
                Step::Method(call) => {
                    let arguments =
                        call.arguments.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                    methods::call(self, &value, call, &arguments)?
                }
            };
        }
        Ok(value)
    }

    /// `$a.name`: the key of a map, or what Java would read through `getName()` or `isName()`.
    fn property(&mut self, value: &Value, name: &str) -> Result<Value, Fault> {
        Ok(match value {
            Value::Map(map) => map.get(name).unwrap_or(Value::Null),
            Value::Context(group) => self.context(group, name)?,
            Value::Loop(cycle) => cycle.property(name),
            Value::Entry(entry) if name == "key" => Value::Text(Arc::clone(&entry.0)),
            Value::Entry(entry) if name == "value" => entry.1.clone(),
            Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
            Value::List(list) if name == "empty" => Value::Bool(list.with(<[_]>::is_empty)),
            Value::Input if name == "body" => Value::Text(self.body_text()),
            Value::Input if name == "params" => self.params()?,
            _ => Value::Null,
        })
    }

    /// `$a[index]`.
    fn index(&mut self, value: &Value, index: &Value) -> Result<Value, Fault> {
        match (value, index) {
            (Value::List(list), Value::Integer(place)) => list.with(|items| {
                let item = placed(*place, items.len()).and_then(|place| items.get(place));
                item.cloned().ok_or_else(|| out_of_bounds(*place, items.len()))
            }),
            (Value::Map(_) | Value::Context(_), key) => {
                let key = text(&self.heap, key)?;
                self.property(value, &key)
            }
            (Value::Input, Value::Text(key)) if **key == *"body" => Ok(Value::Text(self.body_text())),
            _ => Ok(Value::Null),
        }
    }
}

/// The place in a list; a negative one counts from the end.
pub(in crate::velocity) fn placed(place: i128, length: usize) -> Option<usize> {
    let place = if place < 0 { place.checked_add(i128::try_from(length).ok()?)? } else { place };
    usize::try_from(place).ok()
}

pub(in crate::velocity) fn out_of_bounds(place: i128, length: usize) -> Fault {
    Fault::new(format!("there is no element {place} in a list of {length}: ask for its size() before"))
}

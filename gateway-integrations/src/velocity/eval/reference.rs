//! Following references.

use super::Evaluator;
use crate::velocity::{
    ast::{Call, LoopProperty, Name, Reference, Root, Shape, Step},
    error::Fault,
    methods,
    value::{Heap, Text, Value, text},
};

impl<'s> Evaluator<'s> {
    /// The value of a reference.
    ///
    /// What is not there is the empty text, and not null: API Gateway's engine puts that in place of any reference
    /// without a value. So `$nope` prints nothing, equals both `""` and `$null`, and `#if($nope)` holds (recorded).
    pub(super) fn reference(&mut self, reference: &'s Reference) -> Result<Value<'s>, Fault> {
        let value = match &reference.shape {
            Shape::Context(variable) if self.is_root(&reference.name) => self.context_variable(variable, reference),
            _ => self.follow(&reference.name, &reference.steps),
        };
        match value {
            Ok(Value::Null) => Ok(Value::Text(Text::Borrowed(""))),
            Ok(value) => Ok(value),
            Err(fault) => Err(fault.at(reference.at)),
        }
    }

    /// The value at the end of the steps, or null.
    pub(super) fn follow(&mut self, name: &'s Name, steps: &'s [Step]) -> Result<Value<'s>, Fault> {
        let (mut value, steps) = match steps {
            [Step::Property(first), rest @ ..] if name.root == Root::StageVariables && self.is_root(name) => {
                (self.stage_variable(first), rest)
            }
            _ => (self.root(name)?, steps),
        };
        for step in steps {
            if value.is_null() {
                return Ok(value);
            }
            self.view.heap.spend(1)?;
            value = match step {
                Step::Property(name) => self.property(&value, name)?,
                Step::Index(index) => {
                    let index = self.value(index)?;
                    self.index(&value, &index)?
                }
                Step::Method(call) => self.call(&value, call)?,
            };
        }
        Ok(value)
    }

    fn call(&mut self, target: &Value<'s>, call: &'s Call) -> Result<Value<'s>, Fault> {
        match call.arguments.as_slice() {
            [] => methods::call(self, target, call, &[]),
            [only] => {
                let only = self.value(only)?;
                methods::call(self, target, call, &[only])
            }
            more => {
                let values = more.iter().map(|argument| self.value(argument)).collect::<Result<Vec<_>, _>>()?;
                methods::call(self, target, call, &values)
            }
        }
    }

    /// `$a.name`: the key of a map, or what Java would read through `getName()` or `isName()`.
    fn property(&mut self, value: &Value<'s>, name: &str) -> Result<Value<'s>, Fault> {
        Ok(match value {
            Value::Body(place) => {
                if let Some(document) = self.view.heap.unchanged()
                    && let Ok(member) = document.member(*place, name)
                {
                    return Ok(member.map_or(Value::Null, |member| Heap::of_body(document, member)));
                }
                let opened = self.view.heap.open(value)?;
                self.property(&opened, name)?
            }
            Value::Map(map) => map.get(name).unwrap_or(Value::Null),
            Value::Context(group) => self.context(group, name)?,
            Value::Loop(cycle) => LoopProperty::of(name).map_or(Value::Null, |property| cycle.property(property)),
            Value::Entry(entry) if name == "key" => Value::Text(entry.0.clone()),
            Value::Entry(entry) if name == "value" => entry.1.clone(),
            Value::Text(text) if name == "empty" => Value::Bool(text.is_empty()),
            Value::List(list) if name == "empty" => Value::Bool(list.with(<[_]>::is_empty)),
            Value::Input if name == "body" => Value::Text(Text::Borrowed(self.body_text())),
            Value::Input if name == "params" => self.params()?,
            _ => Value::Null,
        })
    }

    /// `$a[index]`.
    fn index(&mut self, value: &Value<'s>, index: &Value<'s>) -> Result<Value<'s>, Fault> {
        match (value, index) {
            (Value::Body(container), Value::Integer(place)) => {
                if let Some(document) = self.view.heap.unchanged()
                    && let Ok(element) = document.element(*container, *place)
                {
                    return Ok(element.map_or(Value::Null, |element| Heap::of_body(document, element)));
                }
                let opened = self.view.heap.open(value)?;
                self.index(&opened, index)
            }
            (Value::List(list), Value::Integer(place)) if list.has_places() => list.with(|items| {
                let item = placed(*place, items.len()).and_then(|place| items.get(place));
                item.cloned().ok_or_else(|| out_of_bounds(*place, items.len()))
            }),
            (Value::Map(_) | Value::Body(_) | Value::Context(_), key) => {
                let key = text(&self.view.heap, key)?;
                self.property(value, &key)
            }
            (Value::Input, Value::Text(key)) if **key == *"body" => Ok(Value::Text(Text::Borrowed(self.body_text()))),
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

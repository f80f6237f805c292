//! `#set` into a variable, a map or a list.

use super::{
    Evaluator,
    reference::{out_of_bounds, placed},
};
use crate::velocity::{
    ast::{Reference, Step},
    error::Fault,
    value::{Text, Value, text},
};

impl<'s> Evaluator<'s> {
    /// Sets what the reference stands for. Where a part of it is missing, nothing happens.
    pub(super) fn assign(&mut self, target: &'s Reference, value: Value<'s>) -> Result<(), Fault> {
        let Some((last, steps)) = target.steps.split_last() else {
            self.set(&target.name, value);
            return Ok(());
        };
        self.assign_into(target, steps, last, value).map_err(|fault| fault.at(target.at))
    }

    fn assign_into(
        &mut self,
        target: &'s Reference,
        steps: &'s [Step],
        last: &'s Step,
        value: Value<'s>,
    ) -> Result<(), Fault> {
        let container = self.follow(&target.name, steps)?;
        let container = self.view.heap.open(&container)?;
        let key = match last {
            Step::Property(name) => Value::Text(Text::Borrowed(name)),
            Step::Index(index) => self.value(index)?,
            Step::Method(_) => return Err(Fault::new("#set cannot set the result of a method")),
        };
        match (container, &key) {
            (Value::Map(map), key) => {
                let key = text(&self.view.heap, key)?;
                self.view.heap.put(&map, key, value)?;
            }
            (Value::List(list), Value::Integer(place)) if list.has_places() => list.change(|items| {
                let length = items.len();
                let item = placed(*place, length).and_then(|place| items.get_mut(place));
                *item.ok_or_else(|| out_of_bounds(*place, length))? = value;
                Ok(())
            })?,
            _ => {}
        }
        Ok(())
    }
}

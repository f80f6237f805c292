//! `#foreach`.

use std::{cell::Cell, rc::Rc};

use super::{Evaluator, Leave, Reason};
use crate::velocity::{
    ast::{Expression, LoopProperty, Name, Node},
    error::Fault,
    value::{Heap, Place, Value, first},
};

/// The state of a loop, `$foreach`.
pub(in crate::velocity) struct Loop {
    pub(in crate::velocity) index: Cell<usize>,
    pub(in crate::velocity) length: usize,
    pub(in crate::velocity) parent: Option<Rc<Self>>,
}

impl Loop {
    pub(in crate::velocity) fn has_next(&self) -> bool {
        self.index.get() + 1 < self.length
    }

    /// `$foreach.index` and its like.
    pub(in crate::velocity) fn property<'s>(self: &Rc<Self>, property: LoopProperty) -> Value<'s> {
        match property {
            LoopProperty::Index => Value::length(self.index.get()),
            LoopProperty::Count => Value::length(self.index.get() + 1),
            LoopProperty::HasNext => Value::Bool(self.has_next()),
            LoopProperty::First => Value::Bool(self.index.get() == 0),
            LoopProperty::Last => Value::Bool(!self.has_next()),
            LoopProperty::Parent => self.parent.clone().map_or(Value::Null, Value::Loop),
            LoopProperty::Topmost => {
                let mut top = self;
                while let Some(parent) = &top.parent {
                    top = parent;
                }
                Value::Loop(Rc::clone(top))
            }
        }
    }
}

/// What a loop goes over.
enum Items<'s> {
    List(std::vec::IntoIter<Value<'s>>),
    Range(i128, i128),
    /// A list or an object of the body: where its next element is.
    Body(Place),
}

impl<'s> Evaluator<'s> {
    pub(super) fn foreach(&mut self, name: &'s Name, items: &'s Expression, body: &'s [Node]) -> Result<(), Leave> {
        let source = self.value(items)?;
        let Some((mut items, length)) = self.items(source)? else { return Ok(()) };
        let most = self.scene.limits.iterations;
        // API Gateway stops there; for the template that is the end of the list.
        self.stopped_loops += usize::from(length > most);
        let length = length.min(most);
        self.view.heap.spend(length)?;
        let outer = self.view.cycle.take();
        let cycle = Rc::new(Loop { index: Cell::new(0), length, parent: outer.clone() });
        self.view.cycle = Some(Rc::clone(&cycle));
        let former = self.view.variables.get(name.slot).cloned().unwrap_or(Value::Null);
        let mut result = Ok(());
        for index in 0..length {
            cycle.index.set(index);
            let item = self.next_item(&mut items);
            match (self.view.variables.get_mut(name.slot), item) {
                // Nothing is there to be dropped.
                (Some(Value::Body(former)), Value::Body(item)) => *former = item,
                (Some(variable), item) => *variable = item,
                (None, _) => {}
            }
            result = self.block(body);
            if result.is_err() {
                break;
            }
        }
        self.view.cycle = outer;
        self.set(name, former);
        match result {
            Err(Leave(reason)) if matches!(*reason, Reason::Break) => Ok(()),
            result => result,
        }
    }

    fn next_item(&self, items: &mut Items<'s>) -> Value<'s> {
        match items {
            Items::List(items) => items.next().unwrap_or(Value::Null),
            Items::Range(at, to) => {
                let item = *at;
                *at = if at <= to { at.saturating_add(1) } else { at.saturating_sub(1) };
                Value::Integer(item)
            }
            Items::Body(at) => match self.view.heap.document() {
                Some(document) => {
                    let item = std::mem::replace(at, document.behind(*at));
                    Heap::of_body(document, item)
                }
                None => Value::Null,
            },
        }
    }

    /// A map gives its values; what is no list, map or range gives nothing. And how many there are.
    fn items(&mut self, source: Value<'s>) -> Result<Option<(Items<'s>, usize)>, Fault> {
        let items = match source {
            Value::Body(place) => match self.view.heap.unchanged() {
                Some(document) => {
                    return Ok(Some((Items::Body(first(place)), document.length(place))));
                }
                None => return self.items(self.view.heap.open(&source)?),
            },
            Value::List(list) => list.items(),
            Value::Range(from, to) => {
                let length = usize::try_from(from.abs_diff(to)).unwrap_or(usize::MAX).saturating_add(1);
                return Ok(Some((Items::Range(from, to), length)));
            }
            Value::Map(map) => map.with(|entries| entries.values().cloned().collect()),
            Value::Context(group) => {
                let map = self.context_map(&group)?;
                map.with(|entries| entries.values().cloned().collect())
            }
            _ => return Ok(None),
        };
        let length = items.len();
        Ok(Some((Items::List(items.into_iter()), length)))
    }
}

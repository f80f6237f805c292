//! `#foreach`.

use std::{cell::Cell, rc::Rc, sync::Arc};

use super::{Evaluator, Flow};
use crate::velocity::{
    ast::{Block, Expression},
    error::Fault,
    value::Value,
};

/// The state of a loop, `$foreach`.
pub(in crate::velocity) struct Loop {
    pub(in crate::velocity) index: Cell<usize>,
    pub(in crate::velocity) length: usize,
    pub(in crate::velocity) stopped: Cell<bool>,
    pub(in crate::velocity) parent: Option<Rc<Self>>,
}

impl Loop {
    pub(in crate::velocity) fn has_next(&self) -> bool {
        self.index.get() + 1 < self.length
    }

    /// `$foreach.index` and its like.
    pub(in crate::velocity) fn property(self: &Rc<Self>, name: &str) -> Value {
        match name {
            "index" => Value::length(self.index.get()),
            "count" => Value::length(self.index.get() + 1),
            "hasNext" => Value::Bool(self.has_next()),
            "first" => Value::Bool(self.index.get() == 0),
            "last" => Value::Bool(!self.has_next()),
            "parent" => self.parent.clone().map_or(Value::Null, Value::Loop),
            "topmost" => {
                let mut top = self;
                while let Some(parent) = &top.parent {
                    top = parent;
                }
                Value::Loop(Rc::clone(top))
            }
            _ => Value::Null,
        }
    }
}

/// What a loop goes over.
enum Items {
    List(Vec<Value>),
    Range(i128, i128),
}

impl Items {
    fn length(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Range(from, to) => usize::try_from(from.abs_diff(*to)).unwrap_or(usize::MAX - 1) + 1,
        }
    }

    fn at(&mut self, index: usize) -> Value {
        match self {
            Self::List(items) => items.get_mut(index).map_or(Value::Null, |item| std::mem::replace(item, Value::Null)),
            Self::Range(from, to) => {
                let offset = i128::try_from(index).unwrap_or_default();
                Value::Integer(if from <= to { *from + offset } else { *from - offset })
            }
        }
    }
}

impl Evaluator<'_> {
    pub(super) fn foreach(&mut self, name: &Arc<str>, items: &Expression, body: &Block) -> Result<Flow, Fault> {
        let source = self.value(items)?;
        let Some(mut items) = self.items(source)? else { return Ok(Flow::On) };
        let length = items.length();
        self.heap.spend(length.min(self.scene.limits.iterations))?;
        let outer = self.cycle.take();
        let cycle = Rc::new(Loop { index: Cell::new(0), length, stopped: Cell::new(false), parent: outer.clone() });
        self.cycle = Some(Rc::clone(&cycle));
        let former = self.variables.get(name).cloned();
        let mut flow = Ok(Flow::On);
        for index in 0..length {
            if index >= self.scene.limits.iterations {
                flow = Err(Fault::new("the loop goes round too often: API Gateway allows 1000 times"));
                break;
            }
            cycle.index.set(index);
            self.variables.insert(Arc::clone(name), items.at(index));
            flow = self.block(body);
            if !matches!(flow, Ok(Flow::On)) || cycle.stopped.get() {
                break;
            }
        }
        self.cycle = outer;
        match former {
            Some(former) => self.variables.insert(Arc::clone(name), former),
            None => self.variables.remove(name),
        };
        flow.map(|flow| if flow == Flow::Break { Flow::On } else { flow })
    }

    /// A map gives its values; what is no list, map or range gives nothing.
    fn items(&mut self, source: Value) -> Result<Option<Items>, Fault> {
        Ok(match source {
            Value::List(list) => Some(Items::List(list.items())),
            Value::Range(from, to) => Some(Items::Range(from, to)),
            Value::Map(map) => Some(Items::List(map.with(|entries| entries.values().cloned().collect()))),
            Value::Context(group) => {
                let map = self.context_map(&group)?;
                Some(Items::List(map.with(|entries| entries.values().cloned().collect())))
            }
            _ => None,
        })
    }
}

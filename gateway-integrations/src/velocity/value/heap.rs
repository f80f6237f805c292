//! Lists and maps, which are shared and can be changed; and the bounds of what is made.

use std::{
    cell::{Cell, RefCell},
    collections::HashSet,
    rc::Rc,
    sync::Arc,
};

use super::Value;
use crate::{
    json::Object,
    velocity::{error::Fault, limits::Limits},
};

/// Where all lists and maps of a rendering live.
///
/// It holds each of them until the end and then empties them one by one: a template may put a list into itself, or
/// nest a million of them, without leaking memory or dropping recursively.
pub(in crate::velocity) struct Heap {
    lists: RefCell<Vec<List>>,
    maps: RefCell<Vec<Map>>,
    work: Cell<u64>,
    longest: usize,
    /// Which overrides were set, and which of them twice.
    set: RefCell<HashSet<(*const MapCell, Arc<str>)>>,
    repeated: RefCell<Vec<Arc<str>>>,
}

#[derive(Clone)]
pub(in crate::velocity) struct List(Rc<ListCell>);

struct ListCell {
    items: RefCell<Vec<Value>>,
    json: bool,
}

#[derive(Clone)]
pub(in crate::velocity) struct Map(Rc<MapCell>);

struct MapCell {
    entries: RefCell<Object<Value>>,
    kind: MapKind,
}

/// What a map stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::velocity) enum MapKind {
    Plain,
    /// A map of `$context`: prints nothing.
    Quiet,
    /// A map of `requestOverride` or `responseOverride`: quiet, and its keys may be set once.
    Override,
}

impl Heap {
    pub(in crate::velocity) fn new(limits: &Limits) -> Self {
        Self {
            lists: RefCell::default(),
            maps: RefCell::default(),
            work: Cell::new(limits.work),
            longest: limits.output,
            set: RefCell::default(),
            repeated: RefCell::default(),
        }
    }

    /// Counts steps of work.
    pub(in crate::velocity) fn spend(&self, steps: usize) -> Result<(), Fault> {
        let left = self.work.get().checked_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        self.work.set(left.ok_or_else(|| Fault::new("the template works too long: loop over less"))?);
        Ok(())
    }

    /// How long a text may be, in bytes.
    pub(in crate::velocity) fn longest(&self) -> usize {
        self.longest
    }

    /// Counts the making of a text.
    pub(in crate::velocity) fn spend_text(&self, bytes: usize) -> Result<(), Fault> {
        if bytes > self.longest {
            return Err(Fault::new("a text of the template grows too long"));
        }
        self.spend(1 + bytes / 64)
    }

    /// A list as templates make them.
    pub(in crate::velocity) fn list(&self, items: Vec<Value>) -> Result<Value, Fault> {
        self.listed(items, false)
    }

    /// A list out of JSON, which prints as JSON.
    pub(in crate::velocity) fn json_list(&self, items: Vec<Value>) -> Result<Value, Fault> {
        self.listed(items, true)
    }

    fn listed(&self, items: Vec<Value>, json: bool) -> Result<Value, Fault> {
        self.spend(1 + items.len())?;
        let list = List(Rc::new(ListCell { items: RefCell::new(items), json }));
        self.lists.borrow_mut().push(list.clone());
        Ok(Value::List(list))
    }

    pub(in crate::velocity) fn map(&self, entries: Object<Value>) -> Result<Value, Fault> {
        self.map_of(entries, MapKind::Plain).map(Value::Map)
    }

    pub(in crate::velocity) fn map_of(&self, entries: Object<Value>, kind: MapKind) -> Result<Map, Fault> {
        self.spend(1 + entries.len())?;
        let map = Map(Rc::new(MapCell { entries: RefCell::new(entries), kind }));
        self.maps.borrow_mut().push(map.clone());
        Ok(map)
    }

    /// Sets a key; returns the former value.
    pub(in crate::velocity) fn put(&self, map: &Map, key: Arc<str>, value: Value) -> Option<Value> {
        if map.0.kind == MapKind::Override && !value.is_null() {
            let first = self.set.borrow_mut().insert((Rc::as_ptr(&map.0), Arc::clone(&key)));
            if !first {
                self.repeated.borrow_mut().push(Arc::clone(&key));
            }
        }
        map.0.entries.borrow_mut().insert(key, value)
    }

    /// The overrides that were set more than once.
    pub(in crate::velocity) fn repeated(&self) -> Vec<Arc<str>> {
        self.repeated.borrow().clone()
    }
}

impl Drop for Heap {
    fn drop(&mut self) {
        for list in self.lists.get_mut().iter() {
            drop(list.0.items.take());
        }
        for map in self.maps.get_mut().iter() {
            drop(map.0.entries.take());
        }
    }
}

impl List {
    /// Whether it came out of JSON.
    pub(in crate::velocity) fn is_json(&self) -> bool {
        self.0.json
    }

    /// Looks at the items. `look` must not evaluate anything.
    pub(in crate::velocity) fn with<T>(&self, look: impl FnOnce(&[Value]) -> T) -> T {
        look(&self.0.items.borrow())
    }

    /// Changes the items. `change` must not evaluate anything.
    pub(in crate::velocity) fn change<T>(&self, change: impl FnOnce(&mut Vec<Value>) -> T) -> T {
        change(&mut self.0.items.borrow_mut())
    }

    pub(in crate::velocity) fn items(&self) -> Vec<Value> {
        self.0.items.borrow().clone()
    }
}

impl Map {
    pub(in crate::velocity) fn is_quiet(&self) -> bool {
        self.0.kind != MapKind::Plain
    }

    pub(in crate::velocity) fn get(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow().get(key).cloned()
    }

    pub(in crate::velocity) fn remove(&self, key: &str) -> Option<Value> {
        self.0.entries.borrow_mut().remove(key)
    }

    pub(in crate::velocity) fn clear(&self) {
        drop(self.0.entries.take());
    }

    /// Looks at the entries. `look` must not evaluate anything.
    pub(in crate::velocity) fn with<T>(&self, look: impl FnOnce(&Object<Value>) -> T) -> T {
        look(&self.0.entries.borrow())
    }

    pub(in crate::velocity) fn entries(&self) -> Vec<(Arc<str>, Value)> {
        self.0.entries.borrow().iter().map(|(key, value)| (Arc::clone(key), value.clone())).collect()
    }
}

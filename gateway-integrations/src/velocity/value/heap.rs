//! Lists and maps, which are shared and can be changed; and the bounds of what is made.

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
    sync::Arc,
};

use super::{Document, Entries, Place, Text, Value, document::Item};
use crate::velocity::{error::Fault, limits::Limits};

/// Where all lists and maps of a rendering live.
///
/// It holds each of them until the end and then empties them one by one: a template may put a list into itself, or
/// nest a million of them, without leaking memory or dropping recursively.
pub(in crate::velocity) struct Heap<'s> {
    /// The body; `None` where it is no JSON.
    document: OnceCell<Option<Document<'s>>>,
    /// What of the body is here now, because the template may have changed it.
    opened: RefCell<HashMap<Place, Value<'s>>>,
    any_opened: Cell<bool>,
    lists: RefCell<Vec<List<'s>>>,
    maps: RefCell<Vec<Map<'s>>>,
    work: Cell<u64>,
    longest: usize,
    /// Which overrides were set, and which of them twice.
    set: RefCell<HashSet<(*const MapCell<'s>, Text<'s>)>>,
    repeated: RefCell<Vec<Text<'s>>>,
    strict: bool,
}

#[derive(Clone)]
pub(in crate::velocity) struct List<'s>(Rc<ListCell<'s>>);

struct ListCell<'s> {
    items: RefCell<Vec<Value<'s>>>,
    kind: ListKind,
}

#[derive(Clone)]
pub(in crate::velocity) struct Map<'s>(Rc<MapCell<'s>>);

struct MapCell<'s> {
    entries: RefCell<Entries<'s>>,
    kind: MapKind,
}

/// What a list stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ListKind {
    /// As templates make them.
    Plain,
    /// Out of JSON.
    Json,
    /// The keys, values or entries of a map, which have no places.
    View,
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

impl<'s> Heap<'s> {
    pub(in crate::velocity) fn new(limits: &Limits, strict: bool) -> Self {
        Self {
            document: OnceCell::new(),
            opened: RefCell::default(),
            any_opened: Cell::new(false),
            lists: RefCell::default(),
            maps: RefCell::default(),
            work: Cell::new(limits.work),
            longest: limits.output,
            set: RefCell::default(),
            repeated: RefCell::default(),
            strict,
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
    pub(in crate::velocity) fn list(&self, items: Vec<Value<'s>>) -> Result<Value<'s>, Fault> {
        self.listed(items, ListKind::Plain)
    }

    /// A list out of JSON, which prints as JSON.
    pub(in crate::velocity) fn json_list(&self, items: Vec<Value<'s>>) -> Result<Value<'s>, Fault> {
        self.listed(items, ListKind::Json)
    }

    /// The keys, values or entries of a map: Java's sets and collections.
    pub(in crate::velocity) fn view(&self, items: Vec<Value<'s>>) -> Result<Value<'s>, Fault> {
        self.listed(items, ListKind::View)
    }

    fn listed(&self, items: Vec<Value<'s>>, kind: ListKind) -> Result<Value<'s>, Fault> {
        self.spend(1 + items.len())?;
        let list = List(Rc::new(ListCell { items: RefCell::new(items), kind }));
        self.lists.borrow_mut().push(list.clone());
        Ok(Value::List(list))
    }

    pub(in crate::velocity) fn map(&self, entries: Entries<'s>) -> Result<Value<'s>, Fault> {
        self.map_of(entries, MapKind::Plain).map(Value::Map)
    }

    pub(in crate::velocity) fn map_of(&self, entries: Entries<'s>, kind: MapKind) -> Result<Map<'s>, Fault> {
        self.spend(1 + entries.len())?;
        let map = Map(Rc::new(MapCell { entries: RefCell::new(entries), kind }));
        self.maps.borrow_mut().push(map.clone());
        Ok(map)
    }

    /// Sets a key; returns the former value.
    pub(in crate::velocity) fn put(
        &self,
        map: &Map<'s>,
        key: Text<'s>,
        value: Value<'s>,
    ) -> Result<Option<Value<'s>>, Fault> {
        if map.0.kind == MapKind::Override && !value.is_null() {
            let first = self.set.borrow_mut().insert((Rc::as_ptr(&map.0), key.clone()));
            if !first && self.strict {
                return Err(Fault::new("an override is set twice: compute into a variable, and set it once"));
            }
            if !first {
                self.repeated.borrow_mut().push(key.clone());
            }
        }
        Ok(map.0.entries.borrow_mut().insert(key, value))
    }

    /// The overrides that were set more than once.
    pub(in crate::velocity) fn repeated(&self) -> Vec<Arc<str>> {
        self.repeated.borrow().iter().map(|name| name.clone().into_shared()).collect()
    }

    /// The body, if it was read and is JSON.
    #[inline]
    pub(in crate::velocity) fn document(&self) -> Option<&Document<'s>> {
        self.document.get()?.as_ref()
    }

    /// The body, read once; `None` where it is no JSON.
    pub(in crate::velocity) fn read(&self, read: impl FnOnce() -> Option<Document<'s>>) -> Option<&Document<'s>> {
        self.document.get_or_init(read).as_ref()
    }

    /// The body, where nothing of it was changed.
    #[inline]
    pub(in crate::velocity) fn unchanged(&self) -> Option<&Document<'s>> {
        if self.any_opened.get() { None } else { self.document() }
    }

    /// A value of the body: itself, or a view of it where it is a list or an object.
    #[inline]
    pub(in crate::velocity) fn of_body(document: &Document<'s>, place: Place) -> Value<'s> {
        match document.item(place) {
            Item::Null => Value::Null,
            Item::Bool(value) => Value::Bool(value),
            Item::Integer(number) => Value::Integer(number.into()),
            Item::Large(number) => Value::Integer(document.large(number)),
            Item::Double(number) => Value::Double(number),
            Item::Text(text) => Value::Text(document.text(text)),
            Item::List(..) | Item::Object(..) => Value::Body(place),
        }
    }

    /// A list or map in place of a view of the body, always the same; any other value as it is.
    pub(in crate::velocity) fn open(&self, value: &Value<'s>) -> Result<Value<'s>, Fault> {
        let Value::Body(place) = value else { return Ok(value.clone()) };
        if let Some(opened) = self.opened.borrow().get(place) {
            return Ok(opened.clone());
        }
        let Some(document) = self.document() else { return Ok(Value::Null) };
        let opened = if let Item::List(..) = document.item(*place) {
            self.json_list(document.inside(*place).map(|element| Self::of_body(document, element)).collect())?
        } else {
            let entry = |value| (document.text(document.key(value)), Self::of_body(document, value));
            self.map(document.inside(*place).map(entry).collect())?
        };
        self.any_opened.set(true);
        self.opened.borrow_mut().insert(*place, opened.clone());
        Ok(opened)
    }
}

impl Drop for Heap<'_> {
    fn drop(&mut self) {
        for list in self.lists.get_mut().iter() {
            drop(list.0.items.take());
        }
        for map in self.maps.get_mut().iter() {
            drop(map.0.entries.take());
        }
    }
}

impl<'s> List<'s> {
    /// Whether it came out of JSON.
    pub(in crate::velocity) fn is_json(&self) -> bool {
        self.0.kind == ListKind::Json
    }

    /// Whether its items have places: those of a map have none.
    pub(in crate::velocity) fn has_places(&self) -> bool {
        self.0.kind != ListKind::View
    }

    /// Looks at the items. `look` must not evaluate anything.
    pub(in crate::velocity) fn with<T>(&self, look: impl FnOnce(&[Value<'s>]) -> T) -> T {
        look(&self.0.items.borrow())
    }

    /// Changes the items. `change` must not evaluate anything.
    pub(in crate::velocity) fn change<T>(&self, change: impl FnOnce(&mut Vec<Value<'s>>) -> T) -> T {
        change(&mut self.0.items.borrow_mut())
    }

    pub(in crate::velocity) fn items(&self) -> Vec<Value<'s>> {
        self.0.items.borrow().clone()
    }
}

impl<'s> Map<'s> {
    pub(in crate::velocity) fn is_quiet(&self) -> bool {
        self.0.kind != MapKind::Plain
    }

    pub(in crate::velocity) fn get(&self, key: &str) -> Option<Value<'s>> {
        self.0.entries.borrow().get(key).cloned()
    }

    pub(in crate::velocity) fn remove(&self, key: &str) -> Option<Value<'s>> {
        self.0.entries.borrow_mut().remove(key)
    }

    pub(in crate::velocity) fn clear(&self) {
        drop(self.0.entries.take());
    }

    /// Looks at the entries. `look` must not evaluate anything.
    pub(in crate::velocity) fn with<T>(&self, look: impl FnOnce(&Entries<'s>) -> T) -> T {
        look(&self.0.entries.borrow())
    }

    pub(in crate::velocity) fn entries(&self) -> Vec<(Text<'s>, Value<'s>)> {
        self.0.entries.borrow().iter().map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

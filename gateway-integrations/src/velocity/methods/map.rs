//! The methods of maps. Keys are texts: `put(1, …)` and `get('1')` meet.

use std::rc::Rc;

use super::{Value, list::put_all, text};
use crate::velocity::{
    error::Fault,
    value::{Entries, Heap, Map, java_equal},
};

pub(super) fn call<'s>(
    heap: &Heap<'s>,
    map: &Map<'s>,
    name: &str,
    arguments: &[Value<'s>],
) -> Result<Value<'s>, Fault> {
    heap.spend(1)?;
    let or_null = |value: Option<Value<'s>>| value.unwrap_or(Value::Null);
    Ok(match (name, arguments) {
        ("size", []) => Value::length(map.with(Entries::len)),
        ("isEmpty", []) => Value::Bool(map.with(Entries::is_empty)),
        ("clear", []) => {
            map.clear();
            Value::Null
        }
        ("keySet", []) => {
            let keys = map.with(|entries| entries.iter().map(|(key, _)| Value::Text(key.clone())).collect());
            heap.view(keys)?
        }
        ("values", []) => heap.view(map.with(|entries| entries.values().cloned().collect()))?,
        ("entrySet", []) => {
            let entries = map.entries().into_iter().map(|entry| Value::Entry(Rc::new(entry)));
            heap.view(entries.collect())?
        }
        ("get", [key]) => or_null(map.get(&text(heap, key)?)),
        ("getOrDefault", [key, default]) => map.get(&text(heap, key)?).unwrap_or_else(|| default.clone()),
        ("containsKey", [key]) => Value::Bool(map.get(&text(heap, key)?).is_some()),
        ("containsValue", [wanted]) => {
            let mut found = false;
            for (_, value) in map.entries() {
                found = found || java_equal(heap, &value, wanted)?;
            }
            Value::Bool(found)
        }
        ("put", [key, value]) => or_null(heap.put(map, text(heap, key)?, value.clone())?),
        ("putIfAbsent", [key, value]) => {
            let key = text(heap, key)?;
            match map.get(&key).filter(|former| !former.is_null()) {
                Some(former) => former,
                None => or_null(heap.put(map, key, value.clone())?),
            }
        }
        ("putAll", [other]) => {
            if let Value::Map(other) = heap.open(other)? {
                put_all(heap, map, &other)?;
            }
            Value::Null
        }
        ("remove", [key]) => {
            // Taking a key out moves all that follow.
            heap.spend(map.with(Entries::len))?;
            or_null(map.remove(&text(heap, key)?))
        }
        _ => Value::Null,
    })
}

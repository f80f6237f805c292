//! The methods of lists.

use super::{Value, whole};
use crate::velocity::{
    error::Fault,
    value::{Heap, List, Map, java_equal},
};

/// What a list has and other collections have not.
const OF_PLACES: [&str; 6] = ["get", "set", "indexOf", "lastIndexOf", "subList", "listIterator"];

pub(super) fn call<'s>(
    heap: &Heap<'s>,
    list: &List<'s>,
    name: &str,
    arguments: &[Value<'s>],
) -> Result<Value<'s>, Fault> {
    heap.spend(1)?;
    if !list.has_places() && OF_PLACES.contains(&name) {
        return Ok(Value::Null);
    }
    Ok(match (name, arguments) {
        // The developer guide shows `count()`, which Java does not have.
        ("size" | "count", []) => Value::length(list.with(<[_]>::len)),
        ("isEmpty", []) => Value::Bool(list.with(<[_]>::is_empty)),
        // An iterator is a list of its own, which `next()` shortens.
        ("iterator" | "listIterator" | "toArray", []) => heap.list(list.items())?,
        ("hasNext", []) => Value::Bool(!list.with(<[_]>::is_empty)),
        ("next", []) => {
            heap.spend(list.with(<[_]>::len))?;
            list.change(|items| if items.is_empty() { Err(outside(0, 0)) } else { Ok(items.remove(0)) })?
        }
        ("clear", []) => {
            list.change(Vec::clear);
            Value::Null
        }
        ("get", [Value::Integer(place)]) => list.with(|items| {
            let item = usize::try_from(*place).ok().and_then(|place| items.get(place));
            item.cloned().ok_or_else(|| outside(*place, items.len()))
        })?,
        ("contains", [item]) => Value::Bool(position(heap, list, item)?.is_some()),
        ("containsAll", [others]) => {
            let mut all = true;
            for item in collection(heap, others)?.unwrap_or_default() {
                all = all && position(heap, list, &item)?.is_some();
            }
            Value::Bool(all)
        }
        ("indexOf", [item]) => position(heap, list, item)?.map_or(Value::Integer(-1), Value::length),
        ("lastIndexOf", [item]) => {
            let reversed = heap.list(list.items().into_iter().rev().collect())?;
            let Value::List(reversed) = reversed else { return Ok(Value::Null) };
            let behind = position(heap, &reversed, item)?;
            behind.map_or(Value::Integer(-1), |behind| Value::length(list.with(<[_]>::len) - 1 - behind))
        }
        ("add", [item]) => {
            list.change(|items| items.push(item.clone()));
            Value::Bool(true)
        }
        ("add", [Value::Integer(place), item]) => list.change(|items| {
            let place = at(*place, items.len() + 1)?;
            items.insert(place, item.clone());
            Ok(Value::Null)
        })?,
        ("set", [Value::Integer(place), item]) => list.change(|items| {
            let length = items.len();
            let former = items.get_mut(at(*place, length)?).ok_or_else(|| outside(*place, length))?;
            Ok(std::mem::replace(former, item.clone()))
        })?,
        ("addAll", [others]) => match collection(heap, others)? {
            Some(others) => {
                heap.spend(others.len())?;
                let changed = !others.is_empty();
                list.change(|items| items.extend(others));
                Value::Bool(changed)
            }
            None => Value::Null,
        },
        ("remove", [Value::Integer(place)]) => list.change(|items| {
            let place = at(*place, items.len())?;
            Ok(items.remove(place))
        })?,
        ("remove", [item]) => match position(heap, list, item)? {
            Some(place) => {
                list.change(|items| drop(items.remove(place)));
                Value::Bool(true)
            }
            None => Value::Bool(false),
        },
        ("removeAll" | "retainAll", [others]) => {
            let others = heap.list(collection(heap, others)?.unwrap_or_default())?;
            let Value::List(others) = others else { return Ok(Value::Null) };
            let mut kept = Vec::new();
            for item in list.items() {
                if position(heap, &others, &item)?.is_some() == (name == "retainAll") {
                    kept.push(item);
                }
            }
            let changed = kept.len() != list.with(<[_]>::len);
            list.change(|items| *items = kept);
            Value::Bool(changed)
        }
        ("subList", [from, to]) => {
            let (Some(from), Some(to)) = (whole(from), whole(to)) else { return Ok(Value::Null) };
            let part = list.with(|items| {
                let bounds = (at(from, items.len() + 1)?, at(to, items.len() + 1)?);
                items.get(bounds.0..bounds.1).map(<[_]>::to_vec).ok_or_else(|| outside(to, items.len()))
            })?;
            heap.list(part)?
        }
        _ => Value::Null,
    })
}

fn position<'s>(heap: &Heap<'s>, list: &List<'s>, item: &Value<'s>) -> Result<Option<usize>, Fault> {
    for (place, other) in list.items().iter().enumerate() {
        if java_equal(heap, other, item)? {
            return Ok(Some(place));
        }
    }
    Ok(None)
}

/// The items of what Java calls a collection.
fn collection<'s>(heap: &Heap<'s>, value: &Value<'s>) -> Result<Option<Vec<Value<'s>>>, Fault> {
    let items = match heap.open(value)? {
        Value::List(list) => list.items(),
        _ => return Ok(None),
    };
    heap.spend(items.len())?;
    Ok(Some(items))
}

/// Puts all entries of one map into another.
pub(super) fn put_all<'s>(heap: &Heap<'s>, map: &Map<'s>, other: &Map<'s>) -> Result<(), Fault> {
    let entries = other.entries();
    heap.spend(entries.len())?;
    for (key, value) in entries {
        heap.put(map, key, value)?;
    }
    Ok(())
}

fn at(place: i128, length: usize) -> Result<usize, Fault> {
    let inside = usize::try_from(place).ok().filter(|place| *place < length);
    inside.ok_or_else(|| outside(place, length))
}

fn outside(place: i128, length: usize) -> Fault {
    Fault::new(format!("there is no place {place} in a list of {length}: ask for its size() before"))
}

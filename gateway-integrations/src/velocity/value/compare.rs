//! `==`, `<` and Java's `equals`.

use std::cmp::Ordering;

use super::{Heap, Value, text};
use crate::velocity::error::Fault;

const DEPTH: usize = 64;

/// `==`: numbers by value, the same kind by `equals`, anything else by its text.
pub(in crate::velocity) fn equal<'s>(heap: &Heap<'s>, left: &Value<'s>, right: &Value<'s>) -> Result<bool, Fault> {
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Null, _) | (_, Value::Null) => Ok(false),
        (Value::Text(left), Value::Text(right)) => Ok(left == right),
        (Value::Integer(_) | Value::Double(_), Value::Integer(_) | Value::Double(_)) => {
            Ok(order(left, right) == Some(Ordering::Equal))
        }
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::List(_) | Value::Map(_) | Value::Body(_), Value::List(_) | Value::Map(_) | Value::Body(_)) => {
            java_equal(heap, left, right)
        }
        _ => Ok(text(heap, left)? == text(heap, right)?),
    }
}

/// `<` and its like: of numbers only.
pub(in crate::velocity) fn order(left: &Value<'_>, right: &Value<'_>) -> Option<Ordering> {
    match (left, right) {
        (Value::Integer(left), Value::Integer(right)) => Some(left.cmp(right)),
        _ => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

/// `equals`: values of different kinds differ.
pub(in crate::velocity) fn java_equal<'s>(heap: &Heap<'s>, left: &Value<'s>, right: &Value<'s>) -> Result<bool, Fault> {
    nested(heap, left, right, DEPTH)
}

fn nested<'s>(heap: &Heap<'s>, left: &Value<'s>, right: &Value<'s>, depth: usize) -> Result<bool, Fault> {
    let depth = depth.checked_sub(1).ok_or_else(|| Fault::new("the values are nested too deep to be compared"))?;
    heap.spend(1)?;
    match (left, right) {
        (Value::Null, Value::Null) => Ok(true),
        (Value::Bool(left), Value::Bool(right)) => Ok(left == right),
        (Value::Integer(left), Value::Integer(right)) => Ok(left == right),
        (Value::Double(left), Value::Double(right)) => Ok(left == right),
        (Value::Text(left), Value::Text(right)) => Ok(left == right),
        (Value::Body(left), Value::Body(right)) if left == right => Ok(true),
        (Value::Body(_), _) | (_, Value::Body(_)) => nested(heap, &heap.open(left)?, &heap.open(right)?, depth),
        (Value::List(left), Value::List(right)) => left.with(|left| {
            right.with(|right| {
                if left.len() != right.len() {
                    return Ok(false);
                }
                all(left.iter().zip(right), |(left, right)| nested(heap, left, right, depth))
            })
        }),
        (Value::Map(left), Value::Map(right)) => left.with(|left| {
            right.with(|right| {
                if left.len() != right.len() {
                    return Ok(false);
                }
                all(left.iter(), |(key, value)| match right.get(key) {
                    Some(other) => nested(heap, value, other, depth),
                    None => Ok(false),
                })
            })
        }),
        _ => Ok(false),
    }
}

fn all<T>(items: impl Iterator<Item = T>, mut holds: impl FnMut(T) -> Result<bool, Fault>) -> Result<bool, Fault> {
    for item in items {
        if !holds(item)? {
            return Ok(false);
        }
    }
    Ok(true)
}

//! Between the values of a template and JSON.

use std::sync::Arc;

use super::{Entries, Heap, MapKind, Text, Value, text};
use crate::{
    json::{Json, Object},
    velocity::error::Fault,
};

const DEPTH: usize = 128;

/// A value that the template may change without changing the JSON.
pub(in crate::velocity) fn from_json<'s>(heap: &Heap<'s>, json: &Json) -> Result<Value<'s>, Fault> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Integer(number) => Value::Integer(*number),
        Json::Double(number) => Value::Double(*number),
        Json::Text(text) => Value::Text(Text::Shared(Arc::clone(text))),
        Json::List(items) => {
            let items = items.iter().map(|item| from_json(heap, item)).collect::<Result<_, _>>()?;
            heap.json_list(items)?
        }
        Json::Object(object) => heap.map(entries(heap, object)?)?,
    })
}

impl<'s> Heap<'s> {
    /// A map of `$context`, and the maps in it.
    pub(in crate::velocity) fn quiet_map(&self, object: &Object<Json>, kind: MapKind) -> Result<Value<'s>, Fault> {
        let entries = object.iter().map(|(key, value)| {
            let value = match value {
                Json::Object(inner) => self.quiet_map(inner, kind)?,
                other => from_json(self, other)?,
            };
            Ok((Text::Shared(Arc::clone(key)), value))
        });
        self.map_of(entries.collect::<Result<_, Fault>>()?, kind).map(Value::Map)
    }
}

fn entries<'s>(heap: &Heap<'s>, object: &Object<Json>) -> Result<Entries<'s>, Fault> {
    object.iter().map(|(key, value)| Ok((Text::Shared(Arc::clone(key)), from_json(heap, value)?))).collect()
}

pub(in crate::velocity) fn to_json<'s>(heap: &Heap<'s>, value: &Value<'s>) -> Result<Json, Fault> {
    nested(heap, value, DEPTH)
}

fn nested<'s>(heap: &Heap<'s>, value: &Value<'s>, depth: usize) -> Result<Json, Fault> {
    let depth = depth.checked_sub(1).ok_or_else(|| Fault::new("the value is nested too deep for JSON"))?;
    heap.spend(1)?;
    Ok(match value {
        Value::Null => Json::Null,
        Value::Bool(value) => Json::Bool(*value),
        Value::Integer(number) => Json::Integer(*number),
        Value::Double(number) => Json::Double(*number),
        Value::List(list) => {
            Json::List(list.with(|items| items.iter().map(|item| nested(heap, item, depth)).collect::<Result<_, _>>())?)
        }
        Value::Map(map) => Json::Object(map.with(|entries| {
            let entries =
                entries.iter().map(|(key, value)| Ok((key.clone().into_shared(), nested(heap, value, depth)?)));
            entries.collect::<Result<_, Fault>>()
        })?),
        Value::Body(_) => nested(heap, &heap.open(value)?, depth + 1)?,
        _ => Json::Text(text(heap, value)?.into_shared()),
    })
}

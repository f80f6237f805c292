//! Between the values of a template and JSON.

use super::{Heap, MapKind, Value, text};
use crate::{
    json::{Json, Object},
    velocity::error::Fault,
};

const DEPTH: usize = 128;

/// A value that the template may change without changing the JSON.
pub(in crate::velocity) fn from_json(heap: &Heap, json: &Json) -> Result<Value, Fault> {
    Ok(match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Integer(number) => Value::Integer(*number),
        Json::Double(number) => Value::Double(*number),
        Json::Text(text) => Value::Text(text.clone()),
        Json::List(items) => {
            let items = items.iter().map(|item| from_json(heap, item)).collect::<Result<_, _>>()?;
            heap.json_list(items)?
        }
        Json::Object(object) => heap.map(entries(heap, object)?)?,
    })
}

impl Heap {
    /// A map of `$context`, and the maps in it.
    pub(in crate::velocity) fn quiet_map(&self, object: &Object<Json>, kind: MapKind) -> Result<Value, Fault> {
        let entries = object.iter().map(|(key, value)| {
            let value = match value {
                Json::Object(inner) => self.quiet_map(inner, kind)?,
                other => from_json(self, other)?,
            };
            Ok((key.clone(), value))
        });
        self.map_of(entries.collect::<Result<_, Fault>>()?, kind).map(Value::Map)
    }
}

fn entries(heap: &Heap, object: &Object<Json>) -> Result<Object<Value>, Fault> {
    object.iter().map(|(key, value)| Ok((key.clone(), from_json(heap, value)?))).collect()
}

pub(in crate::velocity) fn to_json(heap: &Heap, value: &Value) -> Result<Json, Fault> {
    nested(heap, value, DEPTH)
}

fn nested(heap: &Heap, value: &Value, depth: usize) -> Result<Json, Fault> {
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
            let entries = entries.iter().map(|(key, value)| Ok((key.clone(), nested(heap, value, depth)?)));
            entries.collect::<Result<_, Fault>>()
        })?),
        _ => Json::Text(text(heap, value)?),
    })
}

//! `$input`.

use super::{Value, text};
use crate::{
    jsonpath::{JsonPath, Member},
    velocity::{
        ast::{Call, Compiled},
        error::Fault,
        eval::Evaluator,
        value::{Document, Heap, Item, Printer, from_json},
    },
};

/// AWS developer guide: *Input variables* of the mapping template reference.
pub(super) fn call<'s>(
    evaluator: &mut Evaluator<'s>,
    call: &'s Call,
    arguments: &[Value<'s>],
) -> Result<Value<'s>, Fault> {
    match (&*call.name, arguments) {
        ("params", []) => evaluator.params(),
        ("params", [name]) => {
            let name = text(&evaluator.view.heap, name)?;
            Ok(evaluator.scene.any_parameter(&name).map_or(Value::Null, Value::Text))
        }
        ("path", [path]) => found(evaluator, call, path),
        // What is not there is an empty text in quotes.
        ("json", [path]) => match found(evaluator, call, path)? {
            Value::Null => Ok(Value::text("\"\"")),
            value => {
                let mut out = Printer::new(evaluator.view.heap.longest());
                out.print_json(&evaluator.view.heap, &value)?;
                evaluator.view.heap.spend_text(out.text.len())?;
                Ok(Value::text(out.text))
            }
        },
        ("getBody", []) => Ok(Value::text(evaluator.body_text())),
        _ => Ok(Value::Null),
    }
}

/// What a path leads to, or null.
fn found<'s>(evaluator: &mut Evaluator<'s>, call: &'s Call, path: &Value<'s>) -> Result<Value<'s>, Fault> {
    let compiled;
    let path = match &call.compiled {
        Compiled::Path(path) => path,
        _ => {
            let path = text(&evaluator.view.heap, path)?;
            compiled = JsonPath::parse(&path).map_err(|error| Fault::new(error.to_string()))?;
            &compiled
        }
    };
    if evaluator.document()?.is_none() {
        return Ok(Value::Null);
    }
    if let Some(members) = path.members() {
        let mut value = Value::Body(Document::ROOT);
        if let Some(document) = evaluator.view.heap.document() {
            value = Heap::of_body(document, Document::ROOT);
        }
        for member in members {
            value = step(&evaluator.view.heap, &value, member)?;
        }
        return Ok(value);
    }
    match evaluator.with_body(|body| path.find(body))? {
        Some(found) => match found.map_err(|error| Fault::new(error.to_string()))? {
            Some(found) => from_json(&evaluator.view.heap, &found),
            None => Ok(Value::Null),
        },
        None => Ok(Value::Null),
    }
}

/// One step down; null where there is nothing.
fn step<'s>(heap: &Heap<'s>, value: &Value<'s>, member: &Member) -> Result<Value<'s>, Fault> {
    heap.spend(1)?;
    if let (Value::Body(place), Some(document)) = (value, heap.unchanged()) {
        let found = match member {
            Member::Name(_) if matches!(document.item(*place), Item::List(..)) => return Ok(Value::Null),
            Member::Name(name) => document.member(*place, name),
            Member::Place(at) => document.element(*place, i128::from(*at)),
        };
        if let Ok(found) = found {
            return Ok(found.map_or(Value::Null, |found| Heap::of_body(document, found)));
        }
    }
    let found = match (heap.open(value)?, member) {
        (Value::Map(map), Member::Name(name)) => map.get(name),
        (Value::List(list), Member::Place(at)) => list.with(|items| {
            let behind = usize::try_from(at.unsigned_abs()).ok()?;
            items.get(if *at < 0 { items.len().checked_sub(behind)? } else { behind }).cloned()
        }),
        _ => None,
    };
    Ok(found.unwrap_or(Value::Null))
}

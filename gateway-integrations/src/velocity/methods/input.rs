//! `$input`.

use std::sync::Arc;

use super::{Value, text};
use crate::{
    json::Json,
    jsonpath::JsonPath,
    velocity::{
        ast::{Call, Compiled},
        error::Fault,
        eval::Evaluator,
        value::from_json,
    },
};

/// AWS developer guide: *Input variables* of the mapping template reference.
pub(super) fn call(evaluator: &mut Evaluator<'_>, call: &Call, arguments: &[Value]) -> Result<Value, Fault> {
    match (&*call.name, arguments) {
        ("params", []) => evaluator.params(),
        ("params", [name]) => {
            let name = text(&evaluator.heap, name)?;
            Ok(evaluator.scene.params.find(&name).map_or(Value::Null, |value| Value::Text(Arc::clone(value))))
        }
        ("path", [path]) => match find(evaluator, call, path)? {
            Some(found) => from_json(&evaluator.heap, &found),
            None => Ok(Value::Null),
        },
        // What is not there is an empty text in quotes.
        ("json", [path]) => {
            let found = find(evaluator, call, path)?.filter(|found| *found != Json::Null);
            let found = found.map_or_else(|| "\"\"".to_owned(), |found| found.to_string());
            evaluator.heap.spend_text(found.len())?;
            Ok(Value::text(found))
        }
        ("getBody", []) => Ok(Value::Text(evaluator.body_text())),
        _ => Ok(Value::Null),
    }
}

fn find(evaluator: &mut Evaluator<'_>, call: &Call, path: &Value) -> Result<Option<Json>, Fault> {
    let compiled;
    let path = match &call.compiled {
        Compiled::Path(path) => path,
        _ => {
            let path = text(&evaluator.heap, path)?;
            compiled = JsonPath::parse(&path).map_err(|error| Fault::new(error.to_string()))?;
            &compiled
        }
    };
    evaluator.heap.spend_text(evaluator.scene.body.len())?;
    match evaluator.body_json() {
        Some(body) => path.find(body).map_err(|error| Fault::new(error.to_string())),
        None => Ok(None),
    }
}

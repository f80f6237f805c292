//! `$util`.

use std::borrow::Cow;

use super::{Value, encode, text};
use crate::{
    json::Json,
    velocity::{error::Fault, eval::Evaluator, value::from_json},
};

/// AWS developer guide: *Utility functions* of the mapping template reference. There are no others.
pub(super) fn call<'s>(evaluator: &Evaluator<'s>, name: &str, arguments: &[Value<'s>]) -> Result<Value<'s>, Fault> {
    let [argument] = arguments else { return Ok(Value::Null) };
    let heap = &evaluator.view.heap;
    if name == "escapeJavaScript" && argument.is_null() {
        return Ok(Value::text("null"));
    }
    let subject = text(heap, argument)?;
    heap.spend_text(subject.len())?;
    let made = match name {
        "escapeJavaScript" => match encode::java_script(&subject) {
            Cow::Borrowed(_) => return Ok(Value::Text(subject)),
            Cow::Owned(made) => made,
        },
        "urlEncode" => encode::form(&subject),
        "urlDecode" => encode::from_form(&subject),
        "base64Encode" => encode::base64(&subject),
        "base64Decode" => encode::from_base64(&subject)?,
        "parseJson" => {
            if argument.is_null() || subject.is_empty() {
                return Ok(Value::Null);
            }
            let json = Json::parse(&subject)
                .map_err(|error| Fault::new(format!("$util.parseJson got what is {error}; test the text before")))?;
            return from_json(heap, &json);
        }
        _ => return Ok(Value::Null),
    };
    heap.spend_text(made.len())?;
    Ok(Value::text(made))
}

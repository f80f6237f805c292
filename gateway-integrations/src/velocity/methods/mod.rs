//! The methods of values: Java's, as far as templates use them, and those of `$input` and `$util`.
//!
//! A method that does not exist gives null, as one with arguments of another kind does; one that would throw in Java
//! fails the rendering. Reflection (`getClass`) does not exist.

mod encode;
mod format;
mod input;
mod list;
mod map;
mod number;
mod regexes;
mod string;
mod utf16;
mod util;

pub(super) use self::encode::{java_script, plain_script};
use super::{
    ast::{Call, LoopProperty},
    error::Fault,
    eval::{Evaluator, Loop},
    value::{Value, java_equal, text},
};

/// Calls a method.
pub(super) fn call<'s>(
    evaluator: &mut Evaluator<'s>,
    target: &Value<'s>,
    call: &'s Call,
    arguments: &[Value<'s>],
) -> Result<Value<'s>, Fault> {
    match (&*call.name, arguments) {
        ("toString", []) => return text(&evaluator.view.heap, target).map(Value::Text),
        ("equals", [other]) => return java_equal(&evaluator.view.heap, target, other).map(Value::Bool),
        _ => {}
    }
    let name = &*call.name;
    match target {
        Value::Body(place) => match (name, arguments, evaluator.view.heap.unchanged()) {
            ("size", [], Some(document)) => Ok(Value::length(document.length(*place))),
            ("isEmpty", [], Some(document)) => Ok(Value::Bool(document.length(*place) == 0)),
            _ => {
                let opened = evaluator.view.heap.open(target)?;
                self::call(evaluator, &opened, call, arguments)
            }
        },
        Value::Text(text) => string::call(evaluator, text, call, arguments),
        Value::List(target) => list::call(&evaluator.view.heap, target, name, arguments),
        Value::Range(from, to) => Ok(match (name, arguments) {
            ("size", []) => Value::Integer(i128::try_from(from.abs_diff(*to)).unwrap_or(i128::MAX - 1) + 1),
            ("isEmpty", []) => Value::Bool(false),
            _ => Value::Null,
        }),
        Value::Map(target) => map::call(&evaluator.view.heap, target, name, arguments),
        Value::Context(group) => match (name, arguments) {
            ("get", [key]) => {
                let key = text(&evaluator.view.heap, key)?;
                evaluator.context(group, &key)
            }
            _ => {
                let target = evaluator.context_map(group)?;
                map::call(&evaluator.view.heap, &target, name, arguments)
            }
        },
        Value::Entry(entry) => Ok(match (name, arguments) {
            ("getKey", []) => Value::Text(entry.0.clone()),
            ("getValue", []) => entry.1.clone(),
            _ => Value::Null,
        }),
        Value::Loop(cycle) => Ok(cycle_call(cycle, name, arguments)),
        Value::Integer(_) | Value::Double(_) | Value::Bool(_) => {
            number::call(&evaluator.view.heap, target, name, arguments)
        }
        Value::Input => input::call(evaluator, call, arguments),
        Value::Util => util::call(evaluator, name, arguments),
        Value::Null | Value::Block(_) => Ok(Value::Null),
    }
}

fn cycle_call<'s>(cycle: &std::rc::Rc<Loop>, name: &str, arguments: &[Value<'_>]) -> Value<'s> {
    let property = match (name, arguments) {
        ("hasNext", []) => LoopProperty::HasNext,
        ("getIndex", []) => LoopProperty::Index,
        ("getCount", []) => LoopProperty::Count,
        ("isFirst", []) => LoopProperty::First,
        ("isLast", []) => LoopProperty::Last,
        ("getParent", []) => LoopProperty::Parent,
        ("getTopmost", []) => LoopProperty::Topmost,
        _ => return Value::Null,
    };
    cycle.property(property)
}

/// An argument as an index: a whole number.
fn whole(value: &Value<'_>) -> Option<i128> {
    if let Value::Integer(number) = value { Some(*number) } else { None }
}

//! The methods of texts.

use super::{Value, format, regexes, utf16, whole};
use crate::velocity::{ast::Call, error::Fault, eval::Evaluator, value::Text};

pub(super) fn call<'s>(
    evaluator: &mut Evaluator<'s>,
    text: &Text<'s>,
    call: &Call,
    arguments: &[Value<'s>],
) -> Result<Value<'s>, Fault> {
    let name = &*call.name;
    evaluator.view.heap.spend_text(text.len())?;
    if name == "format" {
        return format::call(&evaluator.view.heap, arguments);
    }
    match arguments {
        [] => plain(evaluator, text, name),
        [Value::Text(other)] => with_text(evaluator, text, call, other),
        [Value::Integer(place)] => with_place(evaluator, text, name, *place),
        [Value::Text(first), Value::Text(second)] => match name {
            "replace" => {
                let longer = second.len().saturating_sub(first.len());
                let count = if longer == 0 { 0 } else { text.matches(&**first).count() };
                evaluator.view.heap.spend_text(text.len().saturating_add(count.saturating_mul(longer)))?;
                Ok(Value::text(text.replace(&**first, second)))
            }
            "replaceAll" => regexes::replace(evaluator, text, (call, first), second, false),
            "replaceFirst" => regexes::replace(evaluator, text, (call, first), second, true),
            _ => Ok(Value::Null),
        },
        [Value::Text(other), Value::Integer(number)] => match name {
            "split" => regexes::split(evaluator, text, (call, other), *number),
            "indexOf" => {
                let from = utf16::to_byte(text, (*number).max(0)).unwrap_or(text.len());
                let found = text.get(from..).and_then(|rest| rest.find(&**other));
                Ok(found.map_or(Value::Integer(-1), |at| Value::length(utf16::from_byte(text, from + at))))
            }
            "startsWith" => {
                let rest = utf16::to_byte(text, *number).and_then(|from| text.get(from..));
                Ok(Value::Bool(rest.is_some_and(|rest| rest.starts_with(&**other))))
            }
            _ => Ok(Value::Null),
        },
        [from, to] if matches!(name, "substring" | "subSequence") => match (whole(from), whole(to)) {
            (Some(from), Some(to)) => substring(text, from, Some(to)),
            _ => Ok(Value::Null),
        },
        _ => Ok(Value::Null),
    }
}

fn plain<'s>(evaluator: &Evaluator<'s>, text: &Text<'s>, name: &str) -> Result<Value<'s>, Fault> {
    Ok(match name {
        "length" => Value::length(utf16::length(text)),
        "isEmpty" => Value::Bool(text.is_empty()),
        "isBlank" => Value::Bool(text.trim().is_empty()),
        "toLowerCase" => Value::text(text.to_lowercase()),
        "toUpperCase" => Value::text(text.to_uppercase()),
        "trim" => Value::text(text.trim_matches(|letter| letter <= ' ').to_owned()),
        "strip" => Value::text(text.trim().to_owned()),
        "intern" => Value::Text(text.clone()),
        "hashCode" => Value::Integer(hash(text).into()),
        "toCharArray" => {
            let letters = text.chars().map(|letter| Value::text(letter.to_string()));
            evaluator.view.heap.spend(text.len())?;
            evaluator.view.heap.list(letters.collect())?
        }
        _ => Value::Null,
    })
}

fn with_text<'s>(
    evaluator: &mut Evaluator<'s>,
    text: &Text<'s>,
    call: &Call,
    other: &Text<'s>,
) -> Result<Value<'s>, Fault> {
    let found = |byte: Option<usize>| byte.map_or(Value::Integer(-1), |at| Value::length(utf16::from_byte(text, at)));
    Ok(match &*call.name {
        "contains" => Value::Bool(text.contains(&**other)),
        "startsWith" => Value::Bool(text.starts_with(&**other)),
        "endsWith" => Value::Bool(text.ends_with(&**other)),
        "indexOf" => found(text.find(&**other)),
        "lastIndexOf" => found(text.rfind(&**other)),
        "equalsIgnoreCase" => Value::Bool(text.to_lowercase() == other.to_lowercase()),
        "contentEquals" => Value::Bool(text == other),
        "compareTo" => Value::Integer(distance(text, other)),
        "compareToIgnoreCase" => Value::Integer(distance(&text.to_lowercase(), &other.to_lowercase())),
        "concat" => {
            evaluator.view.heap.spend_text(text.len() + other.len())?;
            Value::text([&**text, &**other].concat())
        }
        "matches" => regexes::matches(evaluator, text, (call, other))?,
        "split" => regexes::split(evaluator, text, (call, other), 0)?,
        "valueOf" => Value::Text(other.clone()),
        _ => Value::Null,
    })
}

fn with_place<'s>(evaluator: &Evaluator<'s>, text: &str, name: &str, place: i128) -> Result<Value<'s>, Fault> {
    match name {
        "substring" => substring(text, place, None),
        // Java takes a number for the code of a letter here.
        "indexOf" | "lastIndexOf" => {
            let letter = u32::try_from(place).ok().and_then(char::from_u32);
            let found =
                letter.and_then(|letter| if name == "indexOf" { text.find(letter) } else { text.rfind(letter) });
            Ok(found.map_or(Value::Integer(-1), |at| Value::length(utf16::from_byte(text, at))))
        }
        "charAt" => substring(text, place, Some(place.saturating_add(1))),
        "repeat" => {
            let times = usize::try_from(place).map_err(|_| Fault::new("a text cannot be repeated a negative time"))?;
            evaluator.view.heap.spend_text(text.len().saturating_mul(times))?;
            Ok(Value::text(text.repeat(times)))
        }
        _ => Ok(Value::Null),
    }
}

fn substring<'s>(text: &str, from: i128, to: Option<i128>) -> Result<Value<'s>, Fault> {
    let end = to.map_or(Some(text.len()), |to| utf16::to_byte(text, to));
    let part = utf16::to_byte(text, from).zip(end).and_then(|(from, to)| text.get(from..to));
    part.map(|part| Value::text(part.to_owned())).ok_or_else(|| {
        let length = utf16::length(text);
        Fault::new(format!("the place {from} is not within a text of {length} letters: ask for its length() before"))
    })
}

/// As `String.compareTo`: how far the first letters that differ are apart, or else the lengths.
fn distance(left: &str, right: &str) -> i128 {
    let differing = left.encode_utf16().zip(right.encode_utf16()).find(|(left, right)| left != right);
    let lengths = || Some((i128::try_from(utf16::length(left)).ok()?, i128::try_from(utf16::length(right)).ok()?));
    let (left, right) = match differing {
        Some((left, right)) => (left.into(), right.into()),
        None => lengths().unwrap_or_default(),
    };
    left - right
}

/// As `String.hashCode`.
fn hash(text: &str) -> i32 {
    text.encode_utf16().fold(0, |hash: i32, unit| hash.wrapping_mul(31).wrapping_add(unit.into()))
}

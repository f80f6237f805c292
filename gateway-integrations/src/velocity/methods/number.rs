//! The methods of numbers and booleans, the static ones among them: `$i.parseInt("12")`.

use std::cmp::Ordering;

use super::Value;
use crate::velocity::{
    error::Fault,
    value::{Heap, order, text},
};

pub(super) fn call<'s>(
    heap: &Heap<'s>,
    number: &Value<'s>,
    name: &str,
    arguments: &[Value<'s>],
) -> Result<Value<'s>, Fault> {
    heap.spend(1)?;
    Ok(match (name, number, arguments) {
        ("intValue" | "longValue" | "shortValue" | "byteValue", _, []) => truncated(number),
        ("doubleValue" | "floatValue", _, []) => number.as_f64().map_or(Value::Null, Value::Double),
        ("booleanValue", Value::Bool(_), []) | ("hashCode", Value::Integer(_), []) => number.clone(),
        ("isNaN", Value::Double(value), []) => Value::Bool(value.is_nan()),
        ("compareTo" | "compare", _, [other]) => {
            order(number, other).map_or(Value::Null, |order| Value::Integer((order as i8).into()))
        }
        ("parseInt" | "parseLong" | "valueOf" | "decode", Value::Integer(_), [Value::Text(digits)]) => {
            digits.parse().map(Value::Integer).map_err(|_| no_number(digits))?
        }
        ("parseInt" | "parseLong" | "valueOf", Value::Integer(_), [Value::Text(digits), Value::Integer(radix)]) => {
            let radix = u32::try_from(*radix).ok().filter(|radix| (2..=36).contains(radix));
            let number = radix.and_then(|radix| i64::from_str_radix(digits, radix).ok());
            number.map(|number| Value::Integer(number.into())).ok_or_else(|| no_number(digits))?
        }
        ("parseDouble" | "parseFloat" | "valueOf", Value::Double(_), [Value::Text(digits)]) => {
            digits.trim().parse().map(Value::Double).map_err(|_| no_number(digits))?
        }
        ("parseBoolean" | "valueOf", Value::Bool(_), [Value::Text(word)]) => {
            Value::Bool(word.eq_ignore_ascii_case("true"))
        }
        ("valueOf" | "toString", _, [other]) => Value::Text(text(heap, other)?),
        ("max", _, [left, right]) => if order(left, right) == Some(Ordering::Less) { right } else { left }.clone(),
        ("min", _, [left, right]) => if order(left, right) == Some(Ordering::Greater) { right } else { left }.clone(),
        ("sum", Value::Integer(_), [Value::Integer(left), Value::Integer(right)]) => {
            left.checked_add(*right).map_or(Value::Null, Value::Integer)
        }
        ("toHexString", _, [Value::Integer(number)]) => Value::text(format!("{number:x}")),
        ("toBinaryString", _, [Value::Integer(number)]) => Value::text(format!("{number:b}")),
        _ => Value::Null,
    })
}

fn truncated<'s>(number: &Value<'s>) -> Value<'s> {
    match *number {
        Value::Integer(number) => Value::Integer(number),
        #[expect(clippy::cast_possible_truncation, reason = "what Java does, and it saturates")]
        Value::Double(number) => Value::Integer((number as i64).into()),
        _ => Value::Null,
    }
}

fn no_number(digits: &str) -> Fault {
    Fault::new(format!(
        "`{}` is no number: test the text with matches() before",
        digits.chars().take(40).collect::<String>()
    ))
}

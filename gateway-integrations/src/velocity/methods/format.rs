//! `String.format`: `%s`, `%d`, `%f`, `%x`, `%%`, with width, precision and the flags `0`, `-`, `+`.

use super::{Value, text};
use crate::velocity::{error::Fault, value::Heap};

/// Wider fields are refused.
const WIDEST: usize = 1000;

pub(super) fn call<'s>(heap: &Heap<'s>, arguments: &[Value<'s>]) -> Result<Value<'s>, Fault> {
    let Some((Value::Text(pattern), rest)) = arguments.split_first() else { return Ok(Value::Null) };
    // Java takes one list for all arguments.
    let spread = match rest {
        [only @ (Value::List(_) | Value::Body(_))] => match heap.open(only)? {
            Value::List(list) => list.items(),
            _ => rest.to_vec(),
        },
        _ => rest.to_vec(),
    };
    let mut values = spread.into_iter();
    let mut out = String::new();
    let mut rest = &**pattern;
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        let end = after.find(|letter: char| letter.is_ascii_alphabetic() || letter == '%');
        let end = end.ok_or_else(|| Fault::new("after a `%` a letter is missing: write %s, %d, %f, %x or %%"))?;
        let (spec, tail) = after.split_at(end);
        let mut tail = tail.chars();
        let letter = tail.next().unwrap_or_default();
        rest = tail.as_str();
        match letter {
            '%' => out.push('%'),
            'n' => out.push('\n'),
            letter => {
                let value = values.next().ok_or_else(|| Fault::new("format() has too few arguments"))?;
                out.push_str(&field(heap, spec, letter, &value)?);
            }
        }
        heap.spend_text(out.len())?;
    }
    out.push_str(rest);
    heap.spend_text(out.len())?;
    Ok(Value::text(out))
}

fn field<'s>(heap: &Heap<'s>, spec: &str, letter: char, value: &Value<'s>) -> Result<String, Fault> {
    let flags: String = spec.chars().take_while(|letter| "0-+".contains(*letter)).collect();
    let numbers = spec.get(flags.len()..).unwrap_or_default();
    let (width, precision) = numbers.split_once('.').unwrap_or((numbers, ""));
    let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number <= WIDEST);
    let width = number(width).unwrap_or(0);
    let mut body = match (letter, value) {
        ('s' | 'S', value) => {
            let text = if value.is_null() { "null".into() } else { text(heap, value)? };
            let text: String = text.chars().take(number(precision).unwrap_or(usize::MAX)).collect();
            if letter == 'S' { text.to_uppercase() } else { text }
        }
        ('d', Value::Integer(number)) => number.to_string(),
        ('x', Value::Integer(number)) => format!("{number:x}"),
        ('X', Value::Integer(number)) => format!("{number:X}"),
        ('f', Value::Double(value)) => format!("{value:.*}", number(precision).unwrap_or(6)),
        ('b', value) => value.is_true().to_string(),
        _ => return Err(Fault::new("format() got an argument of another kind than its % asks for")),
    };
    if flags.contains('+') && letter != 's' && !body.starts_with('-') {
        body.insert(0, '+');
    }
    let missing = width.saturating_sub(body.chars().count());
    if flags.contains('-') {
        body.push_str(&" ".repeat(missing));
    } else if flags.contains('0') {
        let sign = usize::from(body.starts_with(['-', '+']));
        body.insert_str(sign, &"0".repeat(missing));
    } else {
        body.insert_str(0, &" ".repeat(missing));
    }
    Ok(body)
}

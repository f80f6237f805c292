//! Whether a value meets the condition of a filter.

use std::{borrow::Cow, cmp::Ordering};

use super::{
    ast::{Comparison, Condition, Operand},
    find::{TooMuchWork, Walk},
};
use crate::json::Json;

pub(super) fn holds<'a>(walk: &mut Walk<'a>, condition: &Condition, node: &'a Json) -> Result<bool, TooMuchWork> {
    Ok(match condition {
        Condition::Either(all) => {
            for condition in all {
                if holds(walk, condition, node)? {
                    return Ok(true);
                }
            }
            false
        }
        Condition::Both(all) => {
            for condition in all {
                if !holds(walk, condition, node)? {
                    return Ok(false);
                }
            }
            true
        }
        Condition::Not(inner) => !holds(walk, inner, node)?,
        Condition::Exists(operand) => match value(walk, operand, node)?.as_deref() {
            Some(Json::List(found)) if !matches!(operand, Operand::Current(steps) if super::ast::is_definite(steps)) => {
                !found.is_empty()
            }
            found => found.is_some(),
        },
        Condition::Compare(left, Comparison::Matches, right) => matches(walk, left, right, node)?,
        Condition::Compare(left, comparison, right) => {
            let left = value(walk, left, node)?;
            let right = value(walk, right, node)?;
            compare(left.as_deref(), *comparison, right.as_deref())
        }
    })
}

fn value<'a, 'o: 'r, 'r>(
    walk: &mut Walk<'a>,
    operand: &'o Operand,
    node: &'a Json,
) -> Result<Option<Cow<'r, Json>>, TooMuchWork>
where
    'a: 'r,
{
    match operand {
        Operand::Current(steps) => walk.operand(steps, node),
        Operand::Root(steps) => walk.operand(steps, walk.root),
        Operand::Value(value) => Ok(Some(Cow::Borrowed(value))),
        Operand::Pattern(_) => Ok(None),
    }
}

/// `=~`: the whole text matches the expression, which may stand on either side.
fn matches<'a>(walk: &mut Walk<'a>, left: &Operand, right: &Operand, node: &'a Json) -> Result<bool, TooMuchWork> {
    let (pattern, text) = match (left, right) {
        (Operand::Pattern(pattern), text) | (text, Operand::Pattern(pattern)) => (pattern, value(walk, text, node)?),
        _ => return Ok(false),
    };
    Ok(match text.as_deref() {
        Some(Json::Text(text)) => pattern.is_match(text),
        Some(value @ (Json::Integer(_) | Json::Double(_) | Json::Bool(_))) => pattern.is_match(&value.to_string()),
        _ => false,
    })
}

fn compare(left: Option<&Json>, comparison: Comparison, right: Option<&Json>) -> bool {
    use Comparison as C;
    let both = left.zip(right);
    let list = |value: Option<&Json>| if let Some(Json::List(items)) = value { items.clone() } else { Vec::new() };
    let is_list = matches!(left, Some(Json::List(_)));
    match comparison {
        C::Same => both.is_some_and(|(left, right)| same(left, right)),
        C::SameType => both.is_some_and(|(left, right)| same_type(left, right)),
        C::Other => !both.is_some_and(|(left, right)| same(left, right)),
        C::OtherType => !both.is_some_and(|(left, right)| same_type(left, right)),
        C::Less => order(both) == Some(Ordering::Less),
        C::LessOrSame => order(both).is_some_and(Ordering::is_le),
        C::Greater => order(both) == Some(Ordering::Greater),
        C::GreaterOrSame => order(both).is_some_and(Ordering::is_ge),
        C::Matches => false,
        C::In => left.is_some_and(|left| list(right).iter().any(|item| same(left, item))),
        C::NotIn => !left.is_some_and(|left| list(right).iter().any(|item| same(left, item))),
        C::SubsetOf => is_list && list(left).iter().all(|item| list(right).iter().any(|other| same(item, other))),
        C::AnyOf => list(left).iter().any(|item| list(right).iter().any(|other| same(item, other))),
        C::NoneOf => is_list && !list(left).iter().any(|item| list(right).iter().any(|other| same(item, other))),
        C::Contains => match both {
            Some((Json::Text(text), Json::Text(part))) => text.contains(&**part),
            Some((Json::List(items), part)) => items.iter().any(|item| same(item, part)),
            _ => false,
        },
        C::Size => left.and_then(size).zip(right.and_then(Json::as_f64)).is_some_and(|(size, wanted)| {
            #[expect(clippy::cast_precision_loss, reason = "no length comes near 2^52")]
            let size = size as f64;
            (size - wanted).abs() < 0.5
        }),
        C::Empty => left.and_then(size).is_some_and(|size| right == Some(&Json::Bool(size == 0))),
    }
}

fn size(value: &Json) -> Option<usize> {
    match value {
        Json::Text(text) => Some(text.chars().count()),
        Json::List(items) => Some(items.len()),
        Json::Object(object) => Some(object.len()),
        _ => None,
    }
}

/// `==`: a number and a text are the same where one can be read as the other.
fn same(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Integer(_) | Json::Double(_), Json::Text(text)) => {
            text.trim().parse().ok().zip(left.as_f64()).is_some_and(|(right, left): (f64, f64)| right == left)
        }
        (Json::Text(text), Json::Integer(_) | Json::Double(_)) => **text == *right.to_string(),
        _ => same_type(left, right),
    }
}

fn same_type(left: &Json, right: &Json) -> bool {
    match (left, right) {
        (Json::Integer(left), Json::Integer(right)) => left == right,
        _ => left == right || left.as_f64().zip(right.as_f64()).is_some_and(|(left, right)| left == right),
    }
}

fn order(both: Option<(&Json, &Json)>) -> Option<Ordering> {
    match both? {
        (Json::Text(left), Json::Text(right)) => Some(left.cmp(right)),
        (left, right) => left.as_f64()?.partial_cmp(&right.as_f64()?),
    }
}

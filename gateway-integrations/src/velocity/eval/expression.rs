//! The values of expressions.

use std::cmp::Ordering;

use super::Evaluator;
use crate::velocity::{
    ast::{Expression, Operator},
    error::Fault,
    value::{Entries, Text, Value, equal, order, text},
};

/// Up to here a range is a list, which can be changed.
const LISTED: u128 = 1000;

impl<'s> Evaluator<'s> {
    pub(super) fn value(&mut self, expression: &'s Expression) -> Result<Value<'s>, Fault> {
        self.view.heap.spend(1)?;
        Ok(match expression {
            Expression::Null => Value::Null,
            Expression::Bool(value) => Value::Bool(*value),
            Expression::Integer(number) => Value::Integer(*number),
            Expression::Double(number) => Value::Double(*number),
            Expression::Text(text) => Value::Text(Text::Borrowed(text)),
            _ => {
                self.enter()?;
                let value = self.compound(expression);
                self.depth -= 1;
                value?
            }
        })
    }

    fn compound(&mut self, expression: &'s Expression) -> Result<Value<'s>, Fault> {
        match expression {
            Expression::Interpolated(block) => self.printed(block),
            Expression::List(items) => {
                let items = items.iter().map(|item| self.value(item)).collect::<Result<_, _>>()?;
                self.view.heap.list(items)
            }
            Expression::Map(pairs) => {
                let mut entries = Entries::new();
                for (key, value) in pairs {
                    let key = self.value(key)?;
                    entries.insert(text(&self.view.heap, &key)?, self.value(value)?);
                }
                self.view.heap.map(entries)
            }
            Expression::Range(bounds, at) => self.range(&bounds.0, &bounds.1).map_err(|fault| fault.at(*at)),
            Expression::Reference(reference) => match self.reference(reference)? {
                Value::Block(block) => self.printed(block),
                value => Ok(value),
            },
            Expression::Not(inner) => Ok(Value::Bool(!self.truth(inner)?)),
            Expression::Chain(first, rest) => self.chain(first, rest),
            _ => Ok(Value::Null),
        }
    }

    /// Whether `#if` takes an expression for true. A bare literal is not, nor is a sum: as in Velocity 1.7.
    fn truth(&mut self, expression: &'s Expression) -> Result<bool, Fault> {
        match self.view.truth(expression) {
            Some(holds) => Ok(holds),
            None => self.decided(expression),
        }
    }

    /// The same, for what cannot be decided by looking.
    pub(super) fn decided(&mut self, expression: &'s Expression) -> Result<bool, Fault> {
        match expression {
            Expression::Bool(_) | Expression::Reference(_) | Expression::Not(_) => {
                self.value(expression).map(|value| value.is_true())
            }
            Expression::Chain(first, rest) if is_logic(rest) => {
                self.enter()?;
                let holds = self.logic(first, rest);
                self.depth -= 1;
                holds
            }
            Expression::Chain(_, rest) => {
                let computes = rest.iter().any(|(operator, _)| is_arithmetic(*operator));
                Ok(!computes && self.value(expression)?.is_true())
            }
            _ => Ok(false),
        }
    }

    fn range(&mut self, from: &'s Expression, to: &'s Expression) -> Result<Value<'s>, Fault> {
        let (from, to) = (self.value(from)?, self.value(to)?);
        let bound = |value: Value<'s>| match value {
            Value::Integer(number) => Some(number),
            Value::Text(text) => text.trim().parse().ok(),
            _ => None,
        };
        let (Some(from), Some(to)) = (bound(from), bound(to)) else { return Ok(Value::Null) };
        let bounds = i128::from(i64::MIN)..=i128::from(i64::MAX);
        if !bounds.contains(&from) || !bounds.contains(&to) {
            return Ok(Value::Null);
        }
        if from.abs_diff(to) >= LISTED {
            return Ok(Value::Range(from, to));
        }
        let items = if from <= to {
            (from..=to).map(Value::Integer).collect()
        } else {
            (to..=from).rev().map(Value::Integer).collect()
        };
        self.view.heap.list(items)
    }

    /// Operators of one rank, from left to right.
    fn chain(&mut self, first: &'s Expression, rest: &'s [(Operator, Expression)]) -> Result<Value<'s>, Fault> {
        if is_logic(rest) {
            return self.logic(first, rest).map(Value::Bool);
        }
        let mut left = self.value(first)?;
        for (operator, right) in rest {
            let right = self.value(right)?;
            left = self.apply(&left, *operator, &right)?;
        }
        Ok(left)
    }

    fn logic(&mut self, first: &'s Expression, rest: &'s [(Operator, Expression)]) -> Result<bool, Fault> {
        let mut holds = self.truth(first)?;
        for (operator, right) in rest {
            self.view.heap.spend(1)?;
            if holds == (*operator == Operator::And) {
                holds = self.truth(right)?;
            }
        }
        Ok(holds)
    }

    fn apply(&mut self, left: &Value<'s>, operator: Operator, right: &Value<'s>) -> Result<Value<'s>, Fault> {
        let compared = |wanted: fn(Ordering) -> bool| Value::Bool(order(left, right).is_some_and(wanted));
        Ok(match operator {
            Operator::Equal => Value::Bool(equal(&self.view.heap, left, right)?),
            Operator::NotEqual => Value::Bool(!equal(&self.view.heap, left, right)?),
            Operator::Less => compared(Ordering::is_lt),
            Operator::LessOrEqual => compared(Ordering::is_le),
            Operator::Greater => compared(Ordering::is_gt),
            Operator::GreaterOrEqual => compared(Ordering::is_ge),
            Operator::Add if matches!(left, Value::Text(_)) || matches!(right, Value::Text(_)) => {
                let (left, right) = (text(&self.view.heap, left)?, text(&self.view.heap, right)?);
                self.view.heap.spend_text(left.len() + right.len())?;
                Value::text([&*left, &*right].concat())
            }
            _ => arithmetic(left, operator, right),
        })
    }
}

fn is_logic(rest: &[(Operator, Expression)]) -> bool {
    matches!(rest, [(Operator::Or | Operator::And, _), ..])
}

fn is_arithmetic(operator: Operator) -> bool {
    use Operator as O;
    matches!(operator, O::Add | O::Subtract | O::Multiply | O::Divide | O::Remainder)
}

/// Null where a side is no number, or where something is divided by zero.
fn arithmetic<'s>(left: &Value<'s>, operator: Operator, right: &Value<'s>) -> Value<'s> {
    if let (Value::Integer(left), Value::Integer(right)) = (left, right) {
        let exact = match operator {
            Operator::Add => left.checked_add(*right),
            Operator::Subtract => left.checked_sub(*right),
            Operator::Multiply => left.checked_mul(*right),
            Operator::Divide => left.checked_div(*right),
            Operator::Remainder => left.checked_rem(*right),
            _ => None,
        };
        if let Some(number) = exact {
            return Value::Integer(number);
        }
    }
    let (Some(left), Some(right)) = (left.as_f64(), right.as_f64()) else { return Value::Null };
    match operator {
        Operator::Add => Value::Double(left + right),
        Operator::Subtract => Value::Double(left - right),
        Operator::Multiply => Value::Double(left * right),
        Operator::Divide if right != 0.0 => Value::Double(left / right),
        Operator::Remainder if right != 0.0 => Value::Double(left % right),
        _ => Value::Null,
    }
}

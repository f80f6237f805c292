//! Values that are only looked at: printed, compared, computed with. Most are, and need not be moved for that.
//!
//! Whatever is not answered here is answered by [`Evaluator::value`](super::Evaluator::value), the same.

use std::rc::Rc;

use super::Loop;
use crate::velocity::{
    ast::{Expression, LoopProperty, Operator, Program, Reference, Shape, Step},
    property::Seats,
    value::{Document, Heap, Item, Place, Value},
};

/// A value where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Seen<'a> {
    Truth(bool),
    Whole(i64),
    Text(&'a str),
}

impl<'a> Seen<'a> {
    #[inline(always)]
    fn value(value: &'a Value<'_>) -> Option<Self> {
        match value {
            Value::Text(text) => Some(Self::Text(text)),
            Value::Integer(number) => i64::try_from(*number).ok().map(Self::Whole),
            Value::Bool(value) => Some(Self::Truth(*value)),
            _ => None,
        }
    }

    #[inline(always)]
    fn item(document: &'a Document<'_>, item: &Item) -> Option<Self> {
        match *item {
            Item::Text(text) => Some(Self::Text(document.word(text))),
            Item::Integer(number) => Some(Self::Whole(number)),
            Item::Bool(value) => Some(Self::Truth(value)),
            _ => None,
        }
    }

    #[inline(always)]
    fn cycle(cycle: &Loop, property: LoopProperty) -> Option<Self> {
        let index = cycle.index.get();
        Some(match property {
            LoopProperty::Index => Self::Whole(i64::try_from(index).ok()?),
            LoopProperty::Count => Self::Whole(i64::try_from(index).ok()? + 1),
            LoopProperty::HasNext => Self::Truth(cycle.has_next()),
            LoopProperty::First => Self::Truth(index == 0),
            LoopProperty::Last => Self::Truth(!cycle.has_next()),
            LoopProperty::Parent | LoopProperty::Topmost => return None,
        })
    }

    /// Whether both are of one kind and equal.
    fn equal(self, other: Self) -> Option<bool> {
        match (self, other) {
            (Self::Whole(left), Self::Whole(right)) => Some(left == right),
            (Self::Text(left), Self::Text(right)) => Some(left == right),
            (Self::Truth(left), Self::Truth(right)) => Some(left == right),
            _ => None,
        }
    }
}

/// What can be looked at while a result is written: all of an evaluator that values are in.
pub(in crate::velocity) struct View<'s> {
    /// The values by slot; null is one that was not set.
    pub(super) variables: Vec<Value<'s>>,
    pub(in crate::velocity) heap: Heap<'s>,
    pub(super) cycle: Option<Rc<Loop>>,
    seats: Seats,
}

impl<'s> View<'s> {
    pub(super) fn new(heap: Heap<'s>, program: &Program) -> Self {
        let variables = vec![Value::Null; program.names.len()];
        Self { variables, heap, cycle: None, seats: Seats::new(program.seats) }
    }

    /// A variable, or properties of one that came out of the body.
    #[inline(always)]
    pub(super) fn seen(&self, reference: &'s Reference) -> Option<Seen<'_>> {
        let value = self.variables.get(reference.name.slot)?;
        match (&reference.shape, value) {
            (Shape::Property(seat), Value::Body(place)) => {
                let document = self.heap.unchanged()?;
                let item = match document.seated(*place, &self.seats, *seat) {
                    Some(item) => item,
                    None => self.sought(document, *place, reference)?,
                };
                Seen::item(document, item)
            }
            (Shape::Variable, value) => Seen::value(value),
            (Shape::Loop(property), Value::Null) => Seen::cycle(self.cycle.as_ref()?, *property),
            (Shape::Other, Value::Body(place)) => self.further(*place, &reference.steps),
            _ => None,
        }
    }

    #[cold]
    fn sought<'a>(&'a self, document: &'a Document<'s>, place: Place, reference: &'s Reference) -> Option<&'a Item> {
        match reference.steps.as_slice() {
            [Step::Property(name)] => document.seek(place, name, &self.seats),
            _ => None,
        }
    }

    #[cold]
    fn further(&self, mut place: Place, steps: &'s [Step]) -> Option<Seen<'_>> {
        let document = self.heap.unchanged()?;
        for step in steps {
            let Step::Property(name) = step else { return None };
            place = document.member(place, name).ok()??;
        }
        Seen::item(document, document.at(place)?)
    }

    /// A whole number of 64 bits.
    #[inline(always)]
    fn whole(&self, expression: &'s Expression) -> Option<i64> {
        match expression {
            Expression::Reference(reference) => match self.seen(reference)? {
                Seen::Whole(number) => Some(number),
                _ => None,
            },
            Expression::Integer(number) => i64::try_from(*number).ok(),
            _ => None,
        }
    }

    /// The text that `$util.escapeJavaScript` is given, where that is all there is in a reference.
    pub(super) fn to_escape(&self, reference: &'s Reference) -> Option<&str> {
        let (Shape::Escaped, [Step::Method(call)]) = (&reference.shape, reference.steps.as_slice()) else {
            return None;
        };
        let [Expression::Reference(argument)] = call.arguments.as_slice() else { return None };
        let util = self.variables.get(reference.name.slot)?.is_null();
        match self.seen(argument) {
            Some(Seen::Text(text)) if util => Some(text),
            _ => None,
        }
    }

    #[inline(always)]
    fn expression(&self, expression: &'s Expression) -> Option<Seen<'_>> {
        match expression {
            Expression::Reference(reference) => self.seen(reference),
            Expression::Integer(number) => i64::try_from(*number).ok().map(Seen::Whole),
            Expression::Text(text) => Some(Seen::Text(text)),
            Expression::Bool(value) => Some(Seen::Truth(*value)),
            _ => None,
        }
    }

    /// Whole numbers alone, from left to right. What leaves 64 bits, or has no result, is not answered here.
    #[inline(always)]
    pub(super) fn computed(&self, expression: &'s Expression) -> Option<i64> {
        let Expression::Chain(first, rest) = expression else { return None };
        let left = self.whole(first)?;
        match rest.as_slice() {
            [(operator, right)] => applied(left, *operator, self.whole(right)?),
            rest => self.chained(left, rest),
        }
    }

    #[inline(never)]
    fn chained(&self, left: i64, rest: &'s [(Operator, Expression)]) -> Option<i64> {
        rest.iter().try_fold(left, |left, (operator, right)| applied(left, *operator, self.whole(right)?))
    }

    /// A reference, or one comparison.
    #[inline(always)]
    fn holds(&self, expression: &'s Expression) -> Option<bool> {
        let (first, operator, second) = match expression {
            Expression::Reference(reference) => return Some(self.seen(reference)? != Seen::Truth(false)),
            Expression::Chain(first, rest) => match rest.as_slice() {
                [(operator, second)] => (first, *operator, second),
                _ => return None,
            },
            _ => return None,
        };
        if let Operator::Equal | Operator::NotEqual = operator {
            let equal = self.expression(first)?.equal(self.expression(second)?)?;
            return Some(equal == (operator == Operator::Equal));
        }
        let order = self.whole(first)?.cmp(&self.whole(second)?);
        match operator {
            Operator::Less => Some(order.is_lt()),
            Operator::LessOrEqual => Some(order.is_le()),
            Operator::Greater => Some(order.is_gt()),
            Operator::GreaterOrEqual => Some(order.is_ge()),
            _ => None,
        }
    }

    /// What `#if` takes a reference, a comparison or two of them for.
    #[inline(always)]
    pub(super) fn truth(&self, expression: &'s Expression) -> Option<bool> {
        if let Expression::Chain(first, rest) = expression
            && let [(operator @ (Operator::And | Operator::Or), second)] = rest.as_slice()
        {
            let holds = self.holds(first)?;
            return if holds == (*operator == Operator::And) { self.holds(second) } else { Some(holds) };
        }
        self.holds(expression)
    }
}

#[inline(always)]
fn applied(left: i64, operator: Operator, right: i64) -> Option<i64> {
    match operator {
        Operator::Add => left.checked_add(right),
        Operator::Subtract => left.checked_sub(right),
        Operator::Multiply => left.checked_mul(right),
        Operator::Divide => left.checked_div(right),
        Operator::Remainder => left.checked_rem(right),
        _ => None,
    }
}

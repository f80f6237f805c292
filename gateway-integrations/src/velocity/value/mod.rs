//! The values of a template: Java's, as far as templates see them.

mod compare;
mod convert;
mod digits;
mod document;
mod heap;
mod print;
mod text;

use std::rc::Rc;

pub(super) use self::{
    compare::{equal, java_equal, order},
    convert::{from_json, to_json},
    document::{Document, Item, Place, first},
    heap::{Heap, List, Map, MapKind},
    print::{Printer, text},
    text::Text,
};
use super::{ast::Node, eval::Loop};
use crate::json::Object;

/// The entries of a map.
pub(super) type Entries<'s> = Object<Value<'s>, Text<'s>>;

#[derive(Clone)]
#[repr(u64)]
pub(super) enum Value<'s> {
    Null,
    Bool(bool),
    Integer(i128),
    Double(f64),
    Text(Text<'s>),
    List(List<'s>),
    Map(Map<'s>),
    /// A list or an object of the request's body, which nothing changed yet.
    Body(Place),
    /// A long range; a short one is a list.
    Range(i128, i128),
    Entry(Rc<(Text<'s>, Self)>),
    /// `$foreach`.
    Loop(Rc<Loop>),
    /// What `#define` made.
    Block(&'s [Node]),
    /// `$input`.
    Input,
    /// `$util`.
    Util,
    /// `$context`, or a group of variables in it.
    Context(Text<'s>),
}

impl<'s> Value<'s> {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) fn text(text: impl Into<Text<'s>>) -> Self {
        Self::Text(text.into())
    }

    pub(super) fn length(length: usize) -> Self {
        Self::Integer(i128::try_from(length).unwrap_or(i128::MAX))
    }

    pub(super) fn as_f64(&self) -> Option<f64> {
        match *self {
            #[expect(clippy::cast_precision_loss, reason = "as Java does for a long among doubles")]
            Self::Integer(number) => Some(number as f64),
            Self::Double(number) => Some(number),
            _ => None,
        }
    }

    /// Whether `#if` takes it for true: everything is that is there and not `false`, also 0, "" and [].
    pub(super) fn is_true(&self) -> bool {
        !matches!(self, Self::Null | Self::Bool(false))
    }
}

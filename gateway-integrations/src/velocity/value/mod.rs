//! The values of a template: Java's, as far as templates see them.

mod compare;
mod convert;
mod heap;
mod print;

use std::{rc::Rc, sync::Arc};

pub(super) use self::{
    compare::{equal, java_equal, order},
    convert::{from_json, to_json},
    heap::{Heap, List, Map, MapKind},
    print::{Printer, text},
};
use super::{ast::Block, eval::Loop};

#[derive(Clone)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Integer(i128),
    Double(f64),
    Text(Arc<str>),
    List(List),
    Map(Map),
    /// A long range; a short one is a list.
    Range(i128, i128),
    Entry(Rc<(Arc<str>, Self)>),
    /// `$foreach`.
    Loop(Rc<Loop>),
    /// What `#define` made.
    Block(Block),
    /// `$input`.
    Input,
    /// `$util`.
    Util,
    /// `$context`, or a group of variables in it.
    Context(Arc<str>),
}

impl Value {
    pub(super) fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    pub(super) fn text(text: impl Into<Arc<str>>) -> Self {
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

//! The compiled form of a path.

use std::sync::Arc;

use super::function::Function;
use crate::json::Json;

/// One step of a path.
#[derive(Clone, Debug)]
pub(super) enum Step {
    /// `.name`, `['name']`, `['a','b']`.
    Names(Vec<Arc<str>>),
    /// `[0]`, `[-1]`, `[0,2]`.
    Places(Vec<i64>),
    /// `[1:3]`, `[:2]`, `[-2:]`.
    Slice(Option<i64>, Option<i64>),
    /// `*`.
    All,
    /// `..`: the next step at every depth.
    Descend,
    /// `[?(…)]`.
    Filter(Condition),
    /// `.length()`; the last step.
    Function(Function),
}

/// The condition of a filter.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    Either(Vec<Self>),
    Both(Vec<Self>),
    Not(Box<Self>),
    /// The path leads somewhere.
    Exists(Operand),
    Compare(Operand, Comparison, Operand),
}

/// One side of a comparison.
#[derive(Clone, Debug)]
pub(super) enum Operand {
    /// `@…`
    Current(Vec<Step>),
    /// `$…`
    Root(Vec<Step>),
    Value(Json),
    Pattern(regex::Regex),
}

/// The operators of filters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Same,
    SameType,
    Other,
    OtherType,
    Less,
    LessOrSame,
    Greater,
    GreaterOrSame,
    Matches,
    In,
    NotIn,
    SubsetOf,
    AnyOf,
    NoneOf,
    Contains,
    Size,
    Empty,
}

impl Comparison {
    /// In this order: what begins like another one stands before it.
    pub(super) const ALL: [(&'static str, Self); 17] = [
        ("===", Self::SameType),
        ("!==", Self::OtherType),
        ("==", Self::Same),
        ("!=", Self::Other),
        ("=~", Self::Matches),
        ("<=", Self::LessOrSame),
        (">=", Self::GreaterOrSame),
        ("<", Self::Less),
        (">", Self::Greater),
        ("in", Self::In),
        ("nin", Self::NotIn),
        ("subsetof", Self::SubsetOf),
        ("anyof", Self::AnyOf),
        ("noneof", Self::NoneOf),
        ("contains", Self::Contains),
        ("size", Self::Size),
        ("empty", Self::Empty),
    ];
}

/// Whether the steps can lead to one value only.
pub(super) fn is_definite(steps: &[Step]) -> bool {
    let last = steps.len().saturating_sub(1);
    steps.iter().enumerate().all(|(at, step)| match step {
        Step::Names(names) => names.len() == 1 || at == last,
        Step::Places(places) => places.len() == 1,
        Step::Function(_) => true,
        Step::Slice(..) | Step::All | Step::Descend | Step::Filter(_) => false,
    })
}

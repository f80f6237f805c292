//! The compiled form of a template.

use std::sync::Arc;

use super::{literal::Literal, property::Property};
use crate::jsonpath::JsonPath;

/// A place in the text, in bytes.
pub(super) type At = u32;

pub(super) type Block = Box<[Node]>;

/// A template.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) nodes: Block,
    /// The names in it; a slot is a place in this list.
    pub(super) names: Vec<Arc<str>>,
    /// How many properties there are, each with a seat.
    pub(super) seats: usize,
}

/// What is rendered.
#[derive(Debug)]
#[repr(u64)]
pub(super) enum Node {
    Text(Literal),
    /// A reference, and the text before it.
    Print {
        before: Literal,
        reference: Reference,
    },
    Set {
        target: Reference,
        value: Expression,
    },
    If {
        arms: Vec<(Expression, Block)>,
        otherwise: Option<Block>,
        at: At,
    },
    Foreach {
        name: Name,
        items: Expression,
        body: Block,
        at: At,
    },
    Define {
        name: Name,
        body: Block,
    },
    Break,
    Stop,
}

/// The name of a variable.
#[derive(Clone, Debug)]
pub(super) struct Name {
    pub(super) text: Arc<str>,
    /// Where its value is kept.
    pub(super) slot: usize,
    /// What it is while nothing was set.
    pub(super) root: Root,
}

/// What is there without a `#set`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Nothing,
    Input,
    Util,
    Context,
    StageVariables,
    Foreach,
    VelocityCount,
    VelocityHasNext,
}

/// `$name.property.method(…)[index]`.
#[derive(Debug)]
pub(super) struct Reference {
    pub(super) name: Name,
    pub(super) steps: Vec<Step>,
    pub(super) shape: Shape,
    pub(super) at: At,
}

/// What a reference is, so that the usual ones need no look at their steps.
#[derive(Debug)]
#[repr(u64)]
pub(super) enum Shape {
    /// `$name`.
    Variable,
    /// `$name.property`, with the property's seat.
    Property(usize),
    /// `$foreach.count` and its like, as long as nothing was set to the name; so it is with those that follow.
    Loop(LoopProperty),
    /// Of `$context.identity.sourceIp` the variable `identity.sourceIp`.
    Context(Box<str>),
    /// `$util.escapeJavaScript($reference)`.
    Escaped,
    Other,
}

/// What `$foreach` has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LoopProperty {
    Index,
    Count,
    HasNext,
    First,
    Last,
    Parent,
    Topmost,
}

#[derive(Debug)]
#[repr(u64)]
pub(super) enum Step {
    Property(Property),
    Index(Expression),
    Method(Call),
}

/// A call of a method.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) name: Box<str>,
    pub(super) arguments: Vec<Expression>,
    pub(super) compiled: Compiled,
}

/// What is known of a call: a first argument that is a literal of another language.
#[derive(Debug)]
pub(super) enum Compiled {
    No,
    Path(JsonPath),
    Regex(Arc<regex::Regex>),
}

#[derive(Debug)]
#[repr(u64)]
pub(super) enum Expression {
    /// A bare word among arguments; Velocity takes it for null.
    Null,
    Bool(bool),
    Integer(i128),
    Double(f64),
    Text(Box<str>),
    /// A text in double quotes with references or directives in it.
    Interpolated(Block),
    List(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Range(Box<(Self, Self)>, At),
    Reference(Reference),
    Not(Box<Self>),
    /// Operators of one rank, from left to right. A list, not a tree: long sums need no deep stack.
    Chain(Box<Self>, Vec<(Operator, Self)>),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl LoopProperty {
    pub(super) fn of(name: &str) -> Option<Self> {
        Some(match name {
            "index" => Self::Index,
            "count" => Self::Count,
            "hasNext" => Self::HasNext,
            "first" => Self::First,
            "last" => Self::Last,
            "parent" => Self::Parent,
            "topmost" => Self::Topmost,
            _ => return None,
        })
    }
}

impl Operator {
    /// The ranks, the weakest first; in each, what begins like another one stands before it.
    pub(super) const RANKS: [&'static [(&'static str, Self)]; 6] = [
        &[("||", Self::Or), ("or", Self::Or)],
        &[("&&", Self::And), ("and", Self::And)],
        &[("==", Self::Equal), ("eq", Self::Equal), ("!=", Self::NotEqual), ("ne", Self::NotEqual)],
        &[
            ("<=", Self::LessOrEqual),
            ("le", Self::LessOrEqual),
            ("<", Self::Less),
            ("lt", Self::Less),
            (">=", Self::GreaterOrEqual),
            ("ge", Self::GreaterOrEqual),
            (">", Self::Greater),
            ("gt", Self::Greater),
        ],
        &[("+", Self::Add), ("-", Self::Subtract)],
        &[("*", Self::Multiply), ("/", Self::Divide), ("%", Self::Remainder)],
    ];
}

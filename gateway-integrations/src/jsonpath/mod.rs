//! JSONPath as API Gateway reads it: the dialect of Jayway's *JsonPath for Java*.
//!
//! It differs from RFC 9535: a definite path gives the bare value, `['a','b']` gives an object, names may hold `-` and
//! `@`, `=~ /re/i` and path functions exist, and `==` compares a number with a text by value.
//!
//! AWS developer guide: *API Gateway mapping template and access logging variable reference*.

mod ast;
mod filter;
mod find;
mod function;
mod parse;
mod parse_filter;

use std::{fmt, sync::Arc};

use self::ast::Step;
pub use self::{find::TooMuchWork, parse::JsonPathError};
use crate::json::Json;

/// A path into a JSON document, compiled once.
///
/// # Example
/// ```
/// use gateway_integrations::{json::Json, jsonpath::JsonPath};
///
/// let pets = Json::parse(r#"{"pets":[{"name":"Rex","age":3},{"name":"Tom","age":9}]}"#)?;
/// let path = JsonPath::parse("$.pets[?(@.age > 5)].name")?;
/// assert_eq!(path.find(&pets)?.unwrap().to_string(), r#"["Tom"]"#);
///
/// let first = JsonPath::parse("$.pets[0].name")?;
/// assert_eq!(first.find(&pets)?.unwrap().as_str(), Some("Rex"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct JsonPath {
    source: Box<str>,
    steps: Vec<Step>,
    definite: bool,
    members: Option<Box<[Member]>>,
}

/// One step down into one value.
#[derive(Clone, Debug)]
pub(crate) enum Member {
    Name(Arc<str>),
    /// A place in a list; a negative one counts from the end.
    Place(i64),
}

impl JsonPath {
    /// Compiles a path. One without the leading `$` begins at the root too.
    ///
    /// # Errors
    /// When the text is no path; the error names the letter where reading stopped.
    pub fn parse(text: &str) -> Result<Self, JsonPathError> {
        let steps = parse::path(text)?;
        let definite = ast::is_definite(&steps);
        Ok(Self { source: text.into(), members: steps.iter().map(Member::of).collect(), definite, steps })
    }

    /// Whether the path can lead to one value only; any other gives a list.
    #[must_use]
    pub fn is_definite(&self) -> bool {
        self.definite
    }

    /// Whether the path looks for values, by `..` or by a filter.
    pub(crate) fn searches(&self) -> bool {
        self.steps.iter().any(|step| matches!(step, Step::Descend | Step::Filter(_)))
    }

    /// The steps of a path of plain names and places.
    pub(crate) fn members(&self) -> Option<&[Member]> {
        self.members.as_deref()
    }

    /// What the path leads to: the value, or the list of values where the path is not definite. `None` where a
    /// definite path leads nowhere.
    ///
    /// # Errors
    /// When the path visits more than a million values.
    pub fn find(&self, document: &Json) -> Result<Option<Json>, TooMuchWork> {
        let found = find::find(&self.steps, document)?;
        if self.definite {
            return Ok(found.into_iter().next().map(std::borrow::Cow::into_owned));
        }
        Ok(Some(Json::List(found.into_iter().map(std::borrow::Cow::into_owned).collect())))
    }
}

impl Member {
    fn of(step: &Step) -> Option<Self> {
        match step {
            Step::Names(names) => match names.as_slice() {
                [name] => Some(Self::Name(Arc::clone(name))),
                _ => None,
            },
            Step::Places(places) => match places.as_slice() {
                [place] => Some(Self::Place(*place)),
                _ => None,
            },
            _ => None,
        }
    }
}

impl fmt::Debug for JsonPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "JsonPath({})", self.source)
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.source)
    }
}

#[cfg(test)]
mod tests;

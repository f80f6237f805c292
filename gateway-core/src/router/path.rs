//! Path templates, such as `/pets/{id}/{rest+}`.

use std::{collections::HashSet, fmt, sync::Arc};

use crate::context::ApiKind;

/// The path of a route, parsed: segments that are text, variables, or a greedy variable at the end.
///
/// AWS developer guide: *API Gateway resources* for REST APIs, *Working with routes for HTTP APIs*.
///
/// # Example
/// ```
/// use gateway_core::{ApiKind, PathTemplate};
///
/// let path = PathTemplate::parse("/pets/{id}/{rest+}", ApiKind::Rest)?;
/// assert_eq!(path.variables().collect::<Vec<_>>(), ["id", "rest"]);
/// assert!(PathTemplate::parse("/pets/a{id}", ApiKind::Rest).is_err());
/// # Ok::<(), gateway_core::PathError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PathTemplate {
    segments: Vec<PathSegment>,
}

/// What stands between two slashes of a [`PathTemplate`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PathSegment {
    /// Text that matches itself, in the same case.
    Literal(Box<str>),
    /// `{name}`: exactly one segment that is not empty.
    Variable(Arc<str>),
    /// `{name+}`: all that is left of the path; always the last segment.
    Greedy(Arc<str>),
}

/// A text that is no path template: what is wrong, where, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("path `{path}`{}: {reason}", segment.map(|number| format!(", segment {number}")).unwrap_or_default())]
pub struct PathError {
    path: String,
    segment: Option<usize>,
    reason: Reason,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Reason {
    #[error("it must start with `/`")]
    NoSlash,
    #[error("it has more than {MAX} segments; shorten it", MAX = PathTemplate::MAX_SEGMENTS)]
    TooLong,
    #[error("it ends with `/`; leave that out")]
    TrailingSlash,
    #[error("it is empty; write one `/` between segments")]
    Empty,
    #[error("a variable fills its whole segment; write `{{name}}` or `{{name+}}` with nothing around it")]
    Braces,
    #[error("the variable has no name; write `{{name}}` or `{{name+}}`")]
    NoName,
    #[error("the name of a variable cannot contain {0:?}; use letters, digits and `_ . : -`")]
    NameCharacter(char),
    #[error("it cannot contain {0:?}; use letters, digits and `{1}`, or a variable `{{name}}`")]
    Character(char, &'static str),
    #[error(
        "Cannot create a child of a resource with a greedy path variable: {{{0}+}}; \
         move it to the end or write `{{{0}}}`"
    )]
    BelowGreedy(Arc<str>),
    #[error("the path has a variable `{0}` already; give each its own name")]
    Duplicate(Arc<str>),
}

impl PathTemplate {
    /// The most segments that a template may have. AWS documents no such limit; look-ups go as deep as this.
    pub const MAX_SEGMENTS: usize = 256;

    /// Parses a template by the rules of this kind of API; they differ in the characters of literal segments only.
    ///
    /// # Errors
    /// When the text is no template, with the number of the segment that is wrong, counted from one.
    pub fn parse(text: &str, kind: ApiKind) -> Result<Self, PathError> {
        let error = |segment, reason| PathError { path: text.to_owned(), segment, reason };
        let rest = text.strip_prefix('/').ok_or_else(|| error(None, Reason::NoSlash))?;
        if rest.is_empty() {
            return Ok(Self { segments: Vec::new() });
        }
        if rest.ends_with('/') {
            return Err(error(None, Reason::TrailingSlash));
        }
        if rest.split('/').nth(Self::MAX_SEGMENTS).is_some() {
            return Err(error(None, Reason::TooLong));
        }
        let mut segments = Vec::new();
        let mut names = HashSet::new();
        for (number, part) in (1..).zip(rest.split('/')) {
            let segment = PathSegment::parse(part, kind).map_err(|reason| error(Some(number), reason))?;
            if let Some(PathSegment::Greedy(name)) = segments.last() {
                return Err(error(Some(number), Reason::BelowGreedy(Arc::clone(name))));
            }
            if let Some(name) = segment.name().filter(|name| !names.insert(Arc::clone(name))) {
                return Err(error(Some(number), Reason::Duplicate(Arc::clone(name))));
            }
            segments.push(segment);
        }
        Ok(Self { segments })
    }

    /// The segments from left to right; none for `/`.
    #[must_use]
    pub fn segments(&self) -> &[PathSegment] {
        &self.segments
    }

    /// The names of the variables, from left to right.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        self.segments.iter().filter_map(|segment| segment.name().map(|name| &**name))
    }

    /// Whether the last segment is a greedy variable.
    #[must_use]
    pub fn is_greedy(&self) -> bool {
        matches!(self.segments.last(), Some(PathSegment::Greedy(_)))
    }
}

impl fmt::Display for PathTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.segments.is_empty() {
            return f.write_str("/");
        }
        self.segments.iter().try_for_each(|segment| write!(f, "/{segment}"))
    }
}

impl PathSegment {
    fn parse(text: &str, kind: ApiKind) -> Result<Self, Reason> {
        if text.is_empty() {
            return Err(Reason::Empty);
        }
        let Some(inner) = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) else {
            return literal(text, kind).map(Self::Literal);
        };
        match inner.strip_suffix('+') {
            Some(inner) => name(inner).map(Self::Greedy),
            None => name(inner).map(Self::Variable),
        }
    }

    /// The variable's name.
    pub(super) fn name(&self) -> Option<&Arc<str>> {
        match self {
            Self::Literal(_) => None,
            Self::Variable(name) | Self::Greedy(name) => Some(name),
        }
    }
}

impl fmt::Display for PathSegment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal(text) => f.write_str(text),
            Self::Variable(name) => write!(f, "{{{name}}}"),
            Self::Greedy(name) => write!(f, "{{{name}+}}"),
        }
    }
}

fn literal(text: &str, kind: ApiKind) -> Result<Box<str>, Reason> {
    // For HTTP APIs no set is documented: what RFC 3986 allows in a segment does no harm.
    let marks = match kind {
        ApiKind::Rest => "_-.,:",
        ApiKind::Http => "_-.,:~%!$&'()*;=@",
    };
    match text.chars().find(|&letter| !letter.is_ascii_alphanumeric() && !marks.contains(letter)) {
        None => Ok(text.into()),
        Some('{' | '}') => Err(Reason::Braces),
        Some(letter) => Err(Reason::Character(letter, marks)),
    }
}

fn name(text: &str) -> Result<Arc<str>, Reason> {
    match text.chars().find(|&letter| !letter.is_ascii_alphanumeric() && !"_.:-".contains(letter)) {
        None if text.is_empty() => Err(Reason::NoName),
        None => Ok(text.into()),
        Some('{' | '}') => Err(Reason::Braces),
        Some(letter) => Err(Reason::NameCharacter(letter)),
    }
}

#[cfg(test)]
#[path = "path_tests.rs"]
mod tests;

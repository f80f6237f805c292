//! What can go wrong: reading a template, rendering it.

use std::{borrow::Cow, fmt};

/// A line and a column of a template; both begin at 1, columns count letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Position {
    /// The line.
    pub line: usize,
    /// The column.
    pub column: usize,
}

impl Position {
    pub(super) fn of(source: &str, at: u32) -> Self {
        let at = usize::try_from(at).unwrap_or(usize::MAX).min(source.len());
        let before = source.get(..at).unwrap_or(source);
        let line_start = before.rfind('\n').map_or(0, |end| end + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Self { line, column: before.get(line_start..).unwrap_or_default().chars().count() + 1 }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}", self.line, self.column)
    }
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {reason}")]
pub struct TemplateError {
    position: Position,
    reason: Cow<'static, str>,
}

impl TemplateError {
    pub(super) fn new(source: &str, fault: Fault) -> Self {
        let Reason { at, text } = *fault.0;
        Self { position: Position::of(source, at), reason: text }
    }

    /// Where reading stopped.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }
}

/// Why a template could not be rendered. The client of API Gateway sees 500.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{position}: {reason}")]
pub struct RenderError {
    position: Position,
    reason: Cow<'static, str>,
}

impl RenderError {
    pub(super) fn new(source: &str, fault: Fault) -> Self {
        let Reason { at, text } = *fault.0;
        Self { position: Position::of(source, at), reason: text }
    }

    /// Which part of the template failed.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }
}

/// A failure before its place is turned into a line. Small, because every step may return one.
#[derive(Debug)]
pub(super) struct Fault(Box<Reason>);

#[derive(Debug)]
struct Reason {
    at: u32,
    text: Cow<'static, str>,
}

impl Fault {
    #[cold]
    pub(super) fn new(reason: impl Into<Cow<'static, str>>) -> Self {
        Self(Box::new(Reason { at: 0, text: reason.into() }))
    }

    /// Sets the place, unless a part further inside did.
    #[cold]
    pub(super) fn at(mut self, at: u32) -> Self {
        if self.0.at == 0 {
            self.0.at = at;
        }
        self
    }
}

//! Identity sources: what of a request says who calls.

use std::borrow::Cow;

use gateway_core::{Context, Parts, ValueSource};
use regex::Regex;

use super::event::AuthorizerEvent;

/// The sources of an authorizer, compiled.
#[derive(Debug)]
pub(super) struct Sources {
    sources: Vec<ValueSource>,
    /// All values of those of which the function is told the last: it may go by another one.
    beside: Vec<ValueSource>,
    expression: Option<Regex>,
}

/// What the sources of a request say; each of them says something.
pub(super) struct Identity<'a> {
    values: Vec<Cow<'a, str>>,
    beside: Vec<Cow<'a, str>>,
}

impl Sources {
    /// Reads the sources; the first that is none is the error.
    pub(super) fn new<'t>(
        event: AuthorizerEvent,
        texts: &'t [String],
        expression: Option<Regex>,
    ) -> Result<Self, &'t str> {
        let read = |text: &'t String| parse(event, text).ok_or(text.as_str());
        let sources = texts.iter().map(read).collect::<Result<Vec<_>, _>>()?;
        let beside = match event {
            // The function is told the one value, and nothing else.
            AuthorizerEvent::Token => Vec::new(),
            _ => sources.iter().filter_map(all_values).collect(),
        };
        Ok(Self { sources, beside, expression })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.sources.is_empty()
    }

    /// What the request says; `None` if something is missing or empty, or does not match.
    pub(super) fn identity<'a>(&'a self, request: &'a Parts, context: &'a Context) -> Option<Identity<'a>> {
        let read = |source: &'a ValueSource| source.value(&request.headers, context);
        if !self.sources.iter().all(|source| source.is_text(&request.headers)) {
            return None;
        }
        let values: Option<Vec<_>> =
            self.sources.iter().map(|source| read(source).filter(|value| !value.is_empty())).collect();
        let values = values?;
        if let Some(expression) = &self.expression
            && !values.iter().all(|value| expression.is_match(value))
        {
            return None;
        }
        let beside = self.beside.iter().map(|source| read(source).unwrap_or_default()).collect();
        Some(Identity { values, beside })
    }
}

impl<'a> Identity<'a> {
    /// The values, in the order of their sources.
    pub(super) fn values(&self) -> &[Cow<'a, str>] {
        &self.values
    }

    /// Everything that tells this caller from others.
    pub(super) fn all(&self) -> impl Iterator<Item = &str> {
        self.values.iter().chain(&self.beside).map(|value| &**value)
    }
}

/// Reads a source, in the words of the kind of API; path parameters and literals say nothing about a caller.
fn parse(event: AuthorizerEvent, text: &str) -> Option<ValueSource> {
    let bare = match event {
        AuthorizerEvent::Connect => text.strip_prefix("route.").unwrap_or(text),
        _ => text,
    };
    let is_http = matches!(event, AuthorizerEvent::Version1 | AuthorizerEvent::Version2);
    match (event, ValueSource::parse(bare).ok()?) {
        (AuthorizerEvent::Token, ValueSource::Header(name)) => Some(ValueSource::Header(name)),
        (AuthorizerEvent::Token, _) | (_, ValueSource::Path(_) | ValueSource::Literal(_)) => None,
        // An HTTP API joins what stands twice.
        (_, ValueSource::Header(name)) if is_http => Some(ValueSource::HeaderValues(name)),
        (_, ValueSource::Query(name)) if is_http => Some(ValueSource::QueryValues(name)),
        (_, source) => Some(source),
    }
}

fn all_values(source: &ValueSource) -> Option<ValueSource> {
    match source {
        ValueSource::Header(name) => Some(ValueSource::HeaderValues(name.clone())),
        ValueSource::Query(name) => Some(ValueSource::QueryValues(name.clone())),
        _ => None,
    }
}

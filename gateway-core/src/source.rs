//! Where a value comes from: `method.request.header.NAME`, `$request.querystring.NAME`, `context.NAME`, ...

use std::borrow::Cow;

use http::HeaderMap;
use percent_encoding::percent_decode_str;

use crate::context::{Context, ContextVariable};

/// One source of a value, as parameter mappings, identity sources and gateway responses name it.
///
/// AWS developer guide: *API Gateway mapping template and access logging variable reference*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueSource {
    /// `'text'`.
    Literal(String),
    /// `method.request.header.NAME`, `$request.header.NAME`: the last value.
    Header(String),
    /// `method.request.multivalueheader.NAME`: all values, joined by a comma.
    HeaderValues(String),
    /// `method.request.querystring.NAME`, `$request.querystring.NAME`: the last value, decoded.
    Query(String),
    /// `method.request.multivaluequerystring.NAME`: all values, joined by a comma.
    QueryValues(String),
    /// `method.request.path.NAME`.
    Path(String),
    /// `context.NAME`, `$context.NAME`.
    Context(ContextVariable),
    /// `stageVariables.NAME`, `$stageVariables.NAME`.
    StageVariable(String),
}

/// A text that names no source.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` names no source: use 'text', method.request.{{header|querystring|path}}.NAME, \
     $request.{{header|querystring}}.NAME, context.NAME or stageVariables.NAME"
)]
pub struct SourceError(String);

impl ValueSource {
    /// Parses the name of a source; a literal stands between single quotes.
    ///
    /// # Errors
    /// When the text names no source.
    pub fn parse(text: &str) -> Result<Self, SourceError> {
        let error = || SourceError(text.to_owned());
        if let Some(literal) = text.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\'')) {
            return Ok(Self::Literal(literal.to_owned()));
        }
        let bare = text.strip_prefix('$').unwrap_or(text);
        if let Some(name) = bare.strip_prefix("context.").filter(|name| !name.is_empty()) {
            return Ok(Self::Context(ContextVariable::parse(name)));
        }
        if let Some(name) = bare.strip_prefix("stageVariables.").filter(|name| !name.is_empty()) {
            return Ok(Self::StageVariable(name.to_owned()));
        }
        let rest = bare.strip_prefix("method.request.").or_else(|| bare.strip_prefix("request."));
        let (position, name) = rest.and_then(|rest| rest.split_once('.')).ok_or_else(error)?;
        let name = name.to_owned();
        match position {
            _ if name.is_empty() => Err(error()),
            "header" => Ok(Self::Header(name)),
            "multivalueheader" => Ok(Self::HeaderValues(name)),
            "querystring" => Ok(Self::Query(name)),
            "multivaluequerystring" => Ok(Self::QueryValues(name)),
            "path" => Ok(Self::Path(name)),
            _ => Err(error()),
        }
    }

    /// The value for this request; `None` where it is missing.
    #[must_use]
    pub fn value<'a>(&'a self, headers: &'a HeaderMap, context: &'a Context) -> Option<Cow<'a, str>> {
        let query = || query_pairs(context.request().uri.query().unwrap_or_default());
        match self {
            Self::Literal(text) => Some(text.into()),
            Self::Header(name) => headers.get_all(name).iter().next_back()?.to_str().ok().map(Cow::from),
            Self::HeaderValues(name) => {
                joined(headers.get_all(name).iter().filter_map(|value| value.to_str().ok().map(Cow::from)))
            }
            Self::Query(name) => query().filter(|(key, _)| key == name).last().map(|(_, value)| value),
            Self::QueryValues(name) => joined(query().filter(|(key, _)| key == name).map(|(_, value)| value)),
            Self::Path(name) => context.path_param(name).map(Cow::from),
            Self::Context(variable) => context.value(variable),
            Self::StageVariable(name) => context.stage_variable(name).map(Cow::from),
        }
    }

    /// Whether nothing but text stands there: a header with other bytes reads as if they were not sent, and could pass for
    /// one that holds less.
    #[must_use]
    pub fn is_text(&self, headers: &HeaderMap) -> bool {
        match self {
            Self::Header(name) | Self::HeaderValues(name) => {
                headers.get_all(name).iter().all(|value| value.to_str().is_ok())
            }
            _ => true,
        }
    }

    /// Whether the value stands in the request's headers.
    #[must_use]
    pub fn reads_headers(&self) -> bool {
        matches!(self, Self::Header(_) | Self::HeaderValues(_))
    }
}

fn joined<'a>(values: impl Iterator<Item = Cow<'a, str>>) -> Option<Cow<'a, str>> {
    values.reduce(|all, next| Cow::Owned(format!("{all},{next}")))
}

/// Names and values of a query string, decoded; `;` separates like `&`.
pub fn query_pairs(query: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    query.split(['&', ';']).filter(|pair| !pair.is_empty()).map(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        (decoded(name), decoded(value))
    })
}

fn decoded(text: &str) -> Cow<'_, str> {
    if text.contains('+') {
        let spaced = text.replace('+', " ");
        return Cow::Owned(percent_decode_str(&spaced).decode_utf8_lossy().into_owned());
    }
    percent_decode_str(text).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::{clock::ManualClock, random::Random};

    #[test]
    fn sources_are_read_from_the_request() {
        let request = http::Request::get("/x?a=1&a=%2B+2&b").header("x-a", "1").header("x-a", "2").body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
        for (source, value) in [
            ("'text'", Some("text")),
            ("method.request.header.x-a", Some("2")),
            ("$request.header.X-A", Some("2")),
            ("method.request.multivalueheader.x-a", Some("1,2")),
            ("method.request.querystring.a", Some("+ 2")),
            ("method.request.multivaluequerystring.a", Some("1,+ 2")),
            ("$request.querystring.b", Some("")),
            ("context.httpMethod", Some("GET")),
            ("$stageVariables.none", None),
            ("method.request.path.none", None),
        ] {
            let parsed = ValueSource::parse(source).unwrap();
            assert_eq!(parsed.value(&parts.headers, &context).as_deref(), value, "{source}");
        }
    }

    #[test]
    fn what_names_no_source_is_refused() {
        for text in ["", "x", "method.request.cookie.a", "method.request.header.", "context.", "'open"] {
            assert!(ValueSource::parse(text).is_err(), "{text}");
        }
    }
}

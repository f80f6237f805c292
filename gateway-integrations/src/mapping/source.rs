//! Where the value of a mapped parameter comes from.

use std::borrow::Cow;

use gateway_core::{Context, ValueSource, query_pairs};
use http::HeaderMap;

use super::{
    body_text::{BodyFault, BodyText},
    error::MappingError,
    headers::is_visible,
};
use crate::jsonpath::JsonPath;

const REQUEST: &str = "'text', method.request.{header|querystring|path}.NAME, \
                       method.request.{multivalueheader|multivaluequerystring}.NAME, method.request.body, context.NAME \
                       or stageVariables.NAME";
const RESPONSE: &str = "'text', integration.response.{header|multivalueheader}.NAME, integration.response.body, \
                        context.NAME or stageVariables.NAME";

/// Where the value of a request's parameter comes from.
#[derive(Clone, Debug)]
pub(crate) enum RequestSource {
    Value(ValueSource),
    Body,
    BodyAt(JsonPath),
    /// A header that is taken off before.
    Unseen,
}

/// What the parameters of a call are made of.
pub(crate) struct MethodRequest<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) context: &'a Context,
    pub(crate) body: BodyText<'a>,
}

impl RequestSource {
    pub(crate) fn parse(text: &str) -> Result<Self, MappingError> {
        if let Some(path) = in_body(text, "method.request.body") {
            return Ok(path?.map_or(Self::Body, Self::BodyAt));
        }
        // `$request.` and `$context.` are names of HTTP APIs.
        let known = ["'", "method.request.", "context.", "stageVariables."].iter().any(|start| text.starts_with(start));
        let error = || MappingError::Source { name: text.to_owned(), expected: REQUEST };
        match ValueSource::parse(text).ok().filter(|_| known).ok_or_else(error)? {
            ValueSource::Header(name) | ValueSource::HeaderValues(name) if !is_visible(&name) => Ok(Self::Unseen),
            source => Ok(Self::Value(source)),
        }
    }

    pub(crate) fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodyAt(_))
    }

    /// The value; several are joined by commas.
    pub(crate) fn value<'a>(&'a self, request: &'a MethodRequest<'_>) -> Result<Option<Cow<'a, str>>, BodyFault> {
        Ok(match self {
            Self::Value(source) => source.value(request.headers, request.context),
            Self::Body => request.body.whole().map(Cow::from),
            Self::BodyAt(path) => request.body.at(path)?.map(Cow::from),
            Self::Unseen => None,
        })
    }

    /// Each value of its own.
    pub(crate) fn values(&self, request: &MethodRequest<'_>) -> Result<Vec<String>, BodyFault> {
        if let Self::Value(ValueSource::QueryValues(name)) = self {
            let query = request.context.request().uri.query().unwrap_or_default();
            return Ok(query_pairs(query)
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .collect());
        }
        Ok(self.value(request)?.map(Cow::into_owned).into_iter().collect())
    }
}

/// Where the value of an answer's header comes from.
#[derive(Clone, Debug)]
pub(super) enum ResponseSource {
    Value(ValueSource),
    Body,
    BodyAt(JsonPath),
    Header(String),
    HeaderValues(String),
}

impl ResponseSource {
    pub(super) fn parse(text: &str) -> Result<Self, MappingError> {
        if let Some(path) = in_body(text, "integration.response.body") {
            return Ok(path?.map_or(Self::Body, Self::BodyAt));
        }
        let named = |start: &str| text.strip_prefix(start).filter(|name| !name.is_empty()).map(str::to_owned);
        if let Some(name) = named("integration.response.header.") {
            return Ok(Self::Header(name));
        }
        if let Some(name) = named("integration.response.multivalueheader.") {
            return Ok(Self::HeaderValues(name));
        }
        let known = ["'", "context.", "stageVariables."].iter().any(|start| text.starts_with(start));
        let source = ValueSource::parse(text).ok().filter(|_| known);
        source.map(Self::Value).ok_or_else(|| MappingError::Source { name: text.to_owned(), expected: RESPONSE })
    }

    pub(super) fn reads_body(&self) -> bool {
        matches!(self, Self::Body | Self::BodyAt(_))
    }

    /// The value; several are joined by commas.
    pub(super) fn value<'a>(
        &'a self,
        headers: &'a HeaderMap,
        body: &'a BodyText<'_>,
        context: &'a Context,
    ) -> Result<Option<Cow<'a, str>>, BodyFault> {
        Ok(match self {
            Self::Value(source) => source.value(headers, context),
            Self::Body => body.whole().map(Cow::from),
            Self::BodyAt(path) => body.at_opened(path)?.map(Cow::from),
            Self::Header(name) => {
                let last = headers.get_all(name).iter().next_back();
                last.map(|value| String::from_utf8_lossy(value.as_bytes()))
            }
            Self::HeaderValues(name) => {
                let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
                values.reduce(|all, next| Cow::Owned(format!("{all},{next}")))
            }
        })
    }
}

/// The path into a body, where `text` is `body` or begins with it.
fn in_body(text: &str, body: &str) -> Option<Result<Option<JsonPath>, MappingError>> {
    let rest = text.strip_prefix(body)?;
    if rest.is_empty() {
        return Some(Ok(None));
    }
    let rest = rest.strip_prefix('.').or_else(|| rest.starts_with('[').then_some(rest))?;
    let path = if rest.starts_with(['[', '$']) { rest.to_owned() } else { format!("$.{rest}") };
    let error = |reason| MappingError::Path { source_text: text.to_owned(), reason };
    Some(JsonPath::parse(&path).map(Some).map_err(error))
}

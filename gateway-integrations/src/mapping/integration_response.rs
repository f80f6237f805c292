//! `IntegrationResponse`: one answer that a mapping makes of the backend's.

use gateway_core::config::ContentHandling;
use http::{HeaderName, StatusCode};
use regex::Regex;

use super::{error::MappingError, source::ResponseSource, templates::Templates};
use crate::java_regex;

const EXPECTED: &str = "method.response.header.NAME";

/// One answer that a mapping makes of the backend's: an *integration response*.
///
/// AWS developer guide: *Set up an integration response in API Gateway*.
///
/// # Example
/// ```
/// use gateway_integrations::mapping::{IntegrationResponse, MappingError};
///
/// # fn responses() -> Result<[IntegrationResponse; 2], MappingError> {
/// let fine = IntegrationResponse::new(200)
///     .response_parameter("method.response.header.ETag", "integration.response.header.ETag")?
///     .response_template("application/json", r#"{"pets": $input.json('$.items')}"#)?;
/// let refused = IntegrationResponse::new(400).selection_pattern(r"4\d{2}")?;
/// # Ok([fine, refused])
/// # }
/// # responses().unwrap();
/// ```
#[derive(Clone, Debug)]
pub struct IntegrationResponse {
    pub(super) status: StatusCode,
    pub(super) pattern: Option<Pattern>,
    pub(super) headers: Vec<(HeaderName, ResponseSource)>,
    pub(super) templates: Templates,
    pub(super) handling: Option<ContentHandling>,
}

/// An expression that the whole subject must match.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    pub(super) text: Box<str>,
    regex: Regex,
}

impl Pattern {
    pub(super) fn matches(&self, subject: &str) -> bool {
        self.regex.is_match(subject)
    }
}

impl IntegrationResponse {
    /// An answer with `status`, for every answer of the backend that no pattern matches. What is no status of a final
    /// answer (below 200, above 999) becomes 500.
    #[must_use]
    pub fn new(status: u16) -> Self {
        let status = StatusCode::from_u16(status).ok().filter(|status| !status.is_informational());
        Self::of(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR))
    }

    pub(super) fn of(status: StatusCode) -> Self {
        Self { status, pattern: None, headers: Vec::new(), templates: Templates::default(), handling: None }
    }

    /// Takes this answer where `pattern`, a regular expression of Java's, matches the whole status of the backend: for
    /// functions, their error message. An empty pattern is none.
    ///
    /// # Errors
    /// [`MappingError::Pattern`] when the expression is none, or looks around or back.
    pub fn selection_pattern(mut self, pattern: &str) -> Result<Self, MappingError> {
        let error =
            |error: regex::Error| MappingError::Pattern { pattern: pattern.to_owned(), reason: error.to_string() };
        self.pattern = match pattern {
            "" => None,
            _ => Some(Pattern { text: pattern.into(), regex: java_regex::whole(pattern).map_err(error)? }),
        };
        Ok(self)
    }

    /// Sets a header of the answer, `method.response.header.NAME`, to a source: `integration.response.header.NAME`,
    /// `integration.response.body.PATH`, `context.NAME`, `stageVariables.NAME` or `'text'`.
    ///
    /// # Errors
    /// [`MappingError::Target`], [`MappingError::Source`] or [`MappingError::Path`] when a text names neither.
    pub fn response_parameter(mut self, target: &str, source: &str) -> Result<Self, MappingError> {
        let name = target.strip_prefix("method.response.header.").and_then(|name| name.parse::<HeaderName>().ok());
        let name = name.ok_or_else(|| MappingError::Target { name: target.to_owned(), expected: EXPECTED })?;
        let source = ResponseSource::parse(source)?;
        self.headers.retain(|(known, _)| *known != name);
        self.headers.push((name, source));
        Ok(self)
    }

    /// Makes the body with a mapping template, for clients that accept `content_type` first.
    ///
    /// Others get that for `application/json`, or the first.
    ///
    /// # Errors
    /// [`MappingError::Template`] when the template cannot be read.
    pub fn response_template(mut self, content_type: &str, template: &str) -> Result<Self, MappingError> {
        self.templates.add(content_type, template)?;
        Ok(self)
    }

    /// Converts the body between text and binary.
    #[must_use]
    pub fn content_handling(mut self, handling: ContentHandling) -> Self {
        self.handling = Some(handling);
        self
    }
}

//! Why a mapping was not made.

use gateway_core::Problem;

use crate::{jsonpath::JsonPathError, velocity::TemplateError};

/// Why a mapping was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MappingError {
    /// A text names no place that a value can be put into.
    #[error("`{name}` is no target: use {expected}")]
    Target {
        /// The text.
        name: String,
        /// What it should look like.
        expected: &'static str,
    },
    /// A text names no place that a value comes from.
    #[error("`{name}` is no source: use {expected}")]
    Source {
        /// The text.
        name: String,
        /// What it should look like.
        expected: &'static str,
    },
    /// The path into a body is none.
    #[error("`{source_text}`: {reason}")]
    Path {
        /// The source that the path is part of.
        source_text: String,
        /// What is wrong with the path.
        #[source]
        reason: JsonPathError,
    },
    /// A mapping template cannot be read.
    #[error("the template for `{content_type}`: {reason}")]
    Template {
        /// The content type that the template is for.
        content_type: String,
        /// What is wrong with the template.
        #[source]
        reason: TemplateError,
    },
    /// A mapping template is longer than AWS takes.
    #[error("the template for `{content_type}` is longer than 300 KB")]
    Long {
        /// The content type that the template is for.
        content_type: String,
    },
    /// A selection pattern cannot be compiled.
    #[error("the selection pattern `{pattern}`: {reason}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A header that matters to the connection, to CORS or to AWS itself (HTTP APIs).
    #[error("the header `{name}` cannot be mapped")]
    Reserved {
        /// Its name.
        name: String,
    },
    /// A value does not fit its key (HTTP APIs).
    #[error("`{key}`: {reason}")]
    Value {
        /// The key.
        key: String,
        /// What is wrong.
        reason: &'static str,
    },
    /// A status is none that a client may get.
    #[error("{0} is not between 200 and 599")]
    Status(u16),
}

impl MappingError {
    pub(crate) fn at(self, pointer: impl Into<String>) -> Problem {
        Problem::new(pointer, self)
    }
}

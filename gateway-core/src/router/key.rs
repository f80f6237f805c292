//! Route keys: `$default`, or a method and a path.

use std::fmt;

use super::{
    method::RouteMethod,
    path::{PathError, PathTemplate},
};
use crate::context::ApiKind;

/// What a route serves: `GET /pets/{id}`, `ANY /{proxy+}`, or `$default`.
///
/// AWS developer guide: *Working with routes for HTTP APIs*. A REST API's resource and method are written the same way.
///
/// # Example
/// ```
/// use gateway_core::{ApiKind, RouteKey};
///
/// let key = RouteKey::parse("GET /pets/{id}", ApiKind::Http)?;
/// assert_eq!(key.to_string(), "GET /pets/{id}");
/// # Ok::<(), gateway_core::RouteKeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RouteKey {
    /// `$default`: whatever nothing else takes. HTTP APIs only.
    Default,
    /// A method and a path.
    Method(RouteMethod, PathTemplate),
}

/// A text that is no route key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RouteKeyError {
    /// There is no method and path.
    #[error("route key `{0}`: write a method, one space and a path, such as `GET /pets/{{id}}`")]
    Form(String),
    /// A REST API has no `$default` route.
    #[error("route key `$default`: a REST API has none; write `ANY /{{proxy+}}` and `ANY /`")]
    Default,
    /// The method is not one of the eight.
    #[error(
        "route key `{0}`: Invalid HttpMethod specified. Valid options are GET,PUT,POST,DELETE,PATCH,OPTIONS,HEAD,ANY"
    )]
    Method(String),
    /// The path is no template.
    #[error(transparent)]
    Path(#[from] PathError),
}

impl RouteKey {
    /// Parses a route key by the rules of this kind of API.
    ///
    /// # Errors
    /// When the text is no route key.
    pub fn parse(text: &str, kind: ApiKind) -> Result<Self, RouteKeyError> {
        if text == "$default" {
            return if kind == ApiKind::Http { Ok(Self::Default) } else { Err(RouteKeyError::Default) };
        }
        let (method, path) = text.split_once(' ').ok_or_else(|| RouteKeyError::Form(text.to_owned()))?;
        let method = RouteMethod::from_name(method).ok_or_else(|| RouteKeyError::Method(text.to_owned()))?;
        Ok(Self::Method(method, PathTemplate::parse(path, kind)?))
    }

    /// The method; none for `$default`.
    #[must_use]
    pub fn method(&self) -> Option<RouteMethod> {
        match self {
            Self::Default => None,
            Self::Method(method, _) => Some(*method),
        }
    }

    /// The path; none for `$default`.
    #[must_use]
    pub fn path(&self) -> Option<&PathTemplate> {
        match self {
            Self::Default => None,
            Self::Method(_, path) => Some(path),
        }
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("$default"),
            Self::Method(method, path) => write!(f, "{method} {path}"),
        }
    }
}

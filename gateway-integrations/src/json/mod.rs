//! JSON whose objects keep the order of their keys, as the libraries behind API Gateway do.

mod double;
mod object;
mod read;
mod write;

use std::sync::Arc;

pub(crate) use self::{double::java_double, write::quote};
pub use self::{object::Object, read::JsonError};

/// A JSON value. Objects keep their order; of two equal keys the last one wins.
///
/// Integers are exact up to 128 bits where they were computed, and up to 64 bits where they were read; other numbers
/// are doubles.
///
/// # Example
/// ```
/// use gateway_integrations::json::Json;
///
/// let json = Json::parse(r#"{"b": 1.0, "a": [true, null]}"#)?;
/// assert_eq!(json.to_string(), r#"{"b":1.0,"a":[true,null]}"#);
/// # Ok::<(), gateway_integrations::json::JsonError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum Json {
    /// `null`.
    #[default]
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number with a fraction or an exponent.
    Double(f64),
    /// A text.
    Text(Arc<str>),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Object<Self>),
}

impl Json {
    /// The text, where the value is one.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number, where the value is one.
    #[must_use]
    pub fn as_f64(&self) -> Option<f64> {
        match *self {
            #[expect(clippy::cast_precision_loss, reason = "a comparison of numbers may round")]
            Self::Integer(number) => Some(number as f64),
            Self::Double(number) => Some(number),
            _ => None,
        }
    }

    /// The value under `key`, where this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        if let Self::Object(object) = self { object.get(key) } else { None }
    }

    pub(crate) fn is_container(&self) -> bool {
        matches!(self, Self::List(_) | Self::Object(_))
    }
}

impl From<bool> for Json {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Json {
    fn from(value: i64) -> Self {
        Self::Integer(value.into())
    }
}

impl From<&str> for Json {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for Json {
    fn from(value: String) -> Self {
        Self::Text(value.into())
    }
}

impl From<Object<Self>> for Json {
    fn from(value: Object<Self>) -> Self {
        Self::Object(value)
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_u64()) {
                (Some(whole), _) => Self::Integer(whole.into()),
                (None, Some(whole)) => Self::Integer(whole.into()),
                (None, None) => Self::Double(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => Self::Text(text.as_str().into()),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(map) => Self::Object(map.iter().map(|(key, value)| (key.as_str(), value.into())).collect()),
        }
    }
}

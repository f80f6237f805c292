use std::fmt::Write as _;

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;
use serde_path_to_error::Segment;

use crate::problem::{Problem, pointer_token};

/// A part of a definition that may be wrong without spoiling the parts beside it.
#[derive(Clone, Debug)]
pub struct Tried<T>(Result<T, Problem>);

impl<T> Tried<T> {
    /// The part, or what is wrong with it; the problem's pointer starts at the part.
    ///
    /// # Errors
    /// What was found while reading it.
    pub fn get(&self) -> Result<&T, &Problem> {
        self.0.as_ref()
    }
}

impl<T> From<T> for Tried<T> {
    fn from(part: T) -> Self {
        Self(Ok(part))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Tried<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Self(parse(Value::deserialize(deserializer)?)))
    }
}

/// Reads a part, and says where in it the first thing is wrong.
pub(super) fn parse<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let mut pointer = String::new();
        for segment in error.path() {
            let _ = match segment {
                Segment::Seq { index } => write!(pointer, "/{index}"),
                Segment::Map { key } | Segment::Enum { variant: key } => write!(pointer, "/{}", pointer_token(key)),
                Segment::Unknown => Ok(()),
            };
        }
        Problem::new(pointer, error.inner())
    })
}

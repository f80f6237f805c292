use std::{collections::BTreeMap, convert::Infallible};

use serde_json::Value;

use crate::problem::Problem;

/// A JSON Schema, of which there are none without the feature `schema`.
#[derive(Debug)]
pub(crate) struct Schema(Infallible);

impl Schema {
    /// Whether models can be compiled at all.
    pub(crate) const SUPPORTED: bool = false;

    pub(crate) fn model(_: &str, _: &BTreeMap<String, Value>) -> Result<Self, Problem> {
        Err(Problem::new("", "gateway-core was built without its feature `schema`"))
    }

    pub(super) fn check(&self, _: &Value) -> Result<(), String> {
        match self.0 {}
    }
}

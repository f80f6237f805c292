use std::{collections::BTreeMap, convert::Infallible};

use serde_json::Value;

use crate::problem::Problem;

/// A JSON Schema, of which there are none without the feature `schema`.
#[derive(Debug)]
pub(crate) struct Schema(Infallible);

impl Schema {
    pub(super) fn check(&self, _: &Value) -> Result<(), String> {
        match self.0 {}
    }
}

/// The models of an API, which cannot be compiled.
pub(crate) struct ModelSet;

impl ModelSet {
    /// Whether models can be compiled at all.
    pub(crate) const SUPPORTED: bool = false;

    pub(crate) fn new(_: &BTreeMap<String, Value>) -> Self {
        Self
    }

    pub(crate) fn compile(&self, _: &str) -> Result<Schema, Problem> {
        Err(Problem::new("", "gateway-core was built without its feature `schema`"))
    }
}

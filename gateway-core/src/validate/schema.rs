use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde_json::{Map, Value};
use tower::BoxError;

use super::{loops, report};
use crate::problem::Problem;

/// A JSON Schema of draft 4, compiled.
#[derive(Debug)]
pub(crate) struct Schema(Validator);

/// Where models refer to each other: `{id}/models/{name}` follows.
const MODELS: &str = "https://apigateway.amazonaws.com/restapis/";
/// How often a pattern with lookarounds or back references may try again.
const BACKTRACKS: usize = 100_000;

impl Schema {
    /// Compiles a schema found at `base`; what it refers to outside of itself comes from `retrieve`.
    pub(super) fn compile(schema: &Value, base: &str, retrieve: impl Retrieve + 'static) -> Result<Self, Problem> {
        let compiled = jsonschema::draft4::options()
            .with_base_uri(base)
            .with_retriever(retrieve)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACKS))
            .should_validate_formats(true)
            .build(schema);
        compiled.map(Self).map_err(|error| {
            // Where the schema breaks its own rules; what cannot be resolved has no place.
            Problem::new(error.instance_path().as_str(), format!("this is no JSON Schema of draft 4: {error}"))
        })
    }

    /// What is wrong with `value`, as `$context.error.validationErrorString` says it.
    pub(super) fn check(&self, value: &Value) -> Result<(), String> {
        if self.0.is_valid(value) {
            return Ok(());
        }
        Err(report::messages(self.0.iter_errors(value)))
    }
}

/// The models of an API, which refer to each other.
#[derive(Clone)]
pub(crate) struct ModelSet(Arc<BTreeMap<String, Value>>);

impl ModelSet {
    /// Whether models can be compiled at all.
    pub(crate) const SUPPORTED: bool = true;

    /// The models with these names.
    pub(crate) fn new(models: &BTreeMap<String, Value>) -> Self {
        Self(Arc::new(models.iter().map(|(name, schema)| (name.clone(), linked(schema, models))).collect()))
    }

    /// Compiles one model, with those that it refers to.
    pub(crate) fn compile(&self, name: &str) -> Result<Schema, Problem> {
        let schema = self.0.get(name).ok_or_else(|| Problem::new("", format!("the API has no model `{name}`")))?;
        loops::check(schema, |address| self.0.get(model_of(address)?))?;
        Schema::compile(schema, &address(name), self.clone()).map_err(|problem| {
            // Only of the model itself is the place known; another tells its own.
            if jsonschema::draft4::meta::is_valid(schema) { Problem::new("", problem.message) } else { problem }
        })
    }
}

impl Retrieve for ModelSet {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, BoxError> {
        let name = model_of(uri.as_str()).ok_or("a model refers to itself and to other models of its API only")?;
        Ok(self.0.get(name).cloned().ok_or_else(|| format!("the API has no model `{name}`"))?)
    }
}

fn address(name: &str) -> String {
    format!("{MODELS}this/models/{name}")
}

/// Removes what would change the meaning of `#`: in a model it is always the model itself.
fn remove_ids(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.retain(|name, value| !(name == "id" && value.is_string()));
            let others = fields.iter_mut().filter(|(name, value)| !(*name == "enum" && value.is_array()));
            others.for_each(|(_, value)| remove_ids(value));
        }
        Value::Array(items) => items.iter_mut().for_each(remove_ids),
        _ => {}
    }
}

/// The name in an address of a model. It means a model of the same API, whatever the id in it.
fn model_of(address: &str) -> Option<&str> {
    let (_, name) = address.strip_prefix(MODELS)?.split_once("/models/")?;
    Some(name.strip_suffix('#').unwrap_or(name))
}

/// The schema without any `id`, with a link to each other model that it names as `#/definitions/NAME` without having
/// it.
fn linked(schema: &Value, models: &BTreeMap<String, Value>) -> Value {
    let mut schema = schema.clone();
    remove_ids(&mut schema);
    let text = schema.to_string();
    let references = text.split("\"#/definitions/").skip(1).filter_map(|rest| rest.split(['"', '/']).next());
    let names: BTreeSet<_> = references.filter(|name| models.contains_key(*name)).collect();
    if let (Some(root), false) = (schema.as_object_mut(), names.is_empty()) {
        let own = root.entry("definitions").or_insert_with(|| Value::Object(Map::new()));
        if let Some(own) = own.as_object_mut() {
            for name in names {
                own.entry(name).or_insert_with(|| serde_json::json!({ "$ref": address(name) }));
            }
        }
    }
    schema
}

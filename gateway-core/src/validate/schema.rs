use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jsonschema::{PatternOptions, Retrieve, Uri, Validator};
use serde_json::{Map, Value};
use tower::BoxError;

use super::{loops, report};
use crate::problem::Problem;

/// A JSON Schema of draft 4, compiled: what the bodies of REST APIs are held against, for any value.
///
/// The models of an API need none of this: [`Api::model`](crate::Api::model) takes them as they are, and they see
/// nothing but each other. Outside a gateway a schema may also refer to the [documents](SchemaBuilder::document) it is
/// given, and what they and the schema call `id` counts.
///
/// # Example
/// ```
/// use gateway_core::Schema;
/// use serde_json::json;
///
/// let schema = Schema::builder(json!({ "properties": { "age": { "$ref": "https://example.com/types.json#/age" } } }))
///     .document("https://example.com/types.json", json!({ "age": { "type": "integer" } }))
///     .build()?;
/// assert!(schema.check(&json!({ "age": 3 })).is_ok());
/// assert!(schema.check(&json!({ "age": "3" })).is_err());
/// # Ok::<(), gateway_core::Problem>(())
/// ```
#[derive(Debug)]
pub struct Schema(Validator);

/// Puts a [`Schema`] together with the documents that it refers to.
#[derive(Clone, Debug)]
pub struct SchemaBuilder {
    schema: Value,
    documents: Documents,
}

/// What references may reach, by the address without its fragment.
#[derive(Clone, Debug, Default)]
struct Documents(BTreeMap<String, Value>);

/// Where models refer to each other: `{id}/models/{name}` follows.
const MODELS: &str = "https://apigateway.amazonaws.com/restapis/";
/// How often a pattern with lookarounds or back references may try again.
const BACKTRACKS: usize = 100_000;

/// Where a schema stands that says nothing else with its `id`.
const NOWHERE: &str = "json-schema:///";

impl Schema {
    /// A schema, to be given the documents that it refers to.
    #[must_use]
    pub fn builder(schema: Value) -> SchemaBuilder {
        SchemaBuilder { schema, documents: Documents::default() }
    }

    /// Compiles a schema found at `base`; what it refers to outside of itself comes from `retrieve`.
    fn compile(schema: &Value, base: &str, retrieve: impl Retrieve + 'static) -> Result<Self, Problem> {
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

    /// Holds `value` against the schema.
    ///
    /// # Errors
    /// What is wrong with it, as `$context.error.validationErrorString` says it.
    pub fn check(&self, value: &Value) -> Result<(), String> {
        if self.0.is_valid(value) {
            return Ok(());
        }
        Err(report::messages(self.0.iter_errors(value)))
    }
}

impl SchemaBuilder {
    /// Lets references reach a document by its address; nothing is ever fetched.
    #[must_use]
    pub fn document(mut self, address: impl Into<String>, document: Value) -> Self {
        let mut address = address.into();
        address.truncate(address.find('#').unwrap_or(address.len()));
        self.documents.0.insert(address, document);
        self
    }

    /// Compiles the schema.
    ///
    /// # Errors
    /// When it is no JSON Schema of draft 4, or refers to a document that it was not given; the pointer leads to the
    /// place, where one is known.
    pub fn build(self) -> Result<Schema, Problem> {
        Schema::compile(&self.schema, NOWHERE, self.documents)
    }
}

impl Retrieve for Documents {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, BoxError> {
        let address = uri.as_str().split('#').next().unwrap_or_default();
        Ok(self.0.get(address).cloned().ok_or_else(|| format!("there is no document `{address}`"))?)
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

use std::{collections::BTreeMap, sync::Arc};

use serde_json::json;

use crate::{
    definition::{Api, RouteDefinition},
    problem::{Problem, pointer_token},
    validate::{BodyModels, ModelSet, RequestParameter, Schema, Validation},
};

/// The models of an API, compiled; `None` takes anything, or could not be compiled, which was reported.
pub(super) struct Models(BTreeMap<String, Option<Arc<Schema>>>);

/// The models that every REST API has.
const EMPTY: &str = "Empty";
const ERROR: &str = "Error";

impl Models {
    /// Compiles the models of an API, and checks their names.
    pub(super) fn compile(api: &Api, pointer: &str, problems: &mut Vec<Problem>) -> Self {
        let mut schemas = api.models.clone();
        schemas.entry(ERROR.to_owned()).or_insert_with(
            || json!({"title": "Error Schema", "type": "object", "properties": {"message": {"type": "string"}}}),
        );
        let own_empty = schemas.contains_key(EMPTY);
        schemas.entry(EMPTY.to_owned()).or_insert_with(|| json!({"title": "Empty Schema"}));
        let set = ModelSet::new(&schemas);
        let mut compiled = BTreeMap::new();
        for name in schemas.keys() {
            let pointer = format!("{pointer}/models/{}", pointer_token(name));
            if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
                problems.push(Problem::new(&pointer, format!("`{name}` is no name of a model: letters and digits")));
            }
            // Without the feature, the route that uses a model says so.
            let anything = (name == EMPTY && !own_empty) || !ModelSet::SUPPORTED;
            let schema = (!anything).then(|| set.compile(name)).transpose().map_err(|problem| {
                problems.push(problem.below(&pointer));
            });
            compiled.insert(name.clone(), schema.ok().flatten().map(Arc::new));
        }
        Self(compiled)
    }

    /// Compiles what is validated of the requests of one route.
    pub(super) fn route(
        &self,
        api: &Api,
        route: &RouteDefinition,
        pointer: &str,
        problems: &mut Vec<Problem>,
    ) -> Option<Validation> {
        let mut wrong = |field: String, message: &str| {
            problems.push(Problem::new(format!("{pointer}/{field}"), message));
        };
        let validator = route.validator.or(api.validator).unwrap_or_default();
        // The order of the full names is the one in which AWS tells what is missing.
        let mut required = Vec::new();
        for (name, must) in &route.request_parameters {
            match RequestParameter::parse(name) {
                Some(parameter) if *must && validator.validate_request_parameters => required.push(parameter),
                Some(_) => {}
                None => wrong(
                    format!("requestParameters/{}", pointer_token(name)),
                    &format!("`{name}` is no parameter: write method.request.{{header|path|querystring}}.NAME"),
                ),
            }
        }
        let mut models = BodyModels::default();
        for (content_type, name) in &route.request_models {
            let field = || format!("requestModels/{}", pointer_token(content_type));
            let Some(schema) = self.0.get(name) else {
                wrong(field(), &format!("the API has no model `{name}`"));
                continue;
            };
            if !validator.validate_request_body {
                continue;
            }
            if !ModelSet::SUPPORTED && name != EMPTY {
                wrong(field(), "bodies cannot be validated: gateway-core was built without its feature `schema`");
            }
            models.insert(content_type, schema.clone());
        }
        Validation::of(required, models)
    }
}

//! Methods as operations.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{Export, ExportError, put};
use crate::{
    config::{MethodResponseConfig, RouteConfig},
    openapi::import::JSON,
};

impl Export<'_> {
    pub(super) fn operation(&self, route: &RouteConfig) -> Result<Value, ExportError> {
        let mut operation = Map::new();
        put(&mut operation, "operationId", route.operation_name.as_ref());
        let mut parameters = self.parameters(route);
        self.body(route, &mut operation, &mut parameters)?;
        if !parameters.is_empty() {
            operation.insert("parameters".to_owned(), Value::Array(parameters));
        }
        if self.swagger() {
            self.content_types(route, &mut operation);
        }
        let responses: Map<_, _> = route
            .method_responses
            .iter()
            .map(|(status, response)| (status.to_string(), self.response(*status, response)))
            .collect();
        // An operation without answers is no operation in either version.
        if !responses.is_empty() || self.swagger() {
            operation.insert("responses".to_owned(), Value::Object(responses));
        }
        let security = self.security(route);
        if !security.is_empty() {
            operation.insert("security".to_owned(), Value::Array(security));
        }
        if self.options.integrations {
            let validator = route.request_validator.as_ref();
            put(&mut operation, "x-amazon-apigateway-request-validator", validator);
            if let Some(integration) = &route.integration {
                let integration =
                    Self::integration(integration).ok_or_else(|| ExportError::Unknown(route.route.clone()))?;
                operation.insert("x-amazon-apigateway-integration".to_owned(), integration);
            }
        }
        Ok(Value::Object(operation))
    }

    pub(super) fn parameters(&self, route: &RouteConfig) -> Vec<Value> {
        let mut parameters = Vec::new();
        let mut add = |name: &str, position: &str, required: bool| {
            let mut parameter = json!({ "name": name, "in": position });
            if let Some(parameter) = parameter.as_object_mut() {
                if self.swagger() {
                    parameter.insert("type".to_owned(), json!("string"));
                    parameter.insert("required".to_owned(), json!(required));
                } else {
                    parameter.insert("schema".to_owned(), json!({ "type": "string" }));
                    if required {
                        parameter.insert("required".to_owned(), json!(true));
                    }
                }
            }
            parameters.push(parameter);
        };
        for (key, required) in &route.request_parameters {
            let Some((position, name)) = key.strip_prefix("method.request.").and_then(|key| key.split_once('.')) else {
                continue;
            };
            match position {
                "querystring" => add(name, "query", *required),
                "header" => add(name, "header", *required),
                "path" => add(name, "path", true),
                _ => {}
            }
        }
        parameters
    }

    pub(super) fn body(
        &self,
        route: &RouteConfig,
        operation: &mut Map<String, Value>,
        parameters: &mut Vec<Value>,
    ) -> Result<(), ExportError> {
        if route.request_models.is_empty() {
            return Ok(());
        }
        let Some(model) = route.request_models.get(JSON) else {
            return Err(ExportError::Models(route.route.clone()));
        };
        if self.swagger() {
            let schema = self.reference(model);
            parameters.push(json!({ "in": "body", "name": model, "required": true, "schema": schema }));
        } else {
            let content = self.content(&route.request_models);
            operation.insert("requestBody".to_owned(), json!({ "content": content, "required": true }));
        }
        Ok(())
    }

    fn content(&self, models: &BTreeMap<String, String>) -> Value {
        let types = models.iter();
        Value::Object(
            types
                .map(|(kind, model)| (kind.clone(), json!({ "schema": self.reference(model) })))
                .collect::<Map<_, _>>(),
        )
    }

    pub(super) fn reference(&self, model: &str) -> Value {
        let place = if self.swagger() { "definitions" } else { "components/schemas" };
        json!({ "$ref": format!("#/{place}/{model}") })
    }

    /// What Swagger says once for an operation: the content types of its models and templates.
    fn content_types(&self, route: &RouteConfig, operation: &mut Map<String, Value>) {
        let backend = route.integration.as_ref().and_then(|integration| integration.backend());
        let mut consumes: BTreeSet<&String> = route.request_models.keys().collect();
        consumes.extend(backend.into_iter().flat_map(|backend| backend.request_templates.keys()));
        let answers = route.method_responses.values();
        let mut produces: BTreeSet<&String> = answers.flat_map(|answer| answer.response_models.keys()).collect();
        let answers = backend.into_iter().flat_map(|backend| &backend.responses);
        produces.extend(answers.flat_map(|answer| answer.response_templates.keys()));
        for (field, types) in [("consumes", consumes), ("produces", produces)] {
            if !types.is_empty() {
                operation.insert(field.to_owned(), json!(types));
            }
        }
    }

    fn response(&self, status: u16, response: &MethodResponseConfig) -> Value {
        let mut written = Map::new();
        written.insert("description".to_owned(), json!(format!("{status} response")));
        let headers = response.response_parameters.keys().filter_map(|key| key.strip_prefix("method.response.header."));
        let text = json!({ "type": "string" });
        let headers: Map<_, _> = headers
            .map(|name| (name.to_owned(), if self.swagger() { text.clone() } else { json!({ "schema": text }) }))
            .collect();
        if !headers.is_empty() {
            written.insert("headers".to_owned(), Value::Object(headers));
        }
        if !self.swagger() {
            written.insert("content".to_owned(), self.content(&response.response_models));
        } else if let Some(model) =
            response.response_models.get(JSON).or_else(|| response.response_models.values().next())
        {
            written.insert("schema".to_owned(), self.reference(model));
        }
        Value::Object(written)
    }
}

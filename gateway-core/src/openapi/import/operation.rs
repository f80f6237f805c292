//! Operations: methods with their parameters and bodies.

use std::{collections::BTreeMap, fmt};

use super::{FOR_PEOPLE, Import, NOT_STORED, messages};
use crate::{
    config::RouteConfig,
    openapi::document::{Node, Object, Place},
    validate::RequestParameter,
};

/// One operation, and where it stands.
pub(super) struct Operation<'o, 'd> {
    pub(super) path: &'o str,
    pub(super) method: &'static str,
    pub(super) node: &'d Object,
    pub(super) item: &'d Object,
    /// Where the path stands.
    pub(super) above: Place<'o>,
}

impl fmt::Display for Operation<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "resource '{}' and method '{}'", self.path, self.method)
    }
}

const FIELDS: &[&str] = &[
    "operationId",
    "parameters",
    "requestBody",
    "responses",
    "consumes",
    "produces",
    "security",
    "x-amazon-apigateway-auth",
    "x-amazon-apigateway-integration",
    "x-amazon-apigateway-request-validator",
];

const IGNORED: &[(&str, &str)] = &[
    ("tags", FOR_PEOPLE),
    ("summary", FOR_PEOPLE),
    ("description", FOR_PEOPLE),
    ("externalDocs", FOR_PEOPLE),
    ("deprecated", NOT_STORED),
    ("callbacks", "a REST API calls nobody"),
    ("servers", NOT_STORED),
    ("schemes", NOT_STORED),
    ("isDefaultRoute", "of HTTP APIs only"),
];

pub(in crate::openapi) const JSON: &str = "application/json";

impl<'d> Import<'d> {
    pub(super) fn operation(&mut self, place: Place<'_>, operation: &Operation<'_, 'd>) {
        let &Operation { path, method, node, .. } = operation;
        self.report.exact(place);
        self.others(place, node, FIELDS, IGNORED);
        let mut route = RouteConfig { route: format!("{method} {path}"), ..RouteConfig::default() };
        route.operation_name = node.get("operationId").and_then(Node::scalar);
        let declared = variables(path).map(|name| format!("method.request.path.{name}"));
        route.request_parameters =
            declared.filter(|name| RequestParameter::parse(name).is_some()).map(|name| (name, true)).collect();
        self.parameters(place, operation, &mut route);
        if let Some(body) = node.get("requestBody") {
            self.request_body(place.field("requestBody"), body, &mut route);
        }
        if let Some(responses) = node.get("responses").and_then(Node::object) {
            self.responses(place.field("responses"), operation, responses, &mut route);
        }
        self.route_validator(place, operation, &mut route);
        self.route_security(place, node, &mut route);
        match node.get("x-amazon-apigateway-integration") {
            Some(written) => {
                self.integration(place.field("x-amazon-apigateway-integration"), operation, written, &mut route);
            }
            None => self.report.approximate(place, "it has no integration yet, and cannot be deployed without one"),
        }
        self.api.routes.push(route.into());
    }

    pub(super) fn route_validator(&mut self, place: Place<'_>, operation: &Operation<'_, 'd>, route: &mut RouteConfig) {
        let field = "x-amazon-apigateway-request-validator";
        let own = operation.node.get(field).and_then(Node::str);
        if own.is_none() && !self.grow(self.request_validator.as_ref().map_or(0, String::len)) {
            return;
        }
        let name = own.or(self.request_validator.as_deref()).map(str::to_owned);
        let Some(name) = name else { return };
        if self.api.request_validators.contains_key(&name) {
            route.request_validator = Some(name);
        } else if own.is_some() {
            let what = "Invalid Request Validator identifier specified";
            self.error(place.field(field), messages::method(operation.method, operation.path, what));
        }
    }

    /// The parameters of the operation and, where it has none of the kind, of its path.
    pub(super) fn parameters(&mut self, place: Place<'_>, operation: &Operation<'_, 'd>, route: &mut RouteConfig) {
        let shared = operation.item.get("parameters").and_then(Node::list).unwrap_or_default();
        let own = operation.node.get("parameters").and_then(Node::list).unwrap_or_default();
        // The path's first, so that the operation's replace them.
        let above = operation.above.field("parameters");
        for (number, parameter) in shared.iter().enumerate() {
            self.parameter(above.item(number), parameter, operation, route);
        }
        let place = place.field("parameters");
        for (number, parameter) in own.iter().enumerate() {
            self.parameter(place.item(number), parameter, operation, route);
        }
    }

    fn parameter(
        &mut self,
        place: Place<'_>,
        written: &'d Node,
        operation: &Operation<'_, 'd>,
        route: &mut RouteConfig,
    ) {
        let Some(parameter) = self.resolve(place, written) else { return };
        let text = |field| parameter.get(field).and_then(Node::str);
        let (Some(position), Some(object)) = (text("in"), parameter.object()) else {
            return self.report.ignore(place, "it does not say where the parameter is");
        };
        let Some(name) = text("name").filter(|name| !name.is_empty() || position == "body") else {
            return self.report.ignore(place, "the parameter has no name");
        };
        let required = parameter.get("required").and_then(Node::truth).unwrap_or(false);
        let key = match position {
            "query" => format!("method.request.querystring.{name}"),
            "header" => format!("method.request.header.{name}"),
            "path" if is_variable(operation.path, if self.is_http() { name.trim_end_matches('+') } else { name }) => {
                return;
            }
            // AWS keeps it: a validator of parameters then refuses every request.
            "path" => {
                self.report.approximate(place, "the path has no such variable, so that it is always missing");
                format!("method.request.path.{name}")
            }
            "body" => return self.body_parameter(place, parameter, operation, route),
            "formData" => return self.report.ignore(place, "a REST API has no parameters in forms"),
            "cookie" => return self.report.ignore(place, "a REST API has no parameters in cookies"),
            _ => return self.report.ignore(place, "there are no parameters in this place"),
        };
        if RequestParameter::parse(&key).is_none() {
            let what = messages::mapping(&key);
            return self.error(place.field("name"), messages::method(operation.method, operation.path, what));
        }
        route.request_parameters.insert(key, required);
        self.others(place, object, PARAMETER_FIELDS, &[]);
        let schema = parameter.get("schema").and_then(Node::object);
        if let Some(schema) = schema.filter(|schema| schema.iter().any(|(field, _)| field != "type")) {
            let place = place.field("schema");
            self.others(place, schema, &["type", "description"], &[]);
        }
    }

    /// The body of Swagger 2.0.
    fn body_parameter(
        &mut self,
        place: Place<'_>,
        parameter: &'d Node,
        operation: &Operation<'_, 'd>,
        route: &mut RouteConfig,
    ) {
        let Some(schema) = parameter.get("schema") else { return };
        let Some(model) = self.model(place.field("schema"), schema) else { return };
        for content_type in self.content_types("consumes", operation.node) {
            route.request_models.insert(content_type, model.clone());
        }
    }

    /// The content types of Swagger 2.0: of the operation, or of the document, or JSON.
    pub(super) fn content_types(&mut self, field: &str, operation: &Object) -> Vec<String> {
        let own = operation.get(field).and_then(Node::list);
        let root = self.document.get(field).and_then(Node::list);
        let shared = own.is_none();
        let types: Vec<_> = own.or(root).unwrap_or_default().iter().filter_map(Node::str).map(str::to_owned).collect();
        if types.is_empty() {
            return vec![JSON.to_owned()];
        }
        let fits = !shared || self.grow(types.iter().map(String::len).sum());
        if fits { types } else { Vec::new() }
    }

    pub(super) fn request_body(&mut self, place: Place<'_>, written: &'d Node, route: &mut RouteConfig) {
        let Some(body) = self.resolve(place, written) else { return };
        if body.get("required").and_then(Node::truth) == Some(true) {
            let how =
                "a body is held against its model where a validator asks for it; an empty one is a JSON value too few";
            self.report.approximate(place.field("required"), how);
        }
        let content = body.get("content").and_then(Node::object);
        route.request_models = self.content(place.field("content"), content);
    }

    /// Content types with the names of their models.
    pub(super) fn content(&mut self, place: Place<'_>, content: Option<&'d Object>) -> BTreeMap<String, String> {
        let mut models = BTreeMap::new();
        for (content_type, media) in content.into_iter().flat_map(Object::iter) {
            let place = place.field(content_type);
            if let Some(schema) = media.get("schema")
                && let Some(model) = self.model(place.field("schema"), schema)
            {
                models.insert(content_type.to_owned(), model);
            }
            if let Some(media) = media.object() {
                self.others(place, media, &["schema"], &[("example", FOR_PEOPLE), ("examples", FOR_PEOPLE)]);
            }
        }
        models
    }
}

const PARAMETER_FIELDS: &[&str] = &["name", "in", "required", "type", "description", "schema"];

/// Whether a path has this variable.
pub(super) fn is_variable(path: &str, name: &str) -> bool {
    variables(path).any(|variable| variable == name)
}

/// The names of a path's variables.
fn variables(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter_map(|part| Some(part.strip_prefix('{')?.strip_suffix('}')?.trim_end_matches('+')))
}

//! The responses of operations.

use super::{FOR_PEOPLE, Import, NOT_STORED, operation::Operation};
use crate::{
    config::{MethodResponseConfig, RouteConfig},
    openapi::document::{Node, Object, Place},
};

const FIELDS: &[&str] = &["description", "headers", "schema", "content", "$ref"];
const IGNORED: &[(&str, &str)] = &[("examples", FOR_PEOPLE), ("links", NOT_STORED), ("summary", FOR_PEOPLE)];

impl<'d> Import<'d> {
    pub(super) fn responses(
        &mut self,
        place: Place<'_>,
        operation: &Operation<'_, 'd>,
        responses: &'d Object,
        route: &mut RouteConfig,
    ) {
        for (code, written) in responses.iter() {
            let place = place.field(code);
            let status = code.parse().ok().filter(|status| (100..600).contains(status) && code.len() == 3);
            let Some(status) = status else {
                let why = if code == "default" { "a method response has a status" } else { "it is no single status" };
                self.report.ignore(place, why);
                continue;
            };
            if let Some(response) = self.resolve(place, written) {
                let response = self.response(place, operation, response);
                route.method_responses.insert(status, response);
            }
        }
    }

    fn response(
        &mut self,
        place: Place<'_>,
        operation: &Operation<'_, 'd>,
        response: &'d Node,
    ) -> MethodResponseConfig {
        let mut config = MethodResponseConfig::default();
        let Some(object) = response.object() else { return config };
        self.others(place, object, FIELDS, IGNORED);
        let headers = object.get("headers").and_then(Node::object);
        for (name, _) in headers.into_iter().flat_map(Object::iter) {
            config.response_parameters.insert(format!("method.response.header.{name}"), false);
        }
        if !self.swagger {
            let content = object.get("content").and_then(Node::object);
            config.response_models = self.content(place.field("content"), content);
        } else if let Some(schema) = object.get("schema")
            && let Some(model) = self.model(place.field("schema"), schema)
        {
            for content_type in self.content_types("produces", operation.node) {
                config.response_models.insert(content_type, model.clone());
            }
        }
        config
    }
}

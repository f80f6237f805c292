//! What becomes an HTTP API another way than a REST API: routes have keys and no resources, and share integrations.
//!
//! AWS developer guide: *Working with OpenAPI definitions for HTTP APIs*.

mod authorizer;
mod extensions;
mod fields;
mod integration;

use std::collections::BTreeMap;

pub(super) use self::fields::{BEYOND_AWS, HTTP_AUTHORIZER_FIELDS, HTTP_AUTHORIZER_IGNORED, INFO_IGNORED};
use self::{
    fields::{
        COMPONENT_BEYOND, COMPONENT_FIELDS, COMPONENT_IGNORED, ITEM_IGNORED, NO_ANSWERS, OPERATION_BEYOND,
        OPERATION_FIELDS, OPERATION_IGNORED, ROOT_BEYOND, ROOT_FIELDS, ROOT_IGNORED,
    },
    integration::SharedIntegration,
};
use super::{
    Import, messages,
    operation::{Operation, is_variable},
    paths::{ITEM_FIELDS, METHODS},
};
use crate::{
    config::{ProtocolType, RouteConfig},
    context::ApiKind,
    openapi::document::{Node, Object, Place},
    problem::Problem,
    router::{HttpRouter, PathTemplate, RouteKey},
};

/// What only an import of an HTTP API holds.
#[derive(Default)]
pub(super) struct HttpParts<'d> {
    /// The integrations that routes may share, by name.
    integrations: BTreeMap<&'d str, SharedIntegration>,
    /// The key of each route, with its place.
    keys: Vec<(RouteKey, String)>,
}

/// The path that stands for the route without one.
const DEFAULT: &str = "/$default";
const INTEGRATION: &str = "x-amazon-apigateway-integration";

impl<'d> Import<'d> {
    pub(super) fn is_http(&self) -> bool {
        self.options.protocol_type == ProtocolType::Http
    }

    /// Whether the API has what AWS has for REST APIs only.
    pub(super) fn has_rest_parts(&self) -> bool {
        !self.is_http() || self.options.beyond_aws
    }

    /// The fields that nothing else reads, and what is wrong with the routes together.
    pub(super) fn rest_of_http(&mut self, document: &'d Object) {
        self.tags(document);
        self.unused_integrations();
        self.conflicts();
        self.other_fields(Place::ROOT, document, ROOT_FIELDS, ROOT_BEYOND, ROOT_IGNORED);
        if let Some(components) = document.get("components").and_then(Node::object) {
            let place = Place::ROOT.field("components");
            self.other_fields(place, components, COMPONENT_FIELDS, COMPONENT_BEYOND, COMPONENT_IGNORED);
        }
    }

    /// Reports the fields that mean nothing; those in `beyond` mean something where that is asked for.
    fn other_fields(
        &mut self,
        place: Place<'_>,
        object: &Object,
        known: &[&str],
        beyond: &[&str],
        ignored: &[(&str, &'static str)],
    ) {
        if !self.has_rest_parts() {
            for (name, _) in object.iter().filter(|(name, _)| beyond.contains(name)) {
                self.report.ignore(place.field(name), BEYOND_AWS);
            }
        }
        self.others(place, object, &[known, beyond].concat(), ignored);
    }

    /// One path, which is written as it is in a route key.
    pub(super) fn http_path(&mut self, place: Place<'_>, written: &str, item: &'d Node) {
        let base = if written == DEFAULT { "" } else { &*self.base_path };
        let path = if written == "/" && !base.is_empty() { base.to_owned() } else { format!("{base}{written}") };
        if let Err(error) = PathTemplate::parse(&path, ApiKind::Http) {
            return self.error(place, messages::route(&path, error));
        }
        self.report.exact(place);
        let Some(item) = self.resolve(place, item).and_then(Node::object) else {
            return self.report.ignore(place, "it is no object");
        };
        self.others(place, item, ITEM_FIELDS, ITEM_IGNORED);
        if !self.has_rest_parts() {
            self.unread_parameters(place.field("parameters"), &path, item);
        }
        let mut empty = true;
        for (field, method) in METHODS {
            let Some(operation) = item.get(field) else { continue };
            empty = false;
            let above = place;
            let place = above.field(field);
            match operation.object() {
                Some(node) if self.grow(path.len()) => {
                    self.route(place, &Operation { path: &path, method, node, item, above });
                }
                Some(_) => {}
                None => self.report.ignore(place, "it is no object"),
            }
        }
        if empty {
            self.report.ignore(place, "a path without operations has no route");
        }
    }

    fn route(&mut self, place: Place<'_>, operation: &Operation<'_, 'd>) {
        let &Operation { path, method, node, .. } = operation;
        let Some(key) = self.route_key(place, operation) else { return };
        self.report.exact(place);
        self.other_fields(place, node, OPERATION_FIELDS, OPERATION_BEYOND, OPERATION_IGNORED);
        let mut route = RouteConfig { route: key, ..RouteConfig::default() };
        route.operation_name = node.get("operationId").and_then(Node::scalar);
        if self.has_rest_parts() {
            self.parameters(place, operation, &mut route);
            if let Some(body) = node.get("requestBody") {
                self.request_body(place.field("requestBody"), body, &mut route);
            }
            self.route_validator(place, operation, &mut route);
        } else {
            self.unread_parameters(place.field("parameters"), path, node);
        }
        if node.get("responses").and_then(Node::object).is_some_and(|responses| responses.iter().next().is_some()) {
            self.report.ignore(place.field("responses"), NO_ANSWERS);
        }
        if method != "ANY" && node.get("isDefaultRoute").is_some() {
            self.report.ignore(place.field("isDefaultRoute"), "of `x-amazon-apigateway-any-method` only");
        }
        self.route_security(place, node, &mut route);
        if let Some(written) = node.get(INTEGRATION) {
            route.integration = self.route_integration(place.field(INTEGRATION), &route.route, written);
        }
        if route.integration.is_none() {
            self.report.approximate(place, "it has no integration yet, and cannot be deployed without one");
        }
        self.api.routes.push(route.into());
    }

    /// The key of a route, which is kept with its place to be held against the others.
    fn route_key(&mut self, place: Place<'_>, operation: &Operation<'_, 'd>) -> Option<String> {
        let &Operation { path, method, node, .. } = operation;
        let is_default = node.get("isDefaultRoute").and_then(Node::truth) == Some(true);
        let key = match (method, path == DEFAULT, is_default) {
            ("ANY", true, true) => "$default".to_owned(),
            ("ANY", true, false) => {
                self.report.approximate(place, "it is the default route, though `isDefaultRoute` does not say so");
                "$default".to_owned()
            }
            ("ANY", false, true) => {
                self.report.approximate(place, "the default route has no path");
                "$default".to_owned()
            }
            (_, true, _) => {
                self.warn(messages::route(
                    &format!("{method} {path}"),
                    "The default route takes every method. Ignoring.",
                ));
                self.report.ignore(place, "the default route takes every method: `x-amazon-apigateway-any-method`");
                return None;
            }
            _ => format!("{method} {path}"),
        };
        let parsed = RouteKey::parse(&key, ApiKind::Http).ok()?;
        let pointer = place.to_string();
        if self.grow(pointer.len()) {
            self.http.keys.push((parsed, pointer));
        }
        Some(key)
    }

    /// Reports parameters that nobody asks for; those of the path are there by themselves.
    fn unread_parameters(&mut self, place: Place<'_>, path: &str, owner: &'d Object) {
        let parameters = owner.get("parameters").and_then(Node::list).unwrap_or_default();
        for (number, written) in parameters.iter().enumerate() {
            let Some(parameter) = self.resolve(place.item(number), written) else { continue };
            let text = |field| parameter.get(field).and_then(Node::str).unwrap_or_default();
            // AWS writes the name of a greedy variable with its plus.
            if text("in") != "path" || !is_variable(path, text("name").trim_end_matches('+')) {
                self.report.ignore(place.item(number), BEYOND_AWS);
            }
        }
    }

    /// What AWS says of an operation with several requirements.
    pub(super) fn one_requirement(&mut self, place: Place<'_>, count: usize) {
        if self.is_http() && count > 1 {
            self.error(place, "An operation of an HTTP API has one security requirement");
        }
    }

    /// Routes that cannot stand in one API.
    fn conflicts(&mut self) {
        let (keys, places): (Vec<_>, Vec<_>) = std::mem::take(&mut self.http.keys).into_iter().unzip();
        for conflict in HttpRouter::new(keys).err().unwrap_or_default() {
            let Some(pointer) = places.get(conflict.second) else { continue };
            let message = messages::route(&conflict.second_key.to_string(), "Route with this key already exists");
            if self.errors.len() < super::MAX_SAID && self.grow(pointer.len() + message.len()) {
                self.errors.push(Problem::new(pointer.clone(), message));
            }
        }
    }
}

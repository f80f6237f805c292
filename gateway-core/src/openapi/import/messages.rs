//! What AWS says of one part of an API.

use std::fmt;

/// Of a resource.
pub(super) fn resource(path: &str, what: impl fmt::Display) -> String {
    format!("Unable to create resource at path '{path}': {what}")
}

/// Of a method.
pub(super) fn method(method: &str, path: &str, what: impl fmt::Display) -> String {
    format!("Unable to put method '{method}' on resource at path '{path}': {what}")
}

/// Of an integration.
pub(super) fn integration(method: &str, path: &str, what: impl fmt::Display) -> String {
    format!("Unable to put integration on '{method}' for resource at path '{path}': {what}")
}

/// Of an integration response.
pub(super) fn integration_response(method: &str, path: &str, what: impl fmt::Display) -> String {
    format!("Unable to put integration response on '{method}' for resource at path '{path}': {what}")
}

/// Of an integration that cannot be read at all.
pub(super) fn malformed(path: &str) -> String {
    format!("Unable to parse API definition because of a malformed integration at path {path}")
}

/// Of a route of an HTTP API.
pub(super) fn route(key: &str, what: impl fmt::Display) -> String {
    format!("Unable to create route '{key}': {what}")
}

/// Of an integration of an HTTP API, which a route or its name stands for.
pub(super) fn route_integration(owner: &str, what: impl fmt::Display) -> String {
    format!("Unable to create integration for '{owner}': {what}")
}

/// Of a model.
pub(super) fn model(name: &str, what: impl fmt::Display) -> String {
    format!("Unable to create model for '{name}': {what}")
}

/// Of a mapping.
pub(super) fn mapping(parameter: &str) -> String {
    format!(
        "Invalid mapping expression specified: Validation Result: warnings : [], errors : [Invalid mapping expression \
         parameter specified: {parameter}]"
    )
}

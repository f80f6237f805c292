//! Documents that become HTTP APIs.

mod beyond;
mod export;
mod put;
mod refused;
mod report;
mod rows;

use gateway_core::{
    config::{BackendConfig, IntegrationConfig, ProtocolType, RouteConfig},
    openapi::{self, ImportError, ImportOptions, Imported},
};
use serde_json::{Value, json};

/// A whole document, with everything that AWS reads.
pub(super) const SHOP: &str = include_str!("shop.yaml");

fn options() -> ImportOptions {
    super::options().protocol_type(ProtocolType::Http)
}

fn shop() -> Result<Imported, ImportError> {
    openapi::import(SHOP, &options())
}

fn import(fields: Value) -> Result<Imported, ImportError> {
    openapi::import(&super::document(fields), &options())
}

/// An operation that a function answers.
fn function() -> Value {
    json!({ "x-amazon-apigateway-integration": { "type": "aws_proxy", "payloadFormatVersion": "2.0",
        "uri": "arn:aws:lambda:eu-west-1:123456789012:function:f" } })
}

/// A document with this integration alone.
fn with(integration: &Value) -> Value {
    json!({ "paths": { "/a": { "get": { "x-amazon-apigateway-integration": integration } } } })
}

fn backend(route: &RouteConfig) -> &BackendConfig {
    let backend = route.integration.as_ref().and_then(IntegrationConfig::backend);
    backend.unwrap_or_else(|| panic!("{} has no backend", route.route))
}

/// The keys of all routes, sorted.
fn keys(imported: &Imported) -> Vec<String> {
    let routes = imported.api.routes.iter().filter_map(|route| route.get().ok());
    let mut keys: Vec<_> = routes.map(|route| route.route.clone()).collect();
    keys.sort();
    keys
}

fn ignored(imported: &Imported) -> Vec<&str> {
    let mut ignored: Vec<_> = imported.report.ignored().map(|(pointer, _)| pointer).collect();
    ignored.sort_unstable();
    ignored
}

fn approximated(imported: &Imported) -> Vec<&str> {
    let mut approximated: Vec<_> = imported.report.approximated().map(|(pointer, _)| pointer).collect();
    approximated.sort_unstable();
    approximated
}

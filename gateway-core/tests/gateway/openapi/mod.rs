//! OpenAPI documents: imported, put to APIs, exported, and read back.

mod catalogue;
mod export;
mod http_api;
mod import;
mod properties;
mod put;
mod wrong;

use gateway_core::{
    config::{ApiConfig, RouteConfig},
    openapi::{self, ImportError, ImportOptions, Imported},
};
use serde_json::{Value, json};

/// The example of a whole document.
const SHOP: &str = include_str!("shop.yaml");

/// The same of an HTTP API.
const HTTP_SHOP: &str = http_api::SHOP;

fn options() -> ImportOptions {
    ImportOptions::new().api_id("a1b2c3d4e5").account("123456789012", "eu-west-1")
}

fn shop() -> Result<Imported, ImportError> {
    openapi::import(SHOP, &options())
}

/// A document of OpenAPI 3.0 with these fields besides.
fn document(mut fields: Value) -> String {
    if let Some(fields) = fields.as_object_mut() {
        fields.insert("openapi".to_owned(), json!("3.0.1"));
        fields.insert("info".to_owned(), json!({ "title": "api", "version": "1" }));
        fields.entry("paths").or_insert_with(|| json!({}));
    }
    fields.to_string()
}

/// An operation that a mock answers.
fn mock() -> Value {
    json!({
        "responses": { "200": { "description": "ok" } },
        "x-amazon-apigateway-integration": { "type": "mock", "responses": { "default": { "statusCode": "200" } } },
    })
}

fn route<'a>(api: &'a ApiConfig, key: &str) -> &'a RouteConfig {
    let mut routes = api.routes.iter().filter_map(|route| route.get().ok());
    routes.find(|route| route.route == key).unwrap_or_else(|| panic!("no route {key}"))
}

/// Everything of an API, to compare.
fn written(api: &ApiConfig) -> String {
    format!("{api:#?}")
}

/// What of an API a document holds: without the order of routes, which documents leave open.
fn comparable(mut api: ApiConfig) -> String {
    api.documentation = None;
    api.routes.sort_by_key(|route| route.get().map(|route| route.route.clone()).unwrap_or_default());
    for route in std::mem::take(&mut api.routes) {
        let mut route = route.get().cloned().unwrap_or_default();
        if let Some(
            gateway_core::config::IntegrationConfig::Http(backend)
            | gateway_core::config::IntegrationConfig::Mock(backend),
        ) = &mut route.integration
        {
            backend.responses.sort_by_key(|response| response.status_code);
        }
        api.routes.push(route.into());
    }
    written(&api)
}

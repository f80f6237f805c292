//! The documents of the cases, imported.

use gateway_core::{
    config::ApiConfig,
    openapi::{self, BasePath, ImportOptions},
};
use serde_json::Value;

/// What the parameters of ImportRestApi and PutRestApi ask for.
pub(crate) fn options(parameters: &Value, env: &Value, id: &str) -> ImportOptions {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let base_path = match parameters["basepath"].as_str() {
        Some("prepend") => BasePath::Prepend,
        Some("split") => BasePath::Split,
        _ => BasePath::Ignore,
    };
    ImportOptions::new()
        .base_path(base_path)
        .api_id(id)
        .account(text(&env["accountId"]), text(&env["region"]))
        .partition(text(&env["partition"]))
}

/// The API of a case's document, with the id and account that the case names.
pub(crate) fn imported(document: &Value, parameters: &Value, env: &Value) -> Result<ApiConfig, String> {
    let id = env["apiId"].as_str().unwrap_or_default();
    let imported = openapi::import(&document.to_string(), &options(parameters, env, id))
        .map_err(|error| format!("the import failed: {error}"))?;
    let mut api = imported.api;
    api.id = Some(id.to_owned());
    api.account_id = env["accountId"].as_str().map(str::to_owned);
    api.region = env["region"].as_str().map(str::to_owned);
    Ok(api)
}

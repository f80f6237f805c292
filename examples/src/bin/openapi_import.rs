//! An OpenAPI document of Amazon API Gateway, served here; first it says what of the document means what it says.
//!
//! `cargo run -p gateway-examples --bin openapi_import [document.yaml] [stage]`; without a document it serves
//! `examples/shop.openapi.yaml`, whose function runs in this process.

use std::path::PathBuf;

use gateway_core::{
    Error, Functions, Gateway, Invocation, Invoked,
    config::{Config, Registry, StageConfig},
    openapi::{self, ImportOptions},
};
use gateway_examples::{Failure, Tour, backend, listen};
use gateway_integrations::Integrations;
use serde_json::{Value, json};

/// A function as it would be on Lambda: it gets the whole request as an event.
async fn orders(call: Invocation) -> Result<Invoked, Error> {
    let event: Value = serde_json::from_slice(&call.payload).unwrap_or_default();
    let order = event.get("body").and_then(Value::as_str).unwrap_or_default();
    let order: Value = serde_json::from_str(order).unwrap_or_default();
    let body = json!({ "ordered": order.get("sku"), "with": event.get("httpMethod") });
    Ok(Invoked::new(json!({ "statusCode": 201, "body": body.to_string() }).to_string()))
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to whoever started it")]
async fn main() -> Result<(), Failure> {
    let shipped = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/shop.openapi.yaml"));
    let mut arguments = std::env::args_os().skip(1);
    let path = arguments.next().map_or_else(shipped, PathBuf::from);
    let stage = arguments.next().and_then(|stage| stage.into_string().ok()).unwrap_or_else(|| "prod".to_owned());

    let options = ImportOptions::new().api_id("shop").account("123456789012", "eu-west-1");
    let mut imported = openapi::import(&std::fs::read_to_string(&path)?, &options)?;
    println!("{}: {}\n", path.display(), imported.report);

    let variables = [("backend".to_owned(), backend().await?.to_string())];
    let stage: StageConfig =
        serde_json::from_value(json!({ "name": stage, "variables": Value::from_iter(variables) }))?;
    let name = stage.name.clone();
    imported.api.stages.push(stage.into());
    let mut config = Config::default();
    config.apis.push(imported.api.into());
    let functions = Functions::new().with("orders", orders);
    let registry = Registry::new().integrations(Integrations::with_default_client()?.functions(functions));
    let gateway = Gateway::new(config.define(&registry))?;

    let listener = listen().await?;
    let json = "-H 'content-type: application/json'";
    Tour::of(listener.local_addr()?)
        .try_this(&format!("/{name}/health"), "", 200, "a mock made of templates")
        .try_this(&format!("/{name}/pets/7"), "", 200, "mapped from the backend's answer")
        .try_this(&format!("/{name}/pets/none"), "", 404, "another integration response")
        .try_this(
            &format!("/{name}/orders"),
            &format!(r#"{json} -d '{{"sku":"rope","quantity":2}}'"#),
            201,
            "a function",
        )
        .try_this(&format!("/{name}/orders"), &format!(r#"{json} -d '{{"sku":"rope"}}'"#), 400, "no quantity")
        .try_this(&format!("/{name}/catalog/toys"), "", 200, "passed on to the backend")
        .try_this(&format!("/{name}/nothing"), "", 404, "the gateway response that the document defines")
        .end();
    Ok(axum::serve(listener, axum::Router::new().fallback_service(gateway)).await?)
}

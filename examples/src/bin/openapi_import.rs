//! An OpenAPI document of Amazon API Gateway, served here; first it says what of the document means what it says.
//!
//! `cargo run -p gateway-examples --bin openapi_import [--http] [document.yaml] [stage]`; `--http` makes an HTTP API of the
//! document and not a REST API. Without a document it serves `examples/shop.openapi.yaml` or
//! `examples/shop-http.openapi.yaml`, whose functions run in this process.

use std::{ffi::OsString, fs, path::PathBuf};

use gateway_auth::{JwtAuthorizers, LambdaAuthorizers};
use gateway_core::{
    Error, Functions, Gateway, Invocation, Invoked,
    config::{ApiConfig, AuthorizerConfig, Config, ProtocolType, Registry, StageConfig},
    openapi::{self, ImportOptions},
};
use gateway_examples::{Failure, Issuer, Tour, backend, listen};
use gateway_integrations::Integrations;
use serde_json::{Value, json};

const ISSUER: &str = "https://issuer.example";

/// A function as it would be on Lambda: it gets the whole request as an event.
async fn orders(call: Invocation) -> Result<Invoked, Error> {
    let event: Value = serde_json::from_slice(&call.payload).unwrap_or_default();
    let order = event.get("body").and_then(Value::as_str).unwrap_or_default();
    let order: Value = serde_json::from_str(order).unwrap_or_default();
    let owner = event.pointer("/requestContext/authorizer/jwt/claims/sub");
    let body = json!({ "ordered": order.get("sku"), "with": event.get("httpMethod"), "by": owner });
    Ok(Invoked::new(json!({ "statusCode": 201, "body": body.to_string() }).to_string()))
}

/// A Lambda authorizer with simple answers.
async fn doorkeeper(call: Invocation) -> Result<Invoked, Error> {
    let event: Value = serde_json::from_slice(&call.payload).unwrap_or_default();
    let card = event.pointer("/identitySource/0").and_then(Value::as_str);
    Ok(Invoked::new(json!({ "isAuthorized": card == Some("blue") }).to_string()))
}

/// Gives the JWT authorizers of an issuer that nobody can ask its keys.
fn trust(api: &mut ApiConfig, issuer: &Issuer) {
    for authorizer in api.authorizers.values_mut() {
        if let Ok(AuthorizerConfig::Jwt(jwt)) = authorizer.get()
            && jwt.issuer == ISSUER
        {
            let mut jwt = jwt.clone();
            (jwt.jwks, jwt.algorithms) = (Some(issuer.jwks()), vec!["ES256".to_owned()]);
            *authorizer = AuthorizerConfig::Jwt(jwt).into();
        }
    }
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example talks to whoever started it")]
async fn main() -> Result<(), Failure> {
    let (flags, arguments): (Vec<OsString>, Vec<_>) = std::env::args_os().skip(1).partition(|text| text == "--http");
    let mut arguments = arguments.into_iter();
    let (protocol_type, shipped, stage) = match flags.is_empty() {
        true => (ProtocolType::Rest, "shop.openapi.yaml", "prod"),
        false => (ProtocolType::Http, "shop-http.openapi.yaml", "$default"),
    };
    let shipped = || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(shipped);
    let path = arguments.next().map_or_else(shipped, PathBuf::from);
    let stage = arguments.next().and_then(|stage| stage.into_string().ok()).unwrap_or_else(|| stage.to_owned());

    let options = ImportOptions::new().protocol_type(protocol_type);
    let options = options.api_id("shop").account("123456789012", "eu-west-1");
    let mut imported = openapi::import(&fs::read_to_string(&path)?, &options)?;
    println!("{}: {}\n", path.display(), imported.report);

    let variables = [("backend".to_owned(), backend().await?.to_string())];
    let stage: StageConfig =
        serde_json::from_value(json!({ "name": stage, "variables": Value::from_iter(variables) }))?;
    let name = stage.name.clone();
    imported.api.stages.push(stage.into());
    let issuer = Issuer::named(ISSUER)?;
    trust(&mut imported.api, &issuer);
    let mut config = Config::default();
    config.apis.push(imported.api.into());
    let functions = Functions::new().with("orders", orders).with("doorkeeper", doorkeeper);
    let registry = Registry::new()
        .authorizers(JwtAuthorizers::new())
        .authorizers(LambdaAuthorizers::new(functions.clone()))
        .integrations(Integrations::with_default_client()?.functions(functions));
    let gateway = Gateway::new(config.define(&registry))?;

    let listener = listen().await?;
    let tour = Tour::of(listener.local_addr()?);
    match protocol_type {
        ProtocolType::Rest => rest_tour(tour, &name),
        ProtocolType::Http => http_tour(tour, &issuer.token("alice", "shop", "orders:write")?),
    }
    Ok(axum::serve(listener, axum::Router::new().fallback_service(gateway)).await?)
}

fn rest_tour(tour: Tour, stage: &str) {
    let json = "-H 'content-type: application/json'";
    tour.try_this(&format!("/{stage}/health"), "", 200, "a mock made of templates")
        .try_this(&format!("/{stage}/pets/7"), "", 200, "mapped from the backend's answer")
        .try_this(&format!("/{stage}/pets/none"), "", 404, "another integration response")
        .try_this(
            &format!("/{stage}/orders"),
            &format!(r#"{json} -d '{{"sku":"rope","quantity":2}}'"#),
            201,
            "a function",
        )
        .try_this(&format!("/{stage}/orders"), &format!(r#"{json} -d '{{"sku":"rope"}}'"#), 400, "no quantity")
        .try_this(&format!("/{stage}/catalog/toys"), "", 200, "passed on to the backend")
        .try_this(&format!("/{stage}/nothing"), "", 404, "the gateway response that the document defines")
        .end();
}

fn http_tour(tour: Tour, token: &str) {
    let bearer = r#"-H "Authorization: Bearer $TOKEN""#;
    let preflight = "-X OPTIONS -H 'Origin: https://www.example.com' -H 'Access-Control-Request-Method: POST'";
    tour.try_this("/pets/7", "", 200, "passed on to the backend")
        .try_this("/pets/none", "", 404, "the status of the backend's answer is mapped")
        .try_this("/pets", "", 200, "the default route passes on whatever path")
        .try_this("/nowhere", preflight, 204, "a preflight, answered by the gateway")
        .try_this("/catalog/toys", "", 401, "no card, and no function is asked")
        .try_this("/catalog/toys", "-H 'x-card: green'", 403, "the Lambda authorizer says no")
        .try_this("/catalog/toys", "-H 'x-card: blue'", 200, "the Lambda authorizer says yes")
        .try_this("/orders", "", 401, "no token")
        .variable("TOKEN", token)
        .try_this("/orders", bearer, 201, "a function with payload format 2.0")
        .try_this("/orders", &format!(r#"{bearer} -d '{{"sku":"rope"}}'"#), 201, "the same for two routes, and a scope")
        .end();
}

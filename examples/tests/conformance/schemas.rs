//! The suite of JSON Schema draft 4, each schema as the model of a route.

use gateway_core::{
    Api, Body, Definition, Error, Request, RequestValidator, Response, Route, StageDefinition, testing::TestGateway,
};
use serde_json::Value;

/// Validates the values of a file's groups; what a model may not refer to counts as failed.
pub(crate) async fn check(file: &str, groups: &[Value]) -> Vec<(String, Result<(), String>)> {
    let mut outcomes = Vec::new();
    for group in groups {
        let gateway = gateway(&group["schema"]);
        for test in group["tests"].as_array().into_iter().flatten() {
            let id = format!("{file}: {}: {}", group["description"], test["description"]);
            outcomes.push((id, checked(&gateway, test).await));
        }
    }
    outcomes
}

fn gateway(schema: &Value) -> Result<TestGateway, String> {
    let ok = |_: Request| async { Ok::<_, Error>(Response::new(Body::empty())) };
    let api = Api::rest("suite")
        .model("Model", schema.clone())
        .route("POST /", Route::to(ok).validate(RequestValidator::new().body()).request_model("$default", "Model"))
        .stage(StageDefinition::new("test"));
    TestGateway::new(Definition::new().api(api)).map_err(|problems| problems.to_string())
}

async fn checked(gateway: &Result<TestGateway, String>, test: &Value) -> Result<(), String> {
    let gateway = gateway.as_ref().map_err(Clone::clone)?;
    let response = gateway.send_body(http::Request::post("/test/"), test["data"].to_string()).await;
    let expected = if test["valid"] == true { 200 } else { 400 };
    if response.status == expected { Ok(()) } else { Err(format!("expected {expected}, got {}", response.status)) }
}

//! Expectations of people who know AWS: mocks and addresses.

use gateway_core::{
    config::{ApiConfig, Config, RouteConfig, StageConfig},
    testing::TestGateway,
};
use serde_json::{Value, json};

use crate::{
    backend::Backend,
    invoke::{read, registry},
};

pub(crate) async fn check(case: &Value) -> Result<(), String> {
    match case["kind"].as_str() {
        Some("mock_template") => mock(case).await,
        Some("uri") => uri(case).await,
        _ => Err("not supported".to_owned()),
    }
}

/// A mock whose request template renders to the text of the case.
async fn mock(case: &Value) -> Result<(), String> {
    let template = format!("#[[{}]]#", case["rendered"].as_str().unwrap_or_default());
    let integration = json!({
        "type": "mock",
        "requestTemplates": { "application/json": template },
        "responses": [{ "statusCode": 200 }],
    });
    let (status, _) = answer(integration, json!({}), &Backend::new(&Value::Null)).await?;
    if case["expect"]["status"] == status { Ok(()) } else { Err(format!("expected {}, got {status}", case["expect"])) }
}

/// The address that is called; ARNs that name neither function nor service are never called.
async fn uri(case: &Value) -> Result<(), String> {
    let uri = case["uri"].as_str().unwrap_or_default();
    if uri.contains(":lambda:path/") {
        return function_called(case, uri).await;
    }
    if !uri.starts_with("http") {
        return Err("not supported: AWS refuses this as the address of an integration, so nothing is called".to_owned());
    }
    let backend = Backend::new(&json!({ "status": 200, "body": { "empty": true } }));
    let integration = json!({ "type": "http_proxy", "uri": uri });
    answer(integration, case["stageVariables"].clone(), &backend).await?;
    let called = backend.calls().first().map(|call| format!("{}{}", call.origin, call.target)).unwrap_or_default();
    let (expected, bare) = (case["expect"].as_str().unwrap_or_default(), called.trim_end_matches('/'));
    if expected.eq_ignore_ascii_case(bare) { Ok(()) } else { Err(format!("expected {expected}, got {called}")) }
}

/// The function that is called.
async fn function_called(case: &Value, uri: &str) -> Result<(), String> {
    let backend = Backend::new(&json!({ "payload": {} }));
    let integration = json!({ "type": "aws_proxy", "httpMethod": "POST", "uri": uri });
    answer(integration, case["stageVariables"].clone(), &backend).await?;
    let asked = backend.asked();
    let expected = case["expect"].as_str().unwrap_or_default();
    let called = |arn: &String| expected.ends_with(&format!("/functions/{arn}/invocations"));
    if asked.iter().any(called) { Ok(()) } else { Err(format!("expected {expected}, asked for {asked:?}")) }
}

async fn answer(integration: Value, variables: Value, backend: &Backend) -> Result<(u16, String), String> {
    let route = json!({
        "route": "GET /", "integration": integration, "methodResponses": { "200": {} },
    });
    let api = ApiConfig {
        name: "author".to_owned(),
        routes: vec![read::<RouteConfig>(route)?.into()],
        stages: vec![read::<StageConfig>(json!({ "name": "test", "variables": variables }))?.into()],
        ..ApiConfig::default()
    };
    let mut config = Config::default();
    config.apis.push(api.into());
    let gateway = TestGateway::new(config.define(&registry(backend))).map_err(|problems| problems.to_string())?;
    let response = gateway.send(http::Request::get("/test/")).await;
    Ok((response.status.as_u16(), response.text().to_owned()))
}

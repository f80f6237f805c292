//! Requests to a deployed stage.

use std::net::IpAddr;

use gateway_core::{
    Body, Gateway, HeaderCase, Request,
    config::{ApiConfig, CanaryConfig, Config, Registry, StageConfig, UsagePlanConfig},
    testing::TestGateway,
};
use http::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use crate::{
    answers,
    backend::{Backend, content},
    imported::imported,
    matchers::{Bindings, Extent},
    templates,
};

/// Sends the request of a case, and compares what the client saw and what the backend was called with.
pub(crate) async fn check(document: &Value, case: &Value) -> Result<(), String> {
    if case["template"].is_object() {
        templates::check_recorded(&case["template"])?;
    }
    let backend = Backend::new(&case["backend"]["answer"]);
    let gateway = gateway(document, case, &backend)?;
    let response = gateway.send_request(request(&case["request"])?).await;
    let (expect, mut bindings) = (&case["expect"], Bindings::default());
    let calls = backend.calls();
    if case["backend"].is_null() && !calls.is_empty() {
        return Err(format!("no backend may be called, but one was: {calls:?}"));
    }
    let body = response.body.as_deref().unwrap_or_default();
    let shown = |error: String| format!("{error}\nanswer: {} {}", response.status, String::from_utf8_lossy(body));
    if let Some(status) = expect.get("status") {
        bindings.check("status", status, Some(&response.status.as_u16().into()), Extent::Whole).map_err(shown)?;
    }
    let complete = expect["headers_complete"] == true;
    answers::headers(&mut bindings, "headers", &expect["headers"], &response.headers, complete, &[]).map_err(shown)?;
    answers::body(&mut bindings, "body", &expect["body"], body)?;
    match expect.get("integration") {
        Some(integration) => answers::call(&mut bindings, integration, calls.first()),
        None => Ok(()),
    }
}

/// The gateway of a case: its API, stage and keys.
fn gateway(document: &Value, case: &Value, backend: &Backend) -> Result<TestGateway, String> {
    let env = &case["env"];
    let mut api = imported(&document["apis"][text(&case["api"])], &case["importParameters"], env)?;
    let stage = &case["stage"];
    let name = text(&stage["name"]);
    let mut config = Config::default();
    let mut settings: StageConfig = read(json!({ "name": name, "variables": variables(&stage["variables"]) }))?;
    if let Some(canary) = stage.get("canary") {
        let mut other: ApiConfig = imported(&document["apis"][text(&canary["api"])], &Value::Null, env)?;
        other.id = Some("canary".to_owned());
        other.stages.push(read::<StageConfig>(json!({ "name": "unused" }))?.into());
        settings.canary_settings = Some(CanaryConfig {
            percent_traffic: canary["percentTraffic"].as_f64().unwrap_or_default(),
            api: Some("canary".to_owned()),
            stage_variable_overrides: read(variables(&canary["stageVariableOverrides"]))?,
            use_stage_cache: canary["useStageCache"] == true,
            ..CanaryConfig::default()
        });
        config.apis.push(other.into());
    }
    api.stages.push(settings.into());
    for (place, key) in case["apiKeys"].as_array().into_iter().flatten().enumerate() {
        let mut plan = json!({
            "id": format!("plan-{place}"),
            "apiStages": [{ "api": env["apiId"], "stage": name }],
            "apiKeys": [{ "id": key["id"], "value": key["value"], "enabled": key["enabled"] }],
        });
        for field in ["quota", "throttle"] {
            if let Some(limit) = key["usagePlan"].get(field).filter(|limit| !limit.is_null()) {
                plan[field] = limit.clone();
            }
        }
        config.usage_plans.push(read::<UsagePlanConfig>(plan)?.into());
    }
    config.apis.push(api.into());
    TestGateway::build(Gateway::builder(config.define(&registry(backend)))).map_err(|problems| problems.to_string())
}

/// What a definition may refer to: every backend is the scripted one.
pub(crate) fn registry(backend: &Backend) -> Registry {
    Registry::new().integrations(backend.integrations())
}

pub(crate) fn request(case: &Value) -> Result<Request, String> {
    let mut builder = http::Request::builder().method(text(&case["method"])).uri(text(&case["target"]));
    let headers: Vec<(&str, &str)> = case["headers"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|pair| (pair[0].as_str().unwrap_or_default(), pair[1].as_str().unwrap_or_default()))
        .collect();
    for (name, value) in &headers {
        let name: HeaderName = name.parse().map_err(|error| format!("{name}: {error}"))?;
        builder = builder.header(name, HeaderValue::from_str(value).map_err(|error| error.to_string())?);
    }
    let mut request = builder.body(Body::from(content(&case["body"]))).map_err(|error| error.to_string())?;
    request.extensions_mut().insert(IpAddr::from([192, 0, 2, 7]));
    request.extensions_mut().insert(HeaderCase::new(headers.iter().map(|(name, _)| *name)));
    Ok(request)
}

fn variables(value: &Value) -> Value {
    if value.is_object() { value.clone() } else { json!({}) }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

pub(crate) fn read<T: serde::de::DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_json::from_value(value).map_err(|error| error.to_string())
}

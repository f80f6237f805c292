//! One case: what it gives the template, and what it expects.

use gateway_integrations::{
    json::Json,
    velocity::{Overrides, Scene, Template},
};
use serde_json::Value;

/// Renders the template of a case and compares.
pub(crate) fn check(case: &Value) -> Result<(), String> {
    let template = Template::parse(case["template"].as_str().unwrap()).map_err(|error| error.to_string())?;
    let context = Json::from(&case["context"]);
    let rendered = template.render(&scene(case).context(&context)).map_err(|error| error.to_string())?;
    let expect = &case["expect"];
    let text = rendered.text();
    if let Some(expected) = expect["text"].as_str().filter(|expected| *expected != text) {
        return Err(format!("expected {expected:?}, got {text:?}"));
    }
    if let Some(expected) = expect["text_squeezed"].as_str().filter(|expected| squeezed(expected) != squeezed(text)) {
        return Err(format!("expected {expected:?}, got {text:?}"));
    }
    if let Some(expected) = expect.get("json") {
        let got: Value = serde_json::from_str(text).map_err(|error| format!("{error}: {text:?}"))?;
        if !same(expected, &got) {
            return Err(format!("expected {expected}, got {text}"));
        }
    }
    overrides(&expect["overrides"], rendered.overrides())
}

fn scene(case: &Value) -> Scene<'static> {
    let mut scene = Scene::new();
    for (name, value) in entries(&case["variables"]) {
        scene = scene.variable(name, Json::from(value));
    }
    for (name, value) in entries(&case["stageVariables"]) {
        scene = scene.stage_variable(name, value.as_str().unwrap());
    }
    let input = &case["input"];
    if let Some(body) = input["body"].as_str() {
        scene = scene.body(body);
    }
    for (name, value) in entries(&input["params"]["path"]) {
        scene = scene.path_param(name, value.as_str().unwrap());
    }
    for (name, value) in entries(&input["params"]["querystring"]) {
        scene = scene.query_param(name, value.as_str().unwrap());
    }
    for (name, value) in entries(&input["params"]["header"]) {
        scene = scene.header(name, value.as_str().unwrap());
    }
    scene
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn overrides(expected: &Value, got: &Overrides) -> Result<(), String> {
    for (kind, object) in [("requestOverride", got.request()), ("responseOverride", got.response())] {
        let got: Value = serde_json::from_str(&Json::from(object.clone()).to_string()).unwrap();
        if expected.get(kind).is_some_and(|expected| !same(expected, &got)) {
            return Err(format!("expected {kind} {}, got {got}", expected[kind]));
        }
    }
    Ok(())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Numbers compare by value.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => left.as_f64() == right.as_f64(),
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Object(left), Value::Object(right)) => {
            let holds = |(key, value)| right.get(key).is_some_and(|other| same(value, other));
            left.len() == right.len() && left.iter().all(holds)
        }
        _ => left == right,
    }
}

//! Mapping templates and JSON paths alone.

use gateway_integrations::{
    json::Json,
    jsonpath::JsonPath,
    velocity::{Overrides, Scene, Template},
};
use serde_json::Value;

use crate::matchers::{Bindings, Extent};

/// Renders the template of a case and compares.
pub(crate) fn check(case: &Value) -> Result<(), String> {
    let template = Template::parse(case["template"].as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
    let context = Json::from(&case["context"]);
    let rendered = template.render(&scene(case).context(&context)).map_err(|error| error.to_string())?;
    let (expect, text) = (&case["expect"], rendered.text());
    if let Some(expected) = expect["text"].as_str().filter(|expected| *expected != text) {
        return Err(format!("expected {expected:?}, got {text:?}"));
    }
    if let Some(expected) = expect["text_squeezed"].as_str().filter(|expected| squeezed(expected) != squeezed(text)) {
        return Err(format!("expected {expected:?}, got {text:?}"));
    }
    if let Some(expected) = expect.get("json") {
        let got: Value = serde_json::from_str(text).map_err(|error| format!("{error}: {text:?}"))?;
        Bindings::default().check("", expected, Some(&got), Extent::Whole)?;
    }
    overrides(&expect["overrides"], rendered.overrides())
}

/// Follows the path of a case.
pub(crate) fn check_path(document: &Value, case: &Value) -> Result<(), String> {
    let path = JsonPath::parse(case["path"].as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
    let found = path.find(&Json::from(&document["document"])).map_err(|error| error.to_string())?;
    match found {
        None if case["absent"] == true => Ok(()),
        Some(found) if case["absent"] != true => {
            let got = serde_json::from_str(&found.to_string()).map_err(|error| error.to_string())?;
            Bindings::default().check("", &case["expect"], Some(&got), Extent::Whole)
        }
        found => Err(format!("expected {}, got {found:?}", case["expect"])),
    }
}

/// The template of a recorded request alone.
pub(crate) fn check_recorded(template: &Value) -> Result<(), String> {
    let compiled =
        Template::parse(template["template"].as_str().unwrap_or_default()).map_err(|error| error.to_string())?;
    let scene = Scene::new().body(template["body"].as_str().unwrap_or_default());
    let rendered = compiled.render(&scene).map_err(|error| error.to_string())?;
    match template["expect"].as_str() {
        Some(expected) if expected == rendered.text() => Ok(()),
        expected => Err(format!("template: expected {expected:?}, got {:?}", rendered.text())),
    }
}

fn scene(case: &Value) -> Scene<'static> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut scene = Scene::new().body(text(&case["input"]["body"]));
    for (name, value) in entries(&case["variables"]) {
        scene = scene.variable(name, Json::from(value));
    }
    for (name, value) in entries(&case["stageVariables"]) {
        scene = scene.stage_variable(name, text(value));
    }
    let params = &case["input"]["params"];
    for (name, value) in entries(&params["path"]) {
        scene = scene.path_param(name, text(value));
    }
    for (name, value) in entries(&params["querystring"]) {
        scene = scene.query_param(name, text(value));
    }
    for (name, value) in entries(&params["header"]) {
        scene = scene.header(name, text(value));
    }
    scene
}

fn entries(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}

fn overrides(expected: &Value, got: &Overrides) -> Result<(), String> {
    for (kind, object) in [("requestOverride", got.request()), ("responseOverride", got.response())] {
        let Some(expected) = expected.get(kind) else { continue };
        let got = serde_json::from_str(&Json::from(object.clone()).to_string()).map_err(|error| error.to_string())?;
        Bindings::default().check(kind, expected, Some(&got), Extent::Whole)?;
    }
    Ok(())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

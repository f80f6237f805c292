//! Against the outputs of Velocity 1.7, made once by Velocity itself.
//!
//! Left out is what is meant to differ: `#macro` and `#evaluate`, reflection, how Java prints an array, changing a list
//! while looping over it, `3 -1` without a blank, a lone `$` or `#` at the end of a text and `#name(` without arguments
//! that can be read, which Velocity refuses, and what Velocity loses of a text: `.y` in `$name.trim()x.y`.

use gateway_integrations::{
    json::Json,
    velocity::{Rendered, Scene, Template},
};
use serde_json::Value;

#[test]
fn results_are_those_of_velocity() {
    let document = include_str!("velocity-1.7.json");
    let Json::Object(variables) = Json::parse(document).unwrap().get("variables").unwrap().clone() else { panic!() };
    let document: Value = serde_json::from_str(document).unwrap();
    let cases = document["cases"].as_array().unwrap();
    let mut failures = Vec::new();
    for case in cases {
        let template = case[0].as_str().unwrap();
        let scene =
            variables.iter().fold(Scene::new(), |scene, (name, value)| scene.variable(name.clone(), value.clone()));
        let got = Template::parse(template).ok().and_then(|template| template.render(&scene).ok());
        if got.as_ref().map(Rendered::text) != case[1].as_str() {
            failures.push(format!("{template:?}: expected {}, got {got:?}", case[1]));
        }
    }
    println!("velocity-1.7.json: {} of {} agree", cases.len() - failures.len(), cases.len());
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

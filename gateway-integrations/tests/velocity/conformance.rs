//! The cases of the conformance folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use gateway_integrations::{json::Json, jsonpath::JsonPath};
use serde_json::{Value, json};

use crate::run::{check, same};

/// Cases that a recording contradicts, and what the recording says.
const CONTRADICTED: [(&str, &str); 0] = [];

/// The folder of cases; `None` where it is not there, which is said.
fn folder() -> Option<PathBuf> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance").into();
    let folder = std::env::var_os("CONFORMANCE_DIR").map_or(default, PathBuf::from);
    if !folder.is_dir() {
        println!("no conformance cases at {}: set CONFORMANCE_DIR", folder.display());
        return None;
    }
    Some(folder)
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
        .unwrap()
}

/// Runs cases, says how many pass, and fails for those that do not and are not contradicted.
fn suite(name: &str, cases: &[Value], check: impl Fn(&Value) -> Result<(), String>) {
    let mut failures = Vec::new();
    for case in cases {
        if let Err(reason) = check(case) {
            failures.push((case["id"].as_str().unwrap().to_owned(), reason));
        }
    }
    println!("{name}: {} of {} pass", cases.len() - failures.len(), cases.len());
    failures.retain(|(id, _)| CONTRADICTED.iter().all(|(contradicted, _)| contradicted != id));
    let failures: Vec<_> = failures.into_iter().map(|(id, reason)| format!("{id}: {reason}")).collect();
    assert!(failures.is_empty(), "{name}:\n{}", failures.join("\n"));
}

fn file(path: &str, check: impl Fn(&Value) -> Result<(), String>) {
    if let Some(folder) = folder() {
        let document = read(&folder.join(path));
        suite(path, document["cases"].as_array().unwrap(), check);
    }
}

#[test]
fn templates_recorded_from_aws() {
    file("recorded/vtl-language.json", check);
}

#[test]
fn templates_derived_from_the_documents() {
    file("vtl/derived.json", check);
}

#[test]
fn templates_of_velocity_itself() {
    file("vtl/velocity-engine.json", check);
}

#[test]
fn templates_of_recorded_requests() {
    let Some(folder) = folder() else { return };
    let mut files: Vec<_> = fs::read_dir(folder.join("recorded")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for case in files
        .into_iter()
        .map(|path| read(&path))
        .flat_map(|document| document["cases"].as_array().cloned().unwrap_or_default())
    {
        let template = &case["template"];
        if template.is_object() {
            cases.push(json!({
                "id": case["id"],
                "template": template["template"],
                "input": { "body": template["body"] },
                "expect": { "text": template["expect"] },
            }));
        }
    }
    suite("recorded/*.json (template)", &cases, check);
}

#[test]
fn paths_of_the_jayway_document() {
    let Some(folder) = folder() else { return };
    let document = read(&folder.join("jsonpath/jayway-readme.json"));
    let store = Json::from(&document["document"]);
    suite("jsonpath/jayway-readme.json", document["cases"].as_array().unwrap(), |case| {
        let path = JsonPath::parse(case["path"].as_str().unwrap()).map_err(|error| error.to_string())?;
        let found = path.find(&store).map_err(|error| error.to_string())?;
        let absent = case["absent"] == true;
        match found {
            None if absent => Ok(()),
            Some(found) if !absent => {
                let got: Value = serde_json::from_str(&found.to_string()).unwrap();
                if same(&case["expect"], &got) { Ok(()) } else { Err(format!("got {got}")) }
            }
            found => Err(format!("got {found:?}")),
        }
    });
}

//! Every case below `CONFORMANCE_DIR` (`../shared/conformance` unless set), a line a group: `group: passed P of N`.
//!
//! The cases are recordings of Amazon API Gateway and others' test suites; they are not part of this repository, and
//! without them this says so and passes. A case that is not supported counts as failed. It fails when a group passes
//! fewer cases than `conformance/floors.txt` says; that figure only rises.

#![expect(clippy::indexing_slicing, clippy::print_stdout, reason = "a driver of tests, which prints what it finds")]

#[path = "conformance/answers.rs"]
mod answers;
#[path = "conformance/author.rs"]
mod author;
#[path = "conformance/backend.rs"]
mod backend;
#[path = "conformance/control_plane.rs"]
mod control_plane;
#[path = "conformance/described.rs"]
mod described;
#[path = "conformance/imported.rs"]
mod imported;
#[path = "conformance/invoke.rs"]
mod invoke;
#[path = "conformance/matchers.rs"]
mod matchers;
#[path = "conformance/samples.rs"]
mod samples;
#[path = "conformance/schemas.rs"]
mod schemas;
#[path = "conformance/signatures.rs"]
mod signatures;
#[path = "conformance/templates.rs"]
mod templates;
#[path = "conformance/test_invoke.rs"]
mod test_invoke;
#[path = "conformance/tokens.rs"]
mod tokens;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use gateway_integrations::json::Json;
use serde_json::Value;

/// What became of the cases of a group: their ids, and why they failed.
type Outcomes = Vec<(String, Result<(), String>)>;

fn main() -> ExitCode {
    let folder = std::env::var_os("CONFORMANCE_DIR")
        .map_or_else(|| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance")), PathBuf::from);
    if !folder.is_dir() {
        println!("no conformance cases at {}: set CONFORMANCE_DIR", folder.display());
        return ExitCode::SUCCESS;
    }
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else { return ExitCode::FAILURE };
    let mut groups: BTreeMap<String, Outcomes> = BTreeMap::new();
    for path in files(&folder) {
        let name = path.strip_prefix(&folder).unwrap_or(&path).with_extension("").to_string_lossy().into_owned();
        let name = name.strip_prefix("recorded/").unwrap_or(&name);
        let suites = ["json-schema-draft4/tests/optional", "json-schema-draft4/tests"];
        let suite = suites.into_iter().find(|suite| name.starts_with(suite));
        let group = suite.unwrap_or(name).to_owned();
        if wanted.is_empty() || wanted.contains(&group) {
            let outcomes = runtime.block_on(run(&group, name, &read(&path), &folder));
            groups.entry(group).or_default().extend(outcomes);
        }
    }
    report(&groups, wanted.is_empty())
}

/// The files with cases, in the order of their names.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "json") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn read(path: &Path) -> Value {
    let text = fs::read_to_string(path).unwrap_or_default();
    let mut document = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    keep_order(&mut document, &text);
    document
}

/// Keeps what functions answer as it is written, too: logs show it in that order.
fn keep_order(document: &mut Value, text: &str) {
    let ordered = Json::parse(text).ok();
    let Some(Json::List(ordered)) = ordered.as_ref().and_then(|document| document.get("cases")) else { return };
    for (case, ordered) in document["cases"].as_array_mut().into_iter().flatten().zip(ordered) {
        let answer = ordered.get("backend").and_then(|backend| backend.get("answer"));
        if let Some(payload) = answer.and_then(|answer| answer.get("payload")) {
            case["backend"]["answer"]["payloadText"] = payload.to_string().into();
        }
    }
}

/// Runs the cases of a file.
async fn run(group: &str, file: &str, document: &Value, folder: &Path) -> Outcomes {
    if let Value::Array(groups) = document {
        let remotes = folder.join("json-schema-draft4/remotes");
        return if file.contains("/remotes/") { Outcomes::new() } else { schemas::check(file, groups, &remotes) };
    }
    let mut outcomes: Outcomes = tokens::grouped(document).map(|(id, case)| (id, tokens::check(&case))).collect();
    for case in document["cases"].as_array().into_iter().flatten() {
        let id = case["id"].as_str().map_or_else(|| outcomes.len().to_string(), str::to_owned);
        outcomes.push((id, check(group, document, case).await));
    }
    outcomes
}

async fn check(group: &str, document: &Value, case: &Value) -> Result<(), String> {
    match (case["kind"].as_str(), group) {
        (Some("template"), _) | (None, "vtl/derived" | "vtl/velocity-engine") => templates::check(case),
        (Some("invoke"), _) => invoke::check(document, case).await,
        (Some("test_invoke"), _) => test_invoke::check(document, case).await,
        (Some("management"), _) => control_plane::check(case),
        (Some("mock_template" | "uri"), _) => author::check(case).await,
        (None, "matchers-selftest") => matchers::check_self_test(case),
        (None, "jws/rfc7515") => tokens::check(case),
        (None, "sigv4/aws-signing-test-suite-v4") => signatures::check(case),
        (None, "samples/payload-v2") => samples::check(case).await,
        (None, "jsonpath/jayway-readme") => templates::check_path(document, case),
        _ => Err("not supported".to_owned()),
    }
}

/// Prints the figures, and what failed; tells whether a group fell below its floor.
fn report(groups: &BTreeMap<String, Outcomes>, all: bool) -> ExitCode {
    let floors: BTreeMap<&str, usize> = include_str!("conformance/floors.txt")
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .filter_map(|(group, floor)| Some((group, floor.parse().ok()?)))
        .collect();
    let mut fallen = Vec::new();
    for (group, outcomes) in groups.iter().filter(|(_, outcomes)| !outcomes.is_empty()) {
        let passed = outcomes.iter().filter(|(_, outcome)| outcome.is_ok()).count();
        println!("{group}: passed {passed} of {}", outcomes.len());
        for (id, outcome) in outcomes {
            if let Err(reason) = outcome {
                println!("    {id}\n        {}", reason.replace('\n', "\n        "));
            }
        }
        let floor = floors.get(group.as_str()).copied().unwrap_or(0);
        if passed < floor.min(outcomes.len()) {
            fallen.push(format!("{group}: {passed} pass, {floor} did"));
        }
    }
    let missing = floors.keys().filter(|group| all && !groups.contains_key(**group));
    fallen.extend(missing.map(|group| format!("{group}: its cases are missing")));
    for line in &fallen {
        println!("below the floor: {line}");
    }
    if fallen.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

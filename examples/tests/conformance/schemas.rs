//! The suite of JSON Schema draft 4.

use std::path::Path;

use gateway_core::Schema;
use serde_json::Value;

/// Validates the values of a file's groups, whose schemas may refer to the documents below `remotes`.
pub(crate) fn check(file: &str, groups: &[Value], remotes: &Path) -> Vec<(String, Result<(), String>)> {
    let documents: Vec<_> = crate::files(remotes)
        .into_iter()
        .map(|path| {
            let name = path.strip_prefix(remotes).unwrap_or(&path).to_string_lossy().into_owned();
            (format!("http://localhost:1234/{name}"), crate::read(&path))
        })
        .collect();
    let mut outcomes = Vec::new();
    for group in groups {
        let builder = Schema::builder(group["schema"].clone());
        let builder = documents.iter().fold(builder, |builder, (at, document)| builder.document(at, document.clone()));
        let schema = builder.build().map_err(|problem| problem.to_string());
        for test in group["tests"].as_array().into_iter().flatten() {
            let id = format!("{file}: {}: {}", group["description"], test["description"]);
            outcomes.push((id, checked(&schema, test)));
        }
    }
    outcomes
}

fn checked(schema: &Result<Schema, String>, test: &Value) -> Result<(), String> {
    let answer = schema.as_ref().map_err(Clone::clone)?.check(&test["data"]);
    let reason = || answer.as_ref().err().map_or("nothing wrong", String::as_str);
    if answer.is_ok() == (test["valid"] == true) { Ok(()) } else { Err(format!("got {}", reason())) }
}

//! What a client saw, and what a backend was called with, held against what a case expects.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway_core::query_pairs;
use http::HeaderMap;
use regex::Regex;
use serde_json::{Map, Value};

use crate::matchers::{Bindings, Extent};

/// Headers that the transport adds: a gateway in process leaves them to its host.
const TRANSPORT: [&str; 7] =
    ["date", "connection", "keep-alive", "via", "server", "content-length", "transfer-encoding"];

/// Holds headers against `expected`; where `complete`, no other may be there but those of the transport and `ignored`.
pub(crate) fn headers(
    bindings: &mut Bindings,
    at: &str,
    expected: &Value,
    actual: &HeaderMap,
    complete: bool,
    ignored: &[&str],
) -> Result<(), String> {
    let none = Map::new();
    let expected = expected.as_object().unwrap_or(&none);
    for (name, value) in expected {
        let found = joined(actual, name);
        if found.is_none() && TRANSPORT.contains(&name.to_ascii_lowercase().as_str()) {
            continue;
        }
        bindings.check(&format!("{at}.{name}"), value, found.map(Value::from).as_ref(), Extent::Whole)?;
    }
    let allowed = |name: &str| {
        TRANSPORT.contains(&name)
            || expected.keys().any(|key| key.eq_ignore_ascii_case(name))
            || ignored.iter().any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => name.starts_with(&start.to_ascii_lowercase()),
                None => pattern.eq_ignore_ascii_case(name),
            })
    };
    match actual.keys().find(|name| complete && !allowed(name.as_str())) {
        Some(name) => Err(format!("{at}.{name}: expected nothing, got {:?}", joined(actual, name.as_str()))),
        None => Ok(()),
    }
}

fn joined(headers: &HeaderMap, name: &str) -> Option<String> {
    let values: Vec<_> =
        headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned()).collect();
    (!values.is_empty()).then(|| values.join(", "))
}

/// Holds a body against `expected`.
pub(crate) fn body(bindings: &mut Bindings, at: &str, expected: &Value, actual: &[u8]) -> Result<(), String> {
    let Some((kind, value)) = expected.as_object().and_then(|expected| expected.iter().next()) else { return Ok(()) };
    let text = String::from_utf8_lossy(actual);
    let fits = |fits: bool| if fits { Ok(()) } else { Err(format!("{at}: expected {kind} {value}, got {text:?}")) };
    let texts = || match value {
        Value::Array(all) => all.iter().filter_map(Value::as_str).collect::<Vec<_>>(),
        one => one.as_str().into_iter().collect(),
    };
    match kind.as_str() {
        "json" | "json_subset" => {
            let json: Value = serde_json::from_str(&text)
                .map_err(|error| format!("{at}: expected {value}, got {text:?}: {error}"))?;
            let extent = if kind == "json" { Extent::Whole } else { Extent::Subset };
            bindings.check(at, value, Some(&json), extent)
        }
        "text" => bindings.check(at, value, Some(&Value::from(&*text)), Extent::Whole),
        "base64" => fits(Some(STANDARD.encode(actual).as_str()) == value.as_str()),
        "empty" => fits(actual.is_empty()),
        "text_search" => fits(texts().iter().all(|part| Regex::new(part).is_ok_and(|part| part.is_match(&text)))),
        "text_contains" => fits(texts().iter().all(|part| text.contains(part))),
        "form" => {
            let mut form = Map::new();
            for (name, value) in query_pairs(&text) {
                form.insert(name.into_owned(), Value::from(&*value));
            }
            // Some were put together from the message that a queue held, which does not tell every field.
            bindings.check(at, value, Some(&Value::Object(form)), Extent::Subset)
        }
        other => Err(format!("{at}: `{other}` is no kind of body")),
    }
}

/// What a backend was called with.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    pub(crate) kind: &'static str,
    pub(crate) method: String,
    /// Scheme and host.
    pub(crate) origin: String,
    pub(crate) target: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// Holds the call of a backend against `expected`.
pub(crate) fn call(bindings: &mut Bindings, expected: &Value, call: Option<&Call>) -> Result<(), String> {
    let at = "integration";
    let Some(call) = call else { return Err("integration: the backend was not called".to_owned()) };
    if let Some(kind) = expected["kind"].as_str().filter(|kind| *kind != call.kind) {
        return Err(format!("{at}: expected a call of kind {kind}, got {}", call.kind));
    }
    let (path, query) = call.target.split_once('?').unwrap_or((&call.target, ""));
    for (field, actual) in [("method", call.method.as_str()), ("path", path)] {
        if let Some(value) = expected.get(field) {
            bindings.check(&format!("{at}.{field}"), value, Some(&actual.into()), Extent::Whole)?;
        }
    }
    if let Some(wanted) = expected.get("query") {
        bindings.check(&format!("{at}.query"), wanted, Some(&query_object(query)), Extent::Whole)?;
    }
    let signed = ["authorization", "x-amz-date", "x-amz-security-token", "x-amz-content-sha256"];
    let own = expected["headers_ignored"].as_array().into_iter().flatten().filter_map(Value::as_str);
    // What it reports of a request leaves these out.
    let hidden = call.origin.ends_with("//httpbin.org").then_some("x-forwarded-*");
    let ignored: Vec<&str> = own.chain(signed.into_iter().filter(|_| call.kind == "aws")).chain(hidden).collect();
    let complete = expected["headers_complete"] == true;
    headers(bindings, &format!("{at}.headers"), &expected["headers"], &call.headers, complete, &ignored)?;
    if let Some(wanted) = expected.get("body") {
        body(bindings, &format!("{at}.body"), wanted, &call.body)?;
    }
    for (field, extent) in [("payload", Extent::Whole), ("payload_subset", Extent::Subset)] {
        if let Some(wanted) = expected.get(field) {
            let payload: Value = serde_json::from_slice(&call.body)
                .map_err(|error| format!("{at}.{field}: {error}: {:?}", String::from_utf8_lossy(&call.body)))?;
            bindings.check(&format!("{at}.{field}"), wanted, Some(&payload), extent)?;
        }
    }
    Ok(())
}

/// The parameters of a query; several values of one name are joined by a comma.
fn query_object(query: &str) -> Value {
    let mut object: Map<String, Value> = Map::new();
    for (name, value) in query_pairs(query) {
        let entry = object.entry(name.into_owned()).or_insert_with(|| Value::from(""));
        let all = entry.as_str().filter(|all| !all.is_empty()).map(|all| format!("{all},{value}"));
        *entry = Value::from(all.unwrap_or_else(|| value.into_owned()));
    }
    Value::Object(object)
}

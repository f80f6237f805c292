//! The header expectations of recorded HTTP_PROXY cases.
//!
//! The data are looked for in `CONFORMANCE_DIR`. Mapped parameters are another step's, so that a case with some is held
//! against its answer only.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use gateway_core::{ApiKind, Body, Integration, Request, Response};
use http::HeaderMap;
use serde_json::Value;

use super::tests::{Backend, context};
use crate::HttpProxy;

/// What other parts of a gateway, or the host's server, add to an answer.
const NOT_OURS: [&str; 5] = ["connection", "content-length", "date", "x-amz-apigw-id", "x-amzn-requestid"];

fn group(name: &str) -> Option<Value> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance");
    let folder = std::env::var_os("CONFORMANCE_DIR").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let file = folder.join("recorded").join(name);
    match std::fs::read(&file) {
        Ok(bytes) => Some(serde_json::from_slice(&bytes).unwrap()),
        Err(error) => {
            println!("SKIPPED, nothing is checked: {}: {error} (set CONFORMANCE_DIR)", file.display());
            None
        }
    }
}

/// The integration that a case's request meets: these documents have fixed paths only.
fn integration<'a>(group: &'a Value, case: &Value) -> Option<&'a Value> {
    let target = case["request"]["target"].as_str()?;
    let path = target.split('?').next()?.strip_prefix("/")?.split_once('/').map_or("", |(_, path)| path);
    let methods = &group["apis"][case["api"].as_str()?]["paths"][format!("/{path}")];
    let method = case["request"]["method"].as_str()?.to_lowercase();
    let any = methods.get("x-amazon-apigateway-any-method");
    methods.get(&method).or(any)?.get("x-amazon-apigateway-integration")
}

fn text(body: &Value) -> String {
    body["text"].as_str().unwrap_or_default().to_owned()
}

fn matches(matcher: &Value, found: Option<&str>) -> bool {
    match (matcher.as_object(), found) {
        (None, found) => found == matcher.as_str(),
        (Some(object), None) => object.contains_key("$optional") || object.contains_key("$absent"),
        (Some(object), Some(_)) if object.contains_key("$optional") => matches(&object["$optional"], found),
        (Some(object), Some(_)) => object.contains_key("$any") || object.contains_key("$bind"),
    }
}

fn compare(id: &str, expected: &Value, found: &HeaderMap, ignored: &[&str]) {
    let Some(headers) = expected["headers"].as_object() else { return };
    let is_ignored = |name: &str| {
        ignored
            .iter()
            .any(|pattern| pattern.strip_suffix('*').map_or(*pattern == name, |start| name.starts_with(start)))
    };
    for (name, matcher) in headers {
        let name = name.to_lowercase();
        let value = found.get(&name).map(|value| value.to_str().unwrap());
        assert!(is_ignored(&name) || matches(matcher, value), "{id}: {name} is {value:?}, not {matcher}");
    }
    if expected["headers_complete"] == true {
        for name in found.keys().map(http::HeaderName::as_str).filter(|name| !is_ignored(name)) {
            let expected = headers.keys().any(|header| header.eq_ignore_ascii_case(name));
            assert!(expected, "{id}: {name} was not expected");
        }
    }
}

async fn check(case: &Value, integration: &Value) {
    let id = case["id"].as_str().unwrap();
    let mut request = http::Request::builder().method(case["request"]["method"].as_str().unwrap()).uri("/");
    for header in case["request"]["headers"].as_array().unwrap() {
        request = request.header(header[0].as_str().unwrap(), header[1].as_str().unwrap());
    }
    let scripted = &case["backend"]["answer"];
    let mut answer = http::Response::builder().status(scripted["status"].as_u64().unwrap() as u16);
    for (name, value) in scripted["headers"].as_object().unwrap() {
        answer = answer.header(name, value.as_str().unwrap());
    }
    let answer: Response = answer.body(Body::from(text(&scripted["body"]))).unwrap();
    let backend = Arc::new(Backend { seen: Mutex::default(), answer: Mutex::new(answer) });

    let proxy = HttpProxy::new(integration["uri"].as_str().unwrap(), backend.clone()).unwrap();
    let proxy = proxy.method(integration["httpMethod"].as_str().unwrap().parse().unwrap());
    let (parts, body) = request.body(Body::from(text(&case["request"]["body"]))).unwrap().into_parts();
    let context = context(&parts, Some(ApiKind::Rest));
    context.set_route(Arc::default());
    let response = proxy.invoke(Request::from_parts(parts, body), &context).await.unwrap();

    let expected = &case["expect"];
    assert_eq!(u64::from(response.status().as_u16()), expected["status"].as_u64().unwrap(), "{id}");
    compare(id, expected, response.headers(), &NOT_OURS);
    let (seen, _) = backend.seen.lock().unwrap().take().unwrap();
    let call = &expected["integration"];
    assert_eq!(seen.method, call["method"].as_str().unwrap(), "{id}");
    assert_eq!(seen.uri.path(), call["path"].as_str().unwrap(), "{id}");
    if integration["requestParameters"].is_null() {
        // The backend of these recordings hides these headers, or puts its own in their place.
        let mut ignored = vec!["x-forwarded-*"];
        ignored.extend(call["headers_ignored"].as_array().into_iter().flatten().filter_map(Value::as_str));
        compare(id, call, &seen.headers, &ignored);
    }
}

#[tokio::test]
async fn headers_are_as_recorded() {
    for name in ["http.json", "header-remapping.json", "trace-id.json"] {
        let Some(group) = group(name) else { continue };
        let mut checked = 0;
        for case in group["cases"].as_array().unwrap() {
            match integration(&group, case) {
                Some(integration) if integration["type"] == "http_proxy" => {
                    check(case, integration).await;
                    checked += 1;
                }
                _ => {}
            }
        }
        assert!(checked > 0 || name == "trace-id.json", "{name} holds no case of an HTTP proxy");
    }
}

#[test]
fn a_difference_is_seen() {
    let expected = serde_json::json!({"headers": {"A": "1", "B": {"$optional": "2"}}, "headers_complete": true});
    let compared = |pairs: &[(&'static str, &'static str)]| {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        std::panic::catch_unwind(|| compare("own", &expected, &headers, &["x-*"])).is_ok()
    };
    assert!(compared(&[("a", "1")]) && compared(&[("a", "1"), ("b", "2"), ("x-y", "3")]));
    assert!(!compared(&[]) && !compared(&[("a", "2")]) && !compared(&[("a", "1"), ("c", "2")]));
    assert!(!compared(&[("a", "1"), ("b", "3")]));
}

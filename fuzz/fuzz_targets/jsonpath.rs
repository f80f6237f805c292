//! A JSONPath, and behind a zero byte the document that it is applied to.

#![no_main]

use gateway_integrations::{json::Json, jsonpath::JsonPath};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let (path, document) = text.split_once('\0').unwrap_or((text, r#"{"a":[1,{"b":"c"}],"d":[[2,3],{"a":null}]}"#));
    let Ok(document) = Json::parse(document) else { return };
    let printed = document.to_string();
    assert!(Json::parse(&printed).is_ok_and(|read| read == document), "{printed}");
    if let Ok(path) = JsonPath::parse(path) {
        let _ = path.find(&document);
    }
});

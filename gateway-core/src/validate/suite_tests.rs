//! The official suite of draft 4, and schemas and values that nobody thought of.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};
use tower::BoxError;

use super::{ModelSet, Schema};

fn read(file: &Path) -> Result<Value, BoxError> {
    Ok(serde_json::from_str(&fs::read_to_string(file)?)?)
}

/// The suite's remote schemas below `folder`, each with the address at which references look for it.
fn remotes(folder: &Path, address: &str, found: &mut Vec<(String, Value)>) -> Result<(), BoxError> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let address = format!("{address}/{}", path.file_name().and_then(OsStr::to_str).unwrap_or_default());
        if path.is_dir() {
            remotes(&path, &address, found)?;
        } else {
            found.push((address, read(&path)?));
        }
    }
    Ok(())
}

#[test]
fn the_official_suite_of_draft_4_passes() -> Result<(), BoxError> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../shared/conformance");
    let folder = std::env::var_os("CONFORMANCE_DIR").map_or_else(|| PathBuf::from(default), PathBuf::from);
    let folder = folder.join("json-schema-draft4");
    let files = match fs::read_dir(folder.join("tests")) {
        Ok(files) => files,
        Err(error) => {
            println!("SKIPPED, nothing is checked: {}: {error} (set CONFORMANCE_DIR)", folder.display());
            return Ok(());
        }
    };
    let mut documents = Vec::new();
    remotes(&folder.join("remotes"), "http://localhost:1234", &mut documents)?;
    let (mut passed, mut failed) = (0, Vec::new());
    for file in files {
        let file = file?.path();
        if file.extension() != Some(OsStr::new("json")) {
            continue;
        }
        for group in read(&file)?.as_array().ok_or("groups")? {
            let builder = documents.iter().fold(Schema::builder(group["schema"].clone()), |builder, (at, document)| {
                builder.document(at, document.clone())
            });
            let schema = builder.build();
            for test in group["tests"].as_array().ok_or("tests")? {
                let valid = schema.as_ref().map(|schema| schema.check(&test["data"]).is_ok());
                match valid {
                    Ok(valid) if valid == test["valid"] => passed += 1,
                    other => failed.push(format!("{} {} {other:?}", group["description"], test["description"])),
                }
            }
        }
    }
    assert!(failed.is_empty(), "{} passed, {} failed: {failed:#?}", passed, failed.len());
    assert!(passed > 600, "the whole suite was read: {passed}");
    Ok(())
}

/// The model `A` of these.
fn model(models: &[(&str, Value)]) -> Result<Schema, crate::problem::Problem> {
    let all: BTreeMap<_, _> = models.iter().map(|(name, schema)| ((*name).to_owned(), schema.clone())).collect();
    ModelSet::new(&all).compile("A")
}

#[test]
fn a_schema_that_would_be_followed_for_ever_is_refused() {
    let all = |schema: Value| json!({ "allOf": [schema] });
    for models in [
        vec![("A", json!({"$ref": "#"}))],
        vec![("A", all(json!({"$ref": "#"})))],
        vec![("A", json!({"not": {"anyOf": [{"$ref": "#/definitions/x"}]}, "definitions": {"x": {"$ref": "#"}}}))],
        vec![("A", json!({"dependencies": {"a": {"$ref": "#"}}}))],
        vec![("A", all(json!({"$ref": "#/definitions/B"}))), ("B", json!({"$ref": "#/definitions/A"}))],
        vec![("A", json!({"properties": {"a": {"$ref": "#/properties/a"}}}))],
    ] {
        let message = model(&models).unwrap_err().message;
        assert!(message.contains("for ever"), "{models:?} {message}");
    }
    for reference in ["other.json", "#name", "#/definitions/none", "http://localhost/x", "A"] {
        let problem = model(&[("A", json!({"id": "#name", "items": {"$ref": reference}}))]).unwrap_err();
        assert_eq!(problem.pointer, "/items/$ref", "{reference} {problem}");
    }
    // An inner `id` does not change what `#` means.
    let inner = json!({"definitions": {"x": {"id": "http://y/", "a": {"$ref": "#/a"}}}, "a": {"type": "null"},
        "items": {"$ref": "#/definitions/x/a"}, "enum": [[null], [{"id": "1", "$ref": "x"}]]});
    assert!(model(&[("A", inner.clone())]).unwrap().check(&json!([null])).is_ok());
    assert!(model(&[("A", inner)]).unwrap().check(&json!([1])).is_err());
    let deeper = model(&[("A", all(json!({"properties": {"a": {"$ref": "#"}}, "items": {"$ref": "#"}})))]);
    assert!(deeper.unwrap().check(&json!({"a": [{"a": []}]})).is_ok());
}

#[test]
fn a_schema_alone_reaches_what_it_is_given_and_nothing_else() {
    let schema = json!({"items": {"$ref": "http://localhost/a.json#/definitions/x"}});
    let missing = Schema::builder(schema.clone()).build().unwrap_err();
    assert!(missing.message.contains("there is no document `http://localhost/a.json`"), "{missing}");
    let given =
        Schema::builder(schema).document("http://localhost/a.json#", json!({"definitions": {"x": {"enum": [1]}}}));
    let given = given.build().unwrap();
    assert!(given.check(&json!([1])).is_ok() && given.check(&json!([2])).is_err());
    let wrong = Schema::builder(json!({"required": "contains"})).build().unwrap_err();
    assert_eq!(wrong.pointer, "/required", "{wrong}");
}

#[test]
fn a_schema_alone_that_would_be_followed_for_ever_ends() {
    let all = |schema: Value| json!({ "allOf": [schema] });
    for schema in [
        json!({"$ref": "#"}),
        all(json!({"$ref": "#"})),
        json!({"not": {"$ref": "#"}}),
        all(json!({"$ref": "http://localhost/a.json"})),
        json!({"anyOf": [{"$ref": "#/definitions/x"}], "definitions": {"x": {"oneOf": [{"$ref": "#"}]}}}),
    ] {
        let schema = Schema::builder(schema).document("http://localhost/a.json", all(json!({"$ref": "#"}))).build();
        let _ = schema.map(|schema| schema.check(&json!([1])));
    }
}

#[test]
fn a_place_is_told_only_of_the_model_that_is_wrong() {
    let wrong = json!({"required": "contains"});
    let own = model(&[("A", wrong.clone())]).unwrap_err();
    assert_eq!(own.pointer, "/required", "{own}");
    let other = model(&[("A", json!({"items": {"$ref": "#/definitions/B"}})), ("B", wrong)]).unwrap_err();
    assert_eq!(other.pointer, "", "{other}");
}

#[test]
fn messages_are_those_of_the_engine() {
    let pet = json!({
        "required": ["b", "a"],
        "additionalProperties": false,
        "properties": {
            "a": {"type": "number"}, "b": {"enum": ["cat", "dog"]}, "c": {"minimum": 25, "maximum": 500},
            "d": {"minimum": 1, "exclusiveMinimum": true}, "e": {"maximum": 9, "exclusiveMaximum": true},
            "f": {"minLength": 3}, "g": {"maxLength": 2}, "h": {"pattern": "^a+$"}, "i": {"minItems": 2},
            "j": {"maxItems": 0}, "k": {"uniqueItems": true}, "l": {"items": [{}], "additionalItems": false},
            "m": {"minProperties": 1}, "n": {"maxProperties": 0}, "o": {"anyOf": [{"type": "null"}, {"type": "array"}]},
            "p": {"oneOf": [{"type": "null"}, {}, {}]}, "q": {"not": {}}, "r": {"format": "email"},
            "s": {"type": ["null", "integer"]}, "t": {"oneOf": [{"type": "null"}]},
        },
    });
    let schema = model(&[("A", pet)]).unwrap();
    for (value, message) in [
        (json!({}), r#"object has missing required properties (["a","b"])"#),
        (
            json!({"a": "1"}),
            r#"instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])"#,
        ),
        (json!({"b": "bird"}), r#"instance value ("bird") not found in enum (possible values: ["cat","dog"])"#),
        (json!({"c": 1}), "numeric instance is lower than the required minimum (minimum: 25, found: 1)"),
        (json!({"c": 501}), "numeric instance is greater than the required maximum (maximum: 500, found: 501)"),
        (json!({"d": 1}), "numeric instance is not strictly greater than the required minimum 1"),
        (json!({"e": 9}), "numeric instance is not strictly lower than the required maximum 9"),
        (json!({"f": "x"}), r#"string "x" is too short (length: 1, required minimum: 3)"#),
        (json!({"g": "xyz"}), r#"string "xyz" is too long (length: 3, maximum allowed: 2)"#),
        (json!({"h": "b"}), r#"ECMA 262 regex "^a+$" does not match input string "b""#),
        (json!({"i": [1]}), "array is too short: must have at least 2 elements but instance has 1 elements"),
        (json!({"j": [1]}), "array is too long: must have at most 0 elements but instance has 1 elements"),
        (json!({"k": [1, 1.0]}), "array must not contain duplicate elements"),
        (json!({"l": [1, 2]}), "schema only allows 1 elements in array but instance has 2 elements"),
        (json!({"m": {}}), "object has too few properties (found 0 but schema requires at least 1)"),
        (json!({"n": {"a": 1}}), "object has too many properties (found 1 but schema requires at most 0)"),
        (json!({"o": 1}), "instance failed to match at least one required schema among 2"),
        (json!({"p": 1}), "instance failed to match exactly one schema (matched 2 out of 3)"),
        (json!({"t": 1}), "instance failed to match exactly one schema (matched 0 out of 1)"),
        (json!({"q": 1}), "instance matched a schema which it should not have"),
        (json!({"r": "x"}), r#"string "x" is not a valid email address"#),
        (
            json!({"s": 1.5}),
            r#"instance type (number) does not match any allowed primitive type (allowed: ["integer","null"])"#,
        ),
        (json!({"zz": 1}), r#"object instance has properties which are not allowed by the schema: ["zz"]"#),
    ] {
        let said = schema.check(&value).unwrap_err();
        assert!(said.contains(message), "{value}: {said}");
    }
    assert_eq!(schema.check(&json!({})).unwrap_err(), r#"[object has missing required properties (["a","b"])]"#);
    let long = schema.check(&json!({"h": "ü".repeat(10_000)})).unwrap_err();
    assert!(long.len() < 2100 && long.ends_with("...]"), "{}", long.len());
}

const WORDS: &[&str] = &[
    "$ref",
    "type",
    "properties",
    "items",
    "allOf",
    "anyOf",
    "oneOf",
    "not",
    "definitions",
    "required",
    "enum",
    "dependencies",
    "additionalProperties",
    "patternProperties",
    "pattern",
    "format",
    "minimum",
    "multipleOf",
    "minLength",
    "id",
    "A",
    "B",
    "#",
    "#/definitions/A",
    "#/definitions/B",
    "#/items",
    "string",
    "object",
    "regex",
    "^(a+)+$",
    "(?<=a)b",
    "[",
    "date-time",
    "https://apigateway.amazonaws.com/restapis/x/models/A",
];

fn any_value() -> impl Strategy<Value = Value> {
    let word = || prop_oneof![4 => select(WORDS).prop_map(str::to_owned), 1 => any::<String>()];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, move |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((word(), inner), 0..5).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// Schemas that hold together more often than arbitrary values do.
fn any_schema() -> impl Strategy<Value = Value> {
    let reference = || select(WORDS).prop_map(|text| json!({ "$ref": text }));
    let leaf = prop_oneof![
        reference(),
        select(&["string", "object", "array", "null"][..]).prop_map(|name| json!({ "type": name })),
        any::<u8>().prop_map(|size| json!({ "minLength": size, "maxItems": size, "minimum": size })),
        select(&["^(a+)+$", "\\d", "(?=a)"][..]).prop_map(|pattern| json!({ "pattern": pattern })),
        any_value(),
    ];
    leaf.prop_recursive(5, 32, 4, |inner| {
        let list = || vec(inner.clone(), 1..4);
        prop_oneof![
            list().prop_map(|list| json!({ "allOf": list })),
            list().prop_map(|list| json!({ "anyOf": list })),
            list().prop_map(|list| json!({ "oneOf": list })),
            inner.clone().prop_map(|schema| json!({ "not": schema })),
            inner.clone().prop_map(|schema| json!({ "items": schema })),
            (inner.clone(), inner.clone())
                .prop_map(|(a, b)| json!({ "properties": { "A": a }, "definitions": { "A": b } })),
            inner.clone().prop_map(|schema| json!({ "dependencies": { "A": schema } })),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_schema_and_no_value_panics(
        first in prop_oneof![any_value(), any_schema()],
        second in prop_oneof![any_value(), any_schema()],
        values in vec(any_value(), 1..4),
    ) {
        if let Ok(schema) = model(&[("A", first), ("B", second)]) {
            for value in values {
                let _ = schema.check(&value);
            }
        }
    }
}

//! Any text gives an error or an API, and an API that was imported can be exported and imported again.

use gateway_core::{
    Gateway,
    config::{ProtocolType, Registry},
    openapi::{self, BasePath, ExportOptions, PutMode, Specification},
};
use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

use super::{HTTP_SHOP, SHOP, comparable, options};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() }
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|number| json!(number)),
        prop_oneof!["\\PC{0,12}", field()].prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            vec((prop_oneof!["\\PC{0,6}", field()], inner), 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The words that mean something in a document.
fn field() -> impl Strategy<Value = String> {
    let words = vec![
        "swagger",
        "openapi",
        "2.0",
        "3.0.1",
        "info",
        "title",
        "paths",
        "/",
        "/a/{b}",
        "/{c+}",
        "get",
        "parameters",
        "responses",
        "200",
        "default",
        "schema",
        "$ref",
        "#/",
        "#/definitions/A",
        "#/components/schemas/A",
        "content",
        "requestBody",
        "components",
        "definitions",
        "schemas",
        "A",
        "properties",
        "items",
        "security",
        "securitySchemes",
        "securityDefinitions",
        "x-amazon-apigateway-integration",
        "type",
        "mock",
        "http",
        "uri",
        "${AWS::Region}",
        "${AWS::",
        "requestParameters",
        "method.request.path.b",
        "x-amazon-apigateway-authorizer",
        "token",
        "x-amazon-apigateway-policy",
        "Statement",
        "Resource",
        "execute-api:/",
        "x-amazon-apigateway-documentation",
        "documentationParts",
        "location",
        "servers",
        "basePath",
        "exclusiveMinimum",
        "minimum",
        "in",
        "name",
        "body",
        "/$default",
        "x-amazon-apigateway-any-method",
        "isDefaultRoute",
        "x-amazon-apigateway-integrations",
        "#/components/x-amazon-apigateway-integrations/A",
        "http_proxy",
        "aws_proxy",
        "responseParameters",
        "overwrite:path",
        "overwrite:statuscode",
        "payloadFormatVersion",
        "1.0",
        "x-amazon-apigateway-cors",
        "allowOrigins",
        "jwt",
        "request",
        "tags",
    ];
    proptest::sample::select(words).prop_map(str::to_owned)
}

/// All places of a value.
fn places(value: &Value, pointer: &str, found: &mut Vec<String>) {
    found.push(pointer.to_owned());
    match value {
        Value::Array(items) => {
            for (number, item) in items.iter().enumerate() {
                places(item, &format!("{pointer}/{number}"), found);
            }
        }
        Value::Object(fields) => {
            for (name, item) in fields {
                places(item, &format!("{pointer}/{}", gateway_core::pointer_token(name)), found);
            }
        }
        _ => {}
    }
}

fn shop() -> Result<Value, TestCaseError> {
    let fail = |error: String| TestCaseError::fail(error);
    let api = openapi::import(SHOP, &options()).map_err(|error| fail(error.to_string()))?.api;
    let exported = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "prod").extensions(true));
    exported.map_err(|error| fail(error.to_string()))
}

/// Whatever comes out can be used.
fn use_it(text: &str) -> Result<(), TestCaseError> {
    use_as_http(text, text.len().is_multiple_of(2))?;
    let Ok(imported) = openapi::import(text, &options().base_path(BasePath::Prepend)) else { return Ok(()) };
    let _ = imported.report.to_string();
    let _ = imported.api.resource_paths();
    let _ = openapi::import_documentation(text);
    let _ = openapi::put(&imported.api, SHOP, PutMode::Merge, &options());
    for specification in [Specification::Oas30, Specification::Swagger] {
        let exported = openapi::export(&imported.api, &ExportOptions::new(specification, "prod").extensions(true));
        if let Ok(exported) = exported {
            let again = openapi::import(&exported.to_string(), &options());
            prop_assert!(again.is_ok(), "{again:?} from {exported}");
        }
    }
    let _ = Gateway::new(imported.into_config(["prod"]).define(&Registry::new()));
    Ok(())
}

/// The same of an HTTP API, whose export means what the API did.
fn use_as_http(text: &str, beyond: bool) -> Result<(), TestCaseError> {
    let options = options().protocol_type(ProtocolType::Http).beyond_aws(beyond);
    let Ok(imported) = openapi::import(text, &options.clone().base_path(BasePath::Prepend)) else { return Ok(()) };
    let _ = imported.report.to_string();
    let _ = openapi::put(&imported.api, HTTP_SHOP, PutMode::Merge, &options);
    let export_options = ExportOptions::new(Specification::Oas30, "$default").extensions(true);
    if let Ok(exported) = openapi::export(&imported.api, &export_options) {
        let again = openapi::import(&exported.to_string(), &options.fail_on_warnings(true));
        let again = again.map_err(|error| TestCaseError::fail(format!("{error} from {exported}")))?;
        let again = openapi::export(&again.api, &export_options);
        prop_assert_eq!(again, Ok(exported), "of {:?}", imported.api);
    }
    let _ = Gateway::new(imported.into_config(["$default"]).define(&Registry::new()));
    Ok(())
}

fn http_shop() -> Result<Value, TestCaseError> {
    let fail = |error: String| TestCaseError::fail(error);
    let options = options().protocol_type(ProtocolType::Http);
    let api = openapi::import(HTTP_SHOP, &options).map_err(|error| fail(error.to_string()))?.api;
    let exported = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "$default").extensions(true));
    exported.map_err(|error| fail(error.to_string()))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_text(text in "\\PC{0,200}") {
        use_it(&text)?;
    }

    #[test]
    fn any_bytes(bytes in vec(any::<u8>(), 0..200)) {
        use_it(&String::from_utf8_lossy(&bytes))?;
    }

    #[test]
    fn any_value(mut value in any_json(), swagger in any::<bool>()) {
        if let Some(fields) = value.as_object_mut() {
            fields.insert(if swagger { "swagger" } else { "openapi" }.into(), if swagger { "2.0" } else { "3.0.1" }.into());
            fields.insert("info".into(), json!({ "title": "a" }));
        }
        use_it(&value.to_string())?;
    }

    #[test]
    fn any_change_of_a_good_document(changes in vec((any::<Index>(), any_json()), 1..4)) {
        let mut document = shop()?;
        for (index, value) in changes {
            let mut found = Vec::new();
            places(&document, "", &mut found);
            if let Some(place) = document.pointer_mut(&found[index.index(found.len())]) {
                *place = value;
            }
        }
        use_it(&document.to_string())?;
    }

    #[test]
    fn any_change_of_a_good_document_of_an_http_api(changes in vec((any::<Index>(), any_json()), 1..4)) {
        let mut document = http_shop()?;
        for (index, value) in changes {
            let mut found = Vec::new();
            places(&document, "", &mut found);
            if let Some(place) = document.pointer_mut(&found[index.index(found.len())]) {
                *place = value;
            }
        }
        use_it(&document.to_string())?;
    }

    #[test]
    fn any_damage_to_a_text(at in any::<Index>(), byte in any::<u8>()) {
        let mut bytes = SHOP.as_bytes().to_vec();
        let place = at.index(bytes.len());
        bytes[place] = byte;
        use_it(&String::from_utf8_lossy(&bytes))?;
    }
}

#[test]
fn an_import_is_the_same_each_time() -> crate::Outcome {
    assert_eq!(comparable(openapi::import(SHOP, &options())?.api), comparable(openapi::import(SHOP, &options())?.api));
    Ok(())
}

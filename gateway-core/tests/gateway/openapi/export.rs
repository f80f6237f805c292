use gateway_core::openapi::{self, ExportError, ExportOptions, PutMode, Specification};
use serde_json::{Value, json};

use super::{comparable, document, mock, options, shop};
use crate::Outcome;

#[test]
fn what_is_exported_imports_back_as_the_same_api() -> Outcome {
    let api = shop()?.api;
    for specification in [Specification::Oas30, Specification::Swagger] {
        let exported = openapi::export(&api, &ExportOptions::new(specification, "prod").extensions(true))?;
        let again = openapi::import(&exported.to_string(), &options().fail_on_warnings(true))?.api;
        assert_eq!(comparable(again), comparable(api.clone()), "{specification}");
        let put = openapi::put(&api, &exported.to_string(), PutMode::Overwrite, &options())?.api;
        assert_eq!(comparable(put), comparable(api.clone()), "{specification}");
    }
    Ok(())
}

#[test]
fn a_plain_document_says_nothing_of_the_gateway() -> Outcome {
    let exported = openapi::export(&shop()?.api, &ExportOptions::new(Specification::Oas30, "prod"))?;
    let text = exported.to_string();
    let any = text.replace("x-amazon-apigateway-any-method", "").replace("x-amazon-apigateway-authtype", "");
    assert!(!any.contains("x-amazon-apigateway"), "{text}");
    assert_eq!(exported["servers"][0]["url"], "https://a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com/{basePath}");
    assert_eq!(exported["servers"][0]["variables"]["basePath"]["default"], "prod");
    Ok(())
}

#[test]
fn operations_are_written_as_each_version_has_them() -> Outcome {
    let api = shop()?.api;
    let export = |specification| openapi::export(&api, &ExportOptions::new(specification, "prod"));
    let (oas, swagger) = (export(Specification::Oas30)?, export(Specification::Swagger)?);
    let order = &oas["paths"]["/orders"]["post"];
    assert_eq!(order["requestBody"]["content"]["application/json"]["schema"]["$ref"], "#/components/schemas/Order");
    assert_eq!(order["security"], json!([{ "tok": [] }, { "api_key": [] }]));
    let id = &oas["paths"]["/orders/{id}"]["get"];
    assert_eq!(
        id["parameters"],
        json!([{ "name": "id", "in": "path", "required": true, "schema": { "type": "string" } }])
    );
    assert_eq!(id["responses"]["200"], json!({ "description": "200 response", "content": {} }));
    let preflight = &oas["paths"]["/orders"]["options"]["responses"]["204"]["headers"];
    assert_eq!(preflight["Access-Control-Allow-Origin"], json!({ "schema": { "type": "string" } }));

    assert_eq!((&swagger["basePath"], &swagger["schemes"]), (&json!("/prod"), &json!(["https"])));
    let order = &swagger["paths"]["/orders"]["post"];
    assert_eq!((&order["consumes"], &order["produces"]), (&json!(["application/json"]), &json!(["application/json"])));
    let body = order["parameters"].as_array().and_then(|list| list.last()).cloned().unwrap_or_default();
    assert_eq!(body["schema"]["$ref"], "#/definitions/Order");
    assert_eq!(swagger["definitions"]["Order"]["properties"]["parent"]["$ref"], "#/definitions/Order");
    Ok(())
}

#[test]
fn an_empty_api_has_empty_components() -> Outcome {
    let api = openapi::import(&document(json!({ "paths": { "/a": {} } })), &options())?.api;
    let exported = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "prod").extensions(true))?;
    assert_eq!((&exported["components"], &exported["paths"]), (&json!({}), &json!({})));
    Ok(())
}

#[test]
fn bodies_that_are_not_json_cannot_be_exported() -> Outcome {
    let mut operation = mock();
    operation["requestBody"] = json!({ "content": { "text/xml": { "schema": { "type": "object" } } } });
    let api = openapi::import(&document(json!({ "paths": { "/a": { "post": operation } } })), &options())?.api;
    let exported: Result<Value, _> = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "prod"));
    assert_eq!(exported, Err(ExportError::Models("POST /a".to_owned())));
    Ok(())
}

#[test]
fn the_file_is_named_after_the_version() -> Outcome {
    let options = ExportOptions::new(Specification::Swagger, "prod");
    assert_eq!(options.file_name(&shop()?.api), "swagger_2024-05-01.json");
    Ok(())
}

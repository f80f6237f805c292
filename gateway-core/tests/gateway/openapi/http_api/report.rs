//! What the report says of a document that becomes an HTTP API.

use gateway_core::openapi;
use serde_json::{Value, json};

use super::{SHOP, approximated, function, ignored, import, options, shop, with};
use crate::{Outcome, openapi::document};

#[test]
fn what_is_not_exact_of_a_whole_document_is_told() -> Outcome {
    let imported = shop()?;
    assert_eq!(
        ignored(&imported),
        [
            "/info/license",
            "/paths/~1orders/get/responses",
            "/servers",
            "/servers/0/x-amazon-apigateway-endpoint-configuration/vpcEndpointIds",
            "/tags/0/description",
        ]
    );
    let private = "/paths/~1private/get/x-amazon-apigateway-integration";
    assert_eq!(
        approximated(&imported),
        [
            "/paths/~1orders/post/x-amazon-apigateway-integration/credentials",
            &format!("{private}/connectionId"),
            &format!("{private}/connectionType"),
        ]
    );
    Ok(())
}

#[test]
fn what_only_rest_apis_have_is_ignored_and_the_report_says_why() -> Outcome {
    let mut operation = function();
    for (field, value) in [
        ("parameters", json!([{ "name": "id", "in": "path" }, { "name": "q", "in": "query", "required": true }])),
        ("requestBody", json!({ "content": { "application/json": { "schema": { "type": "object" } } } })),
        ("responses", json!({ "200": { "description": "ok" } })),
        ("x-amazon-apigateway-request-validator", json!("all")),
        ("isDefaultRoute", json!(false)),
    ] {
        operation[field] = value;
    }
    for (field, value) in [
        ("passthroughBehavior", json!("never")),
        ("cacheKeyParameters", json!(["method.request.path.id"])),
        ("requestTemplates", json!({})),
        ("responses", json!({})),
        ("contentHandling", json!("CONVERT_TO_TEXT")),
        ("tlsConfig", json!({ "insecureSkipVerification": true })),
    ] {
        operation["x-amazon-apigateway-integration"][field] = value;
    }
    operation["security"] = json!([{ "key": [] }]);
    let shared = json!([{ "name": "x", "in": "header" }, { "name": "id", "in": "path" }]);
    let fields = json!({
        "x-amazon-apigateway-api-key-source": "HEADER",
        "x-amazon-apigateway-binary-media-types": ["*/*"],
        "x-amazon-apigateway-documentation": {},
        "x-amazon-apigateway-gateway-responses": {},
        "x-amazon-apigateway-minimum-compression-size": 0,
        "x-amazon-apigateway-policy": {},
        "x-amazon-apigateway-request-validator": "all",
        "x-amazon-apigateway-request-validators": {},
        "x-own": 1,
        "components": {
            "schemas": { "A": { "type": "object" } },
            "securitySchemes": { "key": { "type": "apiKey", "name": "x-api-key", "in": "header" },
                "basic": { "type": "http", "scheme": "basic" } },
            "x-amazon-apigateway-integrations": { "unused": function()["x-amazon-apigateway-integration"] },
        },
        "paths": { "/a/{id}": { "get": operation, "parameters": shared, "trace": {} }, "/empty": {} },
    });
    let imported = import(fields)?;
    let get = "/paths/~1a~1{id}/get";
    let mut expected: Vec<String> = [
        "/cacheKeyParameters",
        "/contentHandling",
        "/passthroughBehavior",
        "/requestTemplates",
        "/responses",
        "/tlsConfig/insecureSkipVerification",
    ]
    .map(|field| format!("{get}/x-amazon-apigateway-integration{field}"))
    .into();
    expected.extend(
        [
            "isDefaultRoute",
            "parameters/1",
            "requestBody",
            "responses",
            "security/0/key",
            "x-amazon-apigateway-request-validator",
        ]
        .map(|field| format!("{get}/{field}")),
    );
    expected.extend(
        [
            "api-key-source",
            "binary-media-types",
            "documentation",
            "gateway-responses",
            "minimum-compression-size",
            "policy",
            "request-validator",
            "request-validators",
        ]
        .map(|name| format!("/x-amazon-apigateway-{name}")),
    );
    expected.extend(
        [
            "/components/schemas",
            "/components/securitySchemes/basic",
            "/components/securitySchemes/key",
            "/components/x-amazon-apigateway-integrations/unused",
            "/paths/~1a~1{id}/parameters/0",
            "/paths/~1a~1{id}/trace",
            "/paths/~1empty",
            "/x-own",
        ]
        .map(str::to_owned),
    );
    expected.sort();
    assert_eq!(ignored(&imported), expected);
    assert!(imported.warnings.is_empty(), "AWS tells it, and does not warn");
    let why = |pointer: &str| imported.report.ignored().find(|(place, _)| *place == pointer).map(|(_, why)| why);
    assert!(why(&format!("{get}/requestBody")).is_some_and(|why| why.contains("beyond_aws")));
    Ok(())
}

#[test]
fn what_aws_asks_for_and_the_document_leaves_out_is_told() -> Outcome {
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f/invocations";
    let imported = import(with(&json!({ "type": "aws_proxy", "httpMethod": "POST", "uri": uri })))?;
    assert_eq!(approximated(&imported), ["/paths/~1a/get/x-amazon-apigateway-integration"]);
    let backend = super::backend(crate::openapi::route(&imported.api, "GET /a"));
    assert_eq!(backend.payload_format_version.as_deref(), Some("1.0"));
    let guard =
        json!({ "type": "apiKey", "x-amazon-apigateway-authorizer": { "type": "request", "authorizerUri": uri } });
    let imported = import(json!({ "components": { "securitySchemes": { "g": guard } } }))?;
    assert_eq!(approximated(&imported), ["/components/securitySchemes/g/x-amazon-apigateway-authorizer"]);
    let imported = import(json!({ "paths": { "/a": { "get": {} } } }))?;
    assert_eq!(approximated(&imported), ["/paths/~1a/get"], "a route without an integration");
    Ok(())
}

#[test]
fn the_path_variables_of_a_rest_api_stand_in_the_address_by_themselves() -> Outcome {
    let parameters = json!({ "integration.request.path.proxy": "method.request.path.proxy" });
    let integration = json!({ "type": "http_proxy", "httpMethod": "ANY", "uri": "http://a.example/{proxy}", "requestParameters": parameters });
    let operation = json!({ "x-amazon-apigateway-integration": integration });
    let imported = import(json!({ "paths": { "/{proxy+}": { "get": operation } } }))?;
    assert!(super::backend(crate::openapi::route(&imported.api, "GET /{proxy+}")).request_parameters.is_empty());
    assert_eq!(approximated(&imported).len(), 1);
    Ok(())
}

#[test]
fn every_part_of_a_report_is_in_the_document() -> Outcome {
    let exported = super::export::exported(&shop()?.api)?;
    for text in [exported.to_string(), as_json(SHOP)?] {
        let document: Value = serde_json::from_str(&text)?;
        for part in openapi::import(&text, &options())?.report.parts() {
            assert!(document.pointer(&part.pointer).is_some(), "{} in {document:#}", part.pointer);
        }
    }
    Ok(())
}

/// The document that a document in YAML is, so that pointers can be followed.
fn as_json(text: &str) -> Result<String, Box<dyn std::error::Error>> {
    let value: Value = serde_saphyr::from_str(text)?;
    Ok(value.to_string())
}

#[test]
fn of_openapi_3_1_what_3_0_has_too_is_read() -> Outcome {
    let text = document(json!({ "paths": { "/a": { "get": function() } }, "webhooks": {} })).replace("3.0.1", "3.1.0");
    let imported = openapi::import(&text, &options())?;
    assert_eq!((approximated(&imported), ignored(&imported)), (vec!["/openapi"], vec!["/webhooks"]));
    Ok(())
}

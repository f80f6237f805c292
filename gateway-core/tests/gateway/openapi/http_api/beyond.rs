//! What AWS has for REST APIs alone, read for an HTTP API because that was asked for.

use gateway_core::{
    ApiKeySource,
    openapi::{self, ExportOptions, PutMode, Specification},
};
use serde_json::{Value, json};

use super::{backend, function, ignored, options};
use crate::{
    Outcome,
    openapi::{comparable, document, route},
};

fn extended() -> Value {
    let integration = json!({ "type": "aws_proxy", "payloadFormatVersion": "2.0",
        "uri": "arn:aws:lambda:eu-west-1:123456789012:function:f",
        "cacheKeyParameters": ["method.request.querystring.q"] });
    let operation = json!({
        "parameters": [{ "name": "q", "in": "query", "required": true }, { "name": "id", "in": "path" }],
        "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Pet" } } } },
        "security": [{ "jwt": ["read"], "key": [] }],
        "x-amazon-apigateway-integration": integration,
    });
    json!({
        "x-amazon-apigateway-api-key-source": "AUTHORIZER",
        "x-amazon-apigateway-gateway-responses": { "THROTTLED": { "statusCode": 503 } },
        "x-amazon-apigateway-policy": { "Version": "2012-10-17", "Statement": [] },
        "x-amazon-apigateway-request-validators": { "all": { "validateRequestBody": true, "validateRequestParameters": true } },
        "x-amazon-apigateway-request-validator": "all",
        "components": {
            "schemas": { "Pet": { "type": "object" } },
            "securitySchemes": {
                "key": { "type": "apiKey", "name": "x-api-key", "in": "header" },
                "jwt": { "type": "oauth2", "x-amazon-apigateway-authorizer":
                    { "type": "jwt", "jwtConfiguration": { "issuer": "https://i.example", "audience": ["a"] } } },
            },
        },
        "paths": { "/pets/{id}": { "post": operation } },
    })
}

#[test]
fn keys_validation_gateway_responses_and_policies_are_read() -> Outcome {
    let imported = openapi::import(&document(extended()), &options().beyond_aws(true))?;
    assert!(ignored(&imported).is_empty(), "{}", imported.report);
    let api = &imported.api;
    assert_eq!((api.api_key_source, api.gateway_responses.len()), (ApiKeySource::Authorizer, 1));
    assert!(api.policy.is_some() && api.models.contains_key("Pet"));
    let post = route(api, "POST /pets/{id}");
    assert_eq!((post.authorizer.as_deref(), post.api_key_required), (Some("jwt"), true));
    assert_eq!(post.request_validator.as_deref(), Some("all"));
    assert_eq!(post.request_models["application/json"], "Pet");
    assert!(post.request_parameters["method.request.querystring.q"]);
    assert_eq!(backend(post).cache_key_parameters, ["method.request.querystring.q"]);
    Ok(())
}

#[test]
fn an_export_has_them_and_imports_back() -> Outcome {
    let options = options().beyond_aws(true);
    let api = openapi::import(&document(extended()), &options)?.api;
    let exported = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "$default").extensions(true))?;
    let again = openapi::import(&exported.to_string(), &options.clone().fail_on_warnings(true))?.api;
    assert_eq!(comparable(again), comparable(api));
    Ok(())
}

#[test]
fn a_document_that_is_read_as_aws_does_leaves_them_alone() -> Outcome {
    let before = openapi::import(&document(extended()), &options().beyond_aws(true))?.api;
    let new = document(json!({ "paths": { "/new": { "get": function() } } }));
    let after = openapi::put(&before, &new, PutMode::Overwrite, &options())?.api;
    assert_eq!(
        (after.gateway_responses.len(), after.models, after.policy),
        (1, before.models.clone(), before.policy.clone())
    );
    let replaced = openapi::put(&before, &new, PutMode::Overwrite, &options().beyond_aws(true))?.api;
    assert!(replaced.gateway_responses.is_empty() && replaced.models.is_empty());
    assert_eq!(replaced.policy, before.policy, "an API does not open itself because a document is silent");
    Ok(())
}

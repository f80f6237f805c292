//! What AWS refuses, and what it warns of.

use gateway_core::openapi::{self, ImportError, Imported};
use serde_json::{Value, json};

use super::{function, import, keys, options, with};
use crate::{
    Outcome,
    openapi::{document, route},
};

/// Where the errors of an import are.
pub(super) fn pointers(imported: Result<Imported, ImportError>) -> Vec<String> {
    let problems = imported.err().map(|error| error.problems()).unwrap_or_default();
    problems.into_iter().map(|problem| problem.pointer).collect()
}

#[test]
fn swagger_is_refused() {
    let text = json!({ "swagger": "2.0", "info": { "title": "a" }, "paths": {} }).to_string();
    let refused = openapi::import(&text, &options());
    assert!(matches!(&refused, Err(ImportError::Errors { .. })), "{refused:?}");
    assert_eq!(pointers(refused), ["/swagger"]);
}

#[test]
fn types_that_only_rest_apis_have_are_warned_of_and_cannot_be_deployed() -> Outcome {
    for kind in ["AWS", "http", "mock"] {
        let fields = with(&json!({ "type": kind, "httpMethod": "GET", "uri": "https://a.example" }));
        let imported = import(fields.clone())?;
        assert_eq!((imported.warnings.len(), keys(&imported).len()), (1, 1), "{:?}", imported.warnings);
        assert!(route(&imported.api, "GET /a").integration.is_none());
        let refused = openapi::import(&document(fields), &options().fail_on_warnings(true));
        assert!(matches!(refused, Err(ImportError::Warnings { .. })));
    }
    Ok(())
}

#[test]
fn a_route_whose_authorizer_only_rest_apis_have_stays_shut() -> Outcome {
    let mut operation = function();
    operation["security"] = json!([{ "tok": [] }]);
    let fields = json!({ "paths": { "/a": { "get": operation } }, "components": { "securitySchemes": { "tok": {
        "type": "apiKey", "name": "Authorization", "in": "header",
        "x-amazon-apigateway-authorizer": { "type": "token", "authorizerUri": "arn" } } } } });
    let imported = import(fields)?;
    assert_eq!((imported.warnings.len(), imported.api.authorizers.len()), (1, 0));
    assert_eq!(route(&imported.api, "GET /a").authorizer.as_deref(), Some("tok"));
    let problems = crate::problems(imported.into_config(["$default"]).define(&gateway_core::config::Registry::new()));
    assert!(
        problems
            .iter()
            .any(|problem| problem.starts_with("/apis/0/routes/0/authorizer: the API has no authorizer `tok`")),
        "{problems:?}"
    );
    Ok(())
}

#[test]
fn cors_that_cannot_be_read_is_warned_of_and_left_out() -> Outcome {
    for wrong in
        [json!(true), json!({ "allowOrigins": "*" }), json!({ "allowOrigins": [1] }), json!({ "maxAge": "soon" })]
    {
        let imported = import(json!({ "x-amazon-apigateway-cors": wrong }))?;
        assert_eq!(imported.warnings, ["CORS Scheme is malformed, ignoring."]);
        assert_eq!(super::ignored(&imported), ["/x-amazon-apigateway-cors"]);
        assert!(imported.api.cors.is_none());
    }
    let imported = import(json!({ "x-amazon-apigateway-cors": { "maxAge": 5 } }))?;
    assert!(imported.warnings.is_empty() && imported.api.cors.is_none(), "no origin may call, which is no mistake");
    Ok(())
}

#[test]
fn a_reference_to_no_integration_is_warned_of() -> Outcome {
    for reference in ["#/components/x-amazon-apigateway-integrations/none", "#/paths", "other.yaml"] {
        let imported = import(with(&json!({ "$ref": reference })))?;
        assert_eq!(imported.warnings, [format!("Reference '{reference}' not found. Ignoring.")]);
        assert!(route(&imported.api, "GET /a").integration.is_none());
    }
    Ok(())
}

#[test]
fn each_mistake_of_an_integration_has_its_place() {
    let function = |more: Value| {
        let mut integration = function()["x-amazon-apigateway-integration"].clone();
        if let (Some(fields), Some(more)) = (integration.as_object_mut(), more.as_object()) {
            fields.extend(more.clone());
        }
        integration
    };
    let proxy = |more: Value| {
        let mut integration = json!({ "type": "http_proxy", "httpMethod": "GET", "uri": "https://a.example" });
        if let (Some(fields), Some(more)) = (integration.as_object_mut(), more.as_object()) {
            fields.extend(more.clone());
        }
        integration
    };
    for (integration, field) in [
        (json!([]), ""),
        (json!({}), ""),
        (json!({ "type": "gopher" }), "/type"),
        (function(json!({ "uri": "https://a.example" })), "/uri"),
        (function(json!({ "uri": "arn:aws:apigateway:eu-west-1:sqs:path/q" })), "/uri"),
        (function(json!({ "payloadFormatVersion": "3.0" })), "/payloadFormatVersion"),
        (function(json!({ "timeoutInMillis": 30_001 })), "/timeoutInMillis"),
        (function(json!({ "timeoutInMillis": 49 })), "/timeoutInMillis"),
        (function(json!({ "integrationSubtype": "SQS-SendMessage", "payloadFormatVersion": "1.0" })), "/uri"),
        (proxy(json!({ "uri": "a.example" })), "/uri"),
        (proxy(json!({ "uri": "arn:aws:elasticloadbalancing:eu-west-1:1:listener/a" })), "/uri"),
        (proxy(json!({ "httpMethod": null })), "/httpMethod"),
        (proxy(json!({ "payloadFormatVersion": "2.0" })), "/payloadFormatVersion"),
        (proxy(json!({ "integrationSubtype": "SQS-SendMessage" })), "/integrationSubtype"),
        (proxy(json!({ "requestParameters": { "append:path": "a" } })), "/requestParameters/append:path"),
        (proxy(json!({ "requestParameters": { "add:header.a": "a" } })), "/requestParameters/add:header.a"),
        (
            proxy(json!({ "requestParameters": { "integration.request.header.a": "'a'" } })),
            "/requestParameters/integration.request.header.a",
        ),
        (proxy(json!({ "responseParameters": { "2xx": {} } })), "/responseParameters/2xx"),
        (proxy(json!({ "responseParameters": { "200": "a" } })), "/responseParameters/200"),
        (
            proxy(json!({ "responseParameters": { "200": { "append:querystring.a": "b" } } })),
            "/responseParameters/200/append:querystring.a",
        ),
    ] {
        let pointers = pointers(import(with(&integration)));
        assert_eq!(pointers, [format!("/paths/~1a/get/x-amazon-apigateway-integration{field}")], "{integration}");
    }
}

#[test]
fn each_mistake_of_an_authorizer_has_its_place() {
    let jwt = |configuration: Value| json!({ "type": "jwt", "jwtConfiguration": configuration });
    for authorizer in [
        json!([]),
        json!({ "type": "gopher" }),
        json!({ "type": "jwt" }),
        jwt(json!({ "audience": ["a"] })),
        jwt(json!({ "issuer": "https://i" })),
        jwt(json!({ "issuer": "https://i", "audience": [] })),
        json!({ "type": "request" }),
        json!({ "type": "request", "authorizerUri": "arn", "authorizerPayloadFormatVersion": "3.0" }),
        json!({ "type": "request", "authorizerUri": "arn", "authorizerResultTtlInSeconds": 3601 }),
    ] {
        let scheme = json!({ "type": "oauth2", "x-amazon-apigateway-authorizer": authorizer });
        let pointers = pointers(import(json!({ "components": { "securitySchemes": { "s": scheme } } })));
        assert_eq!(pointers, ["/components/securitySchemes/s/x-amazon-apigateway-authorizer"], "{authorizer}");
    }
}

#[test]
fn routes_that_cannot_stand_together_are_errors_all_at_once() {
    let mut default = function();
    default["isDefaultRoute"] = json!(true);
    let paths = json!({
        "/a/{x}": { "get": function(), "put": function() },
        "/a/{y}": { "get": function(), "post": function() },
        "/$default": { "x-amazon-apigateway-any-method": default },
        "/b": { "x-amazon-apigateway-any-method": default },
        "/c/": { "get": function() },
        "/d{e}": { "get": function() },
        "/{f+}/g": { "get": function() },
    });
    let mut pointers = pointers(import(json!({ "paths": paths })));
    pointers.sort();
    assert_eq!(
        pointers,
        [
            "/paths/~1a~1{y}/get",
            "/paths/~1b/x-amazon-apigateway-any-method",
            "/paths/~1c~1",
            "/paths/~1d{e}",
            "/paths/~1{f+}~1g"
        ]
    );
}

#[test]
fn siblings_that_a_rest_api_cannot_have_stand_together() -> Outcome {
    let paths =
        json!({ "/a/{x}": { "get": function() }, "/a/{y}": { "put": function() }, "/a/{z+}": { "get": function() } });
    assert_eq!(keys(&import(json!({ "paths": paths }))?), ["GET /a/{x}", "GET /a/{z+}", "PUT /a/{y}"]);
    Ok(())
}

#[test]
fn a_document_that_means_much_more_than_it_says_is_refused() {
    let headers: serde_json::Map<_, _> =
        (0..10_000).map(|number| (format!("append:header.h{number}"), json!("v"))).collect();
    let shared =
        json!({ "type": "http_proxy", "httpMethod": "GET", "uri": "http://a.example", "requestParameters": headers });
    let operation =
        json!({ "x-amazon-apigateway-integration": { "$ref": "#/components/x-amazon-apigateway-integrations/all" } });
    let paths: serde_json::Map<_, _> =
        (0..2_000).map(|number| (format!("/p{number}"), json!({ "get": operation }))).collect();
    let fields = json!({ "components": { "x-amazon-apigateway-integrations": { "all": shared } }, "paths": paths });
    let refused = import(fields).map_err(|error| error.to_string()).map(|_| ());
    assert!(refused.is_err_and(|error| error.contains("The document is too large with its references resolved")));
}

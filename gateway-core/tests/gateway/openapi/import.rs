use std::sync::Arc;

use gateway_core::{
    ApiKeySource, Authorization, Authorizer, Context, Error, ErrorKind, Gateway, Integration, Parts, PolicyPhase,
    PolicyVerdict, Problem, Problems, ResourcePolicy,
    config::{ApiConfig, AuthorizerConfig, AuthorizerPlace, IntegrationConfig, IntegrationPlace, Registry},
    openapi::{self, BasePath, Fate, ImportError, ImportOptions},
    testing::{RecordingIntegration, TestGateway},
};
use serde_json::{Value, json};

use super::{document, mock, options, route, shop};
use crate::{Outcome, run};

/// Makes every integration.
fn integrations(_: &IntegrationConfig, _: IntegrationPlace<'_>) -> Option<Result<Arc<dyn Integration>, Problems>> {
    Some(Ok(Arc::new(RecordingIntegration::answering("ok"))))
}

/// A policy that lets everybody pass.
struct Open;

impl ResourcePolicy for Open {
    fn evaluate(&self, _: &Parts, _: &Context, _: PolicyPhase) -> PolicyVerdict {
        PolicyVerdict::allow()
    }
}

/// Makes every integration, every authorizer and every policy.
fn registry() -> Registry {
    let policy = |_: &Value, _: &ApiConfig| Ok::<_, Problem>(Arc::new(Open) as Arc<dyn ResourcePolicy>);
    let authorizer = |_: &AuthorizerConfig, _: AuthorizerPlace<'_>| -> Option<Result<Arc<dyn Authorizer>, Problem>> {
        Some(Ok(Arc::new(|_: &Parts, _: &Context| Ok::<_, Error>(Authorization::new("caller")))))
    };
    Registry::new().integrations(integrations).authorizers(authorizer).policies(policy)
}

#[test]
fn a_document_becomes_a_gateway_that_serves_it() -> Outcome {
    run(async {
        let fields = json!({ "paths": { "/pets/{id}": { "get": mock() } } });
        let imported = openapi::import(&document(fields), &ImportOptions::new())?;
        let gateway = TestGateway::new(imported.into_config(["prod"]).define(&registry()))?;
        assert_eq!(gateway.send(http::Request::get("/prod/pets/7")).await.text(), "ok");
        assert_eq!(gateway.send(http::Request::get("/prod/toys/7")).await.status, 403);
        Ok(())
    })
}

#[test]
fn a_whole_document_compiles_where_schemas_can_be_held_against_bodies() -> Outcome {
    let made = Gateway::new(shop()?.into_config(["prod"]).define(&registry()));
    if cfg!(feature = "schema") {
        made?;
    }
    Ok(())
}

#[test]
fn a_method_for_signed_requests_is_not_served_without_what_checks_them() -> Outcome {
    run(async {
        let mut signed = mock();
        signed["x-amazon-apigateway-auth"] = json!({ "type": "AWS_IAM" });
        let imported = openapi::import(&document(json!({ "paths": { "/a": { "get": signed } } })), &options())?;
        let config = imported.into_config(["prod"]);
        let unchecked = Registry::new().integrations(integrations);
        let problems = crate::problems(config.define(&unchecked));
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(problems[0].starts_with("/apis/0/routes/0/iamAuthorization: no factory makes this authorizer"));
        let refusing =
            |config: &AuthorizerConfig, _: AuthorizerPlace<'_>| -> Option<Result<Arc<dyn Authorizer>, Problem>> {
                let refuse = |_: &Parts, _: &Context| Err::<Authorization, Error>(ErrorKind::InvalidSignature.into());
                (*config == AuthorizerConfig::AwsIam).then(|| Ok(Arc::new(refuse) as Arc<dyn Authorizer>))
            };
        let gateway = TestGateway::new(config.define(&unchecked.authorizers(refusing)))?;
        assert_eq!(gateway.send(http::Request::get("/prod/a")).await.status, 403);
        Ok(())
    })
}

#[test]
fn the_fields_of_an_api_are_those_of_the_document() -> Outcome {
    let api = shop()?.api;
    assert_eq!((api.name.as_str(), api.version.as_deref()), ("shop", Some("2024-05-01")));
    assert_eq!(api.binary_media_types, ["image/png"]);
    assert_eq!(api.minimum_compression_size, Some(1024));
    assert_eq!(api.api_key_source, ApiKeySource::Header);
    let policy = api.policy.unwrap_or_default();
    assert_eq!(policy["Statement"][0]["Resource"][0], "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/*");
    let not_found = api.gateway_responses["MISSING_AUTHENTICATION_TOKEN"].get().map_err(ToString::to_string)?;
    assert_eq!(not_found.status_code, Some(404));
    assert_eq!(api.models.len(), 2, "the named model, and the one without a name");
    assert!(api.models.keys().any(|name| name.starts_with("MODEL") && name.len() == 11));
    Ok(())
}

#[test]
fn references_between_models_are_addresses_of_the_api() -> Outcome {
    let api = shop()?.api;
    let parent = &api.models["Order"]["properties"]["parent"]["$ref"];
    assert_eq!(parent, "https://apigateway.amazonaws.com/restapis/a1b2c3d4e5/models/Order");
    let other = openapi::import(super::SHOP, &options().api_id("other"))?.api;
    assert_ne!(api.models["Order"], other.models["Order"]);
    Ok(())
}

#[test]
fn an_operation_becomes_a_method() -> Outcome {
    let api = shop()?.api;
    let order = route(&api, "POST /orders");
    assert_eq!(order.operation_name.as_deref(), Some("CreateOrder"));
    assert_eq!(order.request_validator.as_deref(), Some("full"));
    assert_eq!(order.request_models["application/json"], "Order");
    assert!(!order.request_parameters["method.request.header.trace"]);
    assert!(order.api_key_required, "both requirements count");
    assert_eq!(order.authorizer.as_deref(), Some("tok"));
    let models = &order.method_responses[&201].response_models;
    assert!(models["application/json"].starts_with("MODEL"));

    let get = route(&api, "GET /orders/{id}");
    assert!(get.iam_authorization && get.authorizer.is_none() && !get.api_key_required);
    assert_eq!(get.request_validator.as_deref(), Some("params"), "the document's default");
    assert!(get.request_parameters["method.request.path.id"], "though nobody declared it");
    let any = route(&api, "ANY /{proxy+}");
    assert!(any.request_parameters["method.request.path.proxy"]);
    Ok(())
}

#[test]
fn integrations_keep_the_order_of_their_responses_and_lose_what_mocks_have_not() -> Outcome {
    let api = shop()?.api;
    let get = route(&api, "GET /orders/{id}").integration.as_ref().and_then(IntegrationConfig::backend);
    let responses = get.map(|backend| backend.responses.clone()).unwrap_or_default();
    let patterns: Vec<_> = responses.iter().map(|response| response.selection_pattern.as_deref()).collect();
    assert_eq!(patterns, [Some("2\\d{2}"), None]);
    let preflight = route(&api, "OPTIONS /orders").integration.as_ref().and_then(IntegrationConfig::backend);
    assert_eq!(preflight.and_then(|backend| backend.http_method.as_deref()), None);
    assert_eq!(preflight.map(|backend| backend.responses[0].status_code), Some(204));
    Ok(())
}

#[test]
fn authorizers_are_made_of_schemes_whether_used_or_not() -> Outcome {
    let api = shop()?.api;
    let AuthorizerConfig::Token(token) = api.authorizers["tok"].get().map_err(ToString::to_string)? else {
        return Err("no token".into());
    };
    assert_eq!(token.identity_source.as_deref(), Some("method.request.header.Authorization"));
    assert_eq!(token.authorizer_result_ttl_in_seconds, Some(60));
    assert_eq!(token.auth_type.as_deref(), Some("custom"));
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:";
    assert!(token.authorizer_uri.starts_with(uri), "{}", token.authorizer_uri);
    Ok(())
}

#[test]
fn security_of_the_document_counts_where_an_operation_has_none() -> Outcome {
    let scheme = json!({ "type": "apiKey", "name": "x-api-key", "in": "header" });
    let mut open = mock();
    open["security"] = json!([]);
    let fields = json!({
        "security": [{ "key": [] }],
        "components": { "securitySchemes": { "key": scheme } },
        "paths": { "/a": { "get": mock(), "put": open } },
    });
    let api = openapi::import(&document(fields), &options())?.api;
    assert!(route(&api, "GET /a").api_key_required);
    assert!(!route(&api, "PUT /a").api_key_required);
    Ok(())
}

#[test]
fn the_base_path_is_ignored_put_before_or_split() -> Outcome {
    let swagger = json!({ "swagger": "2.0", "info": { "title": "a" }, "basePath": "/base",
        "paths": { "/test": { "get": mock() } } });
    let variable = json!({ "servers": [{ "url": "https://h", "variables": { "basePath": { "default": "/base-var" } } }],
        "paths": { "/test": { "get": mock() } } });
    let url = json!({ "servers": [{ "url": "https://h/base-url/part/" }], "paths": { "/test": { "get": mock() } } });
    let none = json!({ "paths": { "/test": { "get": mock() } } });
    let table = [
        (swagger.to_string(), ["/test", "/base/test", "/test"]),
        (document(variable), ["/test", "/base-var/test", "/test"]),
        (document(url), ["/test", "/base-url/part/test", "/part/test"]),
        (document(none), ["/test", "/test", "/test"]),
    ];
    for (text, paths) in table {
        for (mode, path) in [BasePath::Ignore, BasePath::Prepend, BasePath::Split].into_iter().zip(paths) {
            let api = openapi::import(&text, &options().base_path(mode))?.api;
            assert_eq!(api.methods_of(path).count(), 1, "{mode:?} {path} in {:?}", api.resource_paths());
        }
    }
    Ok(())
}

#[test]
fn paths_are_written_as_resources_are() -> Outcome {
    let api = openapi::import(&document(json!({ "paths": { "/a//b/": { "get": mock() } } })), &options())?.api;
    assert_eq!(api.methods_of("/a/b").count(), 1);
    Ok(())
}

#[test]
fn a_document_in_yaml_may_write_statuses_as_numbers() -> Outcome {
    assert!(route(&shop()?.api, "POST /orders").method_responses.contains_key(&201));
    Ok(())
}

#[test]
fn swagger_has_bodies_among_its_parameters() -> Outcome {
    let mut operation = mock();
    operation["consumes"] = json!(["application/json", "text/json"]);
    operation["parameters"] = json!([
        { "in": "body", "name": "pet", "schema": { "$ref": "#/definitions/Pet" } },
        { "in": "query", "name": "dry", "type": "boolean", "required": true },
        { "in": "formData", "name": "file", "type": "file" },
    ]);
    let text = json!({ "swagger": "2.0", "info": { "title": "a" }, "paths": { "/pets": { "post": operation } },
        "definitions": { "Pet": { "type": "object" } } });
    let imported = openapi::import(&text.to_string(), &options())?;
    let post = route(&imported.api, "POST /pets");
    assert_eq!(post.request_models.len(), 2);
    assert!(post.request_parameters["method.request.querystring.dry"]);
    assert!(imported.report.ignored().any(|(pointer, _)| pointer == "/paths/~1pets/post/parameters/2"));
    Ok(())
}

#[test]
fn the_report_tells_what_became_of_each_part() -> Outcome {
    let report = shop()?.report;
    let fate = |pointer: &str| report.parts().iter().find(|part| part.pointer == pointer).map(|part| &part.fate);
    assert_eq!(fate("/paths/~1orders/post"), Some(&Fate::Exact));
    assert!(matches!(fate("/paths/~1orders/post/tags"), Some(Fate::Ignored(_))));
    assert!(report.to_string().contains("\nignored      /paths/~1orders/post/tags: "), "{report}");
    Ok(())
}

#[test]
fn of_openapi_3_1_what_3_0_has_too_is_read_and_the_rest_is_told() -> Outcome {
    let text = json!({ "openapi": "3.1.0", "info": { "title": "a" }, "webhooks": {},
        "components": { "schemas": { "Age": { "type": ["integer", "null"], "exclusiveMinimum": 0, "const": 7 } } } });
    let imported = openapi::import(&text.to_string(), &options())?;
    let age = &imported.api.models["Age"];
    assert_eq!((&age["minimum"], &age["exclusiveMinimum"]), (&json!(0), &json!(true)));
    let ignored: Vec<_> = imported.report.ignored().map(|(pointer, _)| pointer).collect();
    assert_eq!(ignored, ["/components/schemas/Age/const", "/webhooks"]);
    Ok(())
}

#[test]
fn documentation_has_the_defaults_of_its_locations() -> Outcome {
    let part = json!({ "location": { "type": "RESPONSE", "method": "GET" }, "properties": { "description": "x" } });
    let fields = json!({ "x-amazon-apigateway-documentation": { "version": "1", "documentationParts": [part] } });
    let text = document(fields);
    let parts = openapi::import_documentation(&text)?.documentation_parts;
    let location: Vec<_> = parts[0].location.iter().map(|(field, value)| (field.as_str(), value.as_str())).collect();
    assert_eq!(location, [("method", "GET"), ("path", "/"), ("statusCode", "*"), ("type", "RESPONSE")]);
    assert!(openapi::import(&text, &options().ignore_documentation(true))?.api.documentation.is_none());
    let error = openapi::import_documentation("{'key:value}").map_err(|error| error.to_string());
    assert_eq!(error, Err("Unable to build importer with provided input.".to_owned()));
    let wrong = json!({ "location": { "type": "MODEL" } });
    let fields = json!({ "x-amazon-apigateway-documentation": { "documentationParts": [wrong] } });
    assert!(matches!(openapi::import_documentation(&document(fields)), Err(ImportError::Errors { .. })));
    Ok(())
}

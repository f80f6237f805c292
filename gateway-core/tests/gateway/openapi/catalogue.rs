//! Every extension: what it becomes, what the report says of it, and how it is written again.

use gateway_core::{
    ApiKeySource,
    config::{ApiConfig, AuthorizerConfig, ContentHandling, IntegrationConfig, Passthrough},
    openapi::{self, ExportOptions, Fate, Imported, PutMode, Specification},
};
use serde_json::{Value, json};

use super::{comparable, document, mock, options, route, shop, written};
use crate::Outcome;

fn catalogue() -> Result<Imported, openapi::ImportError> {
    openapi::import(include_str!("catalogue.yaml"), &options())
}

fn exported(api: &ApiConfig) -> Result<Value, openapi::ExportError> {
    openapi::export(api, &ExportOptions::new(Specification::Oas30, "prod").extensions(true))
}

#[test]
fn extensions_of_the_api_become_its_fields() -> Outcome {
    let api = catalogue()?.api;
    assert_eq!((api.api_key_source, api.minimum_compression_size), (ApiKeySource::Authorizer, Some(0)));
    assert!(api.disable_execute_api_endpoint);
    assert_eq!(api.endpoint_configuration.vpc_endpoint_ids, ["vpce-1"]);
    assert_eq!(api.endpoint_configuration.ip_address_type.as_deref(), Some("dualstack"));
    assert_eq!(api.request_validators.len(), 2);
    let status = |name: &str| api.gateway_responses[name].get().map(|response| response.status_code);
    assert_eq!((status("DEFAULT_5XX"), status("REQUEST_TOO_LARGE")), (Ok(Some(503)), Ok(Some(414))));
    assert_eq!(status("WAF_FILTERED"), Ok(None));
    Ok(())
}

#[test]
fn schemes_become_authorizers_of_their_types() -> Outcome {
    let api = catalogue()?.api;
    let authorizer = |name: &str| api.authorizers[name].get().cloned().map_err(ToString::to_string);
    let (AuthorizerConfig::Token(token), AuthorizerConfig::Request(request), AuthorizerConfig::CognitoUserPools(pool)) =
        (authorizer("token")?, authorizer("request")?, authorizer("pool")?)
    else {
        return Err("other types".into());
    };
    assert_eq!(token.identity_source.as_deref(), Some("method.request.header.X-Token"));
    assert_eq!((token.authorizer_result_ttl_in_seconds, token.auth_type.as_deref()), (Some(0), Some("oauth2")));
    assert_eq!(request.identity_source.as_deref(), Some("method.request.header.A, stageVariables.b"));
    assert_eq!((request.authorizer_credentials, request.authorizer_result_ttl_in_seconds), (None, None));
    assert_eq!(pool.identity_source.as_deref(), Some("method.request.header.Authorization"));
    assert_eq!(api.authorizers.len(), 3, "used or not");
    let get = route(&api, "GET /pool");
    assert_eq!(
        (get.authorizer.as_deref(), get.authorization_scopes.as_slice()),
        (Some("pool"), &["read".to_owned()][..])
    );
    Ok(())
}

#[test]
fn an_integration_keeps_every_field() -> Outcome {
    let imported = catalogue()?;
    let any = route(&imported.api, "ANY /{proxy+}");
    assert!(any.iam_authorization, "x-amazon-apigateway-auth in any case");
    assert_eq!(any.request_validator.as_deref(), Some("none"), "its own, not the default");
    let Some(IntegrationConfig::Http(backend)) = &any.integration else { return Err("another type".into()) };
    assert_eq!((backend.http_method.as_deref(), backend.timeout_in_millis), (Some("ANY"), Some(5000)));
    assert_eq!(
        (backend.connection_type.as_deref(), backend.cache_namespace.as_deref()),
        (Some("VPC_LINK"), Some("shared"))
    );
    assert_eq!(
        (backend.passthrough_behavior, backend.content_handling),
        (Passthrough::Never, Some(ContentHandling::ConvertToText))
    );
    assert_eq!(backend.request_parameters.len(), 1, "what is no text is left out");
    assert_eq!(backend.responses[0].selection_pattern.as_deref(), Some("5\\d{2}"));
    assert_eq!(
        imported.warnings,
        [
            "Invalid format for 'requestParameters'. Expected type string for property 'integration.request.header.n' of \
          resource '/{proxy+}' and method 'ANY' but got '5'"
        ]
    );
    Ok(())
}

#[test]
fn the_report_names_each_part_that_is_not_exact() -> Outcome {
    let report = catalogue()?.report;
    let any = "/paths/~1{proxy+}/x-amazon-apigateway-any-method";
    let integration = format!("{any}/x-amazon-apigateway-integration");
    let pool = "/paths/~1pool/get/x-amazon-apigateway-integration";
    let mut approximated: Vec<_> = report.approximated().map(|(pointer, _)| pointer.to_owned()).collect();
    let mut ignored: Vec<_> = report.ignored().map(|(pointer, _)| pointer.to_owned()).collect();
    approximated.sort();
    ignored.sort();
    let mut expected: Vec<_> = ["connectionId", "connectionType", "credentials", "integrationTarget"]
        .map(|field| format!("{integration}/{field}"))
        .into();
    expected.push(format!("{integration}/tlsConfig/insecureSkipVerification"));
    expected.extend(
        [
            "/components/securitySchemes/token/x-amazon-apigateway-authorizer/authorizerCredentials",
            "/servers/0/x-amazon-apigateway-endpoint-configuration/ipAddressType",
            "/servers/0/x-amazon-apigateway-endpoint-configuration/vpcEndpointIds",
            "/x-amazon-apigateway-gateway-responses/REQUEST_TOO_LARGE",
        ]
        .map(str::to_owned),
    );
    expected.sort();
    assert_eq!(approximated, expected);
    let mut expected = vec![
        format!("{any}/isDefaultRoute"),
        format!("{integration}/payloadFormatVersion"),
        format!("{integration}/requestParameters/integration.request.header.n"),
        format!("{pool}/credentials"),
        format!("{pool}/requestParameters"),
    ];
    expected.extend(
        [
            "/components/securitySchemes/request/x-amazon-apigateway-authorizer/authorizerPayloadFormatVersion",
            "/components/x-amazon-apigateway-integrations",
            "/servers/0/x-amazon-apigateway-endpoint-access-mode",
            "/servers/0/x-amazon-apigateway-security-policy",
            "/tags",
            "/x-amazon-apigateway-cors",
            "/x-amazon-apigateway-gateway-responses/WAF_FILTERED/responseParameters/gatewayresponse.path.a",
            "/x-amazon-apigateway-importexport-version",
        ]
        .map(str::to_owned),
    );
    expected.sort();
    assert_eq!(ignored, expected);
    Ok(())
}

#[test]
fn an_export_has_the_extensions_and_imports_back() -> Outcome {
    let api = catalogue()?.api;
    let text = exported(&api)?;
    for name in [
        "api-key-source",
        "binary-media-types",
        "gateway-responses",
        "minimum-compression-size",
        "policy",
        "request-validators",
    ] {
        assert!(text.get(format!("x-amazon-apigateway-{name}")).is_some(), "{name}");
    }
    let integration = &text["paths"]["/{proxy+}"]["x-amazon-apigateway-any-method"]["x-amazon-apigateway-integration"];
    assert_eq!((&integration["type"], &integration["passthroughBehavior"]), (&json!("http"), &json!("never")));
    assert_eq!(integration["responses"]["5\\d{2}"]["statusCode"], "200");
    for specification in [Specification::Oas30, Specification::Swagger] {
        let options = ExportOptions::new(specification, "prod").extensions(true).documentation(true);
        let again = openapi::import(&openapi::export_text(&api, &options)?, &super::options())?.api;
        assert_eq!(again.documentation, api.documentation);
        assert_eq!(comparable(again), comparable(api.clone()), "{specification}");
    }
    Ok(())
}

#[test]
fn extensions_are_exported_one_kind_at_a_time() -> Outcome {
    let api = catalogue()?.api;
    let with = |integrations, authorizers| {
        let options = ExportOptions::new(Specification::Oas30, "prod");
        openapi::export(&api, &options.integrations(integrations).authorizers(authorizers)).map(|text| text.to_string())
    };
    for (integrations, authorizers) in [(true, false), (false, true), (true, true), (false, false)] {
        let text = with(integrations, authorizers)?;
        let has = |name: &str| text.contains(&format!("\"x-amazon-apigateway-{name}\""));
        assert_eq!((has("integration"), has("policy"), has("authorizer")), (integrations, integrations, authorizers));
    }
    Ok(())
}

#[cfg(feature = "yaml")]
#[test]
fn an_export_in_yaml_imports_back() -> Outcome {
    let options = ExportOptions::new(Specification::Oas30, "prod").extensions(true).format(openapi::Format::Yaml);
    let api = catalogue()?.api;
    assert_eq!(options.file_name(&api), "oas30_1.yaml");
    let text = openapi::export_text(&api, &options)?;
    assert!(!text.trim_start().starts_with('{'), "{text}");
    assert_eq!(comparable(openapi::import(&text, &super::options())?.api), comparable(api));
    Ok(())
}

#[test]
fn every_part_of_a_report_is_in_the_document() -> Outcome {
    for text in [include_str!("catalogue.yaml"), super::SHOP] {
        // As JSON, so that pointers can be followed.
        let api = openapi::import(text, &options())?;
        let json = exported(&api.api)?;
        for part in openapi::import(&json.to_string(), &options())?.report.parts() {
            assert!(json.pointer(&part.pointer).is_some(), "{} in {json}", part.pointer);
        }
    }
    Ok(())
}

#[test]
fn warnings_and_errors_leave_an_api_as_it_is() -> Outcome {
    let before = shop()?.api;
    let text = written(&before);
    let mut warned = mock();
    warned["x-amazon-apigateway-integration"]["requestParameters"] = json!({ "integration.request.header.n": true });
    let warned = document(json!({ "paths": { "/new": { "get": warned } } }));
    let mut wrong = mock();
    wrong["x-amazon-apigateway-integration"]["type"] = json!("gopher");
    let wrong = document(json!({ "paths": { "/new": { "get": wrong } } }));
    for mode in [PutMode::Merge, PutMode::Overwrite] {
        assert!(openapi::put(&before, &warned, mode, &options().fail_on_warnings(true)).is_err());
        assert!(openapi::put(&before, &wrong, mode, &options()).is_err());
        assert_eq!(written(&before), text);
        let applied = openapi::put(&before, &warned, mode, &options())?;
        assert_eq!((applied.warnings.len(), applied.api.methods_of("/new").count()), (1, 1));
    }
    Ok(())
}

#[test]
fn a_misshapen_part_is_told_and_not_guessed() -> Outcome {
    let fields = json!({
        "x-amazon-apigateway-binary-media-types": ["image/png", 5],
        "x-amazon-apigateway-gateway-responses": { "THROTTLED": { "other": 1, "responseTemplates": { "text/plain": 5 } } },
    });
    let imported = openapi::import(&document(fields), &options())?;
    let ignored: Vec<_> = imported
        .report
        .parts()
        .iter()
        .filter(|part| matches!(part.fate, Fate::Ignored(_)))
        .map(|part| &*part.pointer)
        .collect();
    let responses = "/x-amazon-apigateway-gateway-responses/THROTTLED";
    assert_eq!(
        ignored,
        [
            "/x-amazon-apigateway-binary-media-types/1",
            &format!("{responses}/other"),
            &format!("{responses}/responseTemplates/text~1plain")
        ]
    );
    Ok(())
}

#[test]
fn documentation_stands_where_openapi_has_a_place_for_it() -> Outcome {
    let part = |location: Value, text: &str| json!({ "location": location, "properties": { "description": text } });
    let parts = json!([
        part(json!({ "type": "METHOD", "path": "/orders", "method": "POST" }), "one method"),
        part(json!({ "type": "METHOD" }), "all methods"),
        part(json!({ "type": "RESOURCE", "path": "/orders" }), "a resource"),
        part(json!({ "type": "RESPONSE", "path": "/", "statusCode": "201" }), "made"),
        part(json!({ "type": "RESPONSE_HEADER", "path": "/orders", "name": "Access-Control-Allow-Origin" }), "a header"),
        part(json!({ "type": "REQUEST_HEADER", "path": "/orders", "name": "trace" }), "traced"),
        part(json!({ "type": "PATH_PARAMETER", "path": "/orders/{id}", "name": "id" }), "which"),
        part(json!({ "type": "REQUEST_BODY", "path": "/orders" }), "a body"),
        part(json!({ "type": "MODEL", "name": "Order" }), "a model"),
        part(json!({ "type": "AUTHORIZER", "name": "tok" }), "a scheme"),
        { "location": { "type": "API" }, "properties": { "info": { "description": "an API", "title": "never" } } },
    ]);
    let mut api = shop()?.api;
    let fields = json!({ "x-amazon-apigateway-documentation": { "documentationParts": parts } });
    api.documentation = Some(openapi::import_documentation(&document(fields))?);
    let plain = exported(&api)?;
    assert!(plain["paths"]["/orders"]["post"].get("description").is_none(), "only where it is asked for");
    for (specification, body) in [
        (Specification::Oas30, "/paths/~1orders/post/requestBody/description"),
        (Specification::Swagger, "/paths/~1orders/post/parameters/1/description"),
    ] {
        let text = openapi::export(&api, &ExportOptions::new(specification, "prod").documentation(true))?;
        let swagger = specification == Specification::Swagger;
        let (models, schemes) = if swagger {
            ("/definitions", "/securityDefinitions")
        } else {
            ("/components/schemas", "/components/securitySchemes")
        };
        for (pointer, expected) in [
            ("/paths/~1orders/post/description", "one method"),
            ("/paths/~1orders~1{id}/get/description", "all methods"),
            ("/paths/~1orders/description", "a resource"),
            ("/paths/~1orders/post/responses/201/description", "made"),
            ("/paths/~1orders/options/responses/204/description", "204 response"),
            ("/paths/~1orders/options/responses/204/headers/Access-Control-Allow-Origin/description", "a header"),
            ("/paths/~1orders/post/parameters/0/description", "traced"),
            ("/paths/~1orders~1{id}/get/parameters/0/description", "which"),
            (body, "a body"),
            (&format!("{models}/Order/description"), "a model"),
            (&format!("{schemes}/tok/description"), "a scheme"),
            ("/info/description", "an API"),
            ("/info/title", "shop"),
        ] {
            assert_eq!(text.pointer(pointer), Some(&json!(expected)), "{pointer} in {text:#}");
        }
    }
    Ok(())
}

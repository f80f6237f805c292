//! Each row of what AWS says that an element of a document becomes.

use gateway_core::{
    config::{AuthorizerConfig, IntegrationConfig, ProtocolType, StageConfig},
    openapi::{self, BasePath, PutMode},
};
use serde_json::json;

use super::{backend, function, import, keys, options, shop, with};
use crate::{
    Outcome,
    openapi::{document, route},
};

#[test]
fn a_path_and_a_method_become_a_route_with_an_integration() -> Outcome {
    let imported = shop()?;
    assert_eq!(imported.api.protocol_type, ProtocolType::Http);
    let get = route(&imported.api, "GET /static/{proxy+}");
    assert!(matches!(get.integration, Some(IntegrationConfig::HttpProxy(_))));
    let proxy = backend(get);
    assert_eq!((proxy.uri.as_str(), proxy.http_method.as_deref()), ("https://cdn.example.test/{proxy}", Some("GET")));
    assert_eq!((proxy.timeout_in_millis, proxy.payload_format_version.as_deref()), (Some(30_000), Some("1.0")));
    assert_eq!(proxy.request_parameters["overwrite:path"], "/v2${request.path}");
    assert_eq!(proxy.response_parameters["404"]["overwrite:statuscode"], "410");
    let service = backend(route(&imported.api, "POST /orders"));
    assert_eq!(service.integration_subtype.as_deref(), Some("SQS-SendMessage"));
    assert_eq!(service.credentials.as_deref(), Some("arn:aws:iam::123456789012:role/apigw"));
    assert_eq!(service.request_parameters["MessageBody"], "$request.body");
    let private = backend(route(&imported.api, "GET /private"));
    assert_eq!(
        (private.connection_type.as_deref(), private.connection_id.as_deref()),
        (Some("VPC_LINK"), Some("link1"))
    );
    let tls = private.tls_config.clone().unwrap_or_default();
    assert_eq!(tls.server_name_to_verify.as_deref(), Some("shop.internal"));
    assert!(get.request_parameters.is_empty() && get.method_responses.is_empty(), "nothing that HTTP APIs have not");
    assert!(imported.warnings.is_empty(), "{:?}", imported.warnings);
    Ok(())
}

#[test]
fn any_method_becomes_a_route_for_any() -> Outcome {
    assert_eq!(
        keys(&shop()?),
        ["$default", "ANY /orders/{id}", "GET /orders", "GET /private", "GET /static/{proxy+}", "POST /orders"]
    );
    Ok(())
}

#[test]
fn the_path_default_with_any_method_becomes_the_default_route() -> Outcome {
    let mut any = function();
    any["isDefaultRoute"] = json!(true);
    let servers = json!([{ "url": "https://h/base" }]);
    let fields = json!({ "servers": servers, "paths": { "/$default": { "x-amazon-apigateway-any-method": any } } });
    let imported = openapi::import(&document(fields), &options().base_path(BasePath::Prepend))?;
    assert_eq!(keys(&imported), ["$default"], "no base path stands before it");
    // One flag is missing, one has another path; both are said.
    let fields = json!({ "paths": { "/$default": { "x-amazon-apigateway-any-method": function() } } });
    let imported = import(fields)?;
    assert_eq!((keys(&imported), super::approximated(&imported).len()), (vec!["$default".to_owned()], 1));
    let imported = import(json!({ "paths": { "/{proxy+}": { "x-amazon-apigateway-any-method": any } } }))?;
    assert_eq!((keys(&imported), super::approximated(&imported).len()), (vec!["$default".to_owned()], 1));
    let imported = import(json!({ "paths": { "/$default": { "get": function() } } }))?;
    assert_eq!((imported.api.routes.len(), imported.warnings.len()), (0, 1));
    Ok(())
}

#[test]
fn operation_id_becomes_the_operation_name() -> Outcome {
    assert_eq!(route(&shop()?.api, "GET /orders").operation_name.as_deref(), Some("ListOrders"));
    Ok(())
}

#[test]
fn routes_share_an_integration_that_they_refer_to() -> Outcome {
    let api = shop()?.api;
    let [orders, order, default] =
        ["GET /orders", "ANY /orders/{id}", "$default"].map(|key| route(&api, key).integration.clone());
    assert!(matches!(orders, Some(IntegrationConfig::AwsProxy(_))));
    assert_eq!((&order, &default), (&orders, &orders));
    assert_eq!(backend(route(&api, "$default")).payload_format_version.as_deref(), Some("2.0"));
    Ok(())
}

#[test]
fn an_inline_integration_is_the_operations_own() -> Outcome {
    let imported =
        import(with(&json!({ "type": "http_proxy", "httpMethod": "any", "uri": "http://${stageVariables.host}/x" })))?;
    let own = backend(route(&imported.api, "GET /a"));
    assert_eq!((own.http_method.as_deref(), own.uri.as_str()), (Some("ANY"), "http://${stageVariables.host}/x"));
    assert_eq!((own.payload_format_version.as_deref(), own.connection_type.as_deref()), (Some("1.0"), None));
    Ok(())
}

#[test]
fn a_security_scheme_with_an_authorizer_becomes_one_of_its_name() -> Outcome {
    let api = shop()?.api;
    let authorizer = |name: &str| api.authorizers[name].get().cloned().map_err(ToString::to_string);
    let (AuthorizerConfig::Jwt(jwt), AuthorizerConfig::Request(guard)) = (authorizer("jwt1")?, authorizer("guard")?)
    else {
        return Err("other types".into());
    };
    assert_eq!(
        (jwt.issuer.as_str(), jwt.audience.as_slice()),
        ("https://issuer.example.test/", &["shop".to_owned()][..])
    );
    assert_eq!(jwt.identity_source.as_deref(), Some("$request.header.Authorization"));
    assert!(guard.authorizer_uri.contains(":eu-west-1:123456789012:function:guard/"), "{}", guard.authorizer_uri);
    assert_eq!(guard.authorizer_payload_format_version.as_deref(), Some("2.0"), "a number in YAML");
    assert_eq!((guard.authorizer_result_ttl_in_seconds, guard.enable_simple_responses), (Some(300), true));
    assert_eq!(guard.identity_source.as_deref(), Some("$request.header.Authorization, $request.querystring.tenant"));
    assert_eq!(api.authorizers.len(), 2);
    Ok(())
}

#[test]
fn the_issuer_may_be_that_of_the_openid_configuration() -> Outcome {
    let scheme = |url: &str| {
        json!({ "components": { "securitySchemes": { "oidc": { "type": "openIdConnect", "openIdConnectUrl": url,
            "x-amazon-apigateway-authorizer": { "type": "jwt", "jwtConfiguration": { "audience": ["a"] } } } } } })
    };
    let imported = import(scheme("https://id.example.test/pool/.well-known/openid-configuration"))?;
    let Ok(AuthorizerConfig::Jwt(jwt)) = imported.api.authorizers["oidc"].get() else { return Err("no JWT".into()) };
    assert_eq!(jwt.issuer, "https://id.example.test/pool");
    for incomplete in ["https://id.example.test/pool", "/.well-known/openid-configuration"] {
        assert!(import(scheme(incomplete)).is_err(), "{incomplete}");
    }
    Ok(())
}

#[test]
fn security_becomes_the_authorization_of_a_route() -> Outcome {
    let api = shop()?.api;
    let list = route(&api, "GET /orders");
    assert_eq!((list.authorizer.as_deref(), list.authorization_scopes.len()), (Some("jwt1"), 2));
    let post = route(&api, "POST /orders");
    assert!(post.iam_authorization && post.authorizer.is_none());
    let any = route(&api, "ANY /orders/{id}");
    assert!(!any.iam_authorization && any.authorizer.is_none(), "x-amazon-apigateway-auth says none");
    Ok(())
}

#[test]
fn several_security_requirements_are_an_error() -> Outcome {
    let schemes = json!({
        "a": { "type": "oauth2", "x-amazon-apigateway-authorizer":
            { "type": "jwt", "jwtConfiguration": { "issuer": "https://i", "audience": ["a"] } } },
        "iam": { "type": "apiKey", "x-amazon-apigateway-authtype": "awsSigv4" },
    });
    let mut open = function();
    open["security"] = json!([]);
    for both in [json!([{ "a": [] }, { "iam": [] }]), json!([{ "a": [], "iam": [] }])] {
        let mut own = function();
        own["security"] = both.clone();
        let fields = json!({ "components": { "securitySchemes": schemes }, "paths": { "/a": { "get": own } } });
        let pointers = super::refused::pointers(import(fields));
        assert_eq!(pointers, ["/paths/~1a/get/security"]);
        let inherited =
            |paths| json!({ "security": both, "components": { "securitySchemes": schemes }, "paths": paths });
        let paths = json!({ "/a": { "get": function(), "put": function() }, "/b": { "get": open } });
        assert_eq!(super::refused::pointers(import(inherited(paths))), ["/security"]);
        assert!(import(inherited(json!({ "/b": { "get": open } }))).is_ok(), "no operation has them");
    }
    Ok(())
}

#[test]
fn tags_become_tags_of_the_api() -> Outcome {
    let tags = shop()?.api.tags;
    let tags: Vec<_> = tags.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(tags, [("plain", ""), ("team", "web")]);
    Ok(())
}

#[test]
fn security_of_the_document_is_the_default_of_operations() -> Outcome {
    let api = shop()?.api;
    assert_eq!(route(&api, "$default").authorizer.as_deref(), Some("guard"));
    assert!(route(&api, "$default").authorization_scopes.is_empty());
    Ok(())
}

#[test]
fn no_stage_is_made() -> Outcome {
    assert!(shop()?.api.stages.is_empty());
    Ok(())
}

#[test]
fn a_reimport_replaces_routes_authorizers_and_cors_and_keeps_the_id_and_the_stages() -> Outcome {
    let mut before = shop()?.api;
    before.stages = vec![StageConfig::from("$default").into()];
    let new = document(json!({ "paths": { "/new": { "get": function() } } }));
    // The kind is the API's, whatever the options say.
    let after = openapi::put(&before, &new, PutMode::Overwrite, &crate::openapi::options())?;
    assert_eq!((keys(&after), after.api.protocol_type), (vec!["GET /new".to_owned()], ProtocolType::Http));
    assert_eq!((&after.api.id, after.api.stages.len()), (&before.id, 1));
    assert!(after.api.authorizers.is_empty() && after.api.cors.is_none() && after.api.tags.is_empty());
    assert!(after.api.disable_execute_api_endpoint, "the document is silent");
    Ok(())
}

#[test]
fn a_reimport_overwrites_what_info_says() -> Outcome {
    let mut before = shop()?.api;
    before.description = Some("by hand".to_owned());
    let after = openapi::put(&before, &document(json!({})), PutMode::Overwrite, &options())?.api;
    assert_eq!((after.name.as_str(), after.description), ("api", None));
    Ok(())
}

#[test]
fn cors_and_the_endpoint_are_those_of_the_document() -> Outcome {
    let api = shop()?.api;
    let cors = api.cors.unwrap_or_default();
    assert_eq!((cors.allow_origins.len(), cors.allow_methods.len(), cors.allow_headers.len()), (1, 3, 2));
    assert_eq!((cors.expose_headers.len(), cors.max_age, cors.allow_credentials), (1, Some(300), true));
    assert!(api.disable_execute_api_endpoint);
    assert!(api.endpoint_configuration.vpc_endpoint_ids.is_empty());
    Ok(())
}

#[test]
fn the_base_path_is_ignored_put_before_or_split() -> Outcome {
    let paths = json!({ "/": { "get": function() }, "/test": { "get": function() } });
    let variable = json!({ "servers": [{ "url": "https://h/{basePath}", "variables": { "basePath": { "default": "/v1/shop" } } }],
        "paths": paths });
    let url = json!({ "servers": [{ "url": "https://h/v1/shop/" }], "paths": paths });
    for text in [document(variable), document(url)] {
        for (mode, expected) in [
            (BasePath::Ignore, ["GET /", "GET /test"]),
            (BasePath::Prepend, ["GET /v1/shop", "GET /v1/shop/test"]),
            (BasePath::Split, ["GET /shop", "GET /shop/test"]),
        ] {
            assert_eq!(keys(&openapi::import(&text, &options().base_path(mode))?), expected, "{mode:?}");
        }
    }
    Ok(())
}

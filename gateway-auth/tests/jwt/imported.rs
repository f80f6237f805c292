//! An HTTP API of an OpenAPI document: what its authorizers refuse and let in.

use std::sync::Arc;

use gateway_auth::{JwtAuthorizers, LambdaAuthorizers};
use gateway_core::{
    Error, Functions, Integration, Invocation, Invoked, Problems,
    config::{Config, IntegrationConfig, IntegrationPlace, ProtocolType, Registry},
    openapi::{self, ImportOptions},
    testing::{RecordingIntegration, TestGateway},
};
use serde_json::{Value, json};

use crate::support::*;

/// Says who may pass by the card that a request shows, in the form that the event asks for.
async fn guard(call: Invocation) -> Result<Invoked, Error> {
    let event: Value = serde_json::from_slice(&call.payload).unwrap();
    let card = |value: &Value| value.as_str().is_some_and(|card| card == "blue");
    Ok(Invoked::new(
        match event["version"].as_str() {
            Some("2.0") => json!({ "isAuthorized": card(&event["identitySource"][0]), "context": { "asked": "2.0" } }),
            _ => json!({
                "principalId": "reader", "context": { "asked": "1.0" },
                "policyDocument": { "Version": "2012-10-17", "Statement": [{
                    "Action": "execute-api:Invoke", "Resource": event["methodArn"],
                    "Effect": if card(&event["identitySource"]) { "Allow" } else { "Deny" },
                }] },
            }),
        }
        .to_string(),
    ))
}

fn document() -> Value {
    let uri = "arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/arn:aws:lambda:eu-west-1:123456789012:function:guard/invocations";
    let guard = |version: &str, simple: bool| {
        json!({ "type": "apiKey", "name": "x-card", "in": "header", "x-amazon-apigateway-authorizer": {
            "type": "request", "authorizerUri": uri, "identitySource": "$request.header.x-card",
            "authorizerPayloadFormatVersion": version, "enableSimpleResponses": simple,
            "authorizerResultTtlInSeconds": 60,
        } })
    };
    let backend = json!({ "type": "http_proxy", "httpMethod": "ANY", "uri": "https://pets.example" });
    let operation = |security: Value| json!({ "security": security, "x-amazon-apigateway-integration": backend });
    json!({
        "openapi": "3.0.1", "info": { "title": "pets", "version": "1" },
        "components": { "securitySchemes": {
            "users": { "type": "openIdConnect", "openIdConnectUrl": DISCOVERY, "x-amazon-apigateway-authorizer": {
                "type": "jwt", "identitySource": "$request.header.Authorization",
                "jwtConfiguration": { "audience": ["pets"] },
            } },
            "simple": guard("2.0", true),
            "policy": guard("1.0", false),
        } },
        "security": [{ "users": [] }],
        "paths": {
            "/pets": { "get": { "x-amazon-apigateway-integration": backend },
                "post": operation(json!([{ "users": ["pets:write"] }])) },
            "/simple": { "get": operation(json!([{ "simple": [] }])) },
            "/policy": { "get": operation(json!([{ "policy": [] }])) },
            "/$default": { "x-amazon-apigateway-any-method": {
                "isDefaultRoute": true, "security": [], "x-amazon-apigateway-integration": backend } },
        },
    })
}

/// What a request with these headers is answered, and what the backend learns of its caller.
async fn send(
    gateway: &TestGateway,
    backend: &RecordingIntegration,
    request: &str,
    headers: &[(&str, &str)],
) -> (u16, String) {
    let (method, path) = request.split_once(' ').unwrap();
    let request = http::Request::builder().method(method).uri(path);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = gateway.send(request).await;
    let calls = backend.calls();
    let told = |name: &str| calls.last().and_then(|call| call.context.as_ref()?.lookup(name)).unwrap_or_default();
    let caller = match answer.status.as_u16() {
        200 => format!("{}{}", told("authorizer.claims.sub"), told("authorizer.asked")),
        _ => answer.text().to_owned(),
    };
    (answer.status.as_u16(), caller)
}

fn gateways(config: &Config) -> (TestGateway, RecordingIntegration) {
    let backend = RecordingIntegration::answering("ok");
    let called = backend.clone();
    let integrations =
        move |_: &IntegrationConfig, _: IntegrationPlace<'_>| -> Option<Result<Arc<dyn Integration>, Problems>> {
            Some(Ok(Arc::new(called.clone())))
        };
    let registry = Registry::new()
        .integrations(integrations)
        .authorizers(JwtAuthorizers::new().with_client(Idp::with(&[key_a()])))
        .authorizers(LambdaAuthorizers::new(Functions::new().with("guard", guard)));
    (TestGateway::new(config.define(&registry)).unwrap(), backend)
}

#[tokio::test]
async fn the_authorizers_of_an_imported_document_refuse_and_let_in() {
    let options = ImportOptions::new().protocol_type(ProtocolType::Http).fail_on_warnings(true);
    let config = openapi::import(&document().to_string(), &options).unwrap().into_config(["$default"]);
    let (gateway, backend) = gateways(&config);
    let bearer = |claims: Value| format!("Bearer {}", key_a().sign(&claims));
    let (reader, writer) = (bearer(claims(json!({}))), bearer(claims(json!({ "scope": "pets:write" }))));
    let (stranger, stale) = (bearer(claims(json!({ "aud": "shop" }))), bearer(claims(json!({ "exp": NOW - 1 }))));
    let (unauthorized, forbidden) = (r#"{"message":"Unauthorized"}"#, r#"{"message":"Forbidden"}"#);
    for (request, header, status, told) in [
        ("GET /pets", None, 401, unauthorized),
        ("GET /pets", Some(("authorization", &*stranger)), 401, unauthorized),
        ("GET /pets", Some(("authorization", &*stale)), 401, unauthorized),
        ("GET /pets", Some(("authorization", &*reader)), 200, "alice"),
        ("POST /pets", Some(("authorization", &*reader)), 403, forbidden),
        ("POST /pets", Some(("authorization", &*writer)), 200, "alice"),
        ("GET /simple", None, 401, unauthorized),
        ("GET /simple", Some(("x-card", "green")), 403, forbidden),
        ("GET /simple", Some(("x-card", "blue")), 200, "2.0"),
        ("GET /policy", Some(("x-card", "green")), 403, forbidden),
        ("GET /policy", Some(("x-card", "blue")), 200, "1.0"),
        ("GET /open/to/all", None, 200, ""),
    ] {
        let headers: Vec<_> = header.into_iter().collect();
        assert_eq!(
            send(&gateway, &backend, request, &headers).await,
            (status, told.to_owned()),
            "{request} {header:?}"
        );
    }
}

#[tokio::test]
async fn the_same_said_as_a_configuration_does_the_same() {
    let options = ImportOptions::new().protocol_type(ProtocolType::Http);
    let imported = openapi::import(&document().to_string(), &options).unwrap().api;
    let guard = |name: &str| match imported.authorizers[name].get().unwrap() {
        gateway_core::config::AuthorizerConfig::Request(guard) => guard.authorizer_uri.clone(),
        other => panic!("{other:?}"),
    };
    let config = Config::from_value(json!({ "apis": [{
        "name": "pets", "protocolType": "HTTP",
        "authorizers": {
            "users": { "type": "jwt", "issuer": ISSUER, "audience": ["pets"] },
            "simple": { "type": "request", "authorizerUri": guard("simple"), "identitySource": "$request.header.x-card",
                "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": true },
        },
        "routes": [
            { "route": "GET /pets", "authorizer": "users", "integration": { "type": "http_proxy", "uri": "https://a" } },
            { "route": "GET /simple", "authorizer": "simple", "integration": { "type": "http_proxy", "uri": "https://a" } },
        ],
        "stages": [{ "name": "$default", "autoDeploy": true }],
    }] }))
    .unwrap();
    let (gateway, backend) = gateways(&config);
    let token = format!("Bearer {}", key_a().sign(&claims(json!({}))));
    for (request, headers, status) in [
        ("GET /pets", vec![], 401),
        ("GET /pets", vec![("authorization", &*token)], 200),
        ("GET /simple", vec![("x-card", "green")], 403),
        ("GET /simple", vec![("x-card", "blue")], 200),
    ] {
        assert_eq!(send(&gateway, &backend, request, &headers).await.0, status, "{request} {headers:?}");
    }
}

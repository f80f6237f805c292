//! As a layer alone, by OpenAPI, and what is told of tokens.

use std::convert::Infallible;

use gateway_auth::{AuthorizerEvent, LambdaAuthorizer};
use gateway_core::{
    Authorizer, Body, Definition, Request, Response, StageFacts,
    openapi::{self, ImportOptions},
    testing::{RecordingIntegration, TestGateway},
};
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::*;

#[tokio::test]
async fn one_layer_asks_a_function() {
    let guard = Guard::giving(statement("Allow", "arn:aws:execute-api:eu-west-1:123456789012:own/live/GET/pets"));
    let mut stage = StageFacts::default();
    for (field, value) in [
        (&mut stage.region, "eu-west-1"),
        (&mut stage.account_id, "123456789012"),
        (&mut stage.api_id, "own"),
        (&mut stage.stage, "live"),
    ] {
        value.clone_into(field);
    }
    let layer = LambdaAuthorizer::builder(AuthorizerEvent::Request, guard.function())
        .identity_sources(["method.request.header.Authorization"])
        .for_stage(stage)
        .build()
        .unwrap()
        .into_layer();
    let hello = service_fn(async |_: Request| Ok::<_, Infallible>(Response::new(Body::from("hello"))));
    for (path, token, status) in [("/pets", Some("t"), 200), ("/other", Some("t"), 403), ("/pets", None, 401)] {
        let mut request = http::Request::get(path);
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        let service = layer.clone().layer(hello);
        let response = service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path} {token:?}");
    }
}

#[tokio::test]
async fn openapi_names_the_function() {
    let document = json!({
        "openapi": "3.0.1", "info": { "title": "pets", "version": "1" },
        "paths": { "/pets": { "get": {
            "security": [{ "guard": [] }],
            "x-amazon-apigateway-integration": { "type": "mock", "requestTemplates": {} },
        } } },
        "components": { "securitySchemes": { "guard": {
            "type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authtype": "custom",
            "x-amazon-apigateway-authorizer": {
                "type": "token", "authorizerUri": URI, "identityValidationExpression": "Bearer .*",
            },
        } } },
    });
    let guard = Guard::giving(allow_all());
    let backend = RecordingIntegration::answering("ok");
    let own = backend.clone();
    let registry = guard.registry(&backend).integrations(
        move |_: &gateway_core::config::IntegrationConfig, _: gateway_core::config::IntegrationPlace<'_>| {
            Some(Ok(std::sync::Arc::new(own.clone()) as _))
        },
    );
    let mut api = openapi::import(&document.to_string(), &ImportOptions::default()).unwrap().api;
    api.stages = serde_json::from_value(json!([{ "name": "prod" }])).unwrap();
    let definition: Definition =
        gateway_core::config::Config { apis: vec![api.into()], ..Default::default() }.define(&registry);
    let gateway = TestGateway::new(definition).unwrap();
    let send = async |token: &str| {
        gateway.send(http::Request::get("/prod/pets").header("authorization", token)).await.status.as_u16()
    };
    assert_eq!((send("Basic x").await, guard.calls()), (401, 0));
    assert_eq!((send("Bearer x").await, guard.calls()), (200, 1));
}

#[tokio::test]
async fn nothing_tells_a_token() {
    const SECRET: &str = "secret-of-alice";
    for guard in [
        Guard::giving(statement("Deny", "*")),
        Guard::failing("Unauthorized"),
        Guard::new(|event| Ok(gateway_core::Invoked::new(event.to_string()))),
        Guard::new(|event| Ok(gateway_core::Invoked::failed(event.to_string()))),
        Guard::giving(with(allow_all(), json!({ "usageIdentifierKey": SECRET }))),
    ] {
        let authorizer = LambdaAuthorizer::builder(AuthorizerEvent::Token, guard.function())
            .identity_sources(["method.request.header.Authorization"])
            .result_ttl(std::time::Duration::from_secs(1))
            .build()
            .unwrap();
        let request = http::Request::get("/").header("authorization", SECRET).body(()).unwrap();
        let (parts, ()) = request.into_parts();
        let clock = std::sync::Arc::new(gateway_core::ManualClock::default());
        let context = gateway_core::Context::begin(&parts, clock, &gateway_core::Random::seeded(1));
        let answer = authorizer.authorize(&parts, &context).await;
        let mut told = format!("{authorizer:?} {answer:?} {context:?}");
        let mut error = answer.as_ref().err().map(|error| error as &dyn std::error::Error);
        while let Some(level) = error {
            told.push_str(&level.to_string());
            error = level.source();
        }
        assert!(!told.contains(SECRET), "{told}");
    }
}

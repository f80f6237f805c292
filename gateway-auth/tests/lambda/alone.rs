//! As a layer alone, by OpenAPI, and what is told of tokens.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use gateway_auth::{AuthorizerEvent, LambdaAuthorizer};
use gateway_core::{
    Authorizer, Body, Context, Definition, Invoked, ManualClock, Random, Request, Response, StageFacts,
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
            Some(Ok(Arc::new(own.clone()) as _))
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

/// Where log lines go.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn nothing_tells_a_token() {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .with_ansi(false)
        .finish();
    let mut told = String::new();
    // With a single subscriber tracing asks the thread that comes by first, which may have none, and remembers that.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    tracing::subscriber::with_default(subscriber, || {
        tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(calls(&mut told));
    });
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("a Lambda authorizer failed"), "something was logged: {log}");
    assert!(!told.contains(SECRET) && !log.contains(SECRET), "{told} {log}");
}

const SECRET: &str = "secret-of-alice";

/// Calls of all kinds, and what is told of them.
async fn calls(told: &mut String) {
    for guard in [
        Guard::giving(statement("Deny", "*")),
        Guard::failing("Unauthorized"),
        Guard::new(|event| Ok(Invoked::new(event.to_string()))),
        Guard::new(|event| Ok(Invoked::failed(event.to_string()))),
        Guard::new(|event| Ok(Invoked::new(format!("{event},")))),
        Guard::giving(with(allow_all(), json!({ "usageIdentifierKey": SECRET }))),
    ] {
        let scene = Scene::new(guard.clone(), api("REST", token(), json!({})));
        told.push_str(scene.pet(SECRET).await.text());
        let authorizer = LambdaAuthorizer::builder(AuthorizerEvent::Token, guard.function())
            .identity_sources(["method.request.header.Authorization"])
            .result_ttl(std::time::Duration::from_secs(1))
            .build()
            .unwrap();
        let (parts, ()) = http::Request::get("/").header("authorization", SECRET).body(()).unwrap().into_parts();
        let context = Context::begin(&parts, Arc::new(ManualClock::default()), &Random::seeded(1));
        let answer = authorizer.authorize(&parts, &context).await;
        told.push_str(&format!("{authorizer:?} {answer:?} {context:?}"));
        let mut error = answer.as_ref().err().map(|error| error as &dyn std::error::Error);
        while let Some(level) = error {
            told.push_str(&level.to_string());
            error = level.source();
        }
    }
}

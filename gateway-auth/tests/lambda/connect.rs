//! WebSocket APIs: the request that opens a connection.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use gateway_auth::{AuthorizerEvent, LambdaAuthorizer};
use gateway_core::{
    Authorization, Authorizer, Clock, ConnectionFacts, Context, Error, ErrorKind, ManualClock, Parts, Random,
    RouteFacts, StageFacts,
};
use serde_json::{Value, json};

use crate::support::*;

/// A request for a connection, with the facts that a WebSocket gateway writes down.
fn connect(target: &str) -> (Parts, Context) {
    let request = http::Request::get(target).header("host", "a1b2c3.example.com").header("headerauth1", "value1");
    let (mut parts, ()) = request.body(()).unwrap().into_parts();
    parts.extensions.insert(std::net::IpAddr::from([192, 0, 2, 1]));
    let context = Context::begin(&parts, Arc::new(ManualClock::default()) as Arc<dyn Clock>, &Random::seeded(1));
    let mut stage = StageFacts::default();
    for (field, value) in [
        (&mut stage.region, "us-east-1"),
        (&mut stage.account_id, "123456789012"),
        (&mut stage.api_id, "a1b2c3"),
        (&mut stage.stage, "default"),
    ] {
        value.clone_into(field);
    }
    context.set_stage(Arc::new(stage));
    context.set_route(Arc::new(RouteFacts { route_key: "$connect".into(), ..RouteFacts::default() }));
    let connected_at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_674_162_806_344);
    context.set_connection(ConnectionFacts { id: "EVTvXdf6oAMCFtg=".into(), connected_at });
    (parts, context)
}

async fn ask(guard: &Guard, target: &str) -> Result<Authorization, Error> {
    let authorizer = LambdaAuthorizer::builder(AuthorizerEvent::Connect, guard.function())
        .identity_sources(["route.request.header.HeaderAuth1", "route.request.querystring.QueryString1"])
        .build()
        .unwrap();
    let (parts, context) = connect(target);
    authorizer.authorize(&parts, &context).await
}

#[tokio::test]
async fn check_7_a_policy_with_a_verb_does_not_open_a_connection() {
    for (resource, opens) in [
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/default/*", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/default/$connect", true),
        ("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/default/*/*", false),
    ] {
        let answer = ask(&Guard::giving(statement("Allow", resource)), "/?QueryString1=q").await.unwrap();
        assert_eq!(!answer.is_silent(), opens, "{resource}");
    }
}

#[tokio::test]
async fn the_event_tells_of_the_connection() {
    let guard = Guard::giving(with(allow_all(), json!({ "context": { "number": 1 } })));
    let answer = ask(&guard, "/?QueryString1=q").await.unwrap();
    assert_eq!(answer.context()["number"], 1, "types are kept");
    let events = guard.events();
    let event = &events[0];
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/default/$connect");
    assert_eq!(event["multiValueQueryStringParameters"], json!({ "QueryString1": ["q"] }));
    assert_eq!(event["stageVariables"], json!({}));
    let told = &event["requestContext"];
    for (name, value) in [
        ("routeKey", json!("$connect")),
        ("eventType", json!("CONNECT")),
        ("messageDirection", json!("IN")),
        ("stage", json!("default")),
        ("connectedAt", json!(1_674_162_806_344_u64)),
        ("connectionId", json!("EVTvXdf6oAMCFtg=")),
        ("domainName", json!("a1b2c3.example.com")),
        ("apiId", json!("a1b2c3")),
        ("identity", json!({ "sourceIp": "192.0.2.1" })),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    for absent in ["resource", "path", "httpMethod", "pathParameters"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn each_outcome_is_a_status_of_the_handshake() {
    let long = with(allow_all(), json!({ "context": { "text": "x".repeat(8192) } }));
    for (guard, target, kind) in [
        (Guard::giving(allow_all()), "/", ErrorKind::Unauthorized),
        (Guard::failing("Unauthorized"), "/?QueryString1=q", ErrorKind::Unauthorized),
        (Guard::failing("other"), "/?QueryString1=q", ErrorKind::AuthorizerConfigurationError),
        (Guard::giving(Value::Null), "/?QueryString1=q", ErrorKind::AuthorizerConfigurationError),
        (Guard::giving(long), "/?QueryString1=q", ErrorKind::AuthorizerConfigurationError),
        (Guard::giving(statement("Deny", "*")), "/?QueryString1=q", ErrorKind::AccessDenied),
    ] {
        assert_eq!(ask(&guard, target).await.unwrap_err().kind(), kind);
    }
}

//! HTTP APIs: both versions, simple answers, outcomes.

use serde_json::{Value, json};

use crate::support::*;

const DENIED: (u16, &str) = (403, r#"{"message":"Forbidden"}"#);
const FAILED: (u16, &str) = (500, r#"{"message":"Internal Server Error"}"#);
const UNAUTHORIZED: (u16, &str) = (401, r#"{"message":"Unauthorized"}"#);

fn simple(more: Value) -> Value {
    let config = json!({
        "type": "request", "authorizerUri": URI, "identitySource": "$request.header.Authorization",
        "authorizerPayloadFormatVersion": "2.0", "enableSimpleResponses": true,
    });
    with(config, more)
}

fn version(version: &str) -> Value {
    simple(json!({ "authorizerPayloadFormatVersion": version, "enableSimpleResponses": false }))
}

async fn outcome(answer: Value, authorizer: Value) -> (u16, String) {
    let scene = Scene::new(Guard::giving(answer), api("HTTP", authorizer, json!({})));
    let response = scene.pet("t").await;
    assert_eq!(response.header("x-amzn-errortype"), "");
    (response.status.as_u16(), response.text().to_owned())
}

#[tokio::test]
async fn check_6_a_simple_answer_covers_every_route_unless_the_route_is_a_source() {
    for (more, calls) in [
        (json!({ "authorizerResultTtlInSeconds": 60 }), 1),
        (
            json!({ "authorizerResultTtlInSeconds": 60,
                    "identitySource": "$request.header.Authorization, $context.routeKey" }),
            2,
        ),
        (json!({}), 2),
    ] {
        let guard = Guard::giving(json!({ "isAuthorized": false }));
        let scene = Scene::new(guard, api("HTTP", simple(more.clone()), json!({})));
        let response = scene.pet("t").await;
        assert_eq!((response.status.as_u16(), response.text()), DENIED);
        assert_eq!(scene.send("POST", "/prod/pets", &[("authorization", "t")]).await.status, 403);
        assert_eq!(scene.guard.calls(), calls, "{more}");
    }
}

#[tokio::test]
async fn check_5_http_context_keeps_its_types() {
    let context = json!({ "text": "a", "number": 1, "yes": true, "list": ["a"], "map": { "a": 1 } });
    let answer = json!({ "isAuthorized": true, "context": context });
    let scene = Scene::new(Guard::giving(answer), api("HTTP", simple(json!({})), json!({})));
    assert_eq!(scene.pet("t").await.status, 200);
    let calls = scene.backend.calls();
    let caller = calls[0].context.as_ref().unwrap().authorization().unwrap();
    assert_eq!(json!(caller.context()), context);
    assert_eq!(scene.seen("authorizer.number").as_deref(), Some("1"));
    assert_eq!(scene.seen("authorizer.yes").as_deref(), Some("true"));
}

#[tokio::test]
async fn an_event_of_version_2_leaves_out_what_is_not_there() {
    let more =
        json!({ "identitySource": "$request.header.Authorization,$request.querystring.p,$stageVariables.color" });
    let scene = Scene::new(Guard::giving(json!({ "isAuthorized": true })), api("HTTP", simple(more), json!({})));
    let headers =
        [("authorization", "user1"), ("cookie", "c1=v1; c2=v2"), ("x-a", "1"), ("x-a", "2"), ("user-agent", "agent")];
    assert_eq!(scene.send("GET", "/prod/pets/6?p=1&p=2", &headers).await.status, 200);
    let events = scene.guard.events();
    let event = &events[0];
    let expected = json!({
        "version": "2.0", "type": "REQUEST",
        "routeArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/6",
        "identitySource": ["user1", "1,2", "blue"],
        "routeKey": "GET /pets/{id}", "rawPath": "/prod/pets/6", "rawQueryString": "p=1&p=2",
        "cookies": ["c1=v1", "c2=v2"], "queryStringParameters": { "p": "1,2" },
        "pathParameters": { "id": "6" }, "stageVariables": { "color": "blue" },
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name}");
    }
    assert_eq!((&event["headers"]["x-a"], &event["headers"]["authorization"]), (&json!("1,2"), &json!("user1")));
    assert!(event["headers"].get("cookie").is_none());
    let told = &event["requestContext"];
    assert_eq!(told["http"]["path"], "/prod/pets/6");
    assert_eq!((&told["http"]["userAgent"], &told["routeKey"]), (&json!("agent"), &json!("GET /pets/{id}")));
    assert_eq!(told["time"], "01/Jan/2024:00:00:00 +0000");
    for absent in ["body", "isBase64Encoded"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
    assert!(told.get("authentication").is_none());

    scene.send("POST", "/prod/pets?p=1", &[("authorization", "user1")]).await;
    let events = scene.guard.events();
    for absent in ["cookies", "pathParameters"] {
        assert!(events[1].get(absent).is_none(), "{absent}");
    }
}

#[tokio::test]
async fn an_event_of_version_1_joins_the_identity() {
    let config = with(version("1.0"), json!({ "identitySource": "$request.header.Authorization,$context.httpMethod" }));
    let scene = Scene::new(Guard::giving(allow_all()), api("HTTP", config, json!({})));
    assert_eq!(scene.pet("user1").await.status, 200);
    let events = scene.guard.events();
    let event = &events[0];
    for (name, value) in [
        ("version", json!("1.0")),
        ("type", json!("REQUEST")),
        ("methodArn", json!("arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/6")),
        ("identitySource", json!("user1,GET")),
        ("authorizationToken", json!("user1,GET")),
        ("resource", json!("/pets/{id}")),
        ("path", json!("/pets/6")),
        ("httpMethod", json!("GET")),
        ("pathParameters", json!({ "id": "6" })),
    ] {
        assert_eq!(event[name], value, "{name}");
    }
    assert_eq!(event["requestContext"]["resourcePath"], "/pets/{id}");
}

#[tokio::test]
async fn each_outcome_has_the_words_of_http_apis() {
    let yes = json!({ "isAuthorized": true });
    let ok = (200, "ok");
    for (answer, authorizer, expected) in [
        (yes.clone(), simple(json!({})), ok),
        (json!({ "isAuthorized": false }), simple(json!({})), DENIED),
        (json!({}), simple(json!({})), FAILED),
        (json!({ "isAuthorized": "true" }), simple(json!({})), FAILED),
        (allow_all(), simple(json!({})), FAILED),
        (yes.clone(), version("2.0"), FAILED),
        (yes, version("1.0"), FAILED),
        (allow_all(), version("2.0"), ok),
        (allow_all(), version("1.0"), ok),
        (statement("Deny", "*"), version("2.0"), DENIED),
        (statement("Allow", "nothing"), version("1.0"), DENIED),
        (with(allow_all(), json!({ "context": { "claims": "x" } })), version("1.0"), FAILED),
    ] {
        let (status, body) = outcome(answer.clone(), authorizer).await;
        assert_eq!((status, body.as_str()), expected, "{answer}");
    }
    for (message, expected) in [("Unauthorized", UNAUTHORIZED), ("no", FAILED)] {
        let scene = Scene::new(Guard::failing(message), api("HTTP", simple(json!({})), json!({})));
        let response = scene.pet("t").await;
        assert_eq!((response.status.as_u16(), response.text()), expected);
    }
}

#[tokio::test]
async fn a_missing_source_is_refused_also_where_nothing_is_remembered() {
    let scene = Scene::new(Guard::giving(json!({ "isAuthorized": true })), api("HTTP", simple(json!({})), json!({})));
    let response = scene.send("GET", "/prod/pets/6", &[]).await;
    assert_eq!((response.status.as_u16(), response.text()), UNAUTHORIZED);
    assert_eq!(scene.guard.calls(), 0);
    let open = simple(json!({ "identitySource": null }));
    let scene = Scene::new(Guard::giving(json!({ "isAuthorized": true })), api("HTTP", open, json!({})));
    assert_eq!(scene.send("GET", "/prod/pets/6", &[]).await.status, 200);
    assert_eq!(scene.guard.events()[0]["identitySource"], Value::Null);
}

#[tokio::test]
async fn a_policy_is_held_against_each_route_anew() {
    let get = statement("Allow", "arn:aws:execute-api:*:*:a1b2c3/prod/GET/*");
    let config = with(version("2.0"), json!({ "authorizerResultTtlInSeconds": 60 }));
    let scene = Scene::new(Guard::giving(get), api("HTTP", config, json!({})));
    assert_eq!(scene.pet("t").await.status, 200);
    assert_eq!(scene.send("POST", "/prod/pets", &[("authorization", "t")]).await.status, 403);
    assert_eq!(scene.guard.calls(), 1);
}

//! REST APIs: events, answers and outcomes.

use gateway_core::{Error, ErrorKind, Invoked};
use serde_json::{Value, json};

use crate::support::*;

#[tokio::test]
async fn check_1_a_token_that_does_not_match_is_refused_and_nobody_is_asked() {
    let config = with(token(), json!({ "identityValidationExpression": "Bearer [a-z]+" }));
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", config, json!({})));
    for refused in ["Bearer A", "Bearer abc1", "xBearer abc", "Bearer abc ok", ""] {
        assert_eq!(told(&scene.pet(refused).await), UNAUTHORIZED, "{refused}");
    }
    assert_eq!(told(&scene.send("GET", "/prod/pets/6", &[]).await), UNAUTHORIZED);
    assert_eq!(scene.guard.calls(), 0);
    assert_eq!(scene.pet("Bearer abc").await.status, 200);
    assert_eq!(scene.guard.calls(), 1);
}

#[tokio::test]
async fn a_token_event_holds_the_header_as_it_was_sent() {
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", token(), json!({})));
    scene.pet("Bearer abc").await;
    let arn = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/6";
    let event = json!({ "type": "TOKEN", "authorizationToken": "Bearer abc", "methodArn": arn });
    assert_eq!(scene.guard.events(), [event]);
}

#[tokio::test]
async fn a_request_event_holds_the_head_of_the_request() {
    let config = request("method.request.header.X-User, method.request.querystring.q, stageVariables.color");
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", config, json!({})));
    let headers =
        [("x-user", "alice"), ("accept", "a"), ("accept", "b"), ("user-agent", "curl/8"), ("x-api-key", "key")];
    assert_eq!(scene.send("GET", "/prod/pets/6?q=1&q=2%20", &headers).await.status, 200);
    let events = scene.guard.events();
    let event = &events[0];
    let expected = json!({
        "type": "REQUEST",
        "methodArn": "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/GET/pets/6",
        "resource": "/pets/{id}", "path": "/pets/6", "httpMethod": "GET",
        "queryStringParameters": { "q": "2 " }, "multiValueQueryStringParameters": { "q": ["1", "2 "] },
        "pathParameters": { "id": "6" }, "stageVariables": { "color": "blue" },
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(&event[name], value, "{name}");
    }
    assert_eq!(event["headers"]["Accept"], "b");
    assert_eq!(event["multiValueHeaders"]["Accept"], json!(["a", "b"]));
    assert_eq!(event["headers"]["Host"], "api.example.com");
    let told = &event["requestContext"];
    for (name, value) in [
        ("resourcePath", json!("/pets/{id}")),
        ("httpMethod", json!("GET")),
        ("path", json!("/prod/pets/6")),
        ("accountId", json!("123456789012")),
        ("protocol", json!("HTTP/1.1")),
        ("stage", json!("prod")),
        ("domainName", json!("api.example.com")),
        ("domainPrefix", json!("api")),
        ("apiId", json!("a1b2c3")),
        ("requestTimeEpoch", json!(1_704_067_200_000_u64)),
    ] {
        assert_eq!(told[name], value, "{name}");
    }
    assert_eq!((&told["identity"]["apiKey"], &told["identity"]["userAgent"]), (&json!("key"), &json!("curl/8")));
    assert_eq!(told["identity"]["userArn"], Value::Null);
    for absent in ["body", "isBase64Encoded", "authorizationToken"] {
        assert!(event.get(absent).is_none(), "{absent}");
    }
    assert!(told["identity"].get("clientCert").is_none());
}

#[tokio::test]
async fn check_3_every_identity_source_must_be_there_and_each_counts() {
    let config = request("method.request.header.X-User,method.request.querystring.q");
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", config, json!({})));
    let send = async |user: Option<&str>, query: &str| {
        let headers: Vec<_> = user.map(|user| ("x-user", user)).into_iter().collect();
        scene.send("GET", &format!("/prod/pets/6{query}"), &headers).await.status.as_u16()
    };
    for (user, query) in [(None, "?q=1"), (Some(""), "?q=1"), (Some("alice"), ""), (Some("alice"), "?q=")] {
        assert_eq!(send(user, query).await, 401, "{user:?} {query}");
    }
    assert_eq!(scene.guard.calls(), 0);
    for (user, query, calls) in
        [("alice", "?q=1", 1), ("alice", "?q=1", 1), ("alice", "?q=2", 2), ("bob", "?q=1", 3), ("bob", "?q=1", 3)]
    {
        assert_eq!(send(Some(user), query).await, 200);
        assert_eq!(scene.guard.calls(), calls, "{user} {query}");
    }
}

#[tokio::test]
async fn check_4_only_the_very_word_unauthorized_is_a_401() {
    for (message, outcome) in [
        ("Unauthorized", UNAUTHORIZED),
        ("unauthorized", FAILED),
        ("Unauthorized.", FAILED),
        ("[Unauthorized]", FAILED),
        ("anything else", FAILED),
    ] {
        let scene = Scene::new(Guard::failing(message), api("REST", token(), json!({})));
        assert_eq!(told(&scene.pet("t").await), outcome, "{message}");
        scene.pet("t").await;
        assert_eq!(scene.guard.calls(), 2, "a failure is not remembered");
    }
}

#[tokio::test]
async fn check_5_rest_context_is_text_and_flat() {
    let context = json!({ "context": { "text": "value", "number": 123, "half": 1.5, "yes": true, "nothing": null } });
    let scene = Scene::new(Guard::giving(with(allow_all(), context)), api("REST", token(), json!({})));
    assert_eq!(scene.pet("t").await.status, 200);
    let calls = scene.backend.calls();
    let caller = calls[0].context.as_ref().unwrap().authorization().unwrap();
    let expected = json!({ "text": "value", "number": "123", "half": "1.5", "yes": "true" });
    assert_eq!(json!(caller.context()), expected);
    assert_eq!(scene.seen("authorizer.principalId").as_deref(), Some("alice"));
    assert_eq!(scene.seen("authorizer.number").as_deref(), Some("123"));
    assert_eq!(scene.seen("authorizer.integrationStatus").as_deref(), Some("200"));
    assert_eq!(scene.seen("authorizer.integrationLatency").as_deref(), Some("0"));
    for nested in [json!({ "context": { "a": [1] } }), json!({ "context": { "a": {} } }), json!({ "context": [] })] {
        let scene = Scene::new(Guard::giving(with(allow_all(), nested)), api("REST", token(), json!({})));
        assert_eq!(told(&scene.pet("t").await), FAILED);
    }
}

#[tokio::test]
async fn each_outcome_has_aws_own_words() {
    let all = "arn:aws:execute-api:us-east-1:123456789012:a1b2c3/prod/*";
    let two = json!({ "principalId": "a", "policyDocument": { "Version": "2012-10-17", "Statement": [
        { "Effect": "Allow", "Action": ["execute-api:Invoke"], "Resource": [all] },
        { "Effect": "Deny", "Action": "execute-api:*", "Resource": "*/GET/pets/6" },
    ] } });
    for (answer, outcome) in [
        (statement("Allow", all), (200, "ok", "")),
        (statement("Deny", all), EXPLICITLY),
        (two, EXPLICITLY),
        (statement("Allow", "arn:aws:execute-api:*:*:*/prod/POST/*"), DENIED),
        (statement("Allow", "arn:aws:execute-api:*:*:*/prod/GET/pets/{id}"), DENIED),
        (json!({ "principalId": "a", "policyDocument": { "Version": "2012-10-17", "Statement": [] } }), DENIED),
    ] {
        let scene = Scene::new(Guard::giving(answer.clone()), api("REST", token(), json!({})));
        assert_eq!(told(&scene.pet("t").await), outcome, "{answer}");
    }
}

#[tokio::test]
async fn what_cannot_be_used_is_a_500() {
    let long = format!("arn:aws:execute-api:*:*:*/{}", "a".repeat(512));
    for answer in [
        json!(null),
        json!("text"),
        json!([]),
        json!({}),
        json!({ "statusCode": 200, "body": "{}" }),
        json!({ "principalId": "a" }),
        json!({ "policyDocument": allow_all()["policyDocument"] }),
        with(allow_all(), json!({ "principalId": 5 })),
        with(allow_all(), json!({ "policyDocument": null })),
        with(allow_all(), json!({ "usageIdentifierKey": 5 })),
        statement("allow", "*"),
        statement("Allow", &long),
        json!({ "principalId": "a", "policyDocument": { "Version": "2012-10-17", "Statement": [
            { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*", "Condition": null },
        ] } }),
        json!({ "isAuthorized": true }),
    ] {
        let scene = Scene::new(Guard::giving(answer.clone()), api("REST", token(), json!({})));
        assert_eq!(told(&scene.pet("t").await), FAILED, "{answer}");
        assert!(scene.backend.calls().is_empty());
    }
    for answer in [
        || Ok(Invoked::new("{")),
        || Ok(Invoked { status: http::StatusCode::FORBIDDEN, ..Invoked::new("{}") }),
        || Err(Error::new(ErrorKind::IntegrationFailure)),
    ] {
        let scene = Scene::new(Guard::new(move |_| answer()), api("REST", token(), json!({})));
        assert_eq!(told(&scene.pet("t").await), FAILED);
    }
}

#[tokio::test]
async fn a_function_that_is_not_there_or_takes_too_long_is_a_500() {
    let elsewhere = with(token(), json!({ "authorizerUri": URI.replace("guard", "other") }));
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", elsewhere, json!({})));
    assert_eq!(told(&scene.pet("t").await), FAILED);
    let named = with(token(), json!({ "authorizerUri": URI.replace("guard", "${stageVariables.name}") }));
    let stages = json!({ "stages": [{ "name": "prod", "variables": { "name": "guard" } }] });
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", named, stages));
    assert_eq!(scene.pet("t").await.status, 200);
}

#[tokio::test]
async fn check_17_an_unknown_usage_key_is_forbidden_and_a_known_one_counts() {
    let known = "usage-key-of-alice-0001";
    for (key, outcome) in [
        (json!({ "usageIdentifierKey": known }), (200, "ok", "")),
        (
            json!({ "usageIdentifierKey": "usage-key-of-nobody-01" }),
            (403, r#"{"message":"Forbidden"}"#, "ForbiddenException"),
        ),
        (json!({}), (403, r#"{"message":"Forbidden"}"#, "ForbiddenException")),
    ] {
        let more = json!({ "apiKeySource": "AUTHORIZER", "routes": [{
            "route": "GET /pets/{id}", "authorizer": "guard", "apiKeyRequired": true,
            "integration": { "type": "service", "name": "pets" },
        }] });
        let mut config = api("REST", token(), more);
        config["usagePlans"] = json!([{
            "id": "gold", "apiStages": [{ "api": "pets", "stage": "prod" }],
            "apiKeys": [{ "id": "alice", "value": known }],
        }]);
        let scene = Scene::new(Guard::giving(with(allow_all(), key.clone())), config);
        assert_eq!(told(&scene.pet("t").await), outcome, "{key}");
        assert_eq!(told(&scene.pet("t").await), outcome, "{key}, remembered");
        assert_eq!(scene.guard.calls(), 1);
    }
}

#[tokio::test]
async fn a_path_that_is_too_long_for_a_policy_is_a_414() {
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", token(), json!({})));
    let target = format!("/prod/pets/{}", "a".repeat(1600));
    let response = scene.send("GET", &target, &[("authorization", "t")]).await;
    assert_eq!((response.status.as_u16(), response.text()), (414, r#"{"message":"Request URI too long"}"#));
    assert_eq!(scene.guard.calls(), 0);
}

#[test]
fn wrong_settings_have_their_places() {
    let problem = |authorizer: Value| {
        let backend = gateway_core::testing::RecordingIntegration::answering("ok");
        let registry = Guard::giving(allow_all()).registry(&backend);
        let definition = define(api("REST", authorizer, json!({})), &registry);
        let problems = gateway_core::Gateway::new(definition).expect_err("a problem");
        problems.all()[0].pointer.strip_prefix("/apis/0/authorizers/guard").unwrap().to_owned()
    };
    for (over, pointer) in [
        (json!({ "authorizerUri": "https://example.com" }), "/authorizerUri"),
        (json!({ "identitySource": "method.request.querystring.a" }), "/identitySource"),
        (json!({ "identitySource": "method.request.header.a,method.request.header.b" }), "/identitySource"),
        (json!({ "identitySource": null }), "/identitySource"),
        (json!({ "identityValidationExpression": "a)|(b" }), "/identityValidationExpression"),
        (json!({ "identityValidationExpression": "(" }), "/identityValidationExpression"),
        (json!({ "authorizerResultTtlInSeconds": 3601 }), "/authorizerResultTtlInSeconds"),
        (json!({ "authorizerPayloadFormatVersion": "2.0" }), "/authorizerPayloadFormatVersion"),
        (json!({ "enableSimpleResponses": true }), "/enableSimpleResponses"),
        (json!({ "type": "request", "identitySource": "method.request.path.id" }), "/identitySource"),
        (json!({ "type": "request", "identitySource": null }), "/identitySource"),
    ] {
        assert_eq!(problem(with(token(), over.clone())), pointer, "{over}");
    }
}

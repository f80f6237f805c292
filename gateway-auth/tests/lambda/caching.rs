//! What is remembered, for whom, and for how long.

use std::{sync::Arc, time::Duration};

use gateway_auth::{AuthorizerEvent, LambdaAuthorizer};
use gateway_core::{Api, Definition, Error, Invocation, Invoked, Route, StageDefinition, testing::TestGateway};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::support::*;

#[tokio::test]
async fn check_2_a_policy_for_one_method_refuses_the_other_until_it_is_forgotten() {
    let only = |event: &Value| Ok(Invoked::new(statement("Allow", event["methodArn"].as_str().unwrap()).to_string()));
    let scene = Scene::new(Guard::new(only), api("REST", token(), json!({})));
    let post = async || told(&scene.send("POST", "/prod/pets", &[("authorization", "t")]).await).0;
    assert_eq!(scene.pet("t").await.status, 200);
    assert_eq!(post().await, 403);
    assert_eq!(scene.guard.calls(), 1);
    scene.registry.flush_authorizers("a1b2c3", "dev");
    assert_eq!(post().await, 403, "another stage's results were forgotten");
    scene.registry.flush_authorizers("a1b2c3", "prod");
    assert_eq!(post().await, 200);
    assert_eq!(scene.guard.calls(), 2);
}

#[tokio::test]
async fn results_live_for_their_time_from_when_they_were_stored() {
    for (ttl, lives) in [(json!(null), 300), (json!(10), 10)] {
        let config = with(token(), json!({ "authorizerResultTtlInSeconds": ttl }));
        let scene = Scene::new(Guard::giving(allow_all()), api("REST", config, json!({})));
        scene.pet("t").await;
        scene.gateway.clock().advance(Duration::from_secs(lives - 1));
        scene.pet("t").await;
        assert_eq!(scene.guard.calls(), 1);
        scene.gateway.clock().advance(Duration::from_secs(1));
        scene.pet("t").await;
        assert_eq!(scene.guard.calls(), 2, "reading does not prolong it");
    }
    let config = with(token(), json!({ "authorizerResultTtlInSeconds": 0 }));
    let scene = Scene::new(Guard::giving(allow_all()), api("REST", config, json!({})));
    scene.pet("t").await;
    scene.pet("t").await;
    assert_eq!(scene.guard.calls(), 2);
}

#[tokio::test]
async fn a_denial_is_remembered_like_leave() {
    for answer in [statement("Deny", "*"), statement("Allow", "nothing")] {
        let scene = Scene::new(Guard::giving(answer), api("REST", token(), json!({})));
        assert_eq!(scene.pet("t").await.status, 403);
        assert_eq!(scene.pet("t").await.status, 403);
        assert_eq!(scene.guard.calls(), 1);
    }
}

#[tokio::test]
async fn results_outlive_a_reload_unless_another_function_is_asked() {
    let config = api("REST", token(), json!({}));
    let scene = Scene::new(Guard::giving(allow_all()), config.clone());
    scene.pet("t").await;
    let reload = |config: Value| scene.gateway.gateway().handle().reload(&define(config, &scene.registry)).unwrap();
    reload(config);
    assert_eq!(scene.pet("t").await.status, 200);
    assert_eq!(scene.guard.calls(), 1);
    let other = with(token(), json!({ "authorizerUri": URI.replace("guard", "guard:live") }));
    reload(api("REST", other, json!({})));
    scene.pet("t").await;
    assert_eq!(scene.guard.calls(), 2);
}

#[tokio::test]
async fn who_sends_a_source_twice_leaves_nothing_for_who_sends_it_once() {
    let config = request("method.request.header.X-User");
    let answer = |event: &Value| {
        let first =
            event["multiValueHeaders"]["x-user"][0].as_str().or(event["multiValueHeaders"]["X-User"][0].as_str());
        Ok(Invoked::new(with(allow_all(), json!({ "principalId": first })).to_string()))
    };
    let scene = Scene::new(Guard::new(answer), api("REST", config, json!({})));
    scene.send("GET", "/prod/pets/6", &[("x-user", "mallory"), ("x-user", "alice")]).await;
    scene.send("GET", "/prod/pets/6", &[("x-user", "alice")]).await;
    assert_eq!(scene.seen("authorizer.principalId").as_deref(), Some("alice"));
}

/// A function that answers when it is let, and a gateway that asks it.
fn slow(answer: Value) -> (TestGateway, Arc<Semaphore>, Arc<std::sync::atomic::AtomicUsize>) {
    let (gate, calls) = (Arc::new(Semaphore::new(0)), Arc::new(std::sync::atomic::AtomicUsize::new(0)));
    let (own, counter) = (Arc::clone(&gate), Arc::clone(&calls));
    let function = move |_: Invocation| {
        counter.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        let (gate, answer) = (Arc::clone(&own), answer.clone());
        async move {
            gate.acquire().await.unwrap().forget();
            Ok::<_, Error>(match answer.get("errorMessage") {
                Some(_) => Invoked::failed(answer.to_string()),
                None => Invoked::new(answer.to_string()),
            })
        }
    };
    let authorizer = LambdaAuthorizer::builder(AuthorizerEvent::Token, function)
        .identity_sources(["method.request.header.Authorization"])
        .result_ttl(Duration::from_secs(300))
        .build()
        .unwrap();
    let backend = gateway_core::testing::RecordingIntegration::answering("ok");
    let api = Api::rest("pets").route("GET /pets", Route::to(backend).authorizer(authorizer));
    (TestGateway::new(Definition::new().api(api.stage(StageDefinition::new("prod")))).unwrap(), gate, calls)
}

async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn of_64_requests_with_one_new_token_one_asks() {
    for (answer, status) in [
        (allow_all(), 200),
        (statement("Deny", "*"), 403),
        (json!({ "errorMessage": "Unauthorized" }), 401),
        (json!({ "errorMessage": "broken" }), 500),
    ] {
        let (gateway, gate, calls) = slow(answer);
        let send = |gateway: TestGateway| async move {
            gateway.send(http::Request::get("/prod/pets").header("authorization", "new")).await.status.as_u16()
        };
        let all: Vec<_> = (0..64).map(|_| tokio::spawn(send(gateway.clone()))).collect();
        settle().await;
        gate.add_permits(1);
        for one in all {
            assert_eq!(one.await.unwrap(), status);
        }
        assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 1);
    }
}

#[tokio::test]
async fn when_who_asks_leaves_another_one_asks() {
    let (gateway, gate, calls) = slow(allow_all());
    let send = |gateway: TestGateway| async move {
        gateway.send(http::Request::get("/prod/pets").header("authorization", "new")).await.status.as_u16()
    };
    let first = tokio::spawn(send(gateway.clone()));
    settle().await;
    let second = tokio::spawn(send(gateway.clone()));
    settle().await;
    first.abort();
    settle().await;
    gate.add_permits(1);
    assert_eq!(second.await.unwrap(), 200);
    assert_eq!(calls.load(std::sync::atomic::Ordering::SeqCst), 2);
}

#[tokio::test(start_paused = true)]
async fn a_function_may_take_29_seconds() {
    let (gateway, _gate, _) = slow(allow_all());
    let call = gateway.send(http::Request::get("/prod/pets").header("authorization", "new"));
    tokio::pin!(call);
    assert!(tokio::time::timeout(Duration::from_millis(28_999), &mut call).await.is_err(), "it may still answer");
    let response = tokio::time::timeout(Duration::from_millis(2), call).await.unwrap();
    assert_eq!(told(&response), FAILED);
}

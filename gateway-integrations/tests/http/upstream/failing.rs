//! Targets that die, fail, dawdle and come back.

use std::{sync::Arc, time::Duration};

use gateway_core::{Body, HttpClient, Response};
use gateway_integrations::upstream::{BreakerState, Health};
use hyper::body::Incoming;
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};

use super::{Target, builder, config, get, post, said, upstream};
use crate::backend::{Chunks, echo};

async fn three() -> [Target; 3] {
    [Target::saying("a").await, Target::saying("b").await, Target::saying("c").await]
}

#[tokio::test]
async fn each_gets_its_turn() {
    let [a, b, c] = &three().await;
    let users = upstream(&[a, b, c], &json!({}));
    let mut order = String::new();
    for _ in 0..6 {
        order += &said(users.send(get("/")).await).await;
    }
    assert_eq!(order, "abcabc");
}

#[tokio::test]
async fn after_the_first_ejection_no_client_sees_an_error() {
    let [a, b, c] = &three().await;
    let users = upstream(&[a, b, c], &json!({ "outlierDetection": { "consecutiveFailures": 1 } }));
    for _ in 0..3 {
        users.send(get("/")).await.unwrap();
    }
    b.die().await;
    let mut failed = 0;
    for _ in 0..30 {
        failed += usize::from(users.send(get("/")).await.is_err());
    }
    assert_eq!(failed, 1);
    let status = users.status();
    assert_eq!(status.targets[1].ejected_for, Some(Duration::from_secs(30)));
    assert_eq!((status.targets[1].failed, status.targets[0].failed, status.panic), (1, 0, false));
}

#[tokio::test]
async fn with_retries_no_client_sees_an_error_at_all() {
    let [a, b, c] = &three().await;
    let settings = json!({
        "outlierDetection": { "consecutiveFailures": 1, "maxEjectedPercent": 100 },
        "retry": { "baseBackoffInMillis": 0 },
    });
    let users = upstream(&[a, b, c], &settings);
    for round in 0..30 {
        match round {
            5 => b.die().await,
            10 => a.die().await,
            _ => {}
        }
        let answer = said(users.send(get("/")).await).await;
        assert!(["a", "b", "c"].contains(&answer.as_str()), "{round}: {answer}");
    }
    assert_eq!(users.status().targets[2].failed, 0);
}

#[tokio::test]
async fn an_ejection_ends_with_its_time() {
    let [a, b, _] = &three().await;
    let (builder, clock) = builder();
    let settings = json!({ "outlierDetection": { "consecutiveFailures": 1, "baseEjectionInMillis": 1000 } });
    let users = builder.build(&config(&[a, b], &settings)).unwrap();
    b.die().await;
    let ok = async || users.send(get("/")).await.is_ok();
    let round = async || [ok().await, ok().await].iter().filter(|ok| **ok).count();
    assert_eq!([round().await, round().await], [1, 2]);
    clock.advance(Duration::from_millis(1000));
    assert_eq!([round().await, round().await], [1, 2], "it is tried once more, and out again");
    b.come_back(echo).await;
    clock.advance(Duration::from_millis(1999));
    let asked = b.asked();
    round().await;
    assert_eq!(b.asked(), asked, "the second time it takes twice as long");
    clock.advance(Duration::from_millis(1));
    assert_eq!(round().await, 2);
    assert!(b.asked() > asked);
}

#[tokio::test]
async fn a_target_comes_back_when_its_health_checks_say_so() {
    let [a, b, _] = &three().await;
    let settings = json!({
        "healthCheck": {
            "path": "/health", "intervalInMillis": 100, "healthyThreshold": 1, "unhealthyThreshold": 1,
        },
        "outlierDetection": { "consecutiveFailures": 1 },
    });
    b.die().await;
    let users = upstream(&[a, b], &settings);
    let (checked, mut checks) = mpsc::unbounded_channel();
    let answer = move |request: http::Request<Incoming>| {
        if request.uri().path() == "/health" {
            assert!(request.headers().contains_key("host"));
            let _ = checked.send(());
        }
        async { Response::new("b".into()) }
    };
    // With either, b is left alone until it is asked whether it is well.
    while users.send(get("/")).await.is_ok() && users.status().targets[1].health != Health::Unhealthy {
        tokio::task::yield_now().await;
    }
    b.come_back(answer).await;
    // The third question is asked when the answer to the second has been taken into account.
    for _ in 0..3 {
        checks.recv().await.unwrap();
    }
    assert_eq!(users.status().targets[1].health, Health::Healthy);
    let answers = [said(users.send(get("/")).await).await, said(users.send(get("/")).await).await];
    assert!(answers.contains(&"b".to_owned()), "{answers:?}");
    assert_eq!(users.status().targets[1].ejected_for, None);
}

#[tokio::test]
async fn a_breaker_opens_and_half_opens() {
    let a = &Target::failing(500).await;
    let (builder, clock) = builder();
    let settings = json!({ "circuitBreaker": { "minimumRequests": 3, "openInMillis": 1000, "trialRequests": 1 } });
    let users = builder.build(&config(&[a], &settings)).unwrap();
    for _ in 0..3 {
        assert_eq!(said(users.send(get("/")).await).await, "500");
    }
    assert_eq!(users.status().breaker, BreakerState::Open);
    let refused = said(users.send(get("/")).await).await;
    assert_eq!(refused, "503: the upstream `users` fails too much: its circuit breaker is open");
    assert_eq!(a.asked(), 3, "nobody was asked");

    clock.advance(Duration::from_secs(1));
    assert_eq!(said(users.send(get("/")).await).await, "500");
    assert_eq!(users.status().breaker, BreakerState::Open, "the trial failed");
    a.die().await;
    a.come_back(|_| async { Response::new("well".into()) }).await;
    clock.advance(Duration::from_secs(1));
    assert_eq!(said(users.send(get("/")).await).await, "well");
    assert_eq!(users.status().breaker, BreakerState::Closed);
}

#[tokio::test]
async fn a_retry_goes_elsewhere_and_a_budget_bounds_it() {
    let (a, b) = (&Target::failing(503).await, &Target::saying("b").await);
    let users = upstream(&[a, b], &json!({ "retry": { "baseBackoffInMillis": 0 } }));
    for _ in 0..4 {
        assert_eq!(said(users.send(get("/")).await).await, "b");
    }
    let failing = &Target::failing(503).await;
    let settings = json!({
        "retry": { "baseBackoffInMillis": 0, "budgetPercent": 20, "minRetriesPerSecond": 0, "maxAttempts": 5 },
    });
    let users = upstream(&[failing], &settings);
    for _ in 0..100 {
        assert_eq!(said(users.send(get("/")).await).await, "503");
    }
    assert_eq!(failing.asked(), 120);
}

#[tokio::test]
async fn what_a_target_may_have_seen_is_not_sent_again_unless_that_is_harmless() {
    let retry = |methods: &[&str]| json!({ "retry": { "baseBackoffInMillis": 0, "methods": methods } });
    let (a, b) = (&Target::failing(503).await, &Target::start(echo).await);
    let users = upstream(&[a, b], &retry(&[]));
    assert_eq!(said(users.send(post("x")).await).await, "503");
    let users = upstream(&[a, b], &retry(&["POST"]));
    assert!(said(users.send(post("x")).await).await.ends_with("body=x"));
    // 400 is the client's own business.
    let (a, b) = (&Target::failing(400).await, &Target::start(echo).await);
    let users = upstream(&[a, b], &retry(&[]));
    assert_eq!(said(users.send(get("/")).await).await, "400");
    assert_eq!(users.status().targets[0].failed, 0);
}

/// A body that comes in two pieces, whose length nobody knows.
fn streamed(first: &'static str, second: &'static str) -> Body {
    let (chunks, body) = Chunks::channel();
    tokio::spawn(async move {
        for chunk in [first, second] {
            let _ = chunks.send(chunk.into()).await;
        }
    });
    body
}

#[tokio::test]
async fn a_body_is_sent_again_if_it_was_kept() {
    let swallow = |request: http::Request<Incoming>| async {
        let _ = Body::new(request.into_body()).collect().await;
        http::Response::builder().status(503).body(Body::empty()).unwrap()
    };
    let (a, b) = (&Target::start(swallow).await, &Target::start(echo).await);
    let settings =
        |bytes: usize| json!({ "retry": { "baseBackoffInMillis": 0, "methods": ["POST"], "maxBodyBytes": bytes } });
    let users = upstream(&[a, b], &settings(6));
    assert!(said(users.send(post(streamed("abc", "def"))).await).await.ends_with("body=abcdef"));
    let users = upstream(&[a, b], &settings(5));
    assert_eq!(said(users.send(post(streamed("abc", "def"))).await).await, "503");
    // Of what no connection has taken, all is still there.
    a.die().await;
    assert!(said(users.send(post(streamed("abc", "def"))).await).await.ends_with("body=abcdef"));
    assert!(said(users.send(post(streamed("abc", "def"))).await).await.ends_with("body=abcdef"));
}

#[tokio::test]
async fn a_hedge_takes_the_faster_answer_and_drops_the_other() {
    let slow = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&slow);
    let a = &Target::start(move |_| {
        let waiting = Arc::clone(&waiting);
        async move {
            let _ = waiting.acquire().await;
            Response::new("slow".into())
        }
    })
    .await;
    let b = &Target::saying("fast").await;
    let users = upstream(&[a, b], &json!({ "hedge": { "afterInMillis": 10, "budgetPercent": 100 } }));
    assert_eq!(said(users.send(get("/")).await).await, "fast");
    assert_eq!((a.asked(), b.asked()), (1, 1));
    assert_eq!(users.status().targets[0].under_way, 0, "the other was dropped");
    drop(slow);
}

//! What needs time, over a client that answers as it is told.

use std::{
    collections::VecDeque,
    sync::atomic::Ordering::Relaxed,
    time::{Duration, SystemTime},
};

use gateway_core::{CallCause, CallError, CallPhase, ErrorKind};
use http::StatusCode;
use serde_json::{Value, json};

use super::*;

#[cfg(feature = "metrics")]
#[path = "metrics_tests.rs"]
mod metrics;

/// tokio's time, which tests pause, as a clock.
#[derive(Debug)]
struct Paused(tokio::time::Instant);

impl Clock for Paused {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Answers each target's requests after a while, and writes down when they came.
#[derive(Default)]
struct Targets {
    seen: Mutex<Vec<(String, u128)>>,
    /// How long the next answers take in milliseconds, and their statuses; then at once with 200.
    answers: Mutex<VecDeque<(u64, u16)>>,
    finished: AtomicUsize,
}

#[async_trait]
impl HttpClient for Targets {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let began = STARTED.with(|started| started.get().map_or(0, |started| started.elapsed().as_millis()));
        let what = format!("{} {}", request.uri().host().unwrap_or_default(), request.uri().path());
        self.seen.lock().unwrap().push((what, began));
        let (after, status) = self.answers.lock().unwrap().pop_front().unwrap_or((0, 200));
        tokio::time::sleep(Duration::from_millis(after)).await;
        self.finished.fetch_add(1, Relaxed);
        match status {
            0 => Err(ErrorKind::IntegrationFailure.into()),
            status => Ok(http::Response::builder().status(status).body(Body::empty()).unwrap()),
        }
    }
}

thread_local! {
    static STARTED: std::cell::Cell<Option<tokio::time::Instant>> = const { std::cell::Cell::new(None) };
}

#[expect(clippy::disallowed_methods, reason = "tokio's time is paused")]
fn clock() -> Arc<Paused> {
    let now = tokio::time::Instant::now();
    STARTED.set(Some(now));
    Arc::new(Paused(now))
}

fn made(targets: &Arc<Targets>, settings: &Value) -> Upstream {
    let mut config = json!({ "targets": [{ "uri": "http://a" }, { "uri": "http://b" }] });
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let builder = Upstream::builder("users", Arc::clone(targets) as Arc<dyn HttpClient>).clock(clock());
    let builder = builder.random(Arc::new(Random::seeded(1)));
    builder.build(&serde_json::from_value(config).unwrap()).unwrap()
}

fn request(method: &str) -> Request {
    http::Request::builder().method(method).uri("http://users/x").body(Body::empty()).unwrap()
}

fn seen(targets: &Targets) -> Vec<(String, u128)> {
    std::mem::take(&mut *targets.seen.lock().unwrap())
}

fn answering(answers: &[(u64, u16)]) -> Arc<Targets> {
    let targets = Arc::new(Targets::default());
    targets.answers.lock().unwrap().extend(answers);
    targets
}

#[tokio::test(start_paused = true)]
async fn a_hedge_goes_out_after_its_delay_and_only_for_what_may_happen_twice() {
    let targets =
        answering(&[(100, 200), (5, 200), (100, 200), (100, 200), (10, 503), (100, 200), (100, 503), (100, 503)]);
    let users = made(&targets, &json!({ "hedge": { "afterInMillis": 20, "budgetPercent": 100 } }));
    users.send(request("GET")).await.unwrap();
    assert_eq!(seen(&targets), [("a /x".into(), 0), ("b /x".into(), 20)]);
    assert_eq!(targets.finished.load(Relaxed), 1, "the slower one was cancelled");
    users.send(request("POST")).await.unwrap();
    assert_eq!(seen(&targets), [("a /x".into(), 25)]);
    // A hedge that fails is no answer while the other may still come.
    assert_eq!(users.send(request("GET")).await.unwrap().status(), 200);
    assert_eq!(seen(&targets), [("b /x".into(), 125), ("a /x".into(), 145)]);
    assert_eq!(users.send(request("GET")).await.unwrap().status(), 200, "the next target, and faster than a hedge");
}

#[tokio::test(start_paused = true)]
async fn hedges_are_budgeted() {
    let targets = answering(&[(100, 200); 200]);
    let users = made(&targets, &json!({ "hedge": { "afterInMillis": 20, "budgetPercent": 10 } }));
    for _ in 0..100 {
        users.send(request("GET")).await.unwrap();
    }
    assert_eq!(seen(&targets).len(), 110);
}

#[tokio::test(start_paused = true)]
async fn a_percentile_decides_when_there_is_one() {
    let targets = answering(&[(10, 200); 60]);
    let users = made(&targets, &json!({ "hedge": { "percentile": 95, "budgetPercent": 100 } }));
    for _ in 0..60 {
        users.send(request("GET")).await.unwrap();
    }
    assert_eq!(seen(&targets).len(), 60, "all take the same time");
    targets.answers.lock().unwrap().push_back((1_000, 200));
    users.send(request("GET")).await.unwrap();
    let times: Vec<_> = seen(&targets).into_iter().map(|(_, time)| time - 600).collect();
    assert!(matches!(times[..], [0, 10..=14]), "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_target_that_takes_too_long_has_failed() {
    let targets = answering(&[(1_000, 200)]);
    let settings = json!({ "targetTimeoutInMillis": 50, "outlierDetection": { "consecutiveFailures": 1 } });
    let users = made(&targets, &settings);
    let error = users.send(request("GET")).await.unwrap_err();
    assert_eq!((error.kind(), users.status().targets[0].failed), (ErrorKind::IntegrationTimeout, 1));
    let ejected = users.status().targets[0].ejected_for;
    assert_eq!(ejected, Some(Duration::from_secs(30)));

    let settings = json!({ "targetTimeoutInMillis": 50, "retry": { "on": ["TIMEOUT"], "baseBackoffInMillis": 0 } });
    let targets = answering(&[(1_000, 200)]);
    let users = made(&targets, &settings);
    assert_eq!(users.send(request("PUT")).await.unwrap().status(), 200);
    assert_eq!(seen(&targets), [("a /x".into(), 0), ("b /x".into(), 50)]);
}

#[tokio::test(start_paused = true)]
async fn backoffs_are_drawn_and_grow() {
    let targets = answering(&[(0, 503); 40]);
    let users = made(
        &targets,
        &json!({ "retry": { "maxAttempts": 4, "baseBackoffInMillis": 100, "maxBackoffInMillis": 150 } }),
    );
    let mut waits = Vec::new();
    for _ in 0..3 {
        assert_eq!(users.send(request("GET")).await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);
        let times: Vec<_> = seen(&targets).into_iter().map(|(_, time)| time).collect();
        waits.extend(times.windows(2).map(|pair| pair[1] - pair[0]));
    }
    assert_eq!(waits.len(), 9);
    assert!(waits.iter().all(|wait| *wait <= 151), "{waits:?}");
    assert!(waits.iter().any(|wait| *wait > 75) && waits.iter().any(|wait| *wait < 75), "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn health_checks_go_on_until_the_upstream_is_dropped() {
    let targets = answering(&[(0, 200), (0, 503), (0, 200), (0, 503)]);
    let settings = json!({ "healthCheck": { "path": "/health", "intervalInMillis": 1000, "unhealthyThreshold": 2 } });
    let users = made(&targets, &settings);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    let checks = seen(&targets);
    assert_eq!(checks.iter().map(|(what, _)| what.as_str()).collect::<Vec<_>>(), ["a /health", "b /health"].repeat(2));
    let health: Vec<_> = users.status().targets.iter().map(|target| target.health).collect();
    assert_eq!(health, [Health::Healthy, Health::Unhealthy]);
    for _ in 0..3 {
        users.send(request("GET")).await.unwrap();
    }
    assert_eq!(seen(&targets), ["a /x"; 3].map(|what| (what.to_owned(), 1_500)));
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(users.status().targets[1].health, Health::Healthy, "two good answers, and it is back");
    drop(users);
    seen(&targets);
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(seen(&targets), []);
}

#[tokio::test(start_paused = true)]
async fn targets_are_found_again_and_keep_what_is_known_of_them() {
    let targets = answering(&[]);
    let found = Arc::new(Mutex::new(vec!["http://a", "http://b"]));
    let list = Arc::clone(&found);
    let resolve = move || {
        let now = list.lock().unwrap().clone();
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            now.into_iter().map(|uri| Target::parse(uri).map_err(BoxError::from)).collect()
        }
    };
    let builder =
        Upstream::builder("users", Arc::clone(&targets) as Arc<dyn HttpClient>).clock(clock()).resolve(resolve);
    let users = builder.build(&UpstreamConfig::default()).unwrap();
    // The first requests wait until there are targets.
    users.send(request("GET")).await.unwrap();
    users.send(request("GET")).await.unwrap();
    assert_eq!(seen(&targets), [("a /x".into(), 10), ("b /x".into(), 10)]);
    users.drain("http://b", true);
    *found.lock().unwrap() = vec!["http://b", "http://c"];
    tokio::time::sleep(Duration::from_secs(31)).await;
    users.send(request("GET")).await.unwrap();
    assert_eq!(seen(&targets)[0].0, "c /x");
    let status = users.status().targets;
    assert_eq!(
        status.iter().map(|target| (target.drained, target.requests)).collect::<Vec<_>>(),
        [(true, 1), (false, 1)]
    );
    found.lock().unwrap().clear();
    tokio::time::sleep(Duration::from_secs(31)).await;
    assert_eq!(users.status().targets.len(), 2, "no answer leaves what was there");
}

struct Seen(tokio::sync::mpsc::UnboundedSender<Comparison>);

impl ShadowObserver for Seen {
    fn compared(&self, comparison: &Comparison) {
        let _ = self.0.send(comparison.clone());
    }
}

#[tokio::test(start_paused = true)]
async fn a_shadow_gets_a_copy_and_the_client_does_not_notice() {
    let targets = answering(&[(7, 200), (9, 201), (0, 200), (0, 200), (0, 200), (60_000, 0)]);
    let (observer, mut comparisons) = tokio::sync::mpsc::unbounded_channel();
    let other = made(
        &targets,
        &json!({ "targets": [{ "uri": "http://shadow" }], "shadow": { "upstream": "-", "percent": 100 } }),
    );
    let config = json!({
        "targets": [{ "uri": "http://a" }],
        "shadow": { "upstream": "-", "percent": 100, "maxRequests": 1, "maxBodyBytes": 4 },
    });
    let users = Upstream::builder("users", Arc::clone(&targets) as Arc<dyn HttpClient>)
        .clock(clock())
        .shadow(Arc::new(other))
        .shadow_observer(Arc::new(Seen(observer)))
        .build(&serde_json::from_value(config).unwrap())
        .unwrap();
    assert_eq!(users.send(request("GET")).await.unwrap().status(), 200);
    let comparison = comparisons.recv().await.unwrap();
    let statuses = (comparison.status.as_u16(), comparison.shadow_status.map(|status| status.as_u16()));
    assert_eq!((statuses, comparison.same_body, comparison.is_same()), ((200, Some(201)), Some(true), false));
    assert_eq!((comparison.latency.as_millis(), comparison.shadow_latency.as_millis()), (7, 9));
    assert_eq!(seen(&targets), [("a /x".into(), 0), ("shadow /x".into(), 7)], "a copy is not copied");

    users.send(request("GET")).await.unwrap();
    assert!(comparisons.recv().await.unwrap().is_same());
    // The third copy takes long, so the fourth is not made; and it fails, which only the observer is told.
    users.send(request("GET")).await.unwrap();
    while !targets.answers.lock().unwrap().is_empty() {
        tokio::task::yield_now().await;
    }
    assert_eq!(users.send(request("GET")).await.unwrap().status(), 200);
    assert_eq!(comparisons.recv().await.unwrap().shadow_status, None);
    assert_eq!(seen(&targets).iter().filter(|(what, _)| what == "shadow /x").count(), 2);
}

#[test]
fn a_plain_request_moves_little_memory() {
    let users = made(&answering(&[]), &json!({}));
    let size = size_of_val(&call::send(&users.inner, request("GET")));
    assert!(size <= 2_560, "{size}");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_left_when_all_is_drained() {
    let targets = answering(&[]);
    let mut users = made(&targets, &json!({}));
    users.drain("http://a", true);
    users.drain("http://b", true);
    let error = Service::call(&mut users, request("GET")).await.unwrap_err();
    assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE);
    let call = CallError::of(&error).unwrap();
    assert_eq!((call.phase(), call.cause()), (CallPhase::Admission, CallCause::Unavailable));
    let source = std::error::Error::source(call).unwrap().downcast_ref::<Shed>();
    assert_eq!(source, Some(&Shed::NoTarget("users".into())));
}

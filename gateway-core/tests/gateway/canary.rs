//! What a canary's requests are told apart by: logs, metrics, the cache.

use gateway_core::{
    Api, Body, Canary, Definition, Error, ErrorKind, Request, Response, Route, RouteDefinition, RouteSettings,
    StageCache, StageDefinition,
    config::{Config, Registry},
    testing::{CapturedLines, RecordingIntegration, TestGateway},
};

use crate::{Outcome, run};

const CONFIG: &str = r#"
apis:
  - name: api
    protocolType: REST
    routes: [{ route: GET /x, integration: { type: service, name: ok } }]
    stages:
      - name: prod
        accessLog:
          format: $context.requestId $context.stage $context.isCanaryRequest
          destination: { sink: stage }
          canaryDestination: { sink: canary }
        canarySettings: { percentTraffic: 50.0 }
      - name: plain
        accessLog:
          format: $context.requestId $context.stage $context.isCanaryRequest
          destination: { sink: plain }
          canaryDestination: { sink: canary }
"#;

/// The stage's log has every request; the canary's has its own besides; without a canary nothing says which it is.
#[test]
fn a_canarys_lines_go_to_a_destination_of_their_own_besides() -> Outcome {
    run(async {
        let [stage, canary, plain] = [(); 3].map(|()| CapturedLines::default());
        let registry = Registry::new()
            .service("ok", RecordingIntegration::answering("ok"))
            .log_sink("stage", stage.clone())
            .log_sink("canary", canary.clone())
            .log_sink("plain", plain.clone());
        let gateway = TestGateway::new(Config::from_yaml(CONFIG)?.define(&registry))?;
        for _ in 0..32 {
            gateway.send(http::Request::get("/prod/x")).await;
            gateway.send(http::Request::get("/plain/x")).await;
        }
        let ends = |lines: &[String], end: &str| lines.iter().filter(|line| line.ends_with(end)).count();
        let (all, own) = (stage.lines(), canary.lines());
        assert_eq!((all.len(), ends(&all, "prod true") + ends(&all, "prod false")), (32, 32), "{all:?}");
        assert!(!own.is_empty() && own.len() < 32, "{} of 32", own.len());
        assert_eq!(own, all.iter().filter(|line| line.ends_with("prod true")).cloned().collect::<Vec<_>>());
        assert_eq!(ends(&plain.lines(), "plain -"), 32, "{:?}", plain.lines());
        Ok(())
    })
}

#[cfg(feature = "metrics")]
#[test]
fn a_canarys_requests_count_for_the_stage_and_for_stage_canary() -> Outcome {
    use std::collections::BTreeMap;

    use metrics_util::debugging::DebugValue;

    let failing = Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure));
    let stage = StageDefinition::new("prod").metrics(true).canary(Canary::percent(50.0).api("next"));
    let definition = Definition::new()
        .api(Api::rest("api").route("GET /x", Route::to(RecordingIntegration::answering("ok"))).stage(stage))
        .api(Api::rest("next").route("GET /x", failing));
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let gateway = metrics::with_local_recorder(&recorder, || TestGateway::new(definition))?;
    run(async {
        for _ in 0..64 {
            gateway.send(http::Request::get("/prod/x")).await;
        }
        Ok(())
    })?;
    let mut counts = BTreeMap::new();
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        if let DebugValue::Counter(count) = value {
            *counts.entry(format!("{} {}", key.key().name(), labels.join(","))).or_insert(0) += count;
        }
    }
    let count = |name: &str| counts.get(name).copied().unwrap_or_default();
    let own = count("Count ApiName=api,Stage=prod/Canary");
    assert_eq!((count("Count ApiName=api"), count("Count ApiName=api,Stage=prod")), (64, 64), "{counts:?}");
    assert!((10..54).contains(&own), "{counts:?}");
    for series in ["", ",Resource=/x,Method=GET"] {
        assert_eq!(count(&format!("5XXError ApiName=api,Stage=prod/Canary{series}")), own, "{counts:?}");
        assert_eq!(count(&format!("5XXError ApiName=api,Stage=prod{series}")), own, "{counts:?}");
    }
    Ok(())
}

/// Answers with its name and the number of its call.
fn counting(name: &'static str) -> RouteDefinition {
    let calls = std::sync::atomic::AtomicUsize::new(0);
    Route::to(RecordingIntegration::new(move |_| {
        let number = calls.fetch_add(1, std::sync::atomic::Ordering::SeqCst) + 1;
        Ok(Response::new(Body::from(format!("{name} {number}"))))
    }))
}

fn cached(canary: Canary) -> StageDefinition {
    let stage = StageDefinition::new("prod").cache(StageCache::new(1_000_000));
    stage.default_settings(RouteSettings::new().caching(true)).canary(canary)
}

async fn answers(gateway: &TestGateway) -> Vec<String> {
    let mut answers = Vec::new();
    for _ in 0..64 {
        answers.push(gateway.send(http::Request::get("/prod/x")).await.text().to_owned());
    }
    answers.sort();
    answers.dedup();
    answers
}

#[test]
fn a_canary_bypasses_the_cache_of_its_stage() -> Outcome {
    run(async {
        let next = Api::rest("next").route("GET /x", counting("next"));
        let stage = cached(Canary::percent(50.0).api("next"));
        let api = Api::rest("api").route("GET /x", counting("stable")).stage(stage);
        let seen = answers(&TestGateway::new(Definition::new().api(api).api(next))?).await;
        assert_eq!(seen.iter().filter(|answer| answer.starts_with("stable")).count(), 1, "{seen:?}");
        assert!(seen.len() > 10, "every canary request calls its backend: {seen:?}");
        Ok(())
    })
}

#[test]
fn a_canary_that_uses_the_cache_has_entries_of_its_own_deployment() -> Outcome {
    run(async {
        let canary = || Canary::percent(50.0).use_stage_cache(true);
        let next = Api::rest("next").route("GET /x", counting("next"));
        let api = Api::rest("api").route("GET /x", counting("stable")).stage(cached(canary().api("next")));
        let seen = answers(&TestGateway::new(Definition::new().api(api).api(next))?).await;
        assert_eq!(seen, ["next 1", "stable 1"], "two deployments share nothing");
        let api = Api::rest("api").route("GET /x", counting("one")).stage(cached(canary()));
        let seen = answers(&TestGateway::new(Definition::new().api(api))?).await;
        assert_eq!(seen, ["one 1"], "one deployment shares its entries");
        Ok(())
    })
}

/// Integrations, templates and mappings ask the same context.
#[test]
fn the_context_says_whether_a_request_is_the_canarys() -> Outcome {
    run(async {
        let telling = || {
            Route::to(|request: Request| async move {
                let context = request.extensions().get::<std::sync::Arc<gateway_core::Context>>().cloned();
                let canary = context.as_ref().and_then(|context| context.lookup("isCanaryRequest"));
                Ok::<_, Error>(Response::new(Body::from(canary.as_deref().unwrap_or("none").to_owned())))
            })
        };
        for (percent, said) in [(Some(100.0), "true"), (Some(0.0), "false"), (None, "none")] {
            let stage = StageDefinition::new("prod");
            let stage = percent.into_iter().fold(stage, |stage, percent| stage.canary(Canary::percent(percent)));
            let api = Api::rest("api").route("GET /x", telling()).stage(stage);
            let gateway = TestGateway::new(Definition::new().api(api))?;
            assert_eq!(gateway.send(http::Request::get("/prod/x")).await.text(), said, "{percent:?}");
        }
        Ok(())
    })
}

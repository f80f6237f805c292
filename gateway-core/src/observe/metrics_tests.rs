use std::collections::BTreeMap;

use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::{super::testing, *};
use crate::{
    call_error::{CallCause, CallPhase, CallSide},
    context::ResponseFacts,
};

type Readings = BTreeMap<String, (Option<Unit>, DebugValue)>;

/// What the metrics that `build` makes count, as `Name{Label=Value,...}`.
fn readings(build: impl Fn() -> Metrics, contexts: &[Context]) -> Readings {
    let recorder = DebuggingRecorder::new();
    let metrics = ::metrics::with_local_recorder(&recorder, build);
    // Without the recorder: handles are made once.
    for context in contexts {
        metrics.finished(context);
    }
    recorded(&recorder)
}

fn recorded(recorder: &DebuggingRecorder) -> Readings {
    let read = recorder.snapshotter().snapshot().into_vec().into_iter().map(|(key, unit, _, value)| {
        let labels: Vec<_> = key.key().labels().map(|label| format!("{}={}", label.key(), label.value())).collect();
        (format!("{}{{{}}}", key.key().name(), labels.join(",")), (unit, value))
    });
    read.collect()
}

fn counter_of(readings: &Readings, name: &str) -> u64 {
    match readings.get(name) {
        Some((_, DebugValue::Counter(count))) => *count,
        other => panic!("{name}: {other:?} in {:?}", readings.keys()),
    }
}

fn samples(readings: &Readings, name: &str) -> Vec<f64> {
    match readings.get(name) {
        Some((unit, DebugValue::Histogram(samples))) => {
            assert_eq!(*unit, Some(Unit::Milliseconds), "{name}");
            samples.iter().map(|sample| sample.into_inner()).collect()
        }
        other => panic!("{name}: {other:?} in {:?}", readings.keys()),
    }
}

fn answers(kind: ApiKind) -> Vec<Context> {
    [Some(200), Some(404), Some(429), Some(502), None].map(|status| testing::answered(kind, status)).into()
}

#[test]
fn rest_apis_count_by_name_and_stage() {
    let stage = testing::stage(ApiKind::Rest);
    let read = readings(|| Metrics::for_stage(&stage), &answers(ApiKind::Rest));
    assert_eq!(read.len(), 10, "{:?}", read.keys());
    for labels in ["{ApiName=Pets}", "{ApiName=Pets,Stage=prod}"] {
        assert_eq!(counter_of(&read, &format!("Count{labels}")), 5);
        assert_eq!(counter_of(&read, &format!("4XXError{labels}")), 2);
        assert_eq!(counter_of(&read, &format!("5XXError{labels}")), 1);
        assert_eq!(samples(&read, &format!("Latency{labels}")), [30.0; 5]);
        assert_eq!(samples(&read, &format!("IntegrationLatency{labels}")), [20.0; 4]);
    }
    assert_eq!(read["Count{ApiName=Pets}"].0, Some(Unit::Count));
}

#[test]
fn http_apis_count_by_id_and_stage() {
    let stage = testing::stage(ApiKind::Http);
    let read = readings(|| Metrics::for_stage(&stage), &answers(ApiKind::Http));
    assert_eq!(read.len(), 12, "{:?}", read.keys());
    for labels in ["{ApiId=api1}", "{ApiId=api1,Stage=prod}"] {
        assert_eq!(counter_of(&read, &format!("Count{labels}")), 5);
        assert_eq!(counter_of(&read, &format!("4xx{labels}")), 2);
        assert_eq!(counter_of(&read, &format!("5xx{labels}")), 1);
        assert_eq!(counter_of(&read, &format!("DataProcessed{labels}")), 4 * 512);
        assert_eq!(samples(&read, &format!("Latency{labels}")), [30.0; 5]);
        assert_eq!(samples(&read, &format!("IntegrationLatency{labels}")), [20.0; 4]);
    }
    assert_eq!(read["DataProcessed{ApiId=api1}"].0, Some(Unit::Bytes));
}

#[test]
fn detailed_metrics_count_by_route_alone() {
    for (kind, labels) in [
        (ApiKind::Rest, "{ApiName=Pets,Stage=prod,Resource=/pets/{id},Method=GET}"),
        (ApiKind::Http, "{ApiId=api1,Stage=prod,Route=GET /pets/{id}}"),
    ] {
        let stage = testing::stage(kind);
        let read = readings(|| Metrics::for_route(&stage, &testing::route(), "GET"), &answers(kind));
        assert!(read.keys().all(|name| name.ends_with(labels)), "{:?}", read.keys());
        assert_eq!(counter_of(&read, &format!("Count{labels}")), 5);
    }
}

#[test]
fn a_request_without_an_answer_or_a_backend_counts() {
    let stage = testing::stage(ApiKind::Rest);
    let begun = testing::begun(ApiKind::Rest, "/", b"");
    let read = readings(|| Metrics::for_stage(&stage), &[begun]);
    assert_eq!(counter_of(&read, "Count{ApiName=Pets}"), 1);
    assert_eq!(counter_of(&read, "4XXError{ApiName=Pets}"), 0);
    assert_eq!(samples(&read, "Latency{ApiName=Pets}"), [0.0]);
    assert!(samples(&read, "IntegrationLatency{ApiName=Pets}").is_empty());
}

#[test]
fn hits_and_misses_count_where_there_is_a_cache() {
    let stage = testing::stage(ApiKind::Rest);
    let outcomes = [Some(CacheOutcome::Hit), Some(CacheOutcome::Miss), Some(CacheOutcome::Hit), None];
    let contexts = outcomes.map(|outcome| {
        let context = testing::answered(ApiKind::Rest, Some(200));
        outcome.into_iter().for_each(|outcome| context.set_cache(outcome));
        context
    });
    let read = readings(|| Metrics::for_stage(&stage).with_cache(), &contexts);
    for labels in ["{ApiName=Pets}", "{ApiName=Pets,Stage=prod}"] {
        assert_eq!(counter_of(&read, &format!("CacheHitCount{labels}")), 2);
        assert_eq!(counter_of(&read, &format!("CacheMissCount{labels}")), 1);
    }
}

#[test]
fn names_are_made_fit_for_dimensions() {
    let long = "ü".repeat(200);
    for (api_name, expected) in
        [("Zoo Zürich", "Zoo Zrich".to_owned()), (" 動物園 ", "api1".to_owned()), (&"x".repeat(300), "x".repeat(255))]
    {
        let stage = StageFacts { api_name: api_name.into(), stage: long.clone(), ..testing::stage(ApiKind::Rest) };
        let read = readings(|| Metrics::for_stage(&stage), &[]);
        assert!(read.contains_key(&format!("Count{{ApiName={expected}}}")), "{:?}", read.keys());
        let both = format!("Count{{ApiName={expected},Stage={}}}", "ü".repeat(127));
        assert!(read.contains_key(&both), "{:?}", read.keys());
    }
}

#[test]
fn failures_count_by_side_phase_and_cause() {
    let stage = testing::stage(ApiKind::Http);
    let failed = |side, phase, cause| {
        let context = testing::begun(ApiKind::Http, "/", b"");
        let failure = Some(CallFailure { side, phase, cause });
        context.set_response(ResponseFacts { failure, ..testing::response(None) });
        context
    };
    let recorder = DebuggingRecorder::new();
    ::metrics::with_local_recorder(&recorder, || {
        let metrics = Metrics::for_stage(&stage);
        for context in [
            failed(CallSide::Backend, CallPhase::Tls, CallCause::TimedOut),
            failed(CallSide::Backend, CallPhase::Tls, CallCause::TimedOut),
            failed(CallSide::Client, CallPhase::ResponseBody, CallCause::Closed),
            testing::answered(ApiKind::Http, Some(500)),
        ] {
            metrics.finished(&context);
        }
    });
    let read = recorded(&recorder);
    for labels in ["ApiId=api1", "ApiId=api1,Stage=prod"] {
        for (own, count) in
            [("Side=backend,Phase=tls,Cause=timeout", 2), ("Side=client,Phase=response_body,Cause=closed", 1)]
        {
            assert_eq!(counter_of(&read, &format!("CallFailureCount{{{labels},{own}}}")), count);
        }
    }
    assert_eq!(read.keys().filter(|name| name.starts_with("CallFailureCount")).count(), 4, "{:?}", read.keys());
}

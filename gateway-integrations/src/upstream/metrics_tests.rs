use std::collections::BTreeMap;

use ::metrics::with_local_recorder;
use metrics_util::debugging::{DebugValue, DebuggingRecorder};

use super::*;

/// What was counted, by name and labels; of a histogram how much.
fn counted(recorder: &DebuggingRecorder) -> BTreeMap<String, f64> {
    let entry = |(key, _, _, value): (metrics_util::CompositeKey, _, _, DebugValue)| {
        let labels: Vec<_> = key.key().labels().map(|label| label.value().to_owned()).collect();
        let value = match value {
            DebugValue::Counter(count) => count as f64,
            DebugValue::Gauge(value) => value.into_inner(),
            DebugValue::Histogram(values) => values.len() as f64,
        };
        (format!("{} {}", key.key().name(), labels.join(" ")), value)
    };
    recorder.snapshotter().snapshot().into_vec().into_iter().map(entry).filter(|(_, value)| *value > 0.0).collect()
}

#[tokio::test(start_paused = true)]
async fn what_happens_is_counted() {
    let recorder = DebuggingRecorder::new();
    let targets = answering(&[(0, 503), (0, 200), (0, 0), (0, 503), (0, 503)]);
    let settings = json!({
        "retry": { "maxAttempts": 2, "baseBackoffInMillis": 0, "budgetPercent": 0, "minRetriesPerSecond": 1 },
        "outlierDetection": { "consecutiveFailures": 2, "maxEjectedPercent": 50 },
        "circuitBreaker": { "minimumRequests": 5, "failurePercent": 80 },
    });
    let users = with_local_recorder(&recorder, || made(&targets, &settings));
    for status in [200, 504, 503, 503, 503] {
        let answer = users.send(request("GET")).await;
        assert_eq!(answer.map_or_else(|error| error.status(), |answer| answer.status()), status);
    }
    let expected = [
        ("BreakerState users", 2.0),
        ("RejectedRequestCount users", 1.0),
        ("RetryCount users", 1.0),
        ("RetryDeniedCount users", 3.0),
        ("TargetEjectionCount users http://a", 1.0),
        ("TargetFailureCount users http://a Reset", 1.0),
        ("TargetFailureCount users http://a Status", 1.0),
        ("TargetFailureCount users http://b Status", 2.0),
        ("TargetRequestCount users http://a", 2.0),
        ("TargetRequestCount users http://b", 3.0),
        ("TargetResponseTime users http://a", 1.0),
        ("TargetResponseTime users http://b", 3.0),
        ("UsableTargetCount users", 1.0),
    ];
    let expected: BTreeMap<_, _> = expected.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    assert_eq!(counted(&recorder), expected);
}

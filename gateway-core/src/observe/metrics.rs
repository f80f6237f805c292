//! Counts and latencies, under the names that CloudWatch has for them.

use std::{fmt, time::Duration};

use metrics::{Counter, Histogram, Label, Unit, counter, describe_counter, describe_histogram, histogram};

use super::Observer;
use crate::context::{ApiKind, CacheOutcome, CallFailure, Context, RouteFacts, StageFacts};

/// The longest value of a dimension, in bytes.
const MAX_LENGTH: usize = 255;

/// Counts requests and errors and measures latencies, through the `metrics` facade.
///
/// | REST API | HTTP API | type | counts or measures |
/// | --- | --- | --- | --- |
/// | `Count` | `Count` | counter | requests |
/// | `4XXError`, `5XXError` | `4xx`, `5xx` | counter | responses, by the status that the client was sent |
/// | `IntegrationLatency` | `IntegrationLatency` | histogram, ms | from calling the backend to its answer |
/// | `Latency` | `Latency` | histogram, ms | from the request's arrival to the end of the response |
/// | `CacheHitCount`, `CacheMissCount` | | counter | requests of routes whose answers are kept |
/// | | `DataProcessed` | counter, bytes | bodies of responses |
/// | `CallFailureCount` | `CallFailureCount` | counter | requests that a backend, or their client, let fail on the way |
///
/// `CallFailureCount` is not AWS's; it has the labels `Side` (`client`, `gateway`, `backend`), `Phase` and `Cause`
/// besides, with the names of [`CallPhase`](crate::CallPhase) and [`CallCause`](crate::CallCause). A client that goes away
/// counts as that, and not as a failure of its backend.
///
/// [`Metrics::for_stage`] counts by `ApiName` and by `ApiName`, `Stage` (HTTP APIs: `ApiId` instead of `ApiName`);
/// [`Metrics::for_route`] adds `Resource`, `Method` (HTTP APIs: `Route`) where detailed metrics are asked for, next to
/// the stage's and not instead of them. What a canary serves counts for its stage, and once more for `STAGE/Canary`. A sum over all label sets thus counts a request more than once, as in
/// CloudWatch. A request whose client left before there was a status counts in `Count` and `Latency` only.
///
/// Handles are registered when this is built, not for each request; those of failures with the first of a kind.
/// **Install the recorder before building the gateway**; without one, nothing is counted.
///
/// AWS developer guide: *Amazon API Gateway dimensions and metrics*; *Work with metrics for HTTP APIs*.
///
/// # Example
/// ```
/// use gateway_core::{Metrics, Observer, StageFacts};
///
/// fn observer(stage: &StageFacts) -> impl Observer {
///     Metrics::for_stage(stage)
/// }
/// # let _ = observer;
/// ```
#[derive(Debug)]
pub struct Metrics {
    series: Vec<Series>,
}

/// The handles for one set of dimensions.
struct Series {
    labels: Vec<Label>,
    cache: Option<[Counter; 2]>,
    count: Counter,
    client_errors: Counter,
    server_errors: Counter,
    integration_latency: Histogram,
    latency: Histogram,
    data_processed: Option<Counter>,
}

impl Metrics {
    /// Counts for an API and for its stage.
    #[must_use]
    pub fn for_stage(stage: &StageFacts) -> Self {
        describe(stage.kind);
        let stages = stage_labels(stage).map(|name| vec![api(stage), name]);
        let series = std::iter::once(vec![api(stage)]).chain(stages);
        Self { series: series.map(|labels| Series::register(stage.kind, &labels)).collect() }
    }

    /// Counts for one route alone: the detailed metrics. `method` is `Method` for REST APIs, where `ANY` may stand.
    #[must_use]
    pub fn for_route(stage: &StageFacts, route: &RouteFacts, method: &str) -> Self {
        describe(stage.kind);
        let own = match stage.kind {
            ApiKind::Rest => vec![label("Resource", &route.resource_path), label("Method", method)],
            ApiKind::Http => vec![label("Route", &route.route_key)],
        };
        let series = stage_labels(stage).map(|name| {
            let labels: Vec<_> = [api(stage), name].into_iter().chain(own.clone()).collect();
            Series::register(stage.kind, &labels)
        });
        Self { series: series.collect() }
    }
}

impl Metrics {
    /// Counts the response cache's hits and misses, too.
    #[must_use]
    pub fn with_cache(mut self) -> Self {
        describe_counter!("CacheHitCount", Unit::Count, "Requests answered from the response cache");
        describe_counter!("CacheMissCount", Unit::Count, "Requests answered by the backend while caching is on");
        for series in &mut self.series {
            let labels = &series.labels;
            series.cache = Some(["CacheHitCount", "CacheMissCount"].map(|name| counter!(name, labels.iter())));
        }
        self
    }
}

impl Observer for Metrics {
    fn finished(&self, context: &Context) {
        for series in &self.series {
            series.record(context);
        }
    }
}

impl Series {
    fn register(kind: ApiKind, labels: &[Label]) -> Self {
        let (client_errors, server_errors) = error_names(kind);
        Self {
            labels: labels.to_vec(),
            cache: None,
            count: counter!("Count", labels.iter()),
            client_errors: counter!(client_errors, labels.iter()),
            server_errors: counter!(server_errors, labels.iter()),
            integration_latency: histogram!("IntegrationLatency", labels.iter()),
            latency: histogram!("Latency", labels.iter()),
            data_processed: (kind == ApiKind::Http).then(|| counter!("DataProcessed", labels.iter())),
        }
    }

    /// Few of all that could happen do, so that these handles are looked up.
    fn count_failure(&self, failure: CallFailure) {
        let own = [("Side", failure.side.name()), ("Phase", failure.phase.name()), ("Cause", failure.cause.name())];
        let own = own.map(|(name, value)| Label::from_static_parts(name, value));
        let labels: Vec<_> = self.labels.iter().cloned().chain(own).collect();
        counter!("CallFailureCount", labels).increment(1);
    }

    fn record(&self, context: &Context) {
        let response = context.response();
        self.count.increment(1);
        self.latency.record(millis(response.map_or_else(|| context.age(), |response| response.latency)));
        if let Some(failure) = context.failure() {
            self.count_failure(failure);
        }
        let Some((response, status)) = response.and_then(|response| Some((response, response.status?))) else { return };
        if status.is_client_error() {
            self.client_errors.increment(1);
        } else if status.is_server_error() {
            self.server_errors.increment(1);
        }
        if let Some(integration) = context.integration() {
            self.integration_latency.record(millis(integration.latency));
        }
        if let (Some([hits, misses]), Some(outcome)) = (&self.cache, context.cache()) {
            match outcome {
                CacheOutcome::Hit => hits.increment(1),
                CacheOutcome::Miss => misses.increment(1),
            }
        }
        if let Some(data_processed) = &self.data_processed {
            data_processed.increment(response.length);
        }
    }
}

impl fmt::Debug for Series {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Series").finish_non_exhaustive()
    }
}

fn error_names(kind: ApiKind) -> (&'static str, &'static str) {
    match kind {
        ApiKind::Rest => ("4XXError", "5XXError"),
        ApiKind::Http => ("4xx", "5xx"),
    }
}

fn describe(kind: ApiKind) {
    let (client_errors, server_errors) = error_names(kind);
    describe_counter!("Count", Unit::Count, "Requests");
    describe_counter!(client_errors, Unit::Count, "Responses with a 4xx status");
    describe_counter!(server_errors, Unit::Count, "Responses with a 5xx status");
    describe_counter!("CallFailureCount", Unit::Count, "Requests that a backend, or their client, let fail on the way");
    describe_histogram!("IntegrationLatency", Unit::Milliseconds, "From calling the backend to its answer");
    describe_histogram!("Latency", Unit::Milliseconds, "From a request's arrival to the end of its response");
    if kind == ApiKind::Http {
        describe_counter!("DataProcessed", Unit::Bytes, "Bodies of responses");
    }
}

/// REST APIs go by name, without what is not ASCII; HTTP APIs by id.
fn api(stage: &StageFacts) -> Label {
    if stage.kind == ApiKind::Http {
        return label("ApiId", &stage.api_id);
    }
    let ascii: String = stage.api_name.chars().filter(char::is_ascii).collect();
    let name = ascii.trim();
    label("ApiName", if name.is_empty() { &stage.api_id } else { name })
}

/// The stage, and for a canary's requests the canary besides.
fn stage_labels(stage: &StageFacts) -> impl Iterator<Item = Label> {
    let canary = stage.is_canary == Some(true);
    let canary = canary.then(|| label("Stage", &format!("{}/Canary", stage.stage)));
    std::iter::once(label("Stage", &stage.stage)).chain(canary)
}

fn label(name: &'static str, value: &str) -> Label {
    let end = (0..=MAX_LENGTH).rev().find(|end| value.is_char_boundary(*end)).unwrap_or_default();
    Label::new(name, value.get(..end).unwrap_or(value).to_owned())
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

#[cfg(test)]
#[path = "metrics_tests.rs"]
mod tests;

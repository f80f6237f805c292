//! Counts and latencies of upstreams, under the names that Application Load Balancers have where they have one.

use std::time::Duration;

#[cfg(feature = "metrics")]
use metrics::{Counter, Gauge, Histogram, Unit, counter, gauge, histogram};

use super::{failure::Failure, shadow::Difference, status::BreakerState};

/// The handles of one target.
#[cfg(feature = "metrics")]
pub(super) struct TargetMetrics {
    requests: Counter,
    failures: [Counter; Failure::ALL.len()],
    response_time: Histogram,
    ejections: Counter,
}

/// The handles of one upstream.
#[cfg(feature = "metrics")]
pub(super) struct UpstreamMetrics {
    retries: Counter,
    retries_denied: Counter,
    hedges: Counter,
    rejected: Counter,
    breaker: Gauge,
    usable: Gauge,
    shadowed: Counter,
    shadow_differs: [Counter; Difference::ALL.len()],
    shadow_times: [Histogram; 2],
    shadow_dropped: Counter,
}

#[cfg(not(feature = "metrics"))]
pub(super) struct TargetMetrics;

#[cfg(not(feature = "metrics"))]
pub(super) struct UpstreamMetrics;

/// What is counted of an upstream.
#[derive(Clone, Copy)]
pub(super) enum Event {
    Retry,
    RetryDenied,
    Hedge,
    Rejected,
    Shadowed,
    ShadowDropped,
}

#[cfg(feature = "metrics")]
impl TargetMetrics {
    pub(super) fn register(upstream: &str, target: &str) -> Self {
        describe();
        let labels = [("Upstream", upstream.to_owned()), ("Target", target.to_owned())];
        let failures = Failure::ALL.map(|failure| {
            let [upstream, target] = labels.clone();
            counter!("TargetFailureCount", &[upstream, target, ("Failure", failure.name().to_owned())])
        });
        Self {
            requests: counter!("TargetRequestCount", &labels),
            failures,
            response_time: histogram!("TargetResponseTime", &labels),
            ejections: counter!("TargetEjectionCount", &labels),
        }
    }

    pub(super) fn request(&self) {
        self.requests.increment(1);
    }

    pub(super) fn failure(&self, failure: Failure) {
        if let Some(counter) = self.failures.get(failure as usize) {
            counter.increment(1);
        }
    }

    pub(super) fn answered(&self, latency: Duration) {
        self.response_time.record(latency.as_secs_f64() * 1000.0);
    }

    pub(super) fn ejected(&self) {
        self.ejections.increment(1);
    }
}

#[cfg(feature = "metrics")]
impl UpstreamMetrics {
    pub(super) fn register(upstream: &str) -> Self {
        describe();
        let labels = [("Upstream", upstream.to_owned())];
        Self {
            retries: counter!("RetryCount", &labels),
            retries_denied: counter!("RetryDeniedCount", &labels),
            hedges: counter!("HedgeCount", &labels),
            rejected: counter!("RejectedRequestCount", &labels),
            breaker: gauge!("BreakerState", &labels),
            usable: gauge!("UsableTargetCount", &labels),
            shadowed: counter!("ShadowRequestCount", &labels),
            shadow_differs: Difference::ALL.map(|difference| {
                counter!("ShadowDifferenceCount", "Upstream" => upstream.to_owned(), "Difference" => difference.name())
            }),
            shadow_times: ["Primary", "Shadow"].map(|answer| {
                histogram!("ShadowResponseTime", "Upstream" => upstream.to_owned(), "Answer" => answer)
            }),
            shadow_dropped: counter!("ShadowDroppedCount", &labels),
        }
    }

    pub(super) fn count(&self, event: Event) {
        let counter = match event {
            Event::Retry => &self.retries,
            Event::RetryDenied => &self.retries_denied,
            Event::Hedge => &self.hedges,
            Event::Rejected => &self.rejected,
            Event::Shadowed => &self.shadowed,
            Event::ShadowDropped => &self.shadow_dropped,
        };
        counter.increment(1);
    }

    pub(super) fn shadow_differs(&self, difference: Difference) {
        if let Some(counter) = self.shadow_differs.get(difference as usize) {
            counter.increment(1);
        }
    }

    pub(super) fn shadow_took(&self, primary: Duration, shadow: Option<Duration>) {
        for (histogram, time) in self.shadow_times.iter().zip([Some(primary), shadow]) {
            if let Some(time) = time {
                histogram.record(time.as_secs_f64() * 1000.0);
            }
        }
    }

    pub(super) fn breaker(&self, state: BreakerState) {
        self.breaker.set(match state {
            BreakerState::Closed => 0.0,
            BreakerState::HalfOpen => 1.0,
            BreakerState::Open => 2.0,
        });
    }

    pub(super) fn usable(&self, targets: usize) {
        self.usable.set(f64::from(u32::try_from(targets).unwrap_or(u32::MAX)));
    }
}

#[cfg(feature = "metrics")]
fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};

    describe_counter!("TargetRequestCount", Unit::Count, "Requests sent to a target, with retries and hedges");
    describe_counter!("TargetFailureCount", Unit::Count, "Requests that a target failed, by how");
    describe_histogram!("TargetResponseTime", Unit::Milliseconds, "From sending a request to the head of its answer");
    describe_counter!("TargetEjectionCount", Unit::Count, "Times that a target was left out");
    describe_counter!("RetryCount", Unit::Count, "Requests sent again");
    describe_counter!("RetryDeniedCount", Unit::Count, "Requests not sent again because the budget was used up");
    describe_counter!("HedgeCount", Unit::Count, "Requests sent to a second target because the first took long");
    describe_counter!("RejectedRequestCount", Unit::Count, "Requests refused at once: too many, breaker, no target");
    describe_gauge!("BreakerState", Unit::Count, "0 closed, 1 half open, 2 open");
    describe_gauge!("UsableTargetCount", Unit::Count, "Targets that get requests");
    describe_counter!("ShadowRequestCount", Unit::Count, "Requests copied to another upstream");
    describe_counter!("ShadowDifferenceCount", Unit::Count, "Copies whose answer differed, by what first");
    describe_histogram!("ShadowResponseTime", Unit::Milliseconds, "From sending a copied request to its two answers");
    describe_counter!("ShadowDroppedCount", Unit::Count, "Requests not copied: too many under way, too large a body");
}

#[cfg(not(feature = "metrics"))]
impl TargetMetrics {
    pub(super) fn register(_: &str, _: &str) -> Self {
        Self
    }

    pub(super) fn request(&self) {}

    pub(super) fn failure(&self, _: Failure) {}

    pub(super) fn answered(&self, _: Duration) {}

    pub(super) fn ejected(&self) {}
}

#[cfg(not(feature = "metrics"))]
impl UpstreamMetrics {
    pub(super) fn register(_: &str) -> Self {
        Self
    }

    pub(super) fn count(&self, _: Event) {}

    pub(super) fn shadow_differs(&self, _: Difference) {}

    pub(super) fn shadow_took(&self, _: Duration, _: Option<Duration>) {}

    pub(super) fn breaker(&self, _: BreakerState) {}

    pub(super) fn usable(&self, _: usize) {}
}

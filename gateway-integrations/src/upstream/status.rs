//! What a host can read of an upstream.

use std::time::Duration;

use serde::Serialize;

/// How an upstream is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct UpstreamStatus {
    /// Its name.
    pub name: String,
    /// Whether it is left alone as a whole.
    pub breaker: BreakerState,
    /// Whether so few targets are well that all of them are used.
    pub panic: bool,
    /// How many requests wait for their turn.
    pub waiting: usize,
    /// Its targets, in the order of the definition.
    pub targets: Vec<TargetStatus>,
}

/// How a target is doing.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TargetStatus {
    /// Scheme, host and port.
    pub uri: String,
    /// Its share of the requests, against the others'.
    pub weight: u32,
    /// What the health checks say.
    pub health: Health,
    /// How long it stays ejected.
    #[serde(rename = "ejectedForMillis", serialize_with = "millis")]
    pub ejected_for: Option<Duration>,
    /// How often in a row it was ejected.
    pub ejections: u32,
    /// Whether it was drained by hand.
    pub drained: bool,
    /// How many requests are with it now.
    pub under_way: usize,
    /// How many requests it has got.
    pub requests: u64,
    /// How many of these failed.
    pub failed: u64,
}

/// What health checks say of a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Health {
    /// There are none, or not enough yet; it counts as well.
    Unknown,
    /// It is well.
    Healthy,
    /// It is not.
    Unhealthy,
}

/// The state of a circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum BreakerState {
    /// Requests pass.
    Closed,
    /// Requests are refused.
    Open,
    /// A few requests are tried.
    HalfOpen,
}

fn millis<S: serde::Serializer>(time: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
    time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)).serialize(serializer)
}

use serde::Deserialize;

/// An upstream: several targets that stand for one HTTP backend.
///
/// Integrations of the types `http` and `http_proxy` name it in `upstream`. What it has learnt of its targets (health,
/// ejections, those drained by hand) lives through a reload, as long as the target's `uri` stays.
///
/// What is left out is off, or has the default that stands with it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpstreamConfig {
    /// The targets.
    pub targets: Vec<UpstreamTargetConfig>,
    /// A name whose addresses are targets, too.
    pub dns: Option<DnsConfig>,
    /// How long to wait for the head of one target's answer, in milliseconds; as long as the integration unless given.
    /// What takes longer is a failure of the target; without it, nobody notices one that never answers, for the
    /// integration's own timeout says nothing of targets.
    pub target_timeout_in_millis: Option<u64>,
    /// How a target is chosen.
    pub balance: BalanceConfig,
    /// What tells callers apart for `HASH`: `method.request.header.NAME`, `method.request.path.NAME`,
    /// `context.identity.sourceIp`, ...
    pub hash_key: Option<String>,
    /// Targets are asked regularly whether they are well.
    pub health_check: Option<HealthCheckConfig>,
    /// Targets that fail are left out for a while.
    pub outlier_detection: Option<OutlierDetectionConfig>,
    /// The upstream as a whole is left alone for a while when too much of it fails.
    pub circuit_breaker: Option<CircuitBreakerConfig>,
    /// When fewer than this share of the targets are well, in percent, all of them are used; 0 unless given, which
    /// means: when none is.
    pub panic_threshold_percent: u8,
    /// Requests that failed are sent again.
    pub retry: Option<RetryConfig>,
    /// Requests that take long are sent to a second target, too.
    pub hedge: Option<HedgeConfig>,
    /// How many requests may be under way, and how many may wait.
    pub limits: Option<UpstreamLimitsConfig>,
    /// How many connections there may be to each target, and how many requests may wait for one.
    pub connections: Option<UpstreamConnectionsConfig>,
    /// A share of the requests is copied to another upstream.
    pub shadow: Option<ShadowConfig>,
}

/// One target.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpstreamTargetConfig {
    /// Scheme, host and port: `http://10.0.0.1:8080`.
    pub uri: String,
    /// Its share of the requests, against the others', 1 to 100; 1 unless given.
    #[serde(default = "one")]
    pub weight: u32,
}

/// A name that is looked up again and again.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DnsConfig {
    /// The name.
    pub name: String,
    /// The port of each address.
    pub port: u16,
    /// How long the addresses are used until they are looked up again, in milliseconds; 30000 unless given.
    #[serde(default = "half_a_minute")]
    pub refresh_in_millis: u64,
}

/// How a target is chosen.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum BalanceConfig {
    /// One after the other, as often as their weights say.
    #[default]
    RoundRobin,
    /// Of two that are drawn by their weights, the one with fewer requests under way.
    LeastRequests,
    /// Drawn by their weights.
    Random,
    /// The same target for the same `hashKey`; a target that comes or goes moves only its own share.
    Hash,
}

/// How targets are asked whether they are well.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HealthCheckConfig {
    /// The path that is asked for; `/` unless given.
    pub path: String,
    /// The statuses of a target that is well: `200`, `200-299`; `200` unless given.
    pub status_codes: Vec<String>,
    /// From one question to the next, in milliseconds; 5000 unless given.
    pub interval_in_millis: u64,
    /// How long to wait for the answer, in milliseconds; 2000 unless given.
    pub timeout_in_millis: u64,
    /// How many good answers in a row make a target well again; 2 unless given.
    pub healthy_threshold: u32,
    /// How many bad answers in a row make a target unwell; 3 unless given.
    pub unhealthy_threshold: u32,
}

impl Default for HealthCheckConfig {
    fn default() -> Self {
        Self {
            path: "/".to_owned(),
            status_codes: vec!["200".to_owned()],
            interval_in_millis: 5_000,
            timeout_in_millis: 2_000,
            healthy_threshold: 2,
            unhealthy_threshold: 3,
        }
    }
}

/// When targets that fail are left out. No answer is a failure, and so is an answer with a status from 500 on.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct OutlierDetectionConfig {
    /// How many failures in a row eject a target; 5 unless given.
    pub consecutive_failures: u32,
    /// How long the first ejection lasts, in milliseconds, and how much longer each following one; 30000 unless given.
    pub base_ejection_in_millis: u64,
    /// How long an ejection lasts at most, in milliseconds; 300000 unless given.
    pub max_ejection_in_millis: u64,
    /// How many of the targets may be ejected at once, in percent, though always one; 50 unless given.
    pub max_ejected_percent: u8,
}

impl Default for OutlierDetectionConfig {
    fn default() -> Self {
        Self {
            consecutive_failures: 5,
            base_ejection_in_millis: 30_000,
            max_ejection_in_millis: 300_000,
            max_ejected_percent: 50,
        }
    }
}

/// When an upstream is left alone: requests are refused at once with 503 until trial requests come through.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CircuitBreakerConfig {
    /// The share of failures that opens it, in percent; 50 unless given.
    pub failure_percent: u8,
    /// How many requests a window must have had before it can open; 20 unless given.
    pub minimum_requests: u32,
    /// How long a window is, in milliseconds; 10000 unless given.
    pub window_in_millis: u64,
    /// How long it stays open, in milliseconds; 5000 unless given.
    pub open_in_millis: u64,
    /// How many requests are tried then, and must all come through; 3 unless given.
    pub trial_requests: u32,
}

impl Default for CircuitBreakerConfig {
    fn default() -> Self {
        Self {
            failure_percent: 50,
            minimum_requests: 20,
            window_in_millis: 10_000,
            open_in_millis: 5_000,
            trial_requests: 3,
        }
    }
}

/// When requests are sent again, to another target where there is one.
///
/// A request that no target has seen is sent again whatever its method. One that a target may have seen is, where its
/// method is idempotent (RFC 9110 §9.2.2) or stands in `methods`.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct RetryConfig {
    /// How often a request is sent at most, the first time included; 3 unless given.
    pub max_attempts: u32,
    /// The failures after which it is sent again; `CONNECT` and `RESET` unless given.
    pub on: Vec<RetryOnConfig>,
    /// The statuses after which it is sent again; 502, 503 and 504 unless given.
    pub status_codes: Vec<u16>,
    /// Methods that may be sent again though they are not idempotent.
    pub methods: Vec<String>,
    /// How many retries there may be for a hundred requests; 20 unless given.
    pub budget_percent: u32,
    /// How many retries there may be in a second besides; 10 unless given.
    pub min_retries_per_second: u32,
    /// How long to wait before the first retry at most, in milliseconds, doubled for each following one; the wait itself
    /// is drawn. 25 unless given.
    pub base_backoff_in_millis: u64,
    /// How long to wait at most, in milliseconds; 250 unless given.
    pub max_backoff_in_millis: u64,
    /// How much of a body is kept to be sent again, in bytes; what has sent more is not sent again. 65536 unless given.
    pub max_body_bytes: usize,
}

impl Default for RetryConfig {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            on: vec![RetryOnConfig::Connect, RetryOnConfig::Reset],
            status_codes: vec![502, 503, 504],
            methods: Vec::new(),
            budget_percent: 20,
            min_retries_per_second: 10,
            base_backoff_in_millis: 25,
            max_backoff_in_millis: 250,
            max_body_bytes: 65_536,
        }
    }
}

/// A failure after which a request may be sent again.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum RetryOnConfig {
    /// There was no connection: the target has seen nothing.
    Connect,
    /// The connection broke before there was an answer.
    Reset,
    /// There was no answer in time.
    Timeout,
}

/// When a request is sent to a second target while the first has not answered; the faster answer counts. Idempotent
/// methods only, and bodies only that are in memory.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct HedgeConfig {
    /// After how long, in milliseconds.
    pub after_in_millis: Option<u64>,
    /// Or: when it takes longer than this share of the requests before it, in percent, 50 to 99.
    pub percentile: Option<u8>,
    /// How many such requests there may be for a hundred; 5 unless given.
    pub budget_percent: Option<u32>,
}

/// How much an upstream bears; what is over is refused at once with 503.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct UpstreamLimitsConfig {
    /// How many requests may be under way at once, until their answers have ended; over HTTP/1.1 as many connections.
    pub max_requests: Option<usize>,
    /// How many more may wait for one of these to end; 0 unless given.
    pub max_waiting: usize,
    /// How long they may wait, in milliseconds; 1000 unless given.
    pub max_wait_in_millis: Option<u64>,
}

/// How many connections an upstream's targets bear, whatever the number of requests; what is over is refused with 503.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UpstreamConnectionsConfig {
    /// How many connections there may be to each target, busy or not; all upstreams that name a target count. Over HTTP/2
    /// requests share connections, and wait for a stream where there may be no more.
    pub max_per_target: usize,
    /// How many requests may wait until one is free; 0 unless given.
    #[serde(default)]
    pub max_waiting: usize,
    /// How long they may wait, in milliseconds; 1000 unless given.
    #[serde(default = "one_second")]
    pub max_wait_in_millis: u64,
}

/// A copy of some requests for another upstream, whose answers are compared and thrown away.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ShadowConfig {
    /// The name of the other upstream.
    pub upstream: String,
    /// The share of the requests that are copied, in percent.
    pub percent: f64,
    /// How many copies may be under way; what is over is not copied. 16 unless given.
    #[serde(default = "sixteen")]
    pub max_requests: usize,
    /// How much of a body is kept for the copy, and compared, in bytes; requests with more are not copied. 65536 unless
    /// given.
    #[serde(default = "kilobytes")]
    pub max_body_bytes: usize,
}

fn one() -> u32 {
    1
}

fn one_second() -> u64 {
    1_000
}

fn sixteen() -> usize {
    16
}

fn kilobytes() -> usize {
    65_536
}

fn half_a_minute() -> u64 {
    30_000
}

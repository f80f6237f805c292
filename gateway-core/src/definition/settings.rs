use std::time::Duration;

use crate::{
    cache::UnauthorizedCacheControl,
    observe::{ExecutionLogging, LoggingLevel},
    usage_plan::Throttle,
};

/// The settings of a route in one stage; what is not given comes from the stage's default settings, else from the
/// table.
///
/// | setting | unless given |
/// | --- | --- |
/// | throttle | none; the account's holds |
/// | caching | no |
/// | cache TTL | 300 seconds |
/// | authorization for `Cache-Control` | required |
/// | what becomes of such a header without it | ignored, and the answer says so |
/// | detailed metrics | no |
/// | execution log | `OFF` |
/// | headers and bodies in it | no |
///
/// AWS developer guide: *Setting up a stage for a REST API* (method settings); API reference: *MethodSetting*.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use gateway_core::{RouteSettings, Throttle};
///
/// let settings = RouteSettings::new()
///     .throttle(Throttle::new(10.0, 20))
///     .caching(true)
///     .cache_ttl(Duration::from_secs(60));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct RouteSettings {
    pub(crate) rate_limit: Option<f64>,
    pub(crate) burst_limit: Option<u32>,
    pub(crate) caching: Option<bool>,
    pub(crate) cache_ttl: Option<Duration>,
    pub(crate) requires_authorization: Option<bool>,
    pub(crate) unauthorized: Option<UnauthorizedCacheControl>,
    pub(crate) metrics: Option<bool>,
    pub(crate) logging: Option<LoggingLevel>,
    pub(crate) data_trace: Option<bool>,
}

impl RouteSettings {
    /// Nothing given.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many requests the route takes.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.rate_limit = Some(throttle.rate());
        self.burst_limit = Some(throttle.burst());
        self
    }

    /// Whether answers are kept, where the stage has a cache. As a default, and for `ANY`, of `GET` alone; another
    /// method needs settings of its own that say so.
    #[must_use]
    pub fn caching(mut self, enabled: bool) -> Self {
        self.caching = Some(enabled);
        self
    }

    /// How long an answer is kept: whole seconds, up to an hour; none is kept for zero.
    #[must_use]
    pub fn cache_ttl(mut self, ttl: Duration) -> Self {
        self.cache_ttl = Some(ttl);
        self
    }

    /// Whether only those who may invalidate the cache get a fresh answer for `Cache-Control: max-age=0`.
    #[must_use]
    pub fn require_authorization_for_cache_control(mut self, required: bool) -> Self {
        self.requires_authorization = Some(required);
        self
    }

    /// What becomes of a `Cache-Control: max-age=0` of all others.
    #[must_use]
    pub fn unauthorized_cache_control(mut self, strategy: UnauthorizedCacheControl) -> Self {
        self.unauthorized = Some(strategy);
        self
    }

    /// Counts the route's requests through the `metrics` facade, too. Install the recorder before the gateway is built.
    #[cfg(feature = "metrics")]
    #[must_use]
    pub fn metrics(mut self, enabled: bool) -> Self {
        self.metrics = Some(enabled);
        self
    }

    /// Which requests the execution log tells of: line by line what was done with each, through `tracing` with the
    /// target `gateway::execution`, or to the stage's own [sink](crate::StageDefinition::execution_log).
    #[must_use]
    pub fn logging(mut self, level: LoggingLevel) -> Self {
        self.logging = Some(level);
        self
    }

    /// Whether the execution log, where it is on, tells of all requests with their headers and bodies, credentials in
    /// known headers masked. Bodies that are streamed are not told.
    #[must_use]
    pub fn data_trace(mut self, enabled: bool) -> Self {
        self.data_trace = Some(enabled);
        self
    }

    /// These, completed by `other`.
    pub(crate) fn or(self, other: &Self) -> Self {
        Self {
            rate_limit: self.rate_limit.or(other.rate_limit),
            burst_limit: self.burst_limit.or(other.burst_limit),
            caching: self.caching.or(other.caching),
            cache_ttl: self.cache_ttl.or(other.cache_ttl),
            requires_authorization: self.requires_authorization.or(other.requires_authorization),
            unauthorized: self.unauthorized.or(other.unauthorized),
            metrics: self.metrics.or(other.metrics),
            logging: self.logging.or(other.logging),
            data_trace: self.data_trace.or(other.data_trace),
        }
    }

    /// How much of a request the execution log tells.
    pub(crate) fn execution_logging(&self) -> ExecutionLogging {
        ExecutionLogging { level: self.logging.unwrap_or_default(), data: self.data_trace.unwrap_or_default() }
    }

    /// The throttle, if any limit is given.
    pub(crate) fn limit(&self) -> Option<Throttle> {
        let given = self.rate_limit.is_some() || self.burst_limit.is_some();
        given.then(|| Throttle::new(self.rate_limit.unwrap_or(10_000.0), self.burst_limit.unwrap_or(5_000)))
    }
}

//! What a definition says of an upstream, checked and compiled once.

use std::{collections::BTreeSet, ops::RangeInclusive, time::Duration};

use gateway_core::{
    Problem, Problems, ValueSource,
    config::{
        BalanceConfig, CircuitBreakerConfig, DnsConfig, HealthCheckConfig, HedgeConfig, OutlierDetectionConfig,
        RetryConfig, ShadowConfig, UpstreamConfig, UpstreamConnectionsConfig, UpstreamLimitsConfig,
    },
};
use http::{Method, StatusCode, uri::PathAndQuery};

use super::{Target, failure::Failure};
use crate::http::ConnectionLimits;

/// How many targets an upstream has at most.
pub(super) const MOST_TARGETS: usize = 1_000;

/// What an upstream does.
#[derive(Default)]
pub(super) struct Settings {
    pub(super) targets: Vec<Target>,
    pub(super) dns: Option<DnsConfig>,
    pub(super) timeout: Option<Duration>,
    pub(super) balance: BalanceConfig,
    pub(super) hash_key: Option<ValueSource>,
    pub(super) health: Option<HealthCheck>,
    pub(super) outliers: Option<OutlierDetectionConfig>,
    pub(super) breaker: Option<CircuitBreakerConfig>,
    pub(super) panic_percent: u8,
    pub(super) retry: Option<Retry>,
    pub(super) hedge: Option<Hedge>,
    pub(super) limits: UpstreamLimitsConfig,
    pub(super) connections: Option<ConnectionLimits>,
    pub(super) shadow: Option<ShadowConfig>,
}

/// What code says of an upstream, so that its definition need not.
#[derive(Clone, Copy, Default)]
pub(super) struct ByCode {
    pub(super) has_key: bool,
    pub(super) finds_targets: bool,
}

/// How targets are asked whether they are well.
pub(super) struct HealthCheck {
    pub(super) path: PathAndQuery,
    pub(super) statuses: Vec<RangeInclusive<u16>>,
    pub(super) interval: Duration,
    pub(super) timeout: Duration,
    pub(super) healthy_from: u32,
    pub(super) unhealthy_from: u32,
}

/// When requests are sent again.
pub(super) struct Retry {
    pub(super) config: RetryConfig,
    methods: Vec<Method>,
    statuses: Vec<StatusCode>,
}

/// When requests are sent twice.
pub(super) struct Hedge {
    pub(super) after: HedgeAfter,
    pub(super) budget_percent: u32,
}

pub(super) enum HedgeAfter {
    Time(Duration),
    Percentile(u8),
}

impl Settings {
    /// Compiles `config`, for an upstream of which code may say a part.
    ///
    /// # Errors
    /// Everything that is wrong; the pointers start at the upstream.
    pub(super) fn compile(config: &UpstreamConfig, code: ByCode) -> Result<Self, Problems> {
        let mut check = Check { problems: Vec::new(), code };
        let settings = Self {
            targets: check.targets(config),
            dns: config.dns.clone(),
            timeout: config.target_timeout_in_millis.map(Duration::from_millis),
            balance: config.balance,
            hash_key: check.hash_key(config),
            health: config.health_check.as_ref().and_then(|health| check.health(health)),
            outliers: config.outlier_detection.inspect(|outliers| check.outliers(outliers)),
            breaker: config.circuit_breaker.inspect(|breaker| check.breaker(breaker)),
            panic_percent: config.panic_threshold_percent,
            retry: config.retry.as_ref().and_then(|retry| check.retry(retry)),
            hedge: config.hedge.as_ref().and_then(|hedge| check.hedge(hedge)),
            limits: config.limits.unwrap_or_default(),
            connections: config.connections.as_ref().map(|connections| check.connections(connections)),
            shadow: config.shadow.clone(),
        };
        if let Some(dns) = &config.dns {
            check.at_least("/dns/refreshInMillis", dns.refresh_in_millis, 1_000);
            if dns.name.is_empty() {
                check.wrong("/dns/name", "write the name that is looked up");
            }
        }
        if let Some(limits) = &config.limits {
            if limits.max_requests == Some(0) {
                check.wrong("/limits/maxRequests", "0 lets no request through; write 1 or more");
            }
            if limits.max_requests.is_none() && limits.max_waiting > 0 {
                check.wrong("/limits/maxWaiting", "requests wait only where `maxRequests` is given");
            }
        }
        if let Some(shadow) = &config.shadow
            && !(shadow.percent > 0.0 && shadow.percent <= 100.0)
        {
            check.wrong("/shadow/percent", "write a share in percent, above 0 and at most 100");
        }
        if config.target_timeout_in_millis == Some(0) {
            check.wrong("/targetTimeoutInMillis", "0 leaves no time for an answer; write 1 or more");
        }
        check.percent("/panicThresholdPercent", config.panic_threshold_percent);
        if check.problems.is_empty() { Ok(settings) } else { Err(check.problems.into_iter().collect()) }
    }
}

impl Retry {
    /// Whether a request with this method may be sent again after this outcome.
    pub(super) fn allows(&self, method: &Method, failure: Option<Failure>, status: Option<StatusCode>) -> bool {
        let wanted = match (status, failure.and_then(Failure::retry_on)) {
            (Some(status), _) => self.statuses.contains(&status),
            (None, Some(kind)) => self.config.on.contains(&kind),
            (None, None) => false,
        };
        wanted && (failure == Some(Failure::Connect) || method.is_idempotent() || self.methods.contains(method))
    }

    /// The longest wait before the retry `number`, from 1.
    pub(super) fn backoff(&self, number: u32) -> Duration {
        let doubled = self.config.base_backoff_in_millis.saturating_mul(1_u64 << (number - 1).min(20));
        Duration::from_millis(doubled.min(self.config.max_backoff_in_millis))
    }
}

impl HealthCheck {
    pub(super) fn expects(&self, status: StatusCode) -> bool {
        self.statuses.iter().any(|range| range.contains(&status.as_u16()))
    }
}

/// Collects what is wrong.
struct Check {
    problems: Vec<Problem>,
    code: ByCode,
}

impl Check {
    fn wrong(&mut self, pointer: impl Into<String>, message: impl std::fmt::Display) {
        self.problems.push(Problem::new(pointer, message));
    }

    fn at_least(&mut self, pointer: &str, value: u64, least: u64) {
        if value < least {
            self.wrong(pointer, format_args!("{value} is less than {least}"));
        }
    }

    fn percent(&mut self, pointer: &str, value: u8) {
        if value > 100 {
            self.wrong(pointer, format_args!("{value} is more than 100 percent"));
        }
    }

    fn targets(&mut self, config: &UpstreamConfig) -> Vec<Target> {
        if config.targets.is_empty() && config.dns.is_none() && !self.code.finds_targets {
            self.wrong("/targets", "name a target at least, or give `dns`");
        }
        if config.targets.len() > MOST_TARGETS {
            self.wrong("/targets", format_args!("an upstream has at most {MOST_TARGETS} targets"));
        }
        let (mut targets, mut seen) = (Vec::<Target>::new(), BTreeSet::new());
        for (place, target) in config.targets.iter().enumerate() {
            if !(1..=100).contains(&target.weight) {
                self.wrong(
                    format!("/targets/{place}/weight"),
                    format_args!("{} is not between 1 and 100", target.weight),
                );
            }
            match Target::parse(&target.uri) {
                Ok(parsed) if !seen.insert(parsed.to_string()) => {
                    self.wrong(format!("/targets/{place}/uri"), "this target stands here twice; give it a weight");
                }
                Ok(parsed) => targets.push(parsed.with_weight(target.weight)),
                Err(error) => self.wrong(format!("/targets/{place}/uri"), format_args!("`{}`: {error}", target.uri)),
            }
        }
        targets
    }

    fn hash_key(&mut self, config: &UpstreamConfig) -> Option<ValueSource> {
        match (&config.hash_key, config.balance) {
            (None, BalanceConfig::Hash) if !self.code.has_key => {
                self.wrong("/hashKey", "`HASH` needs to know by what: context.identity.sourceIp, for one");
            }
            (Some(_), balance) if balance != BalanceConfig::Hash => {
                self.wrong("/hashKey", "this means something with the balance `HASH` only");
            }
            _ => {}
        }
        let parsed = ValueSource::parse(config.hash_key.as_deref()?);
        parsed.map_err(|error| self.wrong("/hashKey", error)).ok()
    }

    fn health(&mut self, config: &HealthCheckConfig) -> Option<HealthCheck> {
        self.at_least("/healthCheck/intervalInMillis", config.interval_in_millis, 100);
        self.at_least("/healthCheck/timeoutInMillis", config.timeout_in_millis, 1);
        self.at_least("/healthCheck/healthyThreshold", config.healthy_threshold.into(), 1);
        self.at_least("/healthCheck/unhealthyThreshold", config.unhealthy_threshold.into(), 1);
        let path: Option<PathAndQuery> = config.path.parse().ok().filter(|_| config.path.starts_with('/'));
        if path.is_none() {
            self.wrong("/healthCheck/path", format_args!("`{}` is no path that starts with `/`", config.path));
        }
        let mut statuses = Vec::with_capacity(config.status_codes.len());
        for (place, text) in config.status_codes.iter().enumerate() {
            match status_range(text) {
                Some(range) => statuses.push(range),
                None => self.wrong(
                    format!("/healthCheck/statusCodes/{place}"),
                    format_args!("`{text}` is neither a status, `200`, nor a range of them, `200-299`"),
                ),
            }
        }
        if config.status_codes.is_empty() {
            self.wrong("/healthCheck/statusCodes", "with no status, no target would ever be well");
        }
        Some(HealthCheck {
            path: path?,
            statuses,
            interval: Duration::from_millis(config.interval_in_millis),
            timeout: Duration::from_millis(config.timeout_in_millis),
            healthy_from: config.healthy_threshold,
            unhealthy_from: config.unhealthy_threshold,
        })
    }

    fn connections(&mut self, config: &UpstreamConnectionsConfig) -> ConnectionLimits {
        if config.max_per_target == 0 {
            self.wrong("/connections/maxPerTarget", "0 lets no request through; write 1 or more");
        }
        ConnectionLimits {
            connections: config.max_per_target,
            waiting: config.max_waiting,
            wait: Duration::from_millis(config.max_wait_in_millis),
        }
    }

    fn outliers(&mut self, config: &OutlierDetectionConfig) {
        self.at_least("/outlierDetection/consecutiveFailures", config.consecutive_failures.into(), 1);
        self.at_least("/outlierDetection/baseEjectionInMillis", config.base_ejection_in_millis, 1);
        self.at_least(
            "/outlierDetection/maxEjectionInMillis",
            config.max_ejection_in_millis,
            config.base_ejection_in_millis,
        );
        self.percent("/outlierDetection/maxEjectedPercent", config.max_ejected_percent);
    }

    fn breaker(&mut self, config: &CircuitBreakerConfig) {
        self.at_least("/circuitBreaker/failurePercent", config.failure_percent.into(), 1);
        self.percent("/circuitBreaker/failurePercent", config.failure_percent);
        self.at_least("/circuitBreaker/windowInMillis", config.window_in_millis, 1);
        self.at_least("/circuitBreaker/minimumRequests", config.minimum_requests.into(), 1);
        self.at_least("/circuitBreaker/trialRequests", config.trial_requests.into(), 1);
    }

    fn retry(&mut self, config: &RetryConfig) -> Option<Retry> {
        if !(1..=10).contains(&config.max_attempts) {
            self.wrong("/retry/maxAttempts", format_args!("{} is not between 1 and 10", config.max_attempts));
        }
        if config.budget_percent > 1_000 {
            self.wrong("/retry/budgetPercent", format_args!("{} is more than 1000 percent", config.budget_percent));
        }
        if config.max_body_bytes as u64 > crate::failure::PAYLOAD {
            self.wrong("/retry/maxBodyBytes", format_args!("at most {} are kept", crate::failure::PAYLOAD));
        }
        let (mut methods, mut statuses) = (Vec::new(), Vec::new());
        for (place, name) in config.methods.iter().enumerate() {
            match Method::from_bytes(name.as_bytes()) {
                Ok(method) if name.bytes().all(|letter| letter.is_ascii_uppercase()) => methods.push(method),
                _ => self.wrong(format!("/retry/methods/{place}"), format_args!("`{name}` is no method, such as POST")),
            }
        }
        for (place, code) in config.status_codes.iter().enumerate() {
            match StatusCode::from_u16(*code).ok().filter(|code| code.is_client_error() || code.is_server_error()) {
                Some(status) => statuses.push(status),
                None => {
                    self.wrong(
                        format!("/retry/statusCodes/{place}"),
                        format_args!("{code} is not between 400 and 599"),
                    );
                }
            }
        }
        Some(Retry { config: config.clone(), methods, statuses })
    }

    fn hedge(&mut self, config: &HedgeConfig) -> Option<Hedge> {
        let after = match (config.after_in_millis, config.percentile) {
            (Some(millis), None) if millis > 0 => HedgeAfter::Time(Duration::from_millis(millis)),
            (None, Some(percent)) if (50..=99).contains(&percent) => HedgeAfter::Percentile(percent),
            (None, Some(percent)) => {
                self.wrong("/hedge/percentile", format_args!("{percent} is not between 50 and 99"));
                return None;
            }
            _ => {
                self.wrong("/hedge", "give `afterInMillis`, 1 or more, or `percentile`, and not both");
                return None;
            }
        };
        Some(Hedge { after, budget_percent: config.budget_percent.unwrap_or(5) })
    }
}

/// `200` or `200-299`.
fn status_range(text: &str) -> Option<RangeInclusive<u16>> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let status = |text: &str| text.parse::<u16>().ok().filter(|status| (100..600).contains(status));
    let (first, last) = (status(first)?, status(last)?);
    (first <= last).then_some(first..=last)
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::usage_plan::Throttle;

/// One stage.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StageConfig {
    /// Its name; `$default` is an HTTP API's root.
    pub name: String,
    /// `$context.deploymentId`; drawn unless given.
    #[serde(default)]
    pub deployment_id: Option<String>,
    /// Its variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The settings of each route that has none of its own.
    #[serde(default)]
    pub default_route_settings: Option<RouteSettingsConfig>,
    /// The settings of single routes, by their keys.
    #[serde(default)]
    pub route_settings: BTreeMap<String, RouteSettingsConfig>,
    /// Its access log.
    #[serde(default)]
    pub access_log: Option<AccessLogConfig>,
    /// Whether its requests are counted through the `metrics` facade.
    #[serde(default)]
    pub metrics_enabled: bool,
    /// Whether each route's requests are counted, too.
    #[serde(default)]
    pub detailed_metrics_enabled: bool,
}

/// Settings of a route; 0 refuses every request, what is not given does not throttle.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteSettingsConfig {
    /// Requests a second; 10000 if only the burst is given.
    #[serde(default)]
    pub throttling_rate_limit: Option<f64>,
    /// Requests at once; 5000 if only the rate is given.
    #[serde(default)]
    pub throttling_burst_limit: Option<u32>,
}

impl RouteSettingsConfig {
    /// The throttle, if any limit is given.
    #[must_use]
    pub fn throttle(&self) -> Option<Throttle> {
        let given = self.throttling_rate_limit.is_some() || self.throttling_burst_limit.is_some();
        let rate = self.throttling_rate_limit.unwrap_or(10_000.0);
        given.then(|| Throttle::new(rate, self.throttling_burst_limit.unwrap_or(5_000)))
    }
}

/// An access log.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AccessLogConfig {
    /// `CLF`, `JSON`, `XML`, `CSV`, or a line of one's own with `$context` variables.
    pub format: String,
    /// Where it goes; `stdout` unless given.
    #[serde(default)]
    pub destination: LogDestination,
}

/// Where an access log goes.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum LogDestination {
    /// The process's standard output.
    #[default]
    Stdout,
    /// The process's standard error.
    Stderr,
    /// `tracing`, with the target `gateway::access`.
    Tracing,
    /// A sink that the host registers under this name.
    Sink(String),
}

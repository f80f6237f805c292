use std::{collections::BTreeMap, time::Duration};

use serde::{
    Deserialize, Deserializer,
    de::{self, Unexpected},
};

use crate::{
    cache::UnauthorizedCacheControl, context::ApiKind, definition::RouteSettings, observe::LoggingLevel,
    problem::Problem,
};

/// One stage.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StageConfig {
    /// Its name; `$default` is an HTTP API's root.
    pub name: String,
    /// `$context.deploymentId`; drawn unless given.
    #[serde(default)]
    pub deployment_id: Option<String>,
    /// Whether AWS deploys each change of the API to it at once (HTTP APIs).
    ///
    /// Here every stage does: a definition is compiled as a whole, and one that is good is served from the next request
    /// on, see [`reload`](crate::GatewayHandle::reload). So it only forbids, as on AWS, a `deploymentId` of one's own.
    #[serde(default)]
    pub auto_deploy: bool,
    /// Its variables.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The settings of each route that has none of its own.
    #[serde(default)]
    pub default_route_settings: Option<RouteSettingsConfig>,
    /// The settings of single routes, by their keys; `pets/{id}/GET` and `*/*`, as AWS writes them for REST APIs
    /// (`methodSettings`), mean `GET /pets/{id}` and the default.
    #[serde(default, alias = "methodSettings")]
    pub route_settings: BTreeMap<String, RouteSettingsConfig>,
    /// Whether answers are cached, on routes whose settings ask for it.
    #[serde(default)]
    pub cache_cluster_enabled: bool,
    /// The size of the cache in GB, as AWS writes it: `0.5`, `1.6`, ...; `0.5` unless given.
    #[serde(default)]
    pub cache_cluster_size: Option<String>,
    /// The id of the certificate that is shown to HTTP backends over TLS (REST APIs); the host gives the integrations it and
    /// its key.
    #[serde(default)]
    pub client_certificate_id: Option<String>,
    /// A second deployment that serves a part of the requests.
    #[serde(default)]
    pub canary_settings: Option<CanaryConfig>,
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

impl StageConfig {
    /// The size of its cache in bytes, of the GB that AWS writes.
    pub(super) fn cache_bytes(&self) -> Result<u64, String> {
        const GIGABYTE: f64 = 1_073_741_824.0;
        let text = self.cache_cluster_size.as_deref().unwrap_or("0.5");
        let size = text.parse::<f64>().ok().filter(|size| *size > 0.0 && *size <= 237.0);
        let size =
            size.ok_or_else(|| format!("`{text}` is no size of a cache: write its GB, such as 0.5, at most 237"))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 2^38")]
        let bytes = (size * GIGABYTE) as u64;
        Ok(bytes)
    }

    /// What is wrong with how it is deployed.
    pub(super) fn wrong_deployment(&self, kind: ApiKind) -> Option<Problem> {
        if !self.auto_deploy {
            return None;
        }
        if kind == ApiKind::Rest {
            return Some(Problem::new(
                "/autoDeploy",
                "of HTTP APIs only; leave it out, each stage serves what is read last",
            ));
        }
        let message =
            "a stage that deploys by itself draws the ids of its deployments; leave this out, or `autoDeploy`";
        self.deployment_id.as_ref().map(|_| Problem::new("/deploymentId", message))
    }
}

/// A canary: a second deployment, which serves a part of the requests.
///
/// AWS developer guide: *Set up an API Gateway canary release deployment*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CanaryConfig {
    /// How many of a hundred requests it serves, 0.0 to 100.0.
    pub percent_traffic: f64,
    /// The API, by its name or id, whose routes it serves; the stage's own unless given. An API that is nothing but a
    /// canary needs no stage.
    pub api: Option<String>,
    /// `$context.deploymentId` of its requests; the stage's own unless given, and drawn if it serves another API's
    /// routes.
    pub deployment_id: Option<String>,
    /// Stage variables that it sees in place of the stage's, or besides.
    pub stage_variable_overrides: BTreeMap<String, String>,
    /// Whether it uses the stage's cache; it has none otherwise.
    pub use_stage_cache: bool,
}

/// Settings of a route; a throttle of 0 refuses every request, what is not given does not throttle.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RouteSettingsConfig {
    /// Requests a second; 10000 if only the burst is given. As on AWS, -1 is the same as none.
    #[serde(default, deserialize_with = "rate")]
    pub throttling_rate_limit: Option<f64>,
    /// Requests at once; 5000 if only the rate is given. As on AWS, -1 is the same as none.
    #[serde(default, deserialize_with = "burst")]
    pub throttling_burst_limit: Option<u32>,
    /// Whether answers are cached, where the stage has a cache; no unless given. As a default, and for `ANY`, of `GET`
    /// alone.
    #[serde(default)]
    pub caching_enabled: Option<bool>,
    /// How long an answer is cached, in seconds, 0 to 3600; 300 unless given.
    #[serde(default)]
    pub cache_ttl_in_seconds: Option<u32>,
    /// Whether the cache is encrypted on AWS; has no effect here, where it is in memory.
    #[serde(default)]
    pub cache_data_encrypted: Option<bool>,
    /// Whether `Cache-Control: max-age=0` needs a caller who may invalidate the cache; yes unless given.
    #[serde(default)]
    pub require_authorization_for_cache_control: Option<bool>,
    /// What becomes of such a header of a caller who may not.
    #[serde(default)]
    pub unauthorized_cache_control_header_strategy: Option<UnauthorizedCacheControl>,
    /// Whether the route's requests are counted, too.
    #[serde(default)]
    pub metrics_enabled: Option<bool>,
    /// Which requests the execution log tells of, through `tracing` with the target `gateway::execution`; `OFF` unless
    /// given.
    #[serde(default)]
    pub logging_level: Option<LoggingLevel>,
    /// Whether the execution log, where it is on, tells of all requests with their headers and bodies.
    #[serde(default)]
    pub data_trace_enabled: Option<bool>,
}

fn rate<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    Ok(Option::<f64>::deserialize(deserializer)?.filter(|rate| *rate != -1.0))
}

fn burst<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u32>, D::Error> {
    let burst = Option::<i64>::deserialize(deserializer)?.filter(|burst| *burst != -1);
    let wrong = |burst| de::Error::invalid_value(Unexpected::Signed(burst), &"how many requests at once, or -1");
    burst.map(|burst| u32::try_from(burst).map_err(|_| wrong(burst))).transpose()
}

/// A stage with this name, and nothing set.
impl From<&str> for StageConfig {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

impl From<RouteSettingsConfig> for RouteSettings {
    fn from(config: RouteSettingsConfig) -> Self {
        Self {
            rate_limit: config.throttling_rate_limit,
            burst_limit: config.throttling_burst_limit,
            caching: config.caching_enabled,
            cache_ttl: config.cache_ttl_in_seconds.map(|seconds| Duration::from_secs(seconds.into())),
            requires_authorization: config.require_authorization_for_cache_control,
            unauthorized: config.unauthorized_cache_control_header_strategy,
            metrics: config.metrics_enabled,
            logging: config.logging_level,
            data_trace: config.data_trace_enabled,
        }
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
    /// Where the lines of a canary's requests go besides; nowhere unless given.
    #[serde(default)]
    pub canary_destination: Option<LogDestination>,
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

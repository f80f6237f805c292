use std::collections::BTreeMap;

use serde::Deserialize;

use crate::usage_plan::{Period, Throttle};

/// A usage plan, with its keys.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UsagePlanConfig {
    /// Its id, which names its state.
    pub id: String,
    /// How fast each key may call.
    #[serde(default)]
    pub throttle: Option<ThrottleConfig>,
    /// How much each key may call.
    #[serde(default)]
    pub quota: Option<QuotaConfig>,
    /// The stages that its keys may use.
    #[serde(default)]
    pub api_stages: Vec<PlanStageConfig>,
    /// Its keys.
    #[serde(default)]
    pub api_keys: Vec<ApiKeyConfig>,
}

/// A token bucket.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ThrottleConfig {
    /// Requests a second.
    pub rate_limit: f64,
    /// Requests at once.
    pub burst_limit: u32,
}

impl From<ThrottleConfig> for Throttle {
    fn from(config: ThrottleConfig) -> Self {
        Self::new(config.rate_limit, config.burst_limit)
    }
}

/// A quota.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct QuotaConfig {
    /// Requests a period.
    pub limit: u64,
    /// The period: `DAY`, `WEEK` or `MONTH`.
    pub period: Period,
    /// Requests that are taken off the limit in a key's first period.
    #[serde(default)]
    pub offset: u64,
    /// How many days after Sunday a week starts, or after its first a month.
    #[serde(default)]
    pub start_day: u8,
}

/// A stage of a usage plan.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct PlanStageConfig {
    /// The API's name or id.
    pub api: String,
    /// The stage.
    pub stage: String,
    /// How fast each key may call single routes, by their keys.
    #[serde(default)]
    pub throttle: BTreeMap<String, ThrottleConfig>,
}

/// An API key: its value, or the SHA-256 digest of it.
#[derive(Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ApiKeyConfig {
    /// `$context.identity.apiKeyId`.
    pub id: String,
    /// The value, 20 to 128 characters.
    #[serde(default)]
    pub value: Option<String>,
    /// The SHA-256 digest of the value, in hexadecimal.
    #[serde(default)]
    pub sha256: Option<String>,
    /// Whether it is on.
    #[serde(default = "on")]
    pub enabled: bool,
}

fn on() -> bool {
    true
}

impl std::fmt::Debug for ApiKeyConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKeyConfig").field("id", &self.id).field("value", &"[redacted]").finish_non_exhaustive()
    }
}

/// A custom domain.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct DomainConfig {
    /// Its name; `*.example.com` takes any first label, `*` every host.
    pub name: String,
    /// Its base path mappings.
    pub mappings: Vec<MappingConfig>,
}

/// A base path mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct MappingConfig {
    /// The base path; empty takes every path.
    #[serde(default)]
    pub base_path: String,
    /// The API's name or id.
    pub api: String,
    /// The stage.
    pub stage: String,
}

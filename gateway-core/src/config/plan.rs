use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

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
#[serde(try_from = "Value")]
pub struct ApiKeyConfig {
    /// `$context.identity.apiKeyId`.
    pub id: String,
    /// The value, 20 to 128 characters.
    pub value: Option<String>,
    /// The SHA-256 digest of the value, in hexadecimal.
    pub sha256: Option<String>,
    /// Whether it is on; on unless given.
    pub enabled: bool,
}

/// By hand: what serde says of a value in the wrong place repeats it, and here it may be the key.
impl TryFrom<Value> for ApiKeyConfig {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let Value::Object(fields) = value else {
            return Err("an API key is an object with `id`, and `value` or `sha256`".to_owned());
        };
        let (mut id, mut key) = (None, Self { id: String::new(), value: None, sha256: None, enabled: true });
        for (name, value) in fields {
            match (&*name, value) {
                ("id", Value::String(text)) => id = Some(text),
                ("value", Value::String(text)) => key.value = Some(text),
                ("sha256", Value::String(text)) => key.sha256 = Some(text),
                ("enabled", Value::Bool(enabled)) => key.enabled = enabled,
                ("value" | "sha256", Value::Null) => {}
                ("id" | "value" | "sha256", _) => {
                    return Err(format!("`{name}` of an API key is a text between quotes"));
                }
                ("enabled", _) => return Err("`enabled` of an API key is true or false".to_owned()),
                _ => {
                    let fields = "`id`, `value`, `sha256` or `enabled`";
                    return Err(format!("unknown field `{name}` of an API key, expected {fields}"));
                }
            }
        }
        key.id = id.ok_or_else(|| "missing field `id`".to_owned())?;
        Ok(key)
    }
}

impl std::fmt::Debug for ApiKeyConfig {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ApiKeyConfig").field("id", &self.id).field("value", &"[redacted]").finish_non_exhaustive()
    }
}

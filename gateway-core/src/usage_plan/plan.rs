use std::collections::BTreeMap;

use serde::Deserialize;

use super::{ApiKey, Quota, Throttle};

/// A usage plan as it is written down: who may use which stages, how fast and how much.
///
/// Throttle and quota hold for each key by itself, over all stages of the plan.
///
/// AWS developer guide: *Creating and using usage plans with API keys*.
#[derive(Clone, Debug)]
pub struct Plan {
    pub(crate) id: String,
    pub(crate) throttle: Option<Throttle>,
    pub(crate) quota: Option<Quota>,
    pub(crate) stages: Vec<PlanStage>,
    pub(crate) keys: Vec<ApiKey>,
}

/// One stage of a plan, with the throttles of single methods.
#[derive(Clone, Debug)]
pub struct PlanStage {
    pub(crate) api: String,
    pub(crate) stage: String,
    pub(crate) methods: BTreeMap<String, Throttle>,
}

/// Where an API takes its keys from.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum ApiKeySource {
    /// The `x-api-key` header.
    #[default]
    Header,
    /// The authorizer's result ([`Authorization::with_usage_key`](crate::Authorization::with_usage_key)).
    Authorizer,
}

impl Plan {
    /// A plan without limits, stages and keys. Its id names its state, so keep it.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), throttle: None, quota: None, stages: Vec::new(), keys: Vec::new() }
    }

    /// How fast each key may call, over all stages of the plan.
    #[must_use]
    pub fn throttle(mut self, throttle: Throttle) -> Self {
        self.throttle = Some(throttle);
        self
    }

    /// How much each key may call in a period, over all stages of the plan.
    #[must_use]
    pub fn quota(mut self, quota: Quota) -> Self {
        self.quota = Some(quota);
        self
    }

    /// Lets the plan's keys use a stage of an API.
    #[must_use]
    pub fn stage(self, api: impl Into<String>, stage: impl Into<String>) -> Self {
        self.stage_with(PlanStage::new(api, stage))
    }

    /// Lets the plan's keys use a stage, with throttles of its methods.
    #[must_use]
    pub fn stage_with(mut self, stage: PlanStage) -> Self {
        self.stages.push(stage);
        self
    }

    /// Adds a key. A key may be in several plans, but in one plan only for each stage.
    #[must_use]
    pub fn key(mut self, key: ApiKey) -> Self {
        self.keys.push(key);
        self
    }
}

impl PlanStage {
    /// A stage of an API, by their names.
    #[must_use]
    pub fn new(api: impl Into<String>, stage: impl Into<String>) -> Self {
        Self { api: api.into(), stage: stage.into(), methods: BTreeMap::new() }
    }

    /// How fast each key may call one route: `GET /pets/{id}`, or as AWS writes it, `/pets/{id}/GET`.
    #[must_use]
    pub fn method(mut self, route: impl Into<String>, throttle: Throttle) -> Self {
        self.methods.insert(route.into(), throttle);
        self
    }
}

use std::{fmt, sync::Arc};

use crate::{context::Variables, observe::Observer};

/// A canary release: a second deployment of a stage, which serves a part of its requests.
///
/// Each request is drawn by itself, so that one caller may see both. The canary sees the stage's variables with its own
/// laid over them; throttles, quotas and usage plans are the stage's. `$context.isCanaryRequest` is `true` or `false` on
/// a stage that has one, and metrics count its requests once more, under the stage `NAME/Canary`.
///
/// AWS developer guide: *Set up an API Gateway canary release deployment*.
///
/// # Example
/// ```
/// use gateway_core::{Canary, StageDefinition};
///
/// let prod = StageDefinition::new("prod")
///     .variable("backend", "pets.internal:8080")
///     .canary(Canary::percent(10.0).api("pets-next").variable("backend", "pets-next.internal:8080"));
/// ```
#[derive(Clone, Default)]
pub struct Canary {
    pub(crate) percent: f64,
    pub(crate) api: Option<String>,
    pub(crate) deployment_id: Option<String>,
    pub(crate) variables: Variables,
    pub(crate) use_stage_cache: bool,
    pub(crate) observers: Vec<Arc<dyn Observer>>,
}

impl Canary {
    /// A canary that serves so many of a hundred requests, 0.0 to 100.0: none and all are exact.
    #[must_use]
    pub fn percent(percent: f64) -> Self {
        Self { percent, ..Self::default() }
    }

    /// The API, by its id or name, whose routes the canary serves; the stage's own unless given.
    ///
    /// An API that is nothing but a canary needs no stage.
    #[must_use]
    pub fn api(mut self, api: impl Into<String>) -> Self {
        self.api = Some(api.into());
        self
    }

    /// `$context.deploymentId` of the canary's requests. In a definition a name for what the canary serves; in
    /// [`GatewayHandle::set_canary`](crate::GatewayHandle::set_canary) a deployment that the gateway keeps.
    #[must_use]
    pub fn deployment_id(mut self, id: impl Into<String>) -> Self {
        self.deployment_id = Some(id.into());
        self
    }

    /// A variable that the canary sees in place of the stage's, or besides.
    #[must_use]
    pub fn variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.variables.insert(name.into(), value.into());
        self
    }

    /// Whether the canary's requests use the stage's cache; they have none unless this is said.
    #[must_use]
    pub fn use_stage_cache(mut self, uses: bool) -> Self {
        self.use_stage_cache = uses;
        self
    }

    /// Tells `observer` of the canary's requests, besides whom the stage tells: a second access log, as AWS keeps one
    /// under the name with `/Canary` behind it.
    #[must_use]
    pub fn observer(mut self, observer: impl Observer) -> Self {
        self.observers.push(Arc::new(observer));
        self
    }
}

impl fmt::Debug for Canary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Canary")
            .field("percent", &self.percent)
            .field("api", &self.api)
            .field("deployment_id", &self.deployment_id)
            .field("variables", &self.variables)
            .field("use_stage_cache", &self.use_stage_cache)
            .finish_non_exhaustive()
    }
}

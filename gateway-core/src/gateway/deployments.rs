//! Deployments and stages, while the gateway serves.

use std::{collections::BTreeMap, time::SystemTime};

use super::{GatewayHandle, ledger::Place};
use crate::{
    compile::Revision,
    context::Variables,
    definition::{Api, Canary, RouteDefinition, places},
    problem::Problems,
};

/// A deployment that is kept: an API as it was at one time. It never changes.
///
/// AWS developer guide: *Deploy REST APIs in API Gateway*.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeploymentSummary {
    /// `$context.deploymentId`.
    pub id: String,
    /// When it was made.
    pub created: SystemTime,
    /// What the host said of it.
    pub description: Option<String>,
    /// The stages that serve it, canaries not counted.
    pub stages: Vec<String>,
    /// The stages whose canary serves it.
    pub canary_of: Vec<String>,
}

/// A stage as it serves.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct StageSummary {
    /// Its name.
    pub name: String,
    /// The deployment that it serves.
    pub deployment_id: String,
    /// Its variables.
    pub variables: Variables,
    /// Its canary.
    pub canary: Option<CanarySummary>,
}

/// The canary of a stage.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CanarySummary {
    /// How many of a hundred requests it serves.
    pub percent_traffic: f64,
    /// The deployment that it serves.
    pub deployment_id: String,
    /// What it sees in place of the stage's variables, or besides.
    pub stage_variable_overrides: Variables,
    /// Whether it uses the stage's cache.
    pub use_stage_cache: bool,
}

/// What one deployment has that another has not, by the keys of the routes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeploymentDiff {
    /// Only in the later one.
    pub added: Vec<String>,
    /// Only in the earlier one.
    pub removed: Vec<String>,
    /// In both, and not the same. Of routes that were read as data, what the definition says is compared, secrets left
    /// out; of routes written in code, whether they have the same integrations, authorizers and guards.
    pub changed: Vec<String>,
}

/// Why a stage or a deployment could not be changed; nothing was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StageError {
    /// There is no such API, or it is of another kind.
    #[error("there is no API `{0}`; load it with a definition first")]
    NoApi(String),
    /// The API has no such stage.
    #[error("the API has no stage `{0}`")]
    NoStage(String),
    /// No such deployment is kept.
    #[error("Deployment id does not exist")]
    NoDeployment,
    /// The stage has no canary.
    #[error("Promotion not available. Canary does not exist.")]
    NoCanary,
    /// A canary release needs a stage that is there already.
    #[error(
        "Invalid deployment content specified.Stage {0} must already be created before making a canary release \
         deployment"
    )]
    CanaryWithoutStage(String),
    /// The stage cannot serve another deployment while it has a canary.
    #[error("the stage has a canary; promote it, or remove it first")]
    CanaryEnabled,
    /// There is nothing to go back to.
    #[error("the stage has served no other deployment that is kept")]
    NothingBefore,
    /// The API, or the canary's settings, have problems. Pointers start at the API, or at the settings.
    #[error(transparent)]
    Problems(#[from] Problems),
}

/// # Deployments and canaries
///
/// What is said of an API in a call is its id or its name. Requests in flight end as they began; throttles, quotas and
/// caches go on where they are.
impl GatewayHandle {
    /// Makes a deployment of `api` and lets one stage serve it; a stage with a canary gives it to that. Gives its id.
    ///
    /// The gateway must have an API of this id. The stage keeps its own settings; one that is not there yet is made
    /// from the API's stages.
    ///
    /// # Errors
    /// [`StageError::Problems`] with everything that is wrong with the API; [`StageError::NoApi`],
    /// [`StageError::NoStage`], [`StageError::CanaryWithoutStage`].
    ///
    /// # Example
    /// ```
    /// use gateway_core::{Api, Body, Definition, Error, Gateway, Request, Response, Route, StageDefinition};
    ///
    /// let answer = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
    /// let api = || Api::rest("greeter").route("GET /hello", Route::to(answer)).stage(StageDefinition::new("prod"));
    /// let handle = Gateway::new(Definition::new().api(api()))?.handle();
    /// let first = handle.deployments("greeter")?[0].id.clone();
    ///
    /// let second = handle.deploy(&api().route("GET /bye", Route::to(answer)), "prod", Some("with a farewell"))?;
    /// assert_eq!(handle.diff("greeter", &first, &second)?.added, ["GET /bye"]);
    /// assert_eq!(handle.roll_back("greeter", "prod")?, first);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn deploy(&self, api: &Api, stage: &str, description: Option<&str>) -> Result<String, StageError> {
        self.change(|ledger, runtime| ledger.deploy(api, stage, description.map(str::to_owned), runtime))
    }

    /// The deployments of an API that are kept, the latest first.
    ///
    /// # Errors
    /// [`StageError::NoApi`].
    pub fn deployments(&self, api: &str) -> Result<Vec<DeploymentSummary>, StageError> {
        self.read(|ledger| {
            let known = ledger.api(api)?;
            let summary = |revision: &Revision| {
                let serves = |served: Option<&Revision>| served.is_some_and(|served| std::ptr::eq(served, revision));
                let stages = known.stages.iter().filter(|(_, state)| serves(Some(&state.serves)));
                let canaries = known.stages.iter().filter(|(_, state)| serves(state.canary.as_deref()));
                DeploymentSummary {
                    id: revision.id.clone(),
                    created: revision.created,
                    description: revision.description.clone(),
                    stages: stages.map(|(name, _)| name.clone()).collect(),
                    canary_of: canaries.map(|(name, _)| name.clone()).collect(),
                }
            };
            Ok(known.all.iter().rev().map(|revision| summary(revision)).collect())
        })
    }

    /// What `to` has that `from` has not.
    ///
    /// # Errors
    /// [`StageError::NoApi`], [`StageError::NoDeployment`].
    pub fn diff(&self, api: &str, from: &str, to: &str) -> Result<DeploymentDiff, StageError> {
        let (from, to) =
            self.read(|ledger| Ok::<_, StageError>((ledger.revision(api, from)?, ledger.revision(api, to)?)))?;
        let routes = |revision: &Revision| -> BTreeMap<String, RouteDefinition> {
            places(&revision.content.api.routes).map(|(_, route)| route.clone()).collect()
        };
        let (from, to) = (routes(&from), routes(&to));
        let without = |own: &BTreeMap<String, RouteDefinition>, other: &BTreeMap<String, RouteDefinition>| {
            own.keys().filter(|key| !other.contains_key(*key)).cloned().collect()
        };
        let changed = to.iter().filter(|(key, route)| from.get(*key).is_some_and(|before| !route.is_same(before)));
        Ok(DeploymentDiff {
            added: without(&to, &from),
            removed: without(&from, &to),
            changed: changed.map(|(key, _)| key.clone()).collect(),
        })
    }

    /// A stage as it serves.
    ///
    /// # Errors
    /// [`StageError::NoApi`], [`StageError::NoStage`].
    pub fn stage(&self, api: &str, stage: &str) -> Result<StageSummary, StageError> {
        self.read(|ledger| {
            let state = ledger.stage(Place { api, stage })?;
            let canary = state.definition.canary.as_ref().zip(state.canary.as_ref());
            Ok(StageSummary {
                name: state.definition.name.clone(),
                deployment_id: state.serves.id.clone(),
                variables: state.definition.variables.clone(),
                canary: canary.map(|(settings, revision)| CanarySummary {
                    percent_traffic: settings.percent,
                    deployment_id: revision.id.clone(),
                    stage_variable_overrides: settings.variables.clone(),
                    use_stage_cache: settings.use_stage_cache,
                }),
            })
        })
    }

    /// Lets a stage serve a deployment that is kept, with the stage's own settings.
    ///
    /// # Errors
    /// [`StageError::NoApi`], [`StageError::NoStage`], [`StageError::NoDeployment`], [`StageError::CanaryEnabled`].
    pub fn serve(&self, api: &str, stage: &str, deployment_id: &str) -> Result<(), StageError> {
        self.change(|ledger, runtime| ledger.serve(Place { api, stage }, deployment_id, runtime))
    }

    /// Lets the stage `to` serve what the stage `from` serves. Gives the deployment's id.
    ///
    /// # Errors
    /// As [`serve`](Self::serve).
    pub fn promote(&self, api: &str, from: &str, to: &str) -> Result<String, StageError> {
        self.change(|ledger, runtime| {
            let id = ledger.stage(Place { api, stage: from })?.serves.id.clone();
            ledger.serve(Place { api, stage: to }, &id, runtime)?;
            Ok(id)
        })
    }

    /// Lets a stage serve what it served before. Gives the deployment's id.
    ///
    /// # Errors
    /// [`StageError::NoApi`], [`StageError::NoStage`], [`StageError::NothingBefore`], [`StageError::CanaryEnabled`].
    pub fn roll_back(&self, api: &str, stage: &str) -> Result<String, StageError> {
        self.change(|ledger, runtime| ledger.roll_back(Place { api, stage }, runtime))
    }

    /// Gives a stage a canary, or the canary that it has other settings.
    ///
    /// It serves the deployment that the settings name; else what the API that they name serves as it was loaded; else
    /// what it served already, at first the stage's own. [`deploy`](Self::deploy) then gives it another.
    ///
    /// # Errors
    /// [`StageError::Problems`], [`StageError::NoApi`], [`StageError::NoStage`], [`StageError::NoDeployment`].
    pub fn set_canary(&self, api: &str, stage: &str, canary: Canary) -> Result<(), StageError> {
        self.change(|ledger, runtime| ledger.set_canary(Place { api, stage }, canary, runtime))
    }

    /// Gives the stage its canary's deployment, and lays the canary's variables over its own. The canary stays, and
    /// serves nothing any more, until [`remove_canary`](Self::remove_canary).
    ///
    /// AWS developer guide: *Promote a canary release*.
    ///
    /// # Errors
    /// [`StageError::NoApi`], [`StageError::NoStage`], [`StageError::NoCanary`].
    pub fn promote_canary(&self, api: &str, stage: &str) -> Result<(), StageError> {
        self.change(|ledger, runtime| ledger.promote_canary(Place { api, stage }, runtime))
    }

    /// Takes the canary off a stage, which then serves all requests: to roll a canary back, or after it was promoted.
    ///
    /// # Errors
    /// [`StageError::NoApi`], [`StageError::NoStage`], [`StageError::NoCanary`].
    pub fn remove_canary(&self, api: &str, stage: &str) -> Result<(), StageError> {
        self.change(|ledger, runtime| ledger.remove_canary(Place { api, stage }, runtime))
    }
}

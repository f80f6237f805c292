use std::{fmt, sync::Arc, time::SystemTime};

use super::{cache_scopes::CacheScopes, plans, routes::CompiledRoutes, settings::Settings, stages::Scene};
use crate::{
    cors::CompiledCors,
    definition::{Api, Canary, Definition, StageDefinition},
    problem::Problems,
    router::Router,
    runtime::Runtime,
    snapshot::CompiledStage,
    stage::{CanaryStage, Deployment},
    usage_plan::Limiter,
};

/// An API that was checked, with everything that does not depend on a stage compiled.
pub(crate) struct CompiledApi {
    pub(crate) api: Api,
    pub(super) routes: Arc<CompiledRoutes>,
    pub(super) router: Arc<dyn Router>,
    pub(super) cors: Option<Arc<CompiledCors>>,
}

impl CompiledApi {
    /// Of an API whose checks have passed.
    pub(super) fn new(api: Api, routes: CompiledRoutes, cors: Option<Arc<CompiledCors>>) -> Result<Self, Problems> {
        let router = routes.router.clone().ok_or_else(Problems::internal)?;
        Ok(Self { api, routes: Arc::new(routes), router, cors })
    }

    /// What this API serves, in the name of another: what a canary takes from it.
    pub(crate) fn in_the_name_of(&self, other: &Self) -> Self {
        let (own, other) = (&self.api, &other.api);
        let mut api = own.clone();
        (api.name, api.id) = (other.name.clone(), other.id.clone());
        (api.account_id, api.region) = (other.account_id.clone(), other.region.clone());
        Self { api, routes: Arc::clone(&self.routes), router: Arc::clone(&self.router), cors: self.cors.clone() }
    }
}

/// A deployment that is kept: an API as it was at one time, without the settings of a stage. Immutable.
pub(crate) struct Revision {
    pub(crate) id: String,
    /// Whether somebody gave it the id, or it was deployed by itself.
    pub(crate) has_own_id: bool,
    pub(crate) created: SystemTime,
    pub(crate) description: Option<String>,
    pub(crate) content: Arc<CompiledApi>,
}

impl fmt::Debug for Revision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Revision").field("id", &self.id).field("created", &self.created).finish_non_exhaustive()
    }
}

/// Puts deployments and the settings of stages together. Nothing is parsed here, and nothing can fail.
pub(crate) struct Linker<'a> {
    pub(crate) definition: &'a Definition,
    pub(crate) runtime: &'a Runtime,
    account: Option<Limiter>,
}

impl<'a> Linker<'a> {
    pub(crate) fn new(definition: &'a Definition, runtime: &'a Runtime) -> Self {
        let account = definition.account_throttle.map(|throttle| Limiter::new(&*runtime.store, "account", throttle));
        Self { definition, runtime, account }
    }

    /// The stage that serves `stable`, and `canary` where the stage has one.
    pub(crate) fn link(&self, stage: &StageDefinition, stable: &Revision, canary: Option<&Revision>) -> CompiledStage {
        let Some((settings, revision)) = stage.canary.as_ref().zip(canary) else {
            return CompiledStage { stable: Arc::new(self.deployment(stage, stable, None)), canary: None };
        };
        let stable = Arc::new(self.deployment(stage, stable, Some(false)));
        let canary = Arc::new(self.deployment(&overlaid(stage, settings), revision, Some(true)));
        let random = Arc::clone(&self.runtime.random);
        let canary = CanaryStage::new(Arc::clone(&stable), canary, settings.percent, random);
        CompiledStage { stable, canary: Some(Arc::new(canary)) }
    }

    fn deployment(&self, stage: &StageDefinition, revision: &Revision, is_canary: Option<bool>) -> Deployment {
        let CompiledApi { api, routes, router, cors } = &*revision.content;
        let plans = plans::compile(self.definition, api, &stage.name, &*self.runtime.store);
        let settings = Settings::compile(api, stage, routes, "", &mut Vec::new());
        let own_id = revision.has_own_id.then_some(&*revision.id);
        let cache_scopes = stage.cache.as_ref().map(|_| CacheScopes::new(own_id, api, routes)).unwrap_or_default();
        let scene = Scene {
            definition: self.definition,
            api,
            stage,
            deployment_id: &revision.id,
            cache_scopes: &cache_scopes,
            is_canary,
            settings: &settings,
            runtime: self.runtime,
            routes,
            router,
            cors: cors.as_ref(),
            account: self.account.as_ref(),
        };
        scene.deployment(plans)
    }
}

/// The stage as its canary sees it.
fn overlaid(stage: &StageDefinition, canary: &Canary) -> StageDefinition {
    let mut seen = stage.clone();
    seen.variables.extend(canary.variables.clone());
    seen.observers.extend(canary.observers.iter().cloned());
    seen
}

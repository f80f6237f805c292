//! Which deployments there are, and which of them each stage serves.

use std::{collections::BTreeMap, sync::Arc, time::SystemTime};

use super::StageError;
use crate::{
    compile::{self, CompiledApi, Linker, Revision, short_id},
    definition::{Api, Canary, Definition, StageDefinition},
    problem::Problems,
    runtime::Runtime,
    snapshot::{ApiStages, CompiledStage, Snapshot},
};

/// What a gateway serves and has served; changed under a lock, one change after the other.
pub(super) struct Ledger {
    /// The last one that was loaded: plans, domains, observers, limits.
    definition: Definition,
    /// By id.
    apis: BTreeMap<String, Deployments>,
    /// How many deployments of an API are kept.
    kept: usize,
}

/// The deployments of one API, the oldest first, and its stages.
pub(super) struct Deployments {
    /// As it was loaded.
    loaded: Arc<CompiledApi>,
    pub(super) all: Vec<Arc<Revision>>,
    pub(super) stages: BTreeMap<String, StageState>,
}

/// One stage.
pub(super) struct StageState {
    pub(super) definition: StageDefinition,
    /// What it served before, the oldest first.
    before: Vec<Arc<Revision>>,
    pub(super) serves: Arc<Revision>,
    pub(super) canary: Option<Arc<Revision>>,
    compiled: CompiledStage,
}

/// Which stage of which API, by the API's id or name.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) api: &'a str,
    pub(super) stage: &'a str,
}

impl Ledger {
    pub(super) fn new(kept: usize) -> Self {
        Self { definition: Definition::new(), apis: BTreeMap::new(), kept: kept.max(1) }
    }

    /// Loads a definition: its APIs and stages come in place of those that there were. Deployments are kept.
    pub(super) fn load(&mut self, definition: &Definition, runtime: &Runtime) -> Result<(), Problems> {
        let compiled: Vec<_> = compile::compile(definition)?.into_iter().map(Arc::new).collect();
        let mut old = std::mem::take(&mut self.apis);
        self.definition = definition.clone();
        if let Some(on_load) = &definition.on_load {
            on_load();
        }
        let linker = Linker::new(&self.definition, runtime);
        for content in &compiled {
            let (mut all, mut old) =
                old.remove(content.api.stable_id()).map_or_else(Default::default, |old| (old.all, old.stages));
            let mut fresh = Fresh { revisions: Vec::new(), drawn: draw_id(runtime), now: runtime.clock.now() };
            let mut stages = BTreeMap::new();
            for stage in content.api.stages.iter().flatten() {
                let serves = fresh.revision(stage.deployment_id.as_deref(), content);
                let canary = stage.canary.as_ref().map(|canary| {
                    let id = canary.deployment_id.clone();
                    match canary.api.as_ref().and_then(|name| named(definition, &compiled, name)) {
                        Some(other) => {
                            let id = id.unwrap_or_else(|| draw_id(runtime));
                            fresh.revision(Some(&id), &Arc::new(other.in_the_name_of(content)))
                        }
                        None => fresh.revision(Some(id.as_ref().unwrap_or(&serves.id)), content),
                    }
                });
                let before = old.remove(&stage.name).map_or_else(Vec::new, |mut old| {
                    old.before.push(old.serves);
                    old.before
                });
                let compiled = linker.link(stage, &serves, canary.as_deref());
                let state = StageState { definition: stage.clone(), before, serves, canary, compiled };
                stages.insert(stage.name.clone(), state);
            }
            all.retain(|old| fresh.revisions.iter().all(|new| new.id != old.id));
            all.append(&mut fresh.revisions);
            let mut deployments = Deployments { loaded: Arc::clone(content), all, stages };
            deployments.trim(self.kept);
            self.apis.insert(content.api.stable_id().to_owned(), deployments);
        }
        Ok(())
    }

    /// The deployments of an API, by its id or name.
    pub(super) fn api(&self, api: &str) -> Result<&Deployments, StageError> {
        let by_name = || self.apis.values().find(|candidate| candidate.loaded.api.name == api);
        self.apis.get(api).or_else(by_name).ok_or_else(|| StageError::NoApi(api.to_owned()))
    }

    pub(super) fn stage(&self, place: Place<'_>) -> Result<&StageState, StageError> {
        let api = self.api(place.api)?;
        api.stages.get(place.stage).ok_or_else(|| StageError::NoStage(place.stage.to_owned()))
    }

    /// Makes a deployment of `api` and gives it to a stage; to its canary, if it has one.
    pub(super) fn deploy(
        &mut self,
        api: &Api,
        stage: &str,
        description: Option<String>,
        runtime: &Runtime,
    ) -> Result<String, StageError> {
        let known = self.apis.get(api.stable_id()).filter(|known| known.loaded.api.kind == api.kind);
        let known = known.ok_or_else(|| StageError::NoApi(api.stable_id().to_owned()))?;
        let new = match known.stages.get(stage) {
            Some(_) => None,
            None => {
                let new = api.stages.iter().flatten().find(|candidate| candidate.name == stage);
                Some(new.cloned().ok_or_else(|| StageError::NoStage(stage.to_owned()))?)
            }
        };
        if new.as_ref().is_some_and(|new| new.canary.is_some()) {
            return Err(StageError::CanaryWithoutStage(stage.to_owned()));
        }
        let checked = new.clone().unwrap_or_else(|| StageDefinition::new(stage));
        let content = Arc::new(compile::compile_alone(api, checked)?);
        let drawn = draw_id(runtime);
        let revision = Arc::new(Revision {
            id: drawn.clone(),
            has_own_id: true,
            created: runtime.clock.now(),
            description,
            content,
        });
        let linker = Linker::new(&self.definition, runtime);
        let Some(known) = self.apis.get_mut(api.stable_id()) else {
            return Err(StageError::NoApi(api.stable_id().to_owned()));
        };
        known.all.push(Arc::clone(&revision));
        match (known.stages.get_mut(stage), new) {
            (Some(state), _) if state.canary.is_some() => state.canary = Some(revision),
            (Some(state), _) => state.move_to(revision),
            (None, new) => {
                let definition = new.unwrap_or_else(|| StageDefinition::new(stage));
                let compiled = linker.link(&definition, &revision, None);
                let state = StageState { definition, before: Vec::new(), serves: revision, canary: None, compiled };
                known.stages.insert(stage.to_owned(), state);
            }
        }
        if let Some(state) = known.stages.get_mut(stage) {
            state.link(&linker);
        }
        known.trim(self.kept);
        Ok(drawn)
    }

    /// Lets a stage serve a deployment that is kept.
    pub(super) fn serve(&mut self, place: Place<'_>, id: &str, runtime: &Runtime) -> Result<(), StageError> {
        let revision = self.revision(place.api, id)?;
        self.change(place, runtime, |state| {
            state.without_canary()?.move_to(revision);
            Ok(())
        })
    }

    /// Lets a stage serve what it served before.
    pub(super) fn roll_back(&mut self, place: Place<'_>, runtime: &Runtime) -> Result<String, StageError> {
        self.change(place, runtime, |state| {
            let state = state.without_canary()?;
            state.serves = state.before.pop().ok_or(StageError::NothingBefore)?;
            Ok(state.serves.id.clone())
        })
    }

    /// Gives a stage a canary, or its canary other settings.
    pub(super) fn set_canary(&mut self, place: Place<'_>, canary: Canary, runtime: &Runtime) -> Result<(), StageError> {
        compile::check_canary(&canary)?;
        let state = self.stage(place)?;
        let revision = match (&canary.deployment_id, &canary.api) {
            (Some(id), _) => self.revision(place.api, id)?,
            (None, Some(other)) => {
                let content = Arc::new(self.api(other)?.loaded.in_the_name_of(&state.serves.content));
                let created = runtime.clock.now();
                Arc::new(Revision { id: draw_id(runtime), has_own_id: true, created, description: None, content })
            }
            (None, None) => Arc::clone(state.canary.as_ref().unwrap_or(&state.serves)),
        };
        self.change(place, runtime, |state| {
            state.definition.canary = Some(canary);
            state.canary = Some(Arc::clone(&revision));
            Ok(())
        })?;
        let kept = self.kept;
        let api = self.api_mut(place.api)?;
        if !api.all.iter().any(|known| Arc::ptr_eq(known, &revision)) {
            api.all.push(revision);
            api.trim(kept);
        }
        Ok(())
    }

    /// Gives the stage its canary's deployment and variables; the canary stays, and serves nothing.
    pub(super) fn promote_canary(&mut self, place: Place<'_>, runtime: &Runtime) -> Result<(), StageError> {
        self.change(place, runtime, |state| {
            let (canary, settings) =
                state.canary.clone().zip(state.definition.canary.as_mut()).ok_or(StageError::NoCanary)?;
            settings.percent = 0.0;
            state.definition.variables.extend(settings.variables.clone());
            state.move_to(canary);
            Ok(())
        })
    }

    /// Takes the canary off a stage.
    pub(super) fn remove_canary(&mut self, place: Place<'_>, runtime: &Runtime) -> Result<(), StageError> {
        self.change(place, runtime, |state| {
            state.definition.canary.take().and(state.canary.take()).map(drop).ok_or(StageError::NoCanary)
        })
    }

    /// A deployment that is kept.
    pub(super) fn revision(&self, api: &str, id: &str) -> Result<Arc<Revision>, StageError> {
        self.api(api)?.all.iter().find(|revision| revision.id == id).cloned().ok_or(StageError::NoDeployment)
    }

    /// Everything, as it is to be served.
    pub(super) fn snapshot(&self) -> Snapshot {
        let called = self.apis.iter().filter(|(_, deployments)| !deployments.stages.is_empty());
        let apis = called.map(|(id, deployments)| {
            let api = &deployments.loaded.api;
            let stages = deployments.stages.iter().map(|(name, state)| (name.clone(), state.compiled.clone()));
            let stages = ApiStages {
                name: api.name.clone(),
                kind: api.kind,
                default_endpoint: api.default_endpoint,
                stages: stages.collect(),
            };
            (id.clone(), stages)
        });
        compile::assemble(&self.definition, apis.collect())
    }

    /// Changes a stage, and puts it together anew.
    fn change<T>(
        &mut self,
        place: Place<'_>,
        runtime: &Runtime,
        change: impl FnOnce(&mut StageState) -> Result<T, StageError>,
    ) -> Result<T, StageError> {
        let id = self.api(place.api)?.loaded.api.stable_id().to_owned();
        let linker = Linker::new(&self.definition, runtime);
        let state = self.apis.get_mut(&id).and_then(|api| api.stages.get_mut(place.stage));
        let state = state.ok_or_else(|| StageError::NoStage(place.stage.to_owned()))?;
        let changed = change(state)?;
        state.link(&linker);
        Ok(changed)
    }

    fn api_mut(&mut self, api: &str) -> Result<&mut Deployments, StageError> {
        let id = self.api(api)?.loaded.api.stable_id().to_owned();
        self.apis.get_mut(&id).ok_or(StageError::NoApi(id))
    }
}

impl StageState {
    fn without_canary(&mut self) -> Result<&mut Self, StageError> {
        if self.canary.is_some() { Err(StageError::CanaryEnabled) } else { Ok(self) }
    }

    fn move_to(&mut self, revision: Arc<Revision>) {
        if !Arc::ptr_eq(&self.serves, &revision) {
            self.before.push(std::mem::replace(&mut self.serves, revision));
        }
    }

    fn link(&mut self, linker: &Linker<'_>) {
        self.compiled = linker.link(&self.definition, &self.serves, self.canary.as_deref());
    }
}

impl Deployments {
    /// Drops the oldest deployments that no stage serves, and what stages remember of them.
    fn trim(&mut self, kept: usize) {
        let is_used = |revision: &Arc<Revision>, stages: &BTreeMap<String, StageState>| {
            let mut served = stages.values().flat_map(|state| state.canary.iter().chain([&state.serves]));
            served.any(|served| Arc::ptr_eq(served, revision))
        };
        let mut surplus = self.all.len().saturating_sub(kept);
        self.all.retain(|revision| {
            let drops = surplus > 0 && !is_used(revision, &self.stages);
            surplus -= usize::from(drops);
            !drops
        });
        for state in self.stages.values_mut() {
            state.before.retain(|before| self.all.iter().any(|revision| Arc::ptr_eq(revision, before)));
            let surplus = state.before.len().saturating_sub(kept);
            state.before.drain(..surplus);
        }
    }
}

/// The deployments that a definition brings: one for each id.
struct Fresh {
    revisions: Vec<Arc<Revision>>,
    /// The id of those that have none of their own.
    drawn: String,
    now: SystemTime,
}

impl Fresh {
    fn revision(&mut self, id: Option<&str>, content: &Arc<CompiledApi>) -> Arc<Revision> {
        let id = id.unwrap_or(&self.drawn);
        let has_own_id = id != self.drawn;
        let same = |known: &&Arc<Revision>| known.id == id && Arc::ptr_eq(&known.content, content);
        if let Some(known) = self.revisions.iter().find(same) {
            return Arc::clone(known);
        }
        let (id, content) = (id.to_owned(), Arc::clone(content));
        let revision = Arc::new(Revision { id, has_own_id, created: self.now, description: None, content });
        self.revisions.push(Arc::clone(&revision));
        revision
    }
}

fn named<'c>(definition: &Definition, compiled: &'c [Arc<CompiledApi>], name: &str) -> Option<&'c Arc<CompiledApi>> {
    let id = compile::find_api(definition, name)?.stable_id();
    compiled.iter().find(|content| content.api.stable_id() == id)
}

fn draw_id(runtime: &Runtime) -> String {
    short_id(&runtime.random.next_u64().to_le_bytes())
}

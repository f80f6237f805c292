//! From a definition to a snapshot: all checks first, then everything compiled, or nothing.

mod domains;
mod plans;
mod routes;
mod stages;

use std::{collections::BTreeMap, sync::Arc};

use self::routes::CompiledRoutes;
use crate::{
    definition::{Api, Definition, places},
    gateway::{ApiStages, Runtime, Snapshot},
    problem::{Problem, Problems},
    stage::Deployment,
    usage_plan::Limiter,
};

/// Compiles a definition, or says everything that is wrong with it.
pub(crate) fn compile(definition: &Definition, runtime: &Runtime) -> Result<Snapshot, Problems> {
    let mut problems = definition.problems.clone();
    plans::check(definition, &mut problems);
    domains::check(definition, &mut problems);
    let routes: Vec<_> = each_api(definition)
        .map(|(pointer, api)| {
            check_api(definition, api, &pointer, &mut problems);
            let routes = routes::compile(api, &pointer, &mut problems);
            stages::check(api, &routes, &pointer, &mut problems);
            routes
        })
        .collect();
    Problems::check(problems)?;
    assemble(definition, routes, runtime)
}

fn each_api(definition: &Definition) -> impl Iterator<Item = (String, &Api)> {
    places(&definition.apis).map(|(place, api)| (format!("/apis/{place}"), api))
}

fn check_api(definition: &Definition, api: &Api, pointer: &str, problems: &mut Vec<Problem>) {
    let first = each_api(definition).map(|(_, other)| other).find(|other| other.stable_id() == api.stable_id());
    let field = if api.id.is_some() { "id" } else { "name" };
    if api.stable_id().is_empty() {
        problems.push(Problem::new(format!("{pointer}/{field}"), "an API needs a name"));
    } else if !first.is_some_and(|first| std::ptr::eq(first, api)) {
        let message = format!("another API is called `{}` already; give this one an id of its own", api.stable_id());
        problems.push(Problem::new(format!("{pointer}/{field}"), message));
    }
    if api.stages.is_empty() {
        problems.push(Problem::new(format!("{pointer}/stages"), "an API without a stage cannot be called; add one"));
    }
}

/// Nothing here can fail on a definition that was checked.
fn assemble(definition: &Definition, routes: Vec<CompiledRoutes>, runtime: &Runtime) -> Result<Snapshot, Problems> {
    let account = definition.account_throttle.map(|throttle| Limiter::new(&*runtime.store, "account", throttle));
    let mut apis = BTreeMap::new();
    for ((_, api), routes) in each_api(definition).zip(routes) {
        let router =
            routes::router(api.kind, routes.keys.iter().flatten().cloned()).map_err(|_| Problems::internal())?;
        let stages = api.stages.iter().flatten().map(|stage| {
            let plans = plans::compile(definition, api, &stage.name, &*runtime.store);
            let scene = stages::Scene { definition, api, stage, runtime, routes: &routes, account: account.as_ref() };
            (stage.name.clone(), Arc::new(scene.deployment(Arc::clone(&router), plans)))
        });
        let stages = ApiStages {
            name: api.name.clone(),
            kind: api.kind,
            default_endpoint: api.default_endpoint,
            stages: stages.collect(),
        };
        apis.insert(api.stable_id().to_owned(), stages);
    }
    let find = |api: &str, stage: &str| -> Option<Arc<Deployment>> {
        let by_name = || apis.values().find(|candidate| candidate.name == api);
        apis.get(api).or_else(by_name)?.stages.get(stage).cloned()
    };
    let domains = domains::compile(definition, find);
    Ok(Snapshot { apis, domains })
}

/// Whether the definition has this stage of this API, by id or name.
fn has_stage(definition: &Definition, api: &str, stage: &str) -> bool {
    let named = |candidate: &&Api| candidate.stable_id() == api || candidate.name == api;
    let found = definition.apis.iter().flatten().find(named);
    found.is_some_and(|api| api.stages.iter().flatten().any(|candidate| candidate.name == stage))
}

fn no_stage(api: &str, stage: &str) -> String {
    format!("there is no stage `{stage}` of an API `{api}`; define it, or correct the name")
}

//! From a definition to a snapshot: all checks first, then everything compiled, or nothing.

mod domains;
mod plans;
mod routes;
mod settings;
mod stages;
mod validation;

use std::{collections::BTreeMap, sync::Arc};

use self::{routes::CompiledRoutes, settings::Settings};
use crate::{
    context::ApiKind,
    definition::{Api, Definition, places},
    names::NameMap,
    problem::{Problem, Problems},
    runtime::Runtime,
    snapshot::{ApiStages, Snapshot},
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
    if api.minimum_compression_size.is_some() && api.kind == ApiKind::Http {
        let message = "an HTTP API compresses nothing; make it a REST API";
        problems.push(Problem::new(format!("{pointer}/minimumCompressionSize"), message));
    } else if api.minimum_compression_size.is_some_and(|size| size > 10_485_760) {
        let message = "answers are compressed from at most 10485760 bytes on";
        problems.push(Problem::new(format!("{pointer}/minimumCompressionSize"), message));
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
        let router = routes.router.as_ref().ok_or_else(Problems::internal)?;
        let stages = api.stages.iter().flatten().map(|stage| {
            let plans = plans::compile(definition, api, &stage.name, &*runtime.store);
            let (routes, account) = (&routes, account.as_ref());
            let settings = &Settings::compile(api, stage, routes, "", &mut Vec::new());
            let scene = stages::Scene { definition, api, stage, runtime, routes, settings, account };
            (stage.name.clone(), Arc::new(scene.deployment(Arc::clone(router), plans)))
        });
        let stages = ApiStages {
            name: api.name.clone(),
            kind: api.kind,
            default_endpoint: api.default_endpoint,
            stages: stages.collect(),
        };
        apis.insert(api.stable_id().to_owned(), stages);
    }
    let mut snapshot = Snapshot { apis, domains: NameMap::default() };
    snapshot.domains = domains::compile(definition, |api, stage| snapshot.deployment(api, stage));
    Ok(snapshot)
}

/// The API with this id, else with this name: a name may be another API's id.
fn find_api<'d>(definition: &'d Definition, reference: &str) -> Option<&'d Api> {
    let apis = || definition.apis.iter().flatten();
    apis().find(|api| api.stable_id() == reference).or_else(|| apis().find(|api| api.name == reference))
}

/// What is wrong with a reference to a stage, if anything.
fn wrong_stage(definition: &Definition, reference: &str, stage: &str) -> Option<String> {
    let found = find_api(definition, reference);
    if !found.is_some_and(|api| api.stages.iter().flatten().any(|candidate| candidate.name == stage)) {
        let message = format!("there is no stage `{stage}` of an API `{reference}`; define it, or correct the name");
        return Some(message);
    }
    let by_id = found.is_some_and(|api| api.stable_id() == reference);
    let names = definition.apis.iter().flatten().filter(|api| api.name == reference).count();
    (!by_id && names > 1).then(|| format!("{names} APIs are called `{reference}`; write the id of one"))
}

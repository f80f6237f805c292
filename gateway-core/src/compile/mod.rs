//! From a definition to a snapshot: all checks first, then everything compiled, or nothing.

mod cache_scopes;
mod canary;
mod domains;
mod plans;
mod preflight;
mod revision;
mod routes;
mod routing_rules;
mod settings;
mod stages;
mod validation;

use std::{collections::BTreeMap, sync::Arc};

use self::routes::CompiledRoutes;
pub(crate) use self::{
    revision::{CompiledApi, Linker, Revision},
    stages::short_id,
};
use crate::{
    cors::CompiledCors,
    definition::{Api, Canary, Definition, StageDefinition, places},
    problem::{Problem, Problems},
    snapshot::{ApiStages, Hosts, Snapshot},
};

/// Checks a definition and compiles its APIs, or says everything that is wrong with it.
pub(crate) fn compile(definition: &Definition) -> Result<Vec<CompiledApi>, Problems> {
    let mut problems = definition.problems.clone();
    plans::check(definition, &mut problems);
    domains::check(definition, &mut problems);
    let apis = each_api(definition).map(|(pointer, api)| {
        check_api(definition, api, &pointer, &mut problems);
        canary::check(definition, api, &pointer, &mut problems);
        compile_api(api.clone(), &pointer, &mut problems)
    });
    let apis: Vec<_> = apis.collect();
    Problems::check(problems)?;
    apis.into_iter().map(|(api, routes, cors)| CompiledApi::new(api, routes, cors)).collect()
}

/// Checks one API and compiles it for `stage`, which is deployed to alone.
pub(crate) fn compile_alone(api: &Api, stage: StageDefinition) -> Result<CompiledApi, Problems> {
    let mut problems = Vec::new();
    let api = Api { stages: vec![Some(stage)], ..api.clone() };
    let (api, routes, cors) = compile_api(api, "", &mut problems);
    Problems::check(problems)?;
    CompiledApi::new(api, routes, cors)
}

/// Checks the settings of a canary that comes from no definition.
pub(crate) fn check_canary(canary: &Canary) -> Result<(), Problems> {
    let mut problems = Vec::new();
    canary::check_settings(canary, "", &mut problems);
    Problems::check(problems)
}

type Parts = (Api, CompiledRoutes, Option<Arc<CompiledCors>>);

fn compile_api(mut api: Api, pointer: &str, problems: &mut Vec<Problem>) -> Parts {
    let cors = preflight::add(&mut api, pointer, problems);
    let routes = routes::compile(&api, pointer, problems);
    stages::check(&api, &routes, pointer, problems);
    (api, routes, cors)
}

/// The snapshot of these stages, with the domains of the definition.
pub(crate) fn assemble(definition: &Definition, apis: BTreeMap<String, ApiStages>) -> Snapshot {
    let mut snapshot = Snapshot { apis, domains: Hosts::default(), proxies: definition.proxies.clone() };
    snapshot.domains = domains::compile(definition, |api, stage| snapshot.stage(api, stage).cloned());
    snapshot
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
    if api.minimum_compression_size.is_some_and(|size| size > 10_485_760) {
        let message = "answers are compressed from at most 10485760 bytes on";
        problems.push(Problem::new(format!("{pointer}/minimumCompressionSize"), message));
    }
    if api.stages.is_empty() && !canary::is_canary(definition, api) {
        problems.push(Problem::new(format!("{pointer}/stages"), "an API without a stage cannot be called; add one"));
    }
}

/// The API with this id, else with this name: a name may be another API's id.
pub(crate) fn find_api<'d>(definition: &'d Definition, reference: &str) -> Option<&'d Api> {
    let apis = || definition.apis.iter().flatten();
    apis().find(|api| api.stable_id() == reference).or_else(|| apis().find(|api| api.name == reference))
}

/// What is wrong with a base path of at most `longest` letters, if anything.
fn wrong_base_path(path: &str, longest: usize) -> Option<String> {
    let in_path = |letter: char| letter.is_ascii_alphanumeric() || "$-_.+!*'()/".contains(letter);
    if path.len() > longest || !path.chars().all(in_path) {
        return Some(format!("a base path is at most {longest} letters, digits and `$-_.+!*'()/`"));
    }
    path.contains("//").then(|| format!("the base path `{path}` has a segment without a letter; write one `/`"))
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

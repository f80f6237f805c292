use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use http::{HeaderName, header};

use super::{short_id, wrong_base_path, wrong_stage};
use crate::{
    context::DomainFacts,
    definition::{Definition, Domain, RoutingCondition, RoutingRule},
    problem::Problem,
    reserved_header::is_reserved_header,
    snapshot::{CompiledConditions, CompiledRule, CompiledStage, Glob},
};

/// What AWS takes no condition on, besides what is reserved everywhere.
const RESERVED: [&str; 2] = ["x-apigw-api-id", "x-restapi"];

/// Checks the routing rules of a domain: priorities, ids, conditions, stages.
pub(super) fn check(definition: &Definition, domain: &Domain, pointer: &str, problems: &mut Vec<Problem>) {
    let (mut priorities, mut ids) = (HashMap::new(), HashSet::new());
    for (place, rule) in domain.rules.iter().enumerate() {
        let pointer = format!("{pointer}/routingRules/{place}");
        let mut wrong = |field: &str, message: String| {
            problems.push(Problem::new(format!("{pointer}/{field}"), message));
        };
        if !(1..=1_000_000).contains(&rule.priority) {
            wrong("priority", format!("{} is no priority: 1 to 1000000, the lowest first", rule.priority));
        }
        if let Some(first) = priorities.insert(rule.priority, place) {
            let message = format!("rule {first} has the priority {} already; each has its own", rule.priority);
            wrong("priority", message);
        }
        if rule.id.as_ref().is_some_and(|id| !ids.insert(id)) {
            wrong("routingRuleId", "another rule of the domain has this id already".to_owned());
        }
        if let Some(message) = wrong_stage(definition, &rule.api, &rule.stage) {
            wrong("actions/0/invokeApi", message);
        }
        if let Err(found) = conditions(rule) {
            problems.extend(found.into_iter().map(|problem| problem.below(&pointer)));
        }
    }
}

/// The rules of a domain, the lowest priority first.
pub(super) fn compile(domain: &Domain, mut find: impl FnMut(&str, &str) -> Option<CompiledStage>) -> Vec<CompiledRule> {
    let mut rules: Vec<_> = domain.rules.iter().collect();
    rules.sort_by_key(|rule| rule.priority);
    let rules = rules.into_iter().filter_map(|rule| {
        let made = || short_id(format!("{}/{}", domain.name, rule.priority).as_bytes());
        let id = rule.id.clone().unwrap_or_else(made);
        Some(CompiledRule {
            facts: Arc::new(DomainFacts { routing_rule_id: Some(id), ..DomainFacts::default() }),
            conditions: conditions(rule).ok()?,
            strips_base_path: rule.strips_base_path,
            stage: find(&rule.api, &rule.stage)?,
        })
    });
    rules.collect()
}

/// The conditions of a rule, or what is wrong with them.
fn conditions(rule: &RoutingRule) -> Result<CompiledConditions, Vec<Problem>> {
    let (mut compiled, mut problems) = (CompiledConditions::default(), Vec::new());
    for (place, condition) in rule.conditions.iter().enumerate() {
        let pointer = format!("/conditions/{place}");
        match condition {
            RoutingCondition::Headers(any_of) => {
                if compiled.headers.len() == 2 {
                    problems.push(Problem::new(&pointer, "a rule has at most two conditions on headers"));
                }
                let pointer = format!("{pointer}/matchHeaders/anyOf");
                check_any_of(any_of, &pointer, &mut problems);
                let headers = any_of.iter().enumerate().filter_map(|(place, (name, glob))| {
                    let found = header(name, glob).map_err(|problem| problem.below(&format!("{pointer}/{place}")));
                    found.map_err(|problem| problems.push(problem)).ok()
                });
                compiled.headers.push(headers.collect());
            }
            RoutingCondition::BasePaths(any_of) => {
                if compiled.base_paths.is_some() {
                    problems.push(Problem::new(&pointer, "a rule has at most one condition on base paths"));
                }
                let pointer = format!("{pointer}/matchBasePaths/anyOf");
                check_any_of(any_of, &pointer, &mut problems);
                let base_paths = compiled.base_paths.get_or_insert_default();
                for (place, path) in any_of.iter().enumerate() {
                    let empty = "every path begins with the empty one; leave the condition out";
                    let empty = path.is_empty().then(|| empty.to_owned());
                    if let Some(message) = empty.or_else(|| wrong_base_path(path, 127)) {
                        problems.push(Problem::new(format!("{pointer}/{place}"), message));
                    }
                    base_paths.insert(path, ());
                }
            }
        }
    }
    if problems.is_empty() { Ok(compiled) } else { Err(problems) }
}

fn check_any_of<T>(any_of: &[T], pointer: &str, problems: &mut Vec<Problem>) {
    if any_of.is_empty() {
        problems
            .push(Problem::new(pointer, "nothing is one of none; write what is to match, or leave the condition out"));
    }
}

fn header(name: &str, glob: &str) -> Result<(HeaderName, Glob), Problem> {
    let wrong = |message: String| Problem::new("/header", message);
    let parsed = HeaderName::from_bytes(name.as_bytes());
    let parsed = parsed.map_err(|_| wrong(format!("`{name}` is no name of a header")))?;
    let text = parsed.as_str();
    if text.len() >= 40 {
        return Err(wrong("a name of a header has less than 40 characters here".to_owned()));
    }
    if RESERVED.contains(&text) || is_reserved_header(&parsed) {
        return Err(wrong(format!("`{name}` is reserved; route by another header")));
    }
    // Hosts have no case.
    let glob = if parsed == header::HOST { &*glob.to_ascii_lowercase() } else { glob };
    let glob = Glob::parse(glob).map_err(|message| Problem::new("/valueGlob", message))?;
    Ok((parsed, glob))
}

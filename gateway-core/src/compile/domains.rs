use std::{collections::HashSet, sync::Arc};

use super::{routing_rules, wrong_base_path, wrong_stage};
use crate::{
    context::{ApiKind, DomainFacts},
    definition::{Definition, Domain, places},
    problem::Problem,
    snapshot::{BasePaths, CompiledDomain, CompiledMapping, CompiledStage, Hosts},
};

/// Checks the custom domains: names, base paths, routing rules, stages.
pub(super) fn check(definition: &Definition, problems: &mut Vec<Problem>) {
    let mut names = HashSet::new();
    for (place, domain) in places(&definition.domains) {
        let pointer = format!("/domains/{place}");
        if let Some(message) = wrong_name(&domain.name) {
            problems.push(Problem::new(format!("{pointer}/name"), message));
        }
        if !names.insert(&domain.name) {
            let message = format!("the domain `{}` is defined already; add the mapping there", domain.name);
            problems.push(Problem::new(format!("{pointer}/name"), message));
        }
        let mut paths = HashSet::new();
        for (place, mapping) in domain.mappings.iter().enumerate() {
            let pointer = format!("{pointer}/mappings/{place}");
            if let Some(message) = wrong_base_path(&mapping.base_path, 300) {
                problems.push(Problem::new(format!("{pointer}/basePath"), message));
            }
            if !paths.insert(&mapping.base_path) {
                let message = format!("the base path `{}` is mapped already", mapping.base_path);
                problems.push(Problem::new(format!("{pointer}/basePath"), message));
            }
            if let Some(message) = wrong_stage(definition, &mapping.api, &mapping.stage) {
                problems.push(Problem::new(pointer, message));
            }
        }
        routing_rules::check(definition, domain, &pointer, problems);
    }
}

fn wrong_name(name: &str) -> Option<String> {
    let labels = name.strip_prefix("*.").unwrap_or(name);
    let in_label = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
    let is_label = |label: &str| !label.is_empty() && label.chars().all(in_label);
    (name != "*" && (name.len() > 512 || !labels.split('.').all(is_label)))
        .then(|| format!("`{name}` is no domain name; `*` stands only as the first label"))
}

/// The custom domains, with the stages that `find` knows by API and name.
pub(super) fn compile(definition: &Definition, find: impl Fn(&str, &str) -> Option<CompiledStage>) -> Hosts {
    let mut hosts = Hosts::default();
    for domain in definition.domains.iter().flatten() {
        hosts.insert(&domain.name, compile_one(domain, &find));
    }
    hosts
}

fn compile_one(domain: &Domain, find: &impl Fn(&str, &str) -> Option<CompiledStage>) -> CompiledDomain {
    let mut kinds = HashSet::new();
    let mut found =
        |api: &str, stage: &str| find(api, stage).inspect(|stage| _ = kinds.insert(stage.stable.facts.kind));
    let mut mappings = BasePaths::default();
    for mapping in domain.mappings.iter().filter(|_| domain.mode.asks_mappings()) {
        let Some(stage) = found(&mapping.api, &mapping.stage) else { continue };
        let facts = DomainFacts { base_path: Some(mapping.base_path.clone()), ..DomainFacts::default() };
        mappings.insert(&mapping.base_path, CompiledMapping { facts: Arc::new(facts), stage });
    }
    let rules = if domain.mode.asks_rules() { routing_rules::compile(domain, &mut found) } else { Vec::new() };
    let kind = if kinds == HashSet::from([ApiKind::Http]) { ApiKind::Http } else { ApiKind::Rest };
    CompiledDomain { rules, mappings, kind, truststore: domain.truststore.clone() }
}

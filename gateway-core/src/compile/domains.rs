use std::{cmp::Reverse, collections::HashSet};

use super::wrong_stage;
use crate::{
    definition::{Definition, places},
    names::NameMap,
    problem::Problem,
    snapshot::{CompiledMapping, CompiledStage},
};

/// Checks the custom domains: names, base paths, stages.
pub(super) fn check(definition: &Definition, problems: &mut Vec<Problem>) {
    let mut names = HashSet::new();
    for (place, domain) in places(&definition.domains) {
        let pointer = format!("/domains/{place}");
        let labels = domain.name.strip_prefix("*.").unwrap_or(&domain.name);
        let in_name = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.');
        if domain.name != "*" && (labels.is_empty() || !labels.chars().all(in_name)) {
            let message = format!("`{}` is no domain name; `*` stands only as the first label", domain.name);
            problems.push(Problem::new(format!("{pointer}/name"), message));
        }
        if !names.insert(&domain.name) {
            let message = format!("the domain `{}` is defined already; add the mapping there", domain.name);
            problems.push(Problem::new(format!("{pointer}/name"), message));
        }
        let mut paths = HashSet::new();
        for (place, mapping) in domain.mappings.iter().enumerate() {
            let pointer = format!("{pointer}/mappings/{place}");
            let in_path = |letter: char| letter.is_ascii_alphanumeric() || "$-_.+!*'()/".contains(letter);
            if mapping.base_path.len() > 300 || !mapping.base_path.chars().all(in_path) {
                let message = "a base path is at most 300 letters, digits and `$-_.+!*'()/`";
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
    }
}

/// The mappings of each domain, the longest first.
pub(super) fn compile(
    definition: &Definition,
    find: impl Fn(&str, &str) -> Option<CompiledStage>,
) -> NameMap<String, Vec<CompiledMapping>> {
    let domains = definition.domains.iter().flatten().map(|domain| {
        let mappings = domain.mappings.iter().filter_map(|mapping| {
            let stage = find(&mapping.api, &mapping.stage)?;
            let base_path = mapping.base_path.as_str().into();
            Some(CompiledMapping { base_path, stage, truststore: domain.truststore.clone() })
        });
        let mut mappings: Vec<_> = mappings.collect();
        mappings.sort_by_key(|mapping| Reverse(mapping.base_path.len()));
        let wildcard = domain.name.strip_prefix('*').filter(|rest| !rest.is_empty());
        (wildcard.unwrap_or(&domain.name).to_owned(), mappings)
    });
    domains.collect()
}

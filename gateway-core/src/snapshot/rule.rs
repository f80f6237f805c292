use std::sync::Arc;

use http::{HeaderName, header};

use super::{BasePaths, CompiledStage, Glob, Target};
use crate::{context::DomainFacts, service::Parts};

/// One routing rule.
pub(crate) struct CompiledRule {
    pub(crate) facts: Arc<DomainFacts>,
    pub(crate) conditions: CompiledConditions,
    pub(crate) strips_base_path: bool,
    pub(crate) stage: CompiledStage,
}

/// What must hold for a rule: of each list of headers one, and one of the base paths, if any are given.
#[derive(Default)]
pub(crate) struct CompiledConditions {
    pub(crate) headers: Vec<Vec<(HeaderName, Glob)>>,
    pub(crate) base_paths: Option<BasePaths<()>>,
}

impl CompiledRule {
    /// Where the request goes, if the rule matches. `host` is what was called, in lower case.
    pub(super) fn target(&self, host: &str, request: &Parts) -> Option<Target> {
        let matched = match &self.conditions.base_paths {
            Some(base_paths) => base_paths.longest(request.uri.path())?.0,
            None => 0,
        };
        let holds = |(name, glob): &(HeaderName, Glob)| match name {
            &header::HOST => glob.matches(host.as_bytes()),
            name => request.headers.get_all(name).iter().any(|value| glob.matches(value.as_bytes())),
        };
        self.conditions.headers.iter().all(|any_of| any_of.iter().any(holds)).then(|| {
            let prefix = if self.strips_base_path { matched } else { 0 };
            Target { domain: Some(Arc::clone(&self.facts)), ..Target::of_api(self.stage.choose(), prefix) }
        })
    }
}

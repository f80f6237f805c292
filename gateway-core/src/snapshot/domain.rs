use std::sync::Arc;

use super::{BasePaths, CompiledRule, CompiledStage, Target};
use crate::{
    client::CertificateCheck,
    context::{ApiKind, DomainFacts},
    service::Parts,
};

/// One custom domain: what its mode asks for.
pub(crate) struct CompiledDomain {
    /// By their priorities.
    pub(crate) rules: Vec<CompiledRule>,
    pub(crate) mappings: BasePaths<CompiledMapping>,
    /// What all its targets are, which is in whose words it refuses; a REST API if they differ.
    pub(crate) kind: ApiKind,
    pub(crate) truststore: Option<Arc<dyn CertificateCheck>>,
}

/// One base path mapping.
pub(crate) struct CompiledMapping {
    pub(crate) facts: Arc<DomainFacts>,
    pub(crate) stage: CompiledStage,
}

impl CompiledDomain {
    /// Where the request goes: by the first rule that matches, else by the longest base path.
    pub(super) fn target(&self, host: &str, request: &Parts) -> Option<Target> {
        let by_rule = self.rules.iter().find_map(|rule| rule.target(host, request));
        let mut target = by_rule.or_else(|| {
            let (prefix, mapping) = self.mappings.longest(request.uri.path())?;
            let domain = Some(Arc::clone(&mapping.facts));
            Some(Target { domain, ..Target::of_api(mapping.stage.choose(), prefix) })
        })?;
        target.truststore.clone_from(&self.truststore);
        Some(target)
    }
}

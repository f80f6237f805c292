use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use super::target::Target;
use crate::{
    context::{DomainFacts, without_port},
    error::{Error, ErrorKind},
    names::NameMap,
    stage::Deployment,
};

/// Everything compiled, swapped at once.
pub(crate) struct Snapshot {
    /// By their ids, which are the first labels of their default host names.
    pub(crate) apis: BTreeMap<String, ApiStages>,
    /// By host name, in lower case; `*` takes every other.
    pub(crate) domains: NameMap<String, Vec<CompiledMapping>>,
}

/// The stages of one API.
pub(crate) struct ApiStages {
    pub(crate) name: String,
    pub(crate) default_endpoint: bool,
    pub(crate) stages: NameMap<String, Arc<Deployment>>,
}

/// One base path mapping; the longest of a domain comes first.
pub(crate) struct CompiledMapping {
    pub(crate) base_path: Arc<str>,
    pub(crate) deployment: Arc<Deployment>,
}

/// The stage of an HTTP API that takes no segment of the path.
const DEFAULT_STAGE: &str = "$default";
const ANY_DOMAIN: &str = "*";

impl Snapshot {
    /// Finds the API and the stage by host and path.
    pub(crate) fn resolve(&self, host: Option<&str>, path: &str) -> Result<Target, Error> {
        let host = host.map(without_port).unwrap_or_default();
        if !self.domains.is_empty() {
            let host = lower_case(host);
            let wildcard = || self.domains.get(&format!("*.{}", host.split_once('.')?.1));
            if let Some(mappings) = self.domains.get(&*host).or_else(wildcard) {
                return mapped(mappings, path).ok_or_else(|| ErrorKind::Forbidden.into());
            }
            if let Some(target) = self.domains.get(ANY_DOMAIN).and_then(|mappings| mapped(mappings, path)) {
                return Ok(target);
            }
        }
        let api = match host.split('.').next().and_then(|label| self.apis.get(label)) {
            Some(api) => Some(api),
            None if self.apis.len() == 1 => self.apis.values().next(),
            None => None,
        };
        let api = api.filter(|api| api.default_endpoint).ok_or(ErrorKind::Forbidden)?;
        api.by_path(path).ok_or_else(|| ErrorKind::Forbidden.into())
    }

    /// The deployment of a stage, by the API's id or name.
    pub(crate) fn deployment(&self, api: &str, stage: &str) -> Option<Arc<Deployment>> {
        let by_name = || self.apis.values().find(|candidate| candidate.name == api);
        self.apis.get(api).or_else(by_name)?.stages.get(stage).cloned()
    }
}

impl ApiStages {
    /// The first segment names the stage; what names none is `$default`'s, if there is one.
    fn by_path(&self, path: &str) -> Option<Target> {
        let start = path.len() - path.trim_start_matches('/').len();
        let segment = path.get(start..)?.split('/').next()?;
        if let Some(deployment) = self.stages.get(segment).filter(|_| segment != DEFAULT_STAGE) {
            return Some(Target { deployment: Arc::clone(deployment), prefix: start + segment.len(), domain: None });
        }
        let deployment = self.stages.get(DEFAULT_STAGE)?;
        Some(Target { deployment: Arc::clone(deployment), prefix: 0, domain: None })
    }
}

/// Most clients write hosts in lower case already.
fn lower_case(host: &str) -> Cow<'_, str> {
    match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => host.to_ascii_lowercase().into(),
        false => host.into(),
    }
}

/// The first mapping, which is the longest, whose segments begin the path.
fn mapped(mappings: &[CompiledMapping], path: &str) -> Option<Target> {
    mappings.iter().find_map(|mapping| {
        let base = &*mapping.base_path;
        let prefix = match path.strip_prefix('/')?.strip_prefix(base)? {
            _ if base.is_empty() => 0,
            rest if rest.is_empty() || rest.starts_with('/') => base.len() + 1,
            _ => return None,
        };
        let domain = Some(DomainFacts { base_path: Arc::clone(&mapping.base_path) });
        Some(Target { deployment: Arc::clone(&mapping.deployment), prefix, domain })
    })
}

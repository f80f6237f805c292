//! `Snapshot`: everything compiled, swapped at once; which deployment a host and a path mean.

mod target;

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use self::target::Target;
use crate::{
    client::{CertificateCheck, Proxies},
    context::{ApiKind, DomainFacts, without_port},
    error::{Error, ErrorKind},
    names::NameMap,
    stage::{CanaryStage, Deployment},
};

/// Everything compiled, swapped at once.
pub(crate) struct Snapshot {
    /// By their ids, which are the first labels of their default host names.
    pub(crate) apis: BTreeMap<String, ApiStages>,
    /// By host name, in lower case; `.example.com` takes what has one label more, `*` every other.
    pub(crate) domains: NameMap<String, Vec<CompiledMapping>>,
    pub(crate) proxies: Option<Arc<dyn Proxies>>,
}

/// The stages of one API.
pub(crate) struct ApiStages {
    pub(crate) name: String,
    pub(crate) kind: ApiKind,
    pub(crate) default_endpoint: bool,
    pub(crate) stages: NameMap<String, CompiledStage>,
}

/// A stage as it serves.
#[derive(Clone)]
pub(crate) struct CompiledStage {
    pub(crate) stable: Arc<Deployment>,
    pub(crate) canary: Option<Arc<CanaryStage>>,
}

impl CompiledStage {
    /// The deployment of one request.
    fn choose(&self) -> Arc<Deployment> {
        Arc::clone(self.canary.as_ref().map_or(&self.stable, |canary| canary.draw()))
    }
}

/// One base path mapping; the longest of a domain comes first.
pub(crate) struct CompiledMapping {
    pub(crate) base_path: Arc<str>,
    pub(crate) stage: CompiledStage,
    /// The domain's.
    pub(crate) truststore: Option<Arc<dyn CertificateCheck>>,
}

/// Why a request has no target, and in which kind of API's words to say so: a REST API's as long as none is known.
pub(crate) struct NoTarget {
    pub(crate) kind: ApiKind,
    pub(crate) error: Error,
}

impl From<ErrorKind> for NoTarget {
    fn from(error: ErrorKind) -> Self {
        Self { kind: ApiKind::Rest, error: error.into() }
    }
}

/// The stage of an HTTP API that takes no segment of the path.
const DEFAULT_STAGE: &str = "$default";
const ANY_DOMAIN: &str = "*";

impl Snapshot {
    /// Finds the API and the stage by host and path.
    pub(crate) fn resolve(&self, host: Option<&str>, path: &str) -> Result<Target, NoTarget> {
        let host = host.map(without_port).unwrap_or_default();
        // `example.com.` is the same name, written in full.
        let host = host.strip_suffix('.').unwrap_or(host);
        if !self.domains.is_empty() {
            let host = lower_case(host);
            let wildcard = || self.domains.get(host.get(host.find('.')?..)?);
            if let Some(mappings) = self.domains.get(&*host).or_else(wildcard) {
                return mapped(mappings, path).ok_or_else(|| ErrorKind::Forbidden.into());
            }
            if let Some(target) = self.domains.get(ANY_DOMAIN).and_then(|mappings| mapped(mappings, path)) {
                return Ok(target);
            }
        }
        let api = host.split('.').next().and_then(|label| self.api(label)).ok_or(ErrorKind::Forbidden)?;
        let target = if api.default_endpoint { api.by_path(path) } else { None };
        target.ok_or_else(|| NoTarget { kind: api.kind, error: ErrorKind::Forbidden.into() })
    }

    /// The API with this id, in whatever case a client writes it, or in front of a VPC endpoint's; else the only one.
    fn api(&self, label: &str) -> Option<&ApiStages> {
        let before_endpoint = || self.apis.get(label.split_once("-vpce-")?.0);
        let in_any_case = || self.apis.iter().find(|(id, _)| id.eq_ignore_ascii_case(label)).map(|(_, api)| api);
        match self.apis.len() {
            1 => self.apis.values().next(),
            _ => self.apis.get(label).or_else(before_endpoint).or_else(in_any_case),
        }
    }

    /// A stage, by the API's id or name.
    pub(crate) fn stage(&self, api: &str, stage: &str) -> Option<&CompiledStage> {
        self.named(api)?.stages.get(stage)
    }

    /// The first stage of an API by its name.
    pub(crate) fn first_stage(&self, api: &str) -> Option<&str> {
        self.named(api)?.stages.keys().map(String::as_str).min()
    }

    /// The API with this id, else with this name.
    fn named(&self, api: &str) -> Option<&ApiStages> {
        self.apis.get(api).or_else(|| self.apis.values().find(|candidate| candidate.name == api))
    }
}

impl ApiStages {
    /// The first segment names the stage; what names none is `$default`'s, if there is one.
    fn by_path(&self, path: &str) -> Option<Target> {
        let start = path.len() - path.trim_start_matches('/').len();
        let segment = path.get(start..)?.split('/').next()?;
        if let Some(stage) = self.stages.get(segment).filter(|_| segment != DEFAULT_STAGE) {
            return Some(Target::of_api(stage.choose(), start + segment.len()));
        }
        let stage = self.stages.get(DEFAULT_STAGE)?;
        Some(Target::of_api(stage.choose(), 0))
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
        let domain = Some(DomainFacts { base_path: Arc::clone(&mapping.base_path), client_certificate: None });
        Some(Target {
            domain,
            truststore: mapping.truststore.clone(),
            ..Target::of_api(mapping.stage.choose(), prefix)
        })
    })
}

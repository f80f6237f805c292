//! `Snapshot`: everything compiled, swapped at once; which deployment a host and a path mean.

mod base_paths;
mod domain;
mod glob;
mod hosts;
mod rule;
mod target;

use std::{collections::BTreeMap, sync::Arc};

pub(crate) use self::{
    base_paths::BasePaths,
    domain::{CompiledDomain, CompiledMapping},
    glob::Glob,
    hosts::Hosts,
    rule::{CompiledConditions, CompiledRule},
};
use self::{hosts::lower_case, target::Target};
use crate::{
    client::Proxies,
    context::{ApiKind, without_port},
    error::{Error, ErrorKind},
    names::NameMap,
    service::Parts,
    stage::{CanaryStage, Deployment},
};

/// Everything compiled, swapped at once.
pub(crate) struct Snapshot {
    /// By their ids, which are the first labels of their default host names.
    pub(crate) apis: BTreeMap<String, ApiStages>,
    pub(crate) domains: Hosts,
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

impl Snapshot {
    /// Finds the API and the stage by what was called.
    pub(crate) fn resolve(&self, host: Option<&str>, request: &Parts) -> Result<Target, NoTarget> {
        let host = host.map(without_port).unwrap_or_default();
        // `example.com.` is the same name, written in full.
        let host = host.strip_suffix('.').unwrap_or(host);
        if !self.domains.is_empty() {
            let host = lower_case(host);
            if let Some(domain) = self.domains.named(&host) {
                let refused = || NoTarget { kind: domain.kind, error: ErrorKind::Forbidden.into() };
                return domain.target(&host, request).ok_or_else(refused);
            }
            if let Some(target) = self.domains.any.as_ref().and_then(|domain| domain.target(&host, request)) {
                return Ok(target);
            }
        }
        let path = request.uri.path();
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

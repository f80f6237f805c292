//! Integrations with a mapping: the types HTTP, AWS and MOCK, and the parameters of proxies.

use std::sync::Arc;

use gateway_core::{
    HttpClient, Integration, Problem,
    config::{BackendConfig, IntegrationPlace},
};

use super::{aws::Callees, method, no_uri, shared};
use crate::{
    HttpProxy,
    http::HttpBackend,
    mapping::{Mapped, headers::Behind, request_parameters},
};

type Made = Result<Arc<dyn Integration>, Problem>;

pub(super) fn http(client: &Arc<dyn HttpClient>, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    let method = config.http_method.as_deref().map(method).transpose()?.flatten();
    let backend = HttpBackend::new(&config.uri, Arc::clone(client)).map_err(|error| no_uri(config, &error))?;
    let backend = match method {
        Some(method) => backend.method(method),
        None => backend,
    };
    defined(Mapped::new(backend), config, place)
}

/// The function or service of AWS behind a mapping.
pub(super) fn aws(callees: &Callees, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    defined(Mapped::aws(callees.inside(config)?), config, place)
}

pub(super) fn mock(config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    defined(Mapped::mock(), config, place)
}

pub(super) fn with_parameters(proxy: HttpProxy, config: &BackendConfig) -> Result<HttpProxy, Problem> {
    let mut problems = Vec::new();
    let parameters = request_parameters(config, Behind::Http, &mut problems);
    first(problems).map_or_else(|| Ok(proxy.with_parameters(parameters)), Err)
}

/// A factory can tell one problem only.
fn defined<I: Integration>(mapped: Mapped<I>, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    match mapped.define(config, place.route) {
        Ok(mapped) => Ok(shared(mapped)),
        Err(problems) => Err(first(problems).unwrap_or_else(|| Problem::new("", "the mapping cannot be compiled"))),
    }
}

fn first(problems: Vec<Problem>) -> Option<Problem> {
    problems.into_iter().next()
}

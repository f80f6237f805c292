//! Integrations with a mapping: the types HTTP, AWS and MOCK, and the parameters of proxies.

use std::sync::Arc;

use gateway_core::{
    Integration, Problems,
    config::{BackendConfig, IntegrationPlace},
};

use super::{aws::Callees, method, no_uri, shared, upstream::Called};
use crate::{
    HttpProxy,
    http::HttpBackend,
    mapping::{Mapped, headers::Behind, request_parameters},
};

type Made = Result<Arc<dyn Integration>, Problems>;

pub(super) fn http(called: &Called<'_>, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    let method = config.http_method.as_deref().map(method).transpose()?.flatten();
    let backend = HttpBackend::new(&called.uri, Arc::clone(&called.client)).map_err(|error| no_uri(config, &error))?;
    let backend = match method {
        Some(method) => backend.method(method),
        None => backend,
    };
    defined(Mapped::new(called.integration(backend)), config, place)
}

/// The function or service of AWS behind a mapping.
pub(super) fn aws(callees: &Callees, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    defined(Mapped::aws(callees.inside(config)?), config, place)
}

pub(super) fn mock(config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    defined(Mapped::mock(), config, place)
}

pub(super) fn with_parameters(proxy: HttpProxy, config: &BackendConfig) -> Result<HttpProxy, Problems> {
    let mut problems = Vec::new();
    let parameters = request_parameters(config, Behind::Http, &mut problems);
    if problems.is_empty() { Ok(proxy.with_parameters(parameters)) } else { Err(Problems::from_iter(problems)) }
}

fn defined<I: Integration>(mapped: Mapped<I>, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    mapped.define(config, place.route).map(shared)
}

//! Integrations with a mapping: the types HTTP, AWS and MOCK, and the parameters of proxies.

use std::sync::Arc;

use async_trait::async_trait;
use gateway_core::{
    Context, Error, Integration, Problem, Problems, Request, Response,
    config::{BackendConfig, IntegrationPlace},
};

use super::{Made, aws::Callees, headers, method, no_uri, shared, upstream::Called};
use crate::{
    HttpProxy,
    http::{HeaderRules, HttpBackend},
    mapping::{Mapped, ParameterMapping, headers::Behind, request_parameters},
};

pub(super) fn http(called: &Called<'_>, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    let method = config.http_method.as_deref().map(method).transpose()?.flatten();
    let backend = HttpBackend::new(&called.uri, Arc::clone(&called.client)).map_err(|error| no_uri(config, &error))?;
    let rules = headers::rules(config)?;
    let backend = backend.header_rules(rules.clone());
    let backend = match method {
        Some(method) => backend.method(method),
        None => backend,
    };
    let mapped = defined(Mapped::new(called.integration(shared(backend))), config, place)?;
    Ok(if rules.distrusts() { shared(Distrusting { inner: mapped, rules }) } else { mapped })
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

/// The integration behind the parameter mapping of an HTTP API, if it has one.
pub(super) fn with_parameter_mapping(inner: impl Integration, config: &BackendConfig) -> Made {
    if config.request_parameters.is_empty() && config.response_parameters.is_empty() {
        return Ok(shared(inner));
    }
    ParameterMapping::new(inner).define(config).map(shared)
}

/// The service of a subtype, whose parameters are its own; those of its answers are mapped.
pub(super) fn service_action(callees: &Callees, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    if place.api.region.is_none() && !config.request_parameters.contains_key("Region") {
        let message = "the service is in no region: give the API its region, or this the parameter `Region`";
        return Err(Problem::new("/requestParameters", message).into());
    }
    let action = callees.action(config)?;
    let answers = BackendConfig { request_parameters: Default::default(), ..config.clone() };
    with_parameter_mapping(action, &answers)
}

fn defined<I: Integration>(mapped: Mapped<I>, config: &BackendConfig, place: IntegrationPlace<'_>) -> Made {
    mapped.define(config, place.route).map(shared)
}

/// A mapping that finds only what trusted peers say about where requests come from.
struct Distrusting<I> {
    inner: I,
    rules: HeaderRules,
}

#[async_trait]
impl<I: Integration> Integration for Distrusting<I> {
    async fn invoke(&self, mut request: Request, context: &Context) -> Result<Response, Error> {
        self.rules.distrust(request.headers_mut(), context);
        self.inner.invoke(request, context).await
    }
}

//! What stands in for mappings where the feature `mapping` is off: a problem that says so.

use gateway_core::{
    Integration, Problem, Problems,
    config::{BackendConfig, IntegrationPlace},
};

use super::{Made, aws::Callees, shared, upstream::Called};
use crate::HttpProxy;

fn needs_mapping(pointer: &str, what: &str) -> Problems {
    Problem::new(pointer, format_args!("{what} need the feature `mapping` of gateway-integrations")).into()
}

pub(super) fn http(_: &Called<'_>, _: &BackendConfig, _: IntegrationPlace<'_>) -> Made {
    Err(needs_mapping("/type", "integrations of type HTTP"))
}

pub(super) fn aws(_: &Callees, _: &BackendConfig, _: IntegrationPlace<'_>) -> Made {
    Err(needs_mapping("/type", "integrations of type AWS"))
}

pub(super) fn mock(_: &BackendConfig, _: IntegrationPlace<'_>) -> Made {
    Err(needs_mapping("/type", "integrations of type MOCK"))
}

pub(super) fn with_parameters(proxy: HttpProxy, config: &BackendConfig) -> Result<HttpProxy, Problems> {
    if config.request_parameters.is_empty() {
        return Ok(proxy);
    }
    Err(needs_mapping("/requestParameters", "parameters"))
}

pub(super) fn service_action(_: &Callees, _: &BackendConfig, _: IntegrationPlace<'_>) -> Made {
    Err(needs_mapping("/integrationSubtype", "subtypes"))
}

pub(super) fn with_parameter_mapping(inner: impl Integration, config: &BackendConfig) -> Made {
    let given = [
        ("/requestParameters", config.request_parameters.is_empty()),
        ("/responseParameters", config.response_parameters.is_empty()),
    ];
    match given.into_iter().find(|(_, is_empty)| !is_empty) {
        Some((pointer, _)) => Err(needs_mapping(pointer, "parameters")),
        None => Ok(shared(inner)),
    }
}

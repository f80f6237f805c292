//! What stands in for mappings where the feature `mapping` is off: a problem that says so.

use std::sync::Arc;

use gateway_core::{
    Integration, Problem, Problems,
    config::{BackendConfig, IntegrationPlace},
};

use super::{aws::Callees, upstream::Called};
use crate::HttpProxy;

type Made = Result<Arc<dyn Integration>, Problems>;

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

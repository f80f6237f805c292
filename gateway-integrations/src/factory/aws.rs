//! What integrations of AWS's types call.

use std::sync::Arc;

#[cfg(feature = "mapping")]
use gateway_core::Problems;
use gateway_core::{Functions, Integration, Problem, config::BackendConfig};

use super::{Integrations, shared};
#[cfg(feature = "mapping")]
use crate::aws::ServiceClient;
use crate::lambda;

/// The functions and services of the host.
#[derive(Clone, Default)]
pub(super) struct Callees {
    functions: Functions,
    #[cfg(feature = "mapping")]
    client: Option<Arc<dyn ServiceClient>>,
}

impl Integrations {
    /// The functions that integrations with Lambda call, by the ARN in their address; none unless given.
    #[must_use]
    pub fn functions(mut self, functions: Functions) -> Self {
        self.aws.functions = functions;
        self
    }

    /// What calls the other services of AWS; a definition that names one is refused without it.
    #[cfg(feature = "mapping")]
    #[must_use]
    pub fn service_client(mut self, client: impl ServiceClient) -> Self {
        self.aws.client = Some(Arc::new(client));
        self
    }
}

impl Callees {
    /// The proxy of a function (`AWS_PROXY`).
    pub(super) fn proxy(&self, config: &BackendConfig) -> Result<Arc<dyn Integration>, Problem> {
        lambda::proxy(config, &self.functions).map(shared)
    }

    /// The service that an HTTP API calls by a subtype.
    #[cfg(feature = "mapping")]
    pub(super) fn action(&self, config: &BackendConfig) -> Result<crate::aws::ServiceAction, Problems> {
        crate::aws::ServiceAction::define(config, self.client.as_ref())
    }

    /// The function or the service inside a mapping (`AWS`).
    #[cfg(feature = "mapping")]
    pub(super) fn inside(&self, config: &BackendConfig) -> Result<Arc<dyn Integration>, Problem> {
        match lambda::backend(config, &self.functions)? {
            Some(function) => Ok(shared(function)),
            None => crate::aws::backend(config, self.client.as_ref()).map(shared),
        }
    }
}

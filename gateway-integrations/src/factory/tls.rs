//! Which client backends are called through: `tlsConfig` asks for one of its own.

use std::sync::Arc;

use gateway_core::{HttpClient, Problem, config::BackendConfig};

/// The clients of the integrations.
#[derive(Clone)]
pub(super) struct Clients {
    usual: Arc<dyn HttpClient>,
    #[cfg(feature = "tls-aws-lc-rs")]
    any_root: Arc<std::sync::OnceLock<Arc<dyn HttpClient>>>,
}

impl Clients {
    pub(super) fn new(usual: Arc<dyn HttpClient>) -> Self {
        Self {
            usual,
            #[cfg(feature = "tls-aws-lc-rs")]
            any_root: Arc::default(),
        }
    }

    /// The client for a backend; one that takes every authority's certificates is made when it is first asked for.
    ///
    /// AWS developer guide: *`tlsConfig`*.
    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) fn of(&self, config: &BackendConfig) -> Result<&Arc<dyn HttpClient>, Problem> {
        use crate::http::{PooledClient, PooledClientBuilder, Tls};

        if !config.tls_config.as_ref().is_some_and(|tls| tls.insecure_skip_verification) {
            return Ok(&self.usual);
        }
        if let Some(client) = self.any_root.get() {
            return Ok(client);
        }
        let options = Tls::new().insecure_skip_verification();
        let client = PooledClient::builder().tls_options(options).and_then(PooledClientBuilder::build);
        let client = client.map_err(|error| Problem::new("/tlsConfig", error))?;
        Ok(self.any_root.get_or_init(|| Arc::new(client)))
    }

    #[cfg(not(feature = "tls-aws-lc-rs"))]
    #[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
    pub(super) fn of(&self, _: &BackendConfig) -> Result<&Arc<dyn HttpClient>, Problem> {
        Ok(&self.usual)
    }
}

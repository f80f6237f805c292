//! Which client backends are called through: `tlsConfig` asks for one of its own.

use std::sync::Arc;

use gateway_core::{HttpClient, Problem, config::BackendConfig};

/// The clients of the integrations.
#[derive(Clone)]
pub(super) struct Clients {
    usual: Arc<dyn HttpClient>,
    #[cfg(feature = "tls-aws-lc-rs")]
    own: Arc<std::sync::Mutex<Own>>,
}

/// The clients with settings of their own: whether they take any root, and the name to verify.
#[cfg(feature = "tls-aws-lc-rs")]
type Own = std::collections::HashMap<(bool, Option<String>), Arc<dyn HttpClient>>;

impl Clients {
    pub(super) fn new(usual: Arc<dyn HttpClient>) -> Self {
        Self {
            usual,
            #[cfg(feature = "tls-aws-lc-rs")]
            own: Arc::default(),
        }
    }

    /// The client for a backend; one with settings of its own is made when it is first asked for.
    ///
    /// AWS developer guide: *`tlsConfig`*.
    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) fn of(&self, config: &BackendConfig) -> Result<Arc<dyn HttpClient>, Problem> {
        use std::sync::PoisonError;

        use crate::http::{PooledClient, PooledClientBuilder, Tls};

        let Some(tls) = &config.tls_config else { return Ok(Arc::clone(&self.usual)) };
        let settings = (tls.insecure_skip_verification, tls.server_name_to_verify.clone());
        if settings == (false, None) {
            return Ok(Arc::clone(&self.usual));
        }
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(client) = own.get(&settings) {
            return Ok(Arc::clone(client));
        }
        let options = if settings.0 { Tls::new().insecure_skip_verification() } else { Tls::new() };
        let options = match &settings.1 {
            Some(name) => options.server_name_to_verify(name),
            None => Ok(options),
        };
        let client = options.and_then(|options| PooledClient::builder().tls_options(options));
        let client = client.and_then(PooledClientBuilder::build).map_err(|error| Problem::new("/tlsConfig", error))?;
        let client: Arc<dyn HttpClient> = Arc::new(client);
        own.insert(settings, Arc::clone(&client));
        Ok(client)
    }

    #[cfg(not(feature = "tls-aws-lc-rs"))]
    #[expect(clippy::unnecessary_wraps, reason = "with TLS it can fail")]
    pub(super) fn of(&self, _: &BackendConfig) -> Result<Arc<dyn HttpClient>, Problem> {
        Ok(Arc::clone(&self.usual))
    }
}

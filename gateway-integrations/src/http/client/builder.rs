use std::{fmt, sync::Arc, time::Duration};

use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use tokio::sync::Semaphore;

use super::{Connector, PooledClient};

/// Why there is no client, or no TLS in it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The client speaks no TLS.
    #[error(
        "no TLS for an https address: turn the feature `tls-aws-lc-rs` of gateway-integrations on, and leave \
         `plain_only` out"
    )]
    NoTls,
    /// The system's root certificates cannot be used.
    #[error("the system's root certificates cannot be loaded")]
    Roots(#[source] tower::BoxError),
}

/// Sets a [`PooledClient`] up.
///
/// Timeouts for answers are not the client's: the gateway holds every integration to its own.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use gateway_integrations::http::PooledClient;
///
/// let client = PooledClient::builder()
///     .connect_timeout(Duration::from_millis(500))
///     .pool_idle_timeout(Duration::from_secs(10))
///     .pool_max_idle_per_host(32)
///     .http2_prior_knowledge()
///     .plain_only()
///     .build()?;
/// # Ok::<(), gateway_integrations::http::ClientError>(())
/// ```
#[derive(Clone)]
pub struct PooledClientBuilder {
    connect_timeout: Duration,
    idle_timeout: Duration,
    max_idle_per_host: usize,
    max_requests: Option<usize>,
    prior_knowledge: bool,
    plain_only: bool,
    #[cfg(feature = "tls-aws-lc-rs")]
    tls: Option<Arc<rustls::ClientConfig>>,
}

impl Default for PooledClientBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            max_idle_per_host: 256,
            max_requests: None,
            prior_knowledge: false,
            plain_only: false,
            #[cfg(feature = "tls-aws-lc-rs")]
            tls: None,
        }
    }
}

impl PooledClientBuilder {
    /// How long finding the address, TCP and TLS may take together; 5 seconds unless set.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a connection is kept without being used; 30 seconds unless set. Best less than the backend's own, or
    /// requests meet connections that are being closed.
    #[must_use]
    pub fn pool_idle_timeout(mut self, limit: Duration) -> Self {
        self.idle_timeout = limit;
        self
    }

    /// How many unused connections are kept for each host; 256 unless set.
    #[must_use]
    pub fn pool_max_idle_per_host(mut self, connections: usize) -> Self {
        self.max_idle_per_host = connections;
        self
    }

    /// How many requests may be under way at once, until their answers have ended; one more fails at once. No limit
    /// unless set.
    #[must_use]
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = Some(requests.min(Semaphore::MAX_PERMITS));
        self
    }

    /// Speaks HTTP/2 to every backend without asking, also in plain text.
    #[must_use]
    pub fn http2_prior_knowledge(mut self) -> Self {
        self.prior_knowledge = true;
        self
    }

    /// Speaks no TLS, and looks for no root certificates.
    #[must_use]
    pub fn plain_only(mut self) -> Self {
        self.plain_only = true;
        self
    }

    /// Speaks TLS as the host says: with its roots, its client certificate, its crypto provider.
    ///
    /// Without ALPN protocols it offers `h2` and `http/1.1`. This is the one place where a type of rustls (0.23) is
    /// part of this crate's interface.
    #[cfg(feature = "tls-aws-lc-rs")]
    #[must_use]
    pub fn tls(mut self, config: Arc<rustls::ClientConfig>) -> Self {
        self.tls = Some(config);
        self
    }

    /// Makes the client.
    ///
    /// # Errors
    /// With the feature `tls-aws-lc-rs`, unless the host brings its own configuration or wants none: when the system
    /// has no root certificates.
    pub fn build(self) -> Result<PooledClient, ClientError> {
        #[cfg(feature = "tls-aws-lc-rs")]
        let connector = Connector::new(self.connect_timeout, self.tls_config()?);
        #[cfg(not(feature = "tls-aws-lc-rs"))]
        let connector = Connector::new(self.connect_timeout);
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(self.idle_timeout)
            .pool_max_idle_per_host(self.max_idle_per_host)
            .http2_only(self.prior_knowledge)
            // A backend that is gone without a word is noticed.
            .http2_keep_alive_interval(Duration::from_secs(20))
            .build(connector);
        Ok(PooledClient { client, slots: self.max_requests.map(|requests| Arc::new(Semaphore::new(requests))) })
    }

    /// What TLS is spoken with, if any; the protocols offered are those that the client can speak.
    #[cfg(feature = "tls-aws-lc-rs")]
    fn tls_config(&self) -> Result<Option<Arc<rustls::ClientConfig>>, ClientError> {
        if self.plain_only {
            return Ok(None);
        }
        let mut config = match &self.tls {
            Some(config) if !config.alpn_protocols.is_empty() => return Ok(Some(Arc::clone(config))),
            Some(config) => rustls::ClientConfig::clone(config),
            None => native_roots()?,
        };
        config.alpn_protocols = vec![b"h2".to_vec()];
        if !self.prior_knowledge {
            config.alpn_protocols.push(b"http/1.1".to_vec());
        }
        Ok(Some(Arc::new(config)))
    }
}

impl fmt::Debug for PooledClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledClientBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("idle_timeout", &self.idle_timeout)
            .field("max_idle_per_host", &self.max_idle_per_host)
            .field("max_requests", &self.max_requests)
            .field("prior_knowledge", &self.prior_knowledge)
            .field("plain_only", &self.plain_only)
            .finish_non_exhaustive()
    }
}

/// The system's roots, with a provider that is named: a process may hold two, and then the default one panics.
#[cfg(feature = "tls-aws-lc-rs")]
fn native_roots() -> Result<rustls::ClientConfig, ClientError> {
    use hyper_rustls::ConfigBuilderExt;

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| ClientError::Roots(error.into()))?;
    let roots = builder.with_native_roots().map_err(|error| ClientError::Roots(error.into()))?;
    Ok(roots.with_no_client_auth())
}

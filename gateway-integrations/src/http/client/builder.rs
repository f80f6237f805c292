#[cfg(unix)]
use std::path::Path;
use std::{fmt, sync::Arc, time::Duration};

#[cfg(feature = "tls-aws-lc-rs")]
use super::tls::{Handshake, Tls};
use hyper::client::conn;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use tokio::sync::Semaphore;

use super::{
    ConnectionLimits, Connector, Inner, PooledClient,
    pool::{Keep, Pool},
    timer::Limits,
};

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
    /// The root certificates cannot be used.
    #[error("the root certificates cannot be loaded")]
    Roots(#[source] tower::BoxError),
    /// The client's own certificate, or the name that backends must prove, cannot be used.
    #[error("the certificate, its key or the name to verify cannot be used")]
    Certificate(#[source] tower::BoxError),
}

/// Sets a [`PooledClient`] up.
///
/// The gateway holds every integration to its own timeout, until the head of the answer is there; the limits here are
/// the client's own, and hold for whoever calls through it. What streams for ever has no limit unless one is set.
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
    max_idle: usize,
    max_requests: Option<usize>,
    max_connections: Option<usize>,
    max_waiting: usize,
    max_wait: Duration,
    max_headers: usize,
    max_response_size: Option<u64>,
    limits: Limits,
    http2_max_streams: usize,
    http2_max_connections_per_host: usize,
    prior_knowledge: bool,
    #[cfg(unix)]
    unix_socket: Option<Arc<Path>>,
    plain_only: bool,
    #[cfg(feature = "tls-aws-lc-rs")]
    tls: Option<Handshake>,
    #[cfg(feature = "tls-aws-lc-rs")]
    tls_timeout: Duration,
}

impl Default for PooledClientBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(5),
            idle_timeout: Duration::from_secs(30),
            max_idle_per_host: 256,
            max_idle: 4096,
            max_requests: None,
            max_connections: None,
            max_waiting: 0,
            max_wait: Duration::from_secs(1),
            max_headers: 100,
            max_response_size: None,
            limits: Limits::default(),
            http2_max_streams: 100,
            http2_max_connections_per_host: 8,
            prior_knowledge: false,
            #[cfg(unix)]
            unix_socket: None,
            plain_only: false,
            #[cfg(feature = "tls-aws-lc-rs")]
            tls: None,
            #[cfg(feature = "tls-aws-lc-rs")]
            tls_timeout: Duration::from_secs(5),
        }
    }
}

impl PooledClientBuilder {
    /// How long finding the address and connecting may take together; 5 seconds unless set.
    #[must_use]
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long agreeing on TLS may take, once connected; 5 seconds unless set.
    #[cfg(feature = "tls-aws-lc-rs")]
    #[must_use]
    pub fn tls_handshake_timeout(mut self, limit: Duration) -> Self {
        self.tls_timeout = limit;
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

    /// How many unused connections are kept in all; 4,096 unless set.
    #[must_use]
    pub fn pool_max_idle(mut self, connections: usize) -> Self {
        self.max_idle = connections;
        self
    }

    /// How long a backend may take from the last byte of a request to the head of its answer. No limit unless set.
    #[must_use]
    pub fn response_header_timeout(mut self, limit: Duration) -> Self {
        self.limits.head = Some(limit);
        self
    }

    /// How long a backend may be silent in the middle of an answer's body. No limit unless set.
    #[must_use]
    pub fn body_idle_timeout(mut self, limit: Duration) -> Self {
        self.limits.idle = Some(limit);
        self
    }

    /// How long a call may take, from its start to the end of the answer's body, without connecting. No limit unless
    /// set.
    #[must_use]
    pub fn request_timeout(mut self, limit: Duration) -> Self {
        self.limits.whole = Some(limit);
        self
    }

    /// How many headers an answer over HTTP/1.1 may have; 100 unless set. One with more is an error, as is a head of
    /// more than 400 KiB, and over HTTP/2 one of more than 16 KiB.
    #[must_use]
    pub fn max_headers(mut self, headers: usize) -> Self {
        self.max_headers = headers;
        self
    }

    /// How many bytes the body of an answer may have; reading more is an error. No limit unless set.
    #[must_use]
    pub fn max_response_size(mut self, bytes: u64) -> Self {
        self.max_response_size = Some(bytes);
        self
    }

    /// How many requests share a connection of HTTP/2 at most; 100 unless set. A backend may allow fewer.
    #[must_use]
    pub fn http2_max_streams(mut self, streams: usize) -> Self {
        self.http2_max_streams = streams.max(1);
        self
    }

    /// How many connections of HTTP/2 are opened to a host, each when there is no room on the others; 8 unless set.
    /// Requests beyond wait for a stream.
    #[must_use]
    pub fn http2_max_connections_per_host(mut self, connections: usize) -> Self {
        self.http2_max_connections_per_host = connections.max(1);
        self
    }

    /// Connects to a Unix socket, whatever the address names; that is still what `Host` and TLS say.
    #[cfg(unix)]
    #[must_use]
    pub fn unix_socket(mut self, path: impl AsRef<Path>) -> Self {
        self.unix_socket = Some(path.as_ref().into());
        self
    }

    /// How many requests may be under way at once, until their answers have ended; one more fails at once. No limit
    /// unless set.
    #[must_use]
    pub fn max_requests(mut self, requests: usize) -> Self {
        self.max_requests = Some(requests.min(Semaphore::MAX_PERMITS));
        self
    }

    /// How many connections there may be to a host, busy or not; a request that finds none free waits as
    /// [`max_waiting_for_connection`](Self::max_waiting_for_connection) says, or fails at once with 503. Over HTTP/2, where
    /// requests share connections, it waits for a stream instead. No limit unless set.
    #[must_use]
    pub fn max_connections_per_host(mut self, connections: usize) -> Self {
        self.max_connections = Some(connections.max(1));
        self
    }

    /// How many requests may wait for a connection to a host, and how long; none unless set.
    #[must_use]
    pub fn max_waiting_for_connection(mut self, requests: usize, limit: Duration) -> Self {
        self.max_waiting = requests;
        self.max_wait = limit;
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
        self.tls = Some(config.into());
        self
    }

    /// Speaks TLS as these options say, instead of with the system's roots and without a certificate of our own.
    ///
    /// # Errors
    /// When the system has no root certificates, and the options name none; or when the client's certificate and its
    /// key do not fit.
    #[cfg(feature = "tls-aws-lc-rs")]
    pub fn tls_options(mut self, options: Tls) -> Result<Self, ClientError> {
        self.tls = Some(options.handshake()?);
        Ok(self)
    }

    /// Makes the client.
    ///
    /// # Errors
    /// With the feature `tls-aws-lc-rs`, unless the host brings its own configuration or wants none: when the system
    /// has no root certificates.
    pub fn build(self) -> Result<PooledClient, ClientError> {
        let mut connector = Connector::new(self.connect_timeout);
        #[cfg(unix)]
        connector.socket.clone_from(&self.unix_socket);
        #[cfg(feature = "tls-aws-lc-rs")]
        {
            let handshake = match self.tls {
                _ if self.plain_only => None,
                Some(handshake) => Some(handshake),
                None => Some(Tls::new().handshake()?),
            };
            connector.tls_limit = self.tls_timeout;
            connector.tls = handshake.map(|handshake| handshake.offer(self.prior_knowledge));
        }
        let mut http1 = conn::http1::Builder::new();
        http1.max_headers(self.max_headers);
        let mut http2 = conn::http2::Builder::new(TokioExecutor::new());
        // A backend that is gone without a word is noticed.
        http2.timer(TokioTimer::new()).keep_alive_interval(Duration::from_secs(20));
        let keep = Keep {
            timeout: self.idle_timeout,
            per_host: if self.idle_timeout.is_zero() { 0 } else { self.max_idle_per_host },
            in_all: self.max_idle,
            http2_per_host: self.http2_max_connections_per_host,
        };
        let inner = Inner {
            pool: Pool::new(keep),
            connector,
            http1,
            http2,
            http2_streams: self.http2_max_streams,
            max_headers: self.max_headers,
            prior_knowledge: self.prior_knowledge,
            limits: self.limits,
            max_response_size: self.max_response_size,
            connections: self.max_connections.map(|connections| ConnectionLimits {
                connections,
                waiting: self.max_waiting,
                wait: self.max_wait,
            }),
            slots: self.max_requests.map(|requests| Arc::new(Semaphore::new(requests))),
        };
        Ok(PooledClient { inner: Arc::new(inner) })
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

//! `PooledClient`: the HTTP client, with its connection pool.

mod answer;
#[cfg(feature = "tls-aws-lc-rs")]
mod any_root;
mod body;
mod builder;
mod call;
mod connector;
mod failure;
mod http1;
mod http2;
mod plain;
mod pool;
mod relay;
mod room;
mod stream;
mod timer;
#[cfg(feature = "tls-aws-lc-rs")]
mod tls;

use std::{fmt, future::ready, sync::Arc};

use async_trait::async_trait;
use gateway_core::{CallCause, CallError, CallPhase, Error, HttpClient, Request};
use hyper::client::conn;
use hyper_util::rt::TokioExecutor;
use tokio::sync::Semaphore;

pub use self::builder::{ClientError, PooledClientBuilder};
pub(crate) use self::room::ConnectionLimits;
#[cfg(feature = "tls-aws-lc-rs")]
pub use self::tls::Tls;
use self::{call::Answering, connector::Connector, pool::Pool, timer::Limits};

/// An HTTP client that keeps its connections, for HTTP/1.1 and HTTP/2.
///
/// Clones share the pool. It needs a tokio runtime with time and I/O when it sends. Redirects are not followed,
/// proxies in the environment are not read.
///
/// A connection of HTTP/1.1 has no task of its own: the request drives it, and then the body of its answer. An answer
/// that is read to its end gives the connection back; one that is dropped before closes it.
///
/// Nothing is sent twice, except over a connection that had been idle and that the backend closed before it said
/// anything: then a request goes out once more, on a new connection, if nothing of it was written, or if its method is
/// idempotent and its body is in memory (RFC 9110, 9.2.2). For the others the operating system is asked first
/// whether the backend has closed.
///
/// # Example
/// ```
/// use std::{sync::Arc, time::Duration};
/// use gateway_integrations::{HttpProxy, http::PooledClient};
///
/// let client = PooledClient::builder()
///     .connect_timeout(Duration::from_secs(2))
///     .max_requests(1_000)
///     .plain_only()
///     .build()?;
/// let client = Arc::new(client);
/// let pets = HttpProxy::new("http://pets.internal/{id}", client.clone());
/// let orders = HttpProxy::new("http://orders.internal/{id}", client);
/// # Ok::<(), gateway_integrations::http::ClientError>(())
/// ```
#[derive(Clone)]
pub struct PooledClient {
    inner: Arc<Inner>,
}

struct Inner {
    pool: Arc<Pool>,
    connector: Connector,
    http1: conn::http1::Builder,
    http2: conn::http2::Builder<TokioExecutor>,
    /// How many streams a connection of HTTP/2 has at most.
    http2_streams: usize,
    max_headers: usize,
    prior_knowledge: bool,
    limits: Limits,
    max_response_size: Option<u64>,
    slots: Option<Arc<Semaphore>>,
    connections: Option<ConnectionLimits>,
}

impl PooledClient {
    /// A client with the defaults of [`PooledClientBuilder`].
    ///
    /// # Errors
    /// With the feature `tls-aws-lc-rs`: when the system has no root certificates.
    pub fn new() -> Result<Self, ClientError> {
        Self::builder().build()
    }

    /// A client to be set up.
    #[must_use]
    pub fn builder() -> PooledClientBuilder {
        PooledClientBuilder::default()
    }
}

impl fmt::Debug for PooledClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PooledClient").finish_non_exhaustive()
    }
}

#[async_trait]
impl HttpClient for PooledClient {
    fn send<'s, 'a>(&'s self, request: Request) -> Answering<'a>
    where
        's: 'a,
        Self: 'a,
    {
        let slot = match &self.inner.slots {
            Some(slots) => match Arc::clone(slots).try_acquire_owned() {
                Ok(slot) => Some(slot),
                Err(_) => return Box::pin(ready(Err(busy()))),
            },
            None => None,
        };
        let answer = self.inner.call(request, slot);
        match self.inner.max_response_size {
            Some(max) => Box::pin(async move { Ok(answer.await?.map(|body| body.with_limit(max))) }),
            None => answer,
        }
    }
}

/// There were as many requests under way as [`PooledClientBuilder::max_requests`] allows.
fn busy() -> Error {
    failure::no_connection(CallError::new(CallPhase::Admission, CallCause::Busy))
}

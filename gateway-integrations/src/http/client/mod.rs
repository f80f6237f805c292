//! `PooledClient`: the HTTP client, with its connection pool.

mod body;
mod builder;
mod connector;

use std::{error::Error as StdError, fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{Body, BodyError, Error, ErrorKind, HttpClient, Request, Response};
use http::Version;
use hyper_util::client::legacy::Client;
use tokio::sync::Semaphore;

pub use self::builder::{ClientError, PooledClientBuilder};
use self::{
    body::{Held, Watched},
    connector::Connector,
};

/// An HTTP client that keeps its connections, for HTTP/1.1 and HTTP/2.
///
/// Clones share the pool. It needs a tokio runtime with time and I/O when it sends. Redirects are not followed,
/// proxies in the environment are not read, and nothing is sent twice, except a request that a connection which had
/// been idle closed on before anything of it was written.
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
    client: Client<Connector, Watched>,
    slots: Option<Arc<Semaphore>>,
}

/// There were as many requests under way as [`PooledClientBuilder::max_requests`] allows.
#[derive(Debug, thiserror::Error)]
#[error("too many requests to backends are under way")]
struct Busy;

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
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let slot = match &self.slots {
            Some(slots) => Some(Arc::clone(slots).try_acquire_owned().map_err(|_| failure(Busy))?),
            None => None,
        };
        let (mut parts, body) = request.into_parts();
        // The legacy client takes the client's version for a demand on the connection to the backend.
        parts.version = Version::HTTP_11;
        let (body, watch) = Watched::new(body);
        match self.client.request(http::Request::from_parts(parts, body)).await {
            Ok(response) => Ok(response.map(|body| match slot {
                Some(slot) => Body::new(Held::new(body, slot)),
                None => Body::new(body),
            })),
            Err(error) if watch.was_too_large() || is_too_large(&error) => {
                Err(Error::new(ErrorKind::RequestTooLarge).with_source(error))
            }
            Err(error) => Err(failure(error)),
        }
    }
}

/// There is no answer, because of `source`.
fn failure(source: impl StdError + Send + Sync + 'static) -> Error {
    Error::new(ErrorKind::IntegrationFailure).with_source(source)
}

/// Whether the request's own body is the cause.
fn is_too_large(error: &(dyn StdError + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(cause) = next {
        if cause.downcast_ref::<BodyError>().is_some_and(BodyError::is_too_large) {
            return true;
        }
        next = cause.source();
    }
    false
}

//! The short form: a proxy with a client of its own.

use std::sync::Arc;

use super::{ClientError, HttpProxy, PooledClient, UriTemplate, UriTemplateError};

/// Why [`HttpProxy::to`] made no proxy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HttpProxyError {
    /// The address is none.
    #[error(transparent)]
    Uri(#[from] UriTemplateError),
    /// There is no client for it.
    #[error(transparent)]
    Client(#[from] ClientError),
}

impl HttpProxy {
    /// A backend at the address `uri`, with a client and a connection pool of its own.
    ///
    /// Proxies that share a client ([`HttpProxy::new`]) share its connections too.
    ///
    /// # Errors
    /// When `uri` is no address, or is `https` and there is no TLS: the feature `tls-aws-lc-rs` is off, or the system
    /// has no root certificates.
    ///
    /// # Example
    /// ```
    /// use gateway_core::Integration;
    /// use gateway_integrations::{HttpProxy, http::HeaderRules};
    ///
    /// let rules = HeaderRules::new().preserve_host(true);
    /// let backend = HttpProxy::to("http://127.0.0.1:9000")?.header_rules(rules).into_service();
    /// # Ok::<(), gateway_integrations::http::HttpProxyError>(())
    /// ```
    pub fn to(uri: &str) -> Result<Self, HttpProxyError> {
        let uri = UriTemplate::parse(uri)?;
        let client = match (uri.is_https(), cfg!(feature = "tls-aws-lc-rs")) {
            (true, true) => PooledClient::new()?,
            (true, false) => return Err(ClientError::NoTls.into()),
            (false, _) => PooledClient::builder().plain_only().build()?,
        };
        Ok(Self::of(uri, Arc::new(client)))
    }
}

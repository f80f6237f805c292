//! `Target`: where one of an upstream's backends is.

use std::fmt;

use http::{
    HeaderValue, Uri,
    uri::{Authority, Parts, Scheme},
};

/// One backend of an upstream: scheme, host and port, and its weight.
///
/// # Example
/// ```
/// use gateway_integrations::upstream::Target;
///
/// let target = Target::parse("http://10.0.0.1:8080")?.with_weight(3);
/// assert_eq!(target.to_string(), "http://10.0.0.1:8080");
/// assert!(Target::parse("http://10.0.0.1/v1").is_err());
/// # Ok::<(), gateway_integrations::upstream::TargetError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    scheme: Scheme,
    authority: Authority,
    host: HeaderValue,
    weight: u32,
}

/// Why a text is no target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TargetError {
    /// It is no address, or a relative one, or its scheme is another one.
    #[error("a target is `http://host:port` or `https://host:port`")]
    Address,
    /// There is a path, or a query.
    #[error("a target ends with its port: paths are the integration's")]
    Path,
    /// There is a user or a password before the host.
    #[error("a target must not hold credentials")]
    Credentials,
}

impl Target {
    /// A target at `uri`, of weight 1.
    ///
    /// # Errors
    /// When the text is more or less than scheme, host and port.
    pub fn parse(uri: &str) -> Result<Self, TargetError> {
        let uri: Uri = uri.parse().map_err(|_| TargetError::Address)?;
        if uri.query().is_some() || !matches!(uri.path(), "" | "/") {
            return Err(TargetError::Path);
        }
        let Parts { scheme: Some(scheme), authority: Some(authority), .. } = uri.into_parts() else {
            return Err(TargetError::Address);
        };
        if scheme != Scheme::HTTP && scheme != Scheme::HTTPS {
            return Err(TargetError::Address);
        }
        if authority.as_str().contains('@') {
            return Err(TargetError::Credentials);
        }
        let own_port = if scheme == Scheme::HTTPS { ":443" } else { ":80" };
        let name = authority.as_str().strip_suffix(own_port).unwrap_or(authority.as_str());
        let host = HeaderValue::from_str(name).map_err(|_| TargetError::Address)?;
        if authority.host().is_empty() {
            return Err(TargetError::Address);
        }
        Ok(Self { scheme, authority, host, weight: 1 })
    }

    /// Its share of the requests, against the others'; held between 1 and 100.
    #[must_use]
    pub fn with_weight(mut self, weight: u32) -> Self {
        self.weight = weight.clamp(1, 100);
        self
    }

    /// What the backend calls itself, where that is not its address: the `Host` of requests that name none.
    #[must_use]
    pub fn with_host(mut self, host: HeaderValue) -> Self {
        self.host = host;
        self
    }

    /// Its share of the requests, against the others'.
    #[must_use]
    pub fn weight(&self) -> u32 {
        self.weight
    }

    /// Whether both are the same backend, whatever their weights.
    pub(super) fn is_same_backend(&self, other: &Self) -> bool {
        self.scheme == other.scheme && self.authority == other.authority
    }

    /// What the backend calls itself.
    pub(super) fn host(&self) -> &HeaderValue {
        &self.host
    }

    /// `uri`, on this target.
    pub(super) fn uri(&self, uri: Uri) -> Uri {
        let mut parts = uri.into_parts();
        parts.scheme = Some(self.scheme.clone());
        parts.authority = Some(self.authority.clone());
        if parts.path_and_query.is_none() {
            parts.path_and_query = Some(http::uri::PathAndQuery::from_static("/"));
        }
        // All three parts are there, which is all that is asked for.
        Uri::from_parts(parts).unwrap_or_default()
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority)
    }
}

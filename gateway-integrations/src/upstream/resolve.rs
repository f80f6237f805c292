//! `Resolve`: where an upstream's targets are, asked again and again.

use std::{fmt, future::Future, time::Duration};

use async_trait::async_trait;
use http::HeaderValue;
use tower::BoxError;

use super::Target;

/// Finds targets: in DNS, in a registry of services, in a list.
///
/// An `async` closure from nothing to `Result<Vec<Target>, BoxError>` is one, too.
///
/// # Example
/// ```
/// use gateway_integrations::upstream::{Resolve, Target};
/// use tower::BoxError;
///
/// let found = async || Ok::<_, BoxError>(vec![Target::parse("http://10.0.0.1:8080")?]);
/// # fn takes(_: impl Resolve) {}
/// # takes(|| async { Ok::<_, BoxError>(vec![Target::parse("http://10.0.0.1:8080")?]) });
/// ```
#[async_trait]
pub trait Resolve: Send + Sync + 'static {
    /// The targets there are now. No targets, like an error, leave those that were there before.
    ///
    /// # Errors
    /// When that cannot be found out.
    async fn resolve(&self) -> Result<Resolved, BoxError>;
}

/// Targets that were found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resolved {
    /// The targets.
    pub targets: Vec<Target>,
    /// How long they are good for; as long as the upstream asks unless given.
    pub valid_for: Option<Duration>,
}

impl From<Vec<Target>> for Resolved {
    fn from(targets: Vec<Target>) -> Self {
        Self { targets, valid_for: None }
    }
}

#[async_trait]
impl<F, Found> Resolve for F
where
    F: Fn() -> Found + Send + Sync + 'static,
    Found: Future<Output = Result<Vec<Target>, BoxError>> + Send,
{
    async fn resolve(&self) -> Result<Resolved, BoxError> {
        self().await.map(Into::into)
    }
}

/// The addresses of a name, as the operating system finds them; plain HTTP.
///
/// The system's resolver does not tell how long its answers are good for, so they are asked for again as often as the
/// upstream is told to.
#[derive(Clone)]
pub struct Dns {
    name: String,
    port: u16,
}

impl Dns {
    /// All addresses of `name`, each with this port.
    #[must_use]
    pub fn new(name: impl Into<String>, port: u16) -> Self {
        Self { name: name.into(), port }
    }
}

#[async_trait]
impl Resolve for Dns {
    async fn resolve(&self) -> Result<Resolved, BoxError> {
        let found = tokio::net::lookup_host((self.name.as_str(), self.port)).await?;
        let host = match self.port {
            80 => HeaderValue::from_str(&self.name)?,
            port => HeaderValue::from_str(&format!("{}:{port}", self.name))?,
        };
        let target = |address| Ok::<_, BoxError>(Target::parse(&format!("http://{address}"))?.with_host(host.clone()));
        let mut targets = found.map(target).collect::<Result<Vec<_>, _>>()?;
        // In an order of their own, so that the same answer is the same list.
        targets.sort_by_key(ToString::to_string);
        targets.dedup();
        Ok(targets.into())
    }
}

impl fmt::Debug for Dns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Dns({}:{})", self.name, self.port)
    }
}

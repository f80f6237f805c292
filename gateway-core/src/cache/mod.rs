//! The response cache: answers of integrations, kept for a stage.

mod entry;
mod flight;
mod key;
mod renewal;
mod store;

use std::{fmt, sync::Arc, time::Duration};

use http::Method;

pub use self::renewal::UnauthorizedCacheControl;
pub(crate) use self::{
    entry::Entry,
    flight::{Landing, Lead},
    key::{CacheKey, Key},
    renewal::{IGNORED, Renewal},
    store::{Found, ResponseCache, ResponseCaches},
};
use crate::context::Context;

/// Tells whether a caller may renew an entry.
pub(crate) type MayInvalidate = Arc<dyn Fn(&Context) -> bool + Send + Sync>;

/// The response cache of a stage (REST APIs): how large it is, and who may renew its entries.
///
/// It keeps the answers of the routes whose [`RouteSettings`](crate::RouteSettings) ask for it. What is kept is what
/// the integration answered, whatever the status: status, headers and body, without the gateway's own ids. An answer
/// that streams (its size is not known), one of more than 1 MiB, and one that only this request's range or conditions
/// brought about (206, 304, 412, 416) is not kept. Requests that miss the same entry at the same time make one call.
///
/// An entry belongs to the API and to the deployment: to its id where the stage has one, else to what the configuration
/// says of its route, and of those that share its namespace. So it outlives a reload that changes none of this, nor the
/// size; a route that is written in code is not compared.
///
/// AWS developer guide: *Cache settings for REST APIs in API Gateway*.
///
/// # Example
/// ```
/// use std::time::Duration;
/// use gateway_core::{RouteSettings, StageCache, StageDefinition};
///
/// let prod = StageDefinition::new("prod")
///     .cache(StageCache::new(64 * 1024 * 1024).may_invalidate(|context| {
///         context.authorization().is_some_and(|caller| caller.principal_id() == "editor")
///     }))
///     .default_settings(RouteSettings::new().caching(true))
///     .settings("GET /pets/{id}", RouteSettings::new().cache_ttl(Duration::from_secs(60)));
/// ```
#[derive(Clone)]
pub struct StageCache {
    pub(crate) bytes: u64,
    pub(crate) may_invalidate: Option<MayInvalidate>,
}

impl StageCache {
    /// A cache of at most `bytes`; where that needs an authorization, the callers whom their authorizer lets do so may renew
    /// its entries.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self { bytes, may_invalidate: None }
    }

    /// Who may renew an entry with `Cache-Control: max-age=0`, where that needs an authorization. Unless given, as on AWS:
    /// callers that sign with credentials whose policies allow `execute-api:InvalidateCache`.
    #[must_use]
    pub fn may_invalidate(mut self, may: impl Fn(&Context) -> bool + Send + Sync + 'static) -> Self {
        self.may_invalidate = Some(Arc::new(may));
        self
    }
}

impl fmt::Debug for StageCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageCache")
            .field("bytes", &self.bytes)
            .field("may_invalidate", &self.may_invalidate.is_some())
            .finish()
    }
}

/// The cache as one route uses it.
pub(crate) struct RouteCache {
    pub(crate) store: Arc<ResponseCache>,
    pub(crate) key: CacheKey,
    /// Methods that are not here are not cached.
    pub(crate) methods: Vec<(Method, CacheRules)>,
    pub(crate) may_invalidate: Option<MayInvalidate>,
}

/// How the answers to one method are cached.
#[derive(Clone, Copy, Debug)]
pub(crate) struct CacheRules {
    pub(crate) ttl: Duration,
    pub(crate) requires_authorization: bool,
    pub(crate) unauthorized: UnauthorizedCacheControl,
}

impl RouteCache {
    /// The rules of this method, if its answers are cached.
    pub(crate) fn rules(&self, method: &Method) -> Option<&CacheRules> {
        self.methods.iter().find(|(cached, _)| cached == method).map(|(_, rules)| rules)
    }
}

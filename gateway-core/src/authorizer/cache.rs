use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::Authorizer;
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
    policy::PolicyCombination,
    service::Parts,
    source::ValueSource,
};

/// How many results a cache holds unless told otherwise.
const CAPACITY: u64 = 100_000;

/// What a caller's identity led to: both answers are worth remembering.
#[derive(Clone)]
struct Entry {
    result: Result<Authorization, Option<Arc<str>>>,
    expires: Duration,
}

/// The remembered results of an authorizer.
///
/// It outlives reloads. A [`Registry`](crate::config::Registry) keeps one for each authorizer of each API; the results
/// of one stage never serve another.
#[derive(Clone)]
pub struct ResultCache(moka::sync::Cache<[u8; 32], Entry>);

impl ResultCache {
    /// A cache that holds up to `capacity` results.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        Self(moka::sync::Cache::new(capacity))
    }

    /// Forgets everything.
    pub fn flush(&self) {
        self.0.invalidate_all();
    }
}

impl Default for ResultCache {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl fmt::Debug for ResultCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultCache").field("entries", &self.0.entry_count()).finish()
    }
}

/// An authorizer whose results are remembered by the values of its identity sources.
///
/// A request that lacks one of them is refused (401) without asking. Allowed and denied callers are remembered for
/// the time to live, counted from when they were stored, and for the stage that asked; 401 and 500 never are. Without
/// an identity source nothing is remembered: every caller would get the first one's result. The values themselves are
/// kept as a SHA-256 digest only.
///
/// AWS developer guide: *Configure an API Gateway Lambda authorizer* (authorization caching).
pub struct CachedAuthorizer {
    inner: Arc<dyn Authorizer>,
    sources: Vec<ValueSource>,
    ttl: Duration,
    cache: ResultCache,
}

impl fmt::Debug for CachedAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CachedAuthorizer")
            .field("sources", &self.sources)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

impl CachedAuthorizer {
    /// Remembers the results of `inner` for `ttl`, by the values of `sources`.
    #[must_use]
    pub fn new(inner: Arc<dyn Authorizer>, sources: Vec<ValueSource>, ttl: Duration) -> Self {
        let sources = sources.into_iter().flat_map(with_all_values).collect();
        Self { inner, sources, ttl, cache: ResultCache::default() }
    }

    /// Shares a cache that lives on.
    #[must_use]
    pub fn with_cache(mut self, cache: ResultCache) -> Self {
        self.cache = cache;
        self
    }

    /// The digest of stage and caller: each value with its length, so that none runs into the next.
    fn key(&self, request: &Parts, context: &Context) -> Result<[u8; 32], Error> {
        let mut digest = Sha256::new();
        let mut add = |value: &str| {
            digest.update((value.len() as u64).to_le_bytes());
            digest.update(value);
        };
        if let Some(stage) = context.stage() {
            add(&stage.api_id);
            add(&stage.stage);
        }
        for source in &self.sources {
            let value = source.value(&request.headers, context).filter(|value| !value.is_empty());
            add(&value.ok_or(ErrorKind::Unauthorized)?);
        }
        Ok(digest.finalize().into())
    }

    async fn ask(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        match self.inner.authorize_now(request, context) {
            Some(result) => result,
            None => self.inner.authorize(request, context).await,
        }
    }

    fn remembered(&self, key: &[u8; 32], context: &Context) -> Option<Result<Authorization, Error>> {
        let entry = self.cache.0.get(key).filter(|entry| context.clock().elapsed() < entry.expires)?;
        Some(entry.result.map_err(|message| {
            let denied = Error::new(ErrorKind::AccessDenied);
            match message {
                Some(text) => denied.with_message(text.to_string()),
                None => denied,
            }
        }))
    }

    fn remember(&self, key: [u8; 32], context: &Context, result: &Result<Authorization, Error>) {
        let result = match result {
            Ok(authorization) => Ok(authorization.clone()),
            Err(error) if error.kind() == ErrorKind::AccessDenied => Err(error.message().map(Arc::from)),
            Err(_) => return,
        };
        self.cache.0.insert(key, Entry { result, expires: context.clock().elapsed().saturating_add(self.ttl) });
    }
}

/// `source`, and where it takes the last of several values, all of them: the authorizer may go by another one, and its
/// result must not be found by who sends the last alone.
fn with_all_values(source: ValueSource) -> impl Iterator<Item = ValueSource> {
    let all = match &source {
        ValueSource::Header(name) => Some(ValueSource::HeaderValues(name.clone())),
        ValueSource::Query(name) => Some(ValueSource::QueryValues(name.clone())),
        _ => None,
    };
    std::iter::once(source).chain(all)
}

#[async_trait]
impl Authorizer for CachedAuthorizer {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        if self.sources.is_empty() {
            return self.ask(request, context).await;
        }
        let key = self.key(request, context)?;
        if let Some(result) = self.remembered(&key, context) {
            return result;
        }
        let result = self.ask(request, context).await;
        self.remember(key, context, &result);
        result
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        if self.sources.is_empty() {
            return self.inner.authorize_now(request, context);
        }
        match self.key(request, context) {
            Ok(key) => self.remembered(&key, context),
            Err(error) => Some(Err(error)),
        }
    }

    fn reads_body(&self) -> bool {
        self.inner.reads_body()
    }

    fn policy_combination(&self) -> PolicyCombination {
        self.inner.policy_combination()
    }
}

#[cfg(test)]
#[path = "cache_tests.rs"]
mod tests;

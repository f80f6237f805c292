use std::{fmt, sync::Arc, time::Duration};

use super::{Authorizer, ResultCache, ResultKey, ask};
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
    policy::PolicyCombination,
    service::Parts,
    source::ValueSource,
};
use async_trait::async_trait;

/// What a caller's identity led to: both answers are worth remembering.
type Kept = Result<Authorization, Option<Arc<str>>>;

/// An authorizer whose results are remembered by the values of its identity sources.
///
/// A request that lacks one of them is refused (401) without asking. Allowed and denied callers are remembered for
/// the time to live, counted from when they were stored, and for the stage that asked; 401 and 500 never are. Without
/// an identity source nothing is remembered: every caller would get the first one's result. The values themselves are
/// kept as a SHA-256 digest only. Of requests with the same values that come together, one asks.
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

    /// What the result for this caller is remembered by.
    fn key<'a>(&'a self, request: &'a Parts, context: &'a Context) -> Result<ResultKey, Error> {
        let read = |source: &'a ValueSource| source.value(&request.headers, context).filter(|value| !value.is_empty());
        let is_text = self.sources.iter().all(|source| source.is_text(&request.headers));
        let values: Option<Vec<_>> = self.sources.iter().map(read).collect();
        let values = values.filter(|_| is_text);
        Ok(ResultKey::new(context, values.ok_or(ErrorKind::Unauthorized)?))
    }

    /// Asks for what may be remembered, with its size.
    async fn ask_to_keep(&self, request: &Parts, context: &Context) -> Result<(Kept, usize), Error> {
        match ask(&*self.inner, request, context).await {
            Ok(authorization) => {
                let size = authorization.size();
                Ok((Ok(authorization), size))
            }
            Err(error) if error.kind() == ErrorKind::AccessDenied => {
                let message = error.message().map(Arc::from);
                let size = error.message().map_or(0, str::len);
                Ok((Err(message), size))
            }
            Err(error) => Err(error),
        }
    }
}

/// The answer that a remembered result stands for.
fn answer(kept: &Kept) -> Result<Authorization, Error> {
    kept.clone().map_err(|message| {
        let denied = Error::new(ErrorKind::AccessDenied);
        match message {
            Some(text) => denied.with_message(text.to_string()),
            None => denied,
        }
    })
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
            return ask(&*self.inner, request, context).await;
        }
        let key = self.key(request, context)?;
        let asked = self.ask_to_keep(request, context);
        let kept = self.cache.find_or_ask(&key, self.ttl, &**context.clock(), asked).await?;
        answer(&kept)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        if self.sources.is_empty() {
            return self.inner.authorize_now(request, context);
        }
        match self.key(request, context) {
            Ok(key) => self.cache.find(&key, &**context.clock()).map(|kept| answer(&kept)),
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

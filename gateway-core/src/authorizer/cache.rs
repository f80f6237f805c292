use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use sha2::{Digest, Sha256};

use super::Authorizer;
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
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
/// It outlives reloads: the gateway keeps one for each authorizer of each stage.
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
/// the time to live, counted from when they were stored; 401 and 500 never are. The values themselves are kept as a
/// SHA-256 digest only.
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
        Self { inner, sources, ttl, cache: ResultCache::default() }
    }

    /// Shares a cache that lives on.
    #[must_use]
    pub fn with_cache(mut self, cache: ResultCache) -> Self {
        self.cache = cache;
        self
    }

    /// The digest of the caller's identity: each value with its length, so that none runs into the next.
    fn key(&self, request: &Parts, context: &Context) -> Result<[u8; 32], Error> {
        let mut digest = Sha256::new();
        for source in &self.sources {
            let value = source.value(&request.headers, context).filter(|value| !value.is_empty());
            let value = value.ok_or(ErrorKind::Unauthorized)?;
            digest.update((value.len() as u64).to_le_bytes());
            digest.update(value.as_bytes());
        }
        Ok(digest.finalize().into())
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
        self.cache.0.insert(key, Entry { result, expires: context.clock().elapsed() + self.ttl });
    }
}

#[async_trait]
impl Authorizer for CachedAuthorizer {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let key = self.key(request, context)?;
        if let Some(result) = self.remembered(&key, context) {
            return result;
        }
        let result = match self.inner.authorize_now(request, context) {
            Some(result) => result,
            None => self.inner.authorize(request, context).await,
        };
        self.remember(key, context, &result);
        result
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        match self.key(request, context) {
            Ok(key) => self.remembered(&key, context),
            Err(error) => Some(Err(error)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::{
        clock::{Clock, ManualClock},
        random::Random,
    };

    fn request(token: Option<&str>) -> Parts {
        let mut request = http::Request::get("/");
        if let Some(token) = token {
            request = request.header("authorization", token);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[tokio::test]
    async fn results_are_remembered_by_identity_until_they_expire() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&calls);
        let inner = move |request: &Parts, _: &Context| {
            counter.fetch_add(1, Ordering::SeqCst);
            match request.headers["authorization"].to_str().unwrap() {
                "bad" => Err(Error::new(ErrorKind::AccessDenied).with_message("not you")),
                "unknown" => Err(ErrorKind::Unauthorized.into()),
                name => Ok(Authorization::new(name)),
            }
        };
        let sources = vec![ValueSource::parse("method.request.header.Authorization").unwrap()];
        let authorizer = CachedAuthorizer::new(Arc::new(inner), sources, Duration::from_secs(300));
        let clock = Arc::new(ManualClock::default());
        let ask = async |token: Option<&str>| {
            let parts = request(token);
            let context = Context::begin(&parts, Arc::clone(&clock) as Arc<dyn Clock>, &Random::seeded(1));
            authorizer.authorize(&parts, &context).await
        };

        assert_eq!(ask(Some("alice")).await.unwrap().principal_id(), "alice");
        assert_eq!(ask(Some("alice")).await.unwrap().principal_id(), "alice");
        assert_eq!(calls.load(Ordering::SeqCst), 1);
        for _ in 0..2 {
            assert_eq!(ask(Some("bad")).await.unwrap_err().message(), Some("not you"));
        }
        assert_eq!(calls.load(Ordering::SeqCst), 2, "denials are remembered");
        for _ in 0..2 {
            assert_eq!(ask(Some("unknown")).await.unwrap_err().kind(), ErrorKind::Unauthorized);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 4, "a 401 is not");
        assert_eq!(ask(None).await.unwrap_err().kind(), ErrorKind::Unauthorized);
        assert_eq!(ask(Some("")).await.unwrap_err().kind(), ErrorKind::Unauthorized);
        assert_eq!(calls.load(Ordering::SeqCst), 4, "without an identity nobody is asked");
        clock.advance(Duration::from_secs(300));
        ask(Some("alice")).await.unwrap();
        assert_eq!(calls.load(Ordering::SeqCst), 5);
    }
}

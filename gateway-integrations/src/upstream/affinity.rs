//! What tells callers apart, so that each stays with a target.

use std::hash::{DefaultHasher, Hash, Hasher};

use async_trait::async_trait;
use gateway_core::{Context, Error, Integration, Parts, Request, Response, ValueSource};

use super::{Inner, Live, Upstream};

/// The key of a request, in its extensions: what the facts say that an [`HttpClient`](gateway_core::HttpClient) does not
/// see.
#[derive(Clone, Copy)]
struct AffinityKey(u64);

/// An integration that calls an upstream, and tells it what the request's key is.
pub(crate) struct WithAffinity<I> {
    integration: I,
    upstream: Upstream,
}

impl<I> WithAffinity<I> {
    pub(crate) fn new(integration: I, upstream: Upstream) -> Self {
        Self { integration, upstream }
    }
}

#[async_trait]
impl<I: Integration> Integration for WithAffinity<I> {
    async fn invoke(&self, mut request: Request, context: &Context) -> Result<Response, Error> {
        let live = self.upstream.inner.live.load_full();
        let source = live.settings.hash_key.as_ref();
        if let Some(key) = source.and_then(|source| source.value(request.headers(), context)) {
            let key = AffinityKey(hash(&key));
            request.extensions_mut().insert(key);
        }
        self.integration.invoke(request, context).await
    }
}

impl Inner {
    /// The key of a request: what code says, what the integration found out, or what the headers show.
    pub(super) fn key(&self, live: &Live, request: &Parts) -> Option<u64> {
        if let Some(key) = &self.key {
            return key(request);
        }
        let source = live.settings.hash_key.as_ref()?;
        if let Some(AffinityKey(key)) = request.extensions.get() {
            return Some(*key);
        }
        match source {
            ValueSource::Header(name) => request.headers.get(name)?.to_str().ok().map(hash),
            _ => None,
        }
    }
}

/// The same in every process, or two gateways would send one caller to two targets.
fn hash(text: impl AsRef<str>) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.as_ref().hash(&mut hasher);
    hasher.finish()
}

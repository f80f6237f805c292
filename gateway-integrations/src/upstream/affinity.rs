//! What tells callers apart, so that each stays with a target.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    pin::Pin,
};

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

/// By hand what `async_trait` writes: the integration's future is handed on, in its own box.
impl<I: Integration> Integration for WithAffinity<I> {
    fn invoke<'a, 'b, 'f>(
        &'a self,
        mut request: Request,
        context: &'b Context,
    ) -> Pin<Box<dyn Future<Output = Result<Response, Error>> + Send + 'f>>
    where
        'a: 'f,
        'b: 'f,
        Self: 'f,
    {
        let live = self.upstream.inner.live.load();
        let source = live.settings.hash_key.as_ref();
        let key = source.and_then(|source| source.value(request.headers(), context)).map(|key| AffinityKey(hash(&key)));
        if let Some(key) = key {
            request.extensions_mut().insert(key);
        }
        self.integration.invoke(request, context)
    }

    fn late(&self) -> Error {
        self.integration.late()
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

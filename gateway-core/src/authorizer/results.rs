//! Results of authorizers, remembered by who calls; of many requests that want the same one, one asks.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    future::Future,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::{
    clock::Clock,
    context::{Context, StageFacts},
    error::Error,
};

/// How many bytes of results a cache holds unless told otherwise.
const CAPACITY: u64 = 64 * 1024 * 1024;

/// What an entry costs besides its result.
const ENTRY: usize = 256;

type Shared = Arc<dyn Any + Send + Sync>;

/// What a result is remembered by: the stage that serves, and what tells callers from each other.
///
/// Values are kept as a SHA-256 digest only.
#[derive(Clone)]
pub struct ResultKey {
    digest: [u8; 32],
    stage: Option<Arc<StageFacts>>,
}

impl ResultKey {
    /// The key of these values, in their order, within the stage of the request.
    #[must_use]
    pub fn new<T: AsRef<str>>(context: &Context, values: impl IntoIterator<Item = T>) -> Self {
        let mut digest = Sha256::new();
        // Each with its length, so that none runs into the next.
        let mut add = |value: &str| {
            digest.update((value.len() as u64).to_le_bytes());
            digest.update(value);
        };
        let stage = context.stage();
        if let Some(stage) = stage {
            add(&stage.api_id);
            add(&stage.stage);
        }
        for value in values {
            add(value.as_ref());
        }
        Self { digest: digest.finalize().into(), stage: stage.cloned() }
    }

    fn is_test(&self) -> bool {
        self.stage.as_ref().is_some_and(|stage| stage.is_test)
    }
}

impl fmt::Debug for ResultKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultKey").finish_non_exhaustive()
    }
}

#[derive(Clone)]
struct Entry {
    result: Shared,
    stage: Option<Arc<StageFacts>>,
    weight: u32,
    expires: Duration,
}

/// The remembered results of an authorizer.
///
/// It outlives reloads. A [`Registry`](crate::config::Registry) keeps one for each authorizer of each API; the results
/// of one stage never serve another. A result serves for its time to live, counted from when it was stored, on the clock
/// of the requests.
#[derive(Clone)]
pub struct ResultCache(Arc<Inner>);

struct Inner {
    results: moka::sync::Cache<[u8; 32], Entry>,
    flights: Mutex<HashMap<[u8; 32], watch::Receiver<Landing>>>,
    flushes: AtomicU64,
}

/// How a call ended that others wait for; `None` while it has not.
type Landing = Option<Result<Shared, Arc<Error>>>;

impl ResultCache {
    /// A cache that holds up to `capacity` bytes of results.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        let results = moka::sync::Cache::builder()
            .max_capacity(capacity)
            .weigher(|_, entry: &Entry| entry.weight)
            .support_invalidation_closures()
            .build();
        Self(Arc::new(Inner { results, flights: Mutex::default(), flushes: AtomicU64::new(0) }))
    }

    /// Forgets everything; what is asked for meanwhile is not remembered either.
    pub fn flush(&self) {
        let mut flights = self.0.flights();
        self.0.flushes.fetch_add(1, Ordering::Relaxed);
        flights.clear();
        self.0.results.invalidate_all();
    }

    /// The same for the results of one stage.
    ///
    /// AWS API reference: *FlushStageAuthorizersCache*, *ResetAuthorizersCache*.
    pub fn flush_stage(&self, api: &str, stage: &str) {
        let mut flights = self.0.flights();
        self.0.flushes.fetch_add(1, Ordering::Relaxed);
        flights.clear();
        let (api, stage) = (api.to_owned(), stage.to_owned());
        let is_of_stage = move |facts: &Arc<StageFacts>| facts.api_id == api && facts.stage == stage;
        let flushed =
            self.0.results.invalidate_entries_if(move |_, entry| entry.stage.as_ref().is_some_and(&is_of_stage));
        if flushed.is_err() {
            self.0.results.invalidate_all();
        }
    }

    /// The result for this key, if it is remembered.
    #[must_use]
    pub fn find<T: Any + Send + Sync>(&self, key: &ResultKey, clock: &dyn Clock) -> Option<Arc<T>> {
        if key.is_test() {
            return None;
        }
        let entry = self.0.results.get(&key.digest).filter(|entry| clock.elapsed() < entry.expires)?;
        entry.result.downcast().ok()
    }

    /// The result for this key: remembered, or asked for now and remembered for `ttl`. `ask` gives it with its size in
    /// bytes.
    ///
    /// Of the requests that come while one asks, all wait for its outcome; when its client leaves before that, another
    /// one asks.
    ///
    /// # Errors
    /// Those of `ask`, which are not remembered; requests that waited for it get the same.
    pub async fn find_or_ask<T, F>(
        &self,
        key: &ResultKey,
        ttl: Duration,
        clock: &dyn Clock,
        ask: F,
    ) -> Result<Arc<T>, Error>
    where
        T: Any + Send + Sync,
        F: Future<Output = Result<(T, usize), Error>> + Send,
    {
        if key.is_test() {
            return ask.await.map(|(result, _)| Arc::new(result));
        }
        loop {
            let mut waiting = match self.join(key, clock) {
                Turn::Found(found) => return Ok(found),
                Turn::Ask(lead) => {
                    let (result, size) = match ask.await {
                        Ok((result, size)) => (Arc::new(result), size),
                        Err(error) => return Err(lead.fail(error)),
                    };
                    let weight = u32::try_from(size.saturating_add(ENTRY)).unwrap_or(u32::MAX);
                    let expires = clock.elapsed().saturating_add(ttl);
                    let shared = Arc::clone(&result) as Shared;
                    lead.keep(Entry { result: shared, stage: key.stage.clone(), weight, expires });
                    return Ok(result);
                }
                Turn::Wait(waiting) => waiting,
            };
            let landed = waiting.wait_for(Option::is_some).await.map(|landing| landing.clone());
            match landed {
                Ok(Some(Ok(result))) => {
                    if let Ok(result) = result.downcast() {
                        return Ok(result);
                    }
                }
                Ok(Some(Err(error))) => return Err(error.without_source()),
                // Who asked has left.
                Ok(None) | Err(_) => {}
            }
        }
    }

    /// What a request has to do for the result.
    fn join<T: Any + Send + Sync>(&self, key: &ResultKey, clock: &dyn Clock) -> Turn<T> {
        let mut flights = self.0.flights();
        // Under the lock: a call may have landed just now.
        if let Some(found) = self.find(key, clock) {
            return Turn::Found(found);
        }
        if let Some(waiting) = flights.get(&key.digest) {
            return Turn::Wait(waiting.clone());
        }
        let (landing, waiting) = watch::channel(None);
        flights.insert(key.digest, waiting);
        let flushes = self.0.flushes.load(Ordering::Relaxed);
        Turn::Ask(Lead { cache: Arc::clone(&self.0), digest: key.digest, flushes, landing })
    }
}

enum Turn<T> {
    Found(Arc<T>),
    Wait(watch::Receiver<Landing>),
    Ask(Lead),
}

/// The one that asks. Dropped unfinished, another request takes its place.
struct Lead {
    cache: Arc<Inner>,
    digest: [u8; 32],
    flushes: u64,
    landing: watch::Sender<Landing>,
}

impl Lead {
    /// Remembers the result, unless everything was forgotten meanwhile, and hands it to all who wait.
    fn keep(self, entry: Entry) {
        let result = Arc::clone(&entry.result);
        {
            let _flights = self.cache.flights();
            if self.flushes == self.cache.flushes.load(Ordering::Relaxed) {
                self.cache.results.insert(self.digest, entry);
            }
        }
        self.landing.send_replace(Some(Ok(result)));
    }

    /// Hands the failure to all who wait, and gives it back.
    fn fail(self, error: Error) -> Error {
        if self.landing.receiver_count() > 1 {
            self.landing.send_replace(Some(Err(Arc::new(error.without_source()))));
        }
        error
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        let mut flights = self.cache.flights();
        let own = self.landing.subscribe();
        if flights.get(&self.digest).is_some_and(|current| current.same_channel(&own)) {
            flights.remove(&self.digest);
        }
    }
}

impl Inner {
    fn flights(&self) -> MutexGuard<'_, HashMap<[u8; 32], watch::Receiver<Landing>>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for ResultCache {
    fn default() -> Self {
        Self::new(CAPACITY)
    }
}

impl fmt::Debug for ResultCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResultCache").field("entries", &self.0.results.entry_count()).finish_non_exhaustive()
    }
}

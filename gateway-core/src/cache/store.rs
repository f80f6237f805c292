use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use foldhash::fast::RandomState;
use tokio::sync::watch;

use super::{Entry, Landing, Lead, flight::Flights, key::Key};

/// The kept answers of one stage, and the calls that are under way for them.
pub(crate) struct ResponseCache {
    entries: moka::sync::Cache<Key, Arc<Entry>, RandomState>,
    flights: Mutex<Flights>,
    bytes: u64,
}

/// What there is for a key.
pub(crate) enum Found {
    /// An answer.
    Kept(Arc<Entry>),
    /// A call that is under way.
    UnderWay(watch::Receiver<Landing>),
    /// Nothing: the call is to be made.
    Nothing(Lead),
}

impl ResponseCache {
    pub(crate) fn new(bytes: u64) -> Self {
        let entries = moka::sync::Cache::builder().max_capacity(bytes).weigher(|_, entry: &Arc<Entry>| entry.weight());
        Self { entries: entries.build_with_hasher(RandomState::default()), flights: Mutex::default(), bytes }
    }

    /// What there is for `key` at `now`, by the gateway's clock.
    pub(crate) fn find(self: &Arc<Self>, key: Key, now: Duration) -> Found {
        if let Some(entry) = self.fresh(&key, now) {
            return Found::Kept(entry);
        }
        let mut flights = self.flights();
        if let Some(landing) = flights.get(&key) {
            return Found::UnderWay(landing);
        }
        // One may have landed meanwhile; under the lock, none can.
        match self.fresh(&key, now) {
            Some(entry) => Found::Kept(entry),
            None => Found::Nothing(flights.begin(self, key)),
        }
    }

    /// Forgets the answer for `key`, and begins a new call even where one is under way, which is not kept then.
    pub(crate) fn renew(self: &Arc<Self>, key: Key) -> Lead {
        let mut flights = self.flights();
        self.entries.invalidate(&key);
        flights.begin(self, key)
    }

    /// Forgets everything, and what is under way.
    pub(crate) fn flush(&self) {
        let mut flights = self.flights();
        flights.clear();
        self.entries.invalidate_all();
    }

    fn fresh(&self, key: &Key, now: Duration) -> Option<Arc<Entry>> {
        self.entries.get(key).filter(|entry| now < entry.expires)
    }

    pub(super) fn flights(&self) -> MutexGuard<'_, Flights> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn insert(&self, key: Key, entry: Arc<Entry>) {
        self.entries.insert(key, entry);
    }
}

/// The caches of a gateway, by API and stage. One lives as long as a deployment uses it, and so outlives reloads.
#[derive(Default)]
pub(crate) struct ResponseCaches(Mutex<HashMap<(String, String), Weak<ResponseCache>>>);

impl ResponseCaches {
    /// The cache of a stage; another size is another cache.
    pub(crate) fn open(&self, api: &str, stage: &str, bytes: u64) -> Arc<ResponseCache> {
        let mut caches = self.caches();
        caches.retain(|_, cache| cache.strong_count() > 0);
        let name = (api.to_owned(), stage.to_owned());
        if let Some(same) = caches.get(&name).and_then(Weak::upgrade).filter(|cache| cache.bytes == bytes) {
            return same;
        }
        let cache = Arc::new(ResponseCache::new(bytes));
        caches.insert(name, Arc::downgrade(&cache));
        cache
    }

    /// The cache of a stage, if it has one.
    pub(crate) fn find(&self, api: &str, stage: &str) -> Option<Arc<ResponseCache>> {
        self.caches().get(&(api.to_owned(), stage.to_owned())).and_then(Weak::upgrade)
    }

    fn caches(&self) -> MutexGuard<'_, HashMap<(String, String), Weak<ResponseCache>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for ResponseCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseCache").field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

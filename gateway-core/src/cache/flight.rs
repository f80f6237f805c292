use std::{
    collections::HashMap,
    sync::{Arc, MutexGuard},
};

use tokio::sync::watch;

use super::{Entry, ResponseCache, key::Key};

/// How a call ended that other requests wait for.
#[derive(Clone)]
pub(crate) enum Landing {
    /// It has not.
    Pending,
    /// With an answer for all of them.
    Kept(Arc<Entry>),
    /// With nothing that can be shared: each makes its own call.
    Unshared,
}

/// The calls that are under way, each with its number.
#[derive(Default)]
pub(super) struct Flights {
    last: u64,
    by_key: HashMap<Key, (u64, watch::Receiver<Landing>)>,
}

impl Flights {
    pub(super) fn get(&self, key: &Key) -> Option<watch::Receiver<Landing>> {
        self.by_key.get(key).map(|(_, landing)| landing.clone())
    }

    /// Begins a call, in place of one that is under way.
    pub(super) fn begin(&mut self, cache: &Arc<ResponseCache>, key: Key) -> Lead {
        self.last += 1;
        let (landing, waiting) = watch::channel(Landing::Pending);
        self.by_key.insert(key, (self.last, waiting));
        Lead { cache: Arc::clone(cache), key, number: self.last, landing }
    }

    pub(super) fn clear(&mut self) {
        self.by_key.clear();
    }

    /// Whether the call was still the one for its key.
    fn end(&mut self, lead: &Lead) -> bool {
        let current = self.by_key.get(&lead.key).is_some_and(|(number, _)| *number == lead.number);
        if current {
            self.by_key.remove(&lead.key);
        }
        current
    }
}

/// The one call for a key. Dropped unfinished, another request takes its place.
pub(crate) struct Lead {
    cache: Arc<ResponseCache>,
    key: Key,
    number: u64,
    landing: watch::Sender<Landing>,
}

impl Lead {
    /// Keeps the answer, unless it has been asked anew meanwhile, and hands it to all who wait.
    pub(crate) fn keep(self, entry: &Arc<Entry>) {
        {
            let mut flights: MutexGuard<'_, Flights> = self.cache.flights();
            if flights.end(&self) {
                self.cache.insert(self.key, Arc::clone(entry));
            }
        }
        self.landing.send_replace(Landing::Kept(Arc::clone(entry)));
    }

    /// Lets all who wait go on by themselves.
    pub(crate) fn let_go(self) {
        self.landing.send_replace(Landing::Unshared);
    }
}

impl Drop for Lead {
    fn drop(&mut self) {
        self.cache.flights().end(self);
    }
}

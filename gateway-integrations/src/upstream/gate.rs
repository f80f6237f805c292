//! How many requests may be under way, and how many may wait.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_core::config::UpstreamLimitsConfig;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Lets requests in.
pub(super) struct Gate {
    slots: Arc<Semaphore>,
    waiting: AtomicUsize,
    max_waiting: usize,
    max_wait: Duration,
}

/// Why a request was not let in.
#[derive(Debug)]
pub(super) enum Refusal {
    Full,
    Waited,
}

/// One that waits; leaves when this is dropped.
struct Waiting<'a>(&'a AtomicUsize);

impl Gate {
    /// `None` where there is no limit.
    pub(super) fn new(limits: &UpstreamLimitsConfig) -> Option<Self> {
        Some(Self {
            slots: Arc::new(Semaphore::new(limits.max_requests?.min(Semaphore::MAX_PERMITS))),
            waiting: AtomicUsize::new(0),
            max_waiting: limits.max_waiting,
            max_wait: Duration::from_millis(limits.max_wait_in_millis.unwrap_or(1_000)),
        })
    }

    /// Waits for a slot, as long and as many as may.
    pub(super) async fn enter(&self) -> Result<OwnedSemaphorePermit, Refusal> {
        if let Ok(slot) = Arc::clone(&self.slots).try_acquire_owned() {
            return Ok(slot);
        }
        let before = self.waiting.fetch_add(1, Ordering::Relaxed);
        let _waiting = Waiting(&self.waiting);
        if before >= self.max_waiting {
            return Err(Refusal::Full);
        }
        let entering = tokio::time::timeout(self.max_wait, Arc::clone(&self.slots).acquire_owned());
        entering.await.ok().and_then(Result::ok).ok_or(Refusal::Waited)
    }

    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

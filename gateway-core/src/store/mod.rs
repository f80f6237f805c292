//! Stores for what must last or be shared: token buckets and quota counters.

mod memory;
#[cfg(any(test, feature = "test-util"))]
mod suite;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use tower::BoxError;

pub use self::memory::MemoryStore;
#[cfg(any(test, feature = "test-util"))]
pub use self::suite::usage_store_suite;

/// Where usage plans and throttles keep their state.
///
/// Ids are stable: the same id gives the same state as long as the process lives, also after a reload. Handles are
/// fetched when a definition is compiled and held by the compiled routes and keys, so no look-up is left for the
/// request. A store over a network may lease permits in batches behind these traits.
pub trait UsageStore: Send + Sync + 'static {
    /// The bucket `id`, which refills by `rate` tokens a second up to `burst`. A bucket that exists with another rate
    /// or burst starts anew.
    fn bucket(&self, id: &str, rate: f64, burst: u32) -> Arc<dyn TokenBucket>;

    /// The counter `id`.
    fn counter(&self, id: &str) -> Arc<dyn QuotaCounter>;

    /// Forgets what nobody holds any more and what has no meaning left. Called after a reload.
    fn prune(&self) {}
}

/// A token bucket: starts full, refills continuously.
#[async_trait]
pub trait TokenBucket: Send + Sync + 'static {
    /// Takes all of `permits`, or none (`false`).
    ///
    /// # Errors
    /// When the store cannot be reached; the caller then lets the request pass.
    async fn take(&self, permits: u32) -> Result<bool, StoreError>;

    /// The same without waiting, where that is possible.
    fn take_now(&self, permits: u32) -> Option<bool> {
        let _ = permits;
        None
    }

    /// How many permits are there, where that is known without waiting; it takes none.
    fn level(&self) -> Option<u32> {
        None
    }
}

/// How much a quota allows in a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    /// In every window but the first.
    pub limit: u64,
    /// In the window in which the counter was first asked.
    pub initial: u64,
}

/// A counter that starts anew with each window; windows are numbered, and never go back.
#[async_trait]
pub trait QuotaCounter: Send + Sync + 'static {
    /// Takes up to `permits` of what `window` has left, and says how many were granted. Exact: over all callers no more
    /// than the allowance is ever granted in a window.
    ///
    /// # Errors
    /// When the store cannot be reached; the caller then lets the request pass.
    async fn take(&self, window: u32, permits: u32, allowance: Allowance) -> Result<u32, StoreError>;

    /// The same without waiting, where that is possible.
    fn take_now(&self, window: u32, permits: u32, allowance: Allowance) -> Option<u32> {
        let _ = (window, permits, allowance);
        None
    }

    /// How many were granted in `window`, and how many `allowance` still has.
    ///
    /// # Errors
    /// When the store cannot be reached.
    async fn read(&self, window: u32, allowance: Allowance) -> Result<(u64, u64), StoreError>;
}

/// A store that could not be reached.
#[derive(Debug)]
pub struct StoreError(BoxError);

impl StoreError {
    /// The store failed because of `source`.
    pub fn new(source: impl Into<BoxError>) -> Self {
        Self(source.into())
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the usage store cannot be reached")
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.0)
    }
}

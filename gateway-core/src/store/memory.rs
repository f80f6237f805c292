use std::{
    collections::HashMap,
    fmt,
    num::NonZeroU32,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU32, AtomicU64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use governor::{
    Quota, RateLimiter,
    middleware::StateInformationMiddleware,
    nanos::Nanos,
    state::{InMemoryState, NotKeyed, StateStore},
};

use super::{Allowance, QuotaCounter, StoreError, TokenBucket, UsageStore};
use crate::clock::Clock;

/// A [`UsageStore`] in this process's memory.
///
/// Buckets are governor's, counters one atomic word each: exact under any concurrency, and without a lock on the
/// request's path. Nothing is evicted while a compiled definition holds it.
pub struct MemoryStore {
    clock: GovernorClock,
    buckets: Mutex<HashMap<String, Arc<MemoryBucket>>>,
    counters: Mutex<HashMap<String, Arc<MemoryCounter>>>,
}

impl MemoryStore {
    /// An empty store on `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock: GovernorClock(clock), buckets: Mutex::default(), counters: Mutex::default() }
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryStore").finish_non_exhaustive()
    }
}

impl UsageStore for MemoryStore {
    fn bucket(&self, id: &str, rate: f64, burst: u32) -> Arc<dyn TokenBucket> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) =
            buckets.get(id).filter(|bucket| bucket.rate.to_bits() == rate.to_bits() && bucket.burst == burst)
        {
            return Arc::clone(bucket) as Arc<dyn TokenBucket>;
        }
        let bucket = Arc::new(MemoryBucket::new(rate, burst, self.clock.clone()));
        buckets.insert(id.to_owned(), Arc::clone(&bucket));
        bucket
    }

    fn counter(&self, id: &str) -> Arc<dyn QuotaCounter> {
        let mut counters = self.counters.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(counters.entry(id.to_owned()).or_default()) as Arc<dyn QuotaCounter>
    }

    /// Drops the buckets that nobody holds. Counters stay: a key that is taken away and given back in the same period
    /// goes on where it was.
    fn prune(&self) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.retain(|_, bucket| Arc::strong_count(bucket) > 1);
    }
}

/// Governor counts in nanoseconds of 64 bits. A bucket that needs longer than a century to fill refills faster.
const MOST_TO_FILL: Duration = Duration::from_secs(100 * 365 * 86_400);

type Limiter = RateLimiter<Access, BucketState, GovernorClock, StateInformationMiddleware>;

/// What governor is asked for: it has no other way to look at a bucket.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Access {
    Take,
    Look,
}

#[derive(Default)]
struct BucketState(InMemoryState);

impl StateStore for BucketState {
    type Key = Access;

    fn measure_and_replace<T, F, E>(&self, access: &Access, decide: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        match access {
            Access::Take => self.0.measure_and_replace(&NotKeyed::NonKey, decide),
            // An error replaces nothing.
            Access::Look => {
                let looked = |state| Err::<(Result<T, E>, Nanos), _>(decide(state).map(|(outcome, _)| outcome));
                self.0.measure_and_replace(&NotKeyed::NonKey, looked).unwrap_or_else(|decision| decision)
            }
        }
    }
}

struct MemoryBucket {
    rate: f64,
    burst: u32,
    /// `None` refuses everything: a rate or burst of zero, which governor cannot say.
    limiter: Option<Limiter>,
}

impl MemoryBucket {
    fn new(rate: f64, burst: u32, clock: GovernorClock) -> Self {
        let limiter = NonZeroU32::new(burst).filter(|_| rate > 0.0).and_then(|burst| {
            let longest = MOST_TO_FILL / burst.get();
            let period = Duration::try_from_secs_f64(rate.recip()).unwrap_or(longest);
            let quota = Quota::with_period(period.clamp(Duration::from_nanos(1), longest))?;
            Some(RateLimiter::new(quota.allow_burst(burst), BucketState::default(), clock))
        });
        Self { rate, burst, limiter }
    }

    fn admit(&self, permits: u32) -> bool {
        match (&self.limiter, NonZeroU32::new(permits)) {
            (Some(limiter), Some(NonZeroU32::MIN)) => limiter.check_key(&Access::Take).is_ok(),
            (Some(limiter), Some(permits)) => matches!(limiter.check_key_n(&Access::Take, permits), Ok(Ok(_))),
            (None, Some(_)) => false,
            (_, None) => true,
        }
    }
}

#[async_trait]
impl TokenBucket for MemoryBucket {
    async fn take(&self, permits: u32) -> Result<bool, StoreError> {
        Ok(self.admit(permits))
    }

    fn take_now(&self, permits: u32) -> Option<bool> {
        Some(self.admit(permits))
    }

    fn level(&self) -> Option<u32> {
        let looked = self.limiter.as_ref().map(|limiter| limiter.check_key(&Access::Look));
        // What is left beside the one that was asked for.
        Some(looked.and_then(Result::ok).map_or(0, |state| state.remaining_burst_capacity().saturating_add(1)))
    }
}

/// The window in the upper 24 bits, what it granted in the lower 40.
#[derive(Debug)]
struct MemoryCounter {
    state: AtomicU64,
    first: AtomicU32,
}

const USED_BITS: u32 = 40;
const USED_MASK: u64 = (1 << USED_BITS) - 1;
const UNSET: u32 = u32::MAX;

impl Default for MemoryCounter {
    fn default() -> Self {
        Self { state: AtomicU64::new(0), first: AtomicU32::new(UNSET) }
    }
}

impl MemoryCounter {
    /// The window and its allowance. A window before the last one seen counts as that one: the wall clock may jump.
    fn current(state: u64, window: u32) -> (u64, u64) {
        let (seen, used) = (state >> USED_BITS, state & USED_MASK);
        if u64::from(window) > seen { (u64::from(window), 0) } else { (seen, used) }
    }

    fn allowed(&self, window: u64, allowance: Allowance) -> u64 {
        let first = self.first.load(Ordering::Acquire);
        let in_first = first == UNSET || u64::from(first) == window;
        let allowed = if in_first { allowance.initial } else { allowance.limit };
        allowed.min(USED_MASK)
    }

    fn grant(&self, window: u32, permits: u32, allowance: Allowance) -> u32 {
        let _ = self.first.compare_exchange(UNSET, window, Ordering::AcqRel, Ordering::Acquire);
        let mut granted = 0;
        let _ = self.state.fetch_update(Ordering::AcqRel, Ordering::Acquire, |state| {
            let (window, used) = Self::current(state, window);
            let left = self.allowed(window, allowance).saturating_sub(used);
            granted = permits.min(u32::try_from(left).unwrap_or(u32::MAX));
            (granted > 0).then_some((window << USED_BITS) | (used + u64::from(granted)))
        });
        granted
    }
}

#[async_trait]
impl QuotaCounter for MemoryCounter {
    async fn take(&self, window: u32, permits: u32, allowance: Allowance) -> Result<u32, StoreError> {
        Ok(self.grant(window, permits, allowance))
    }

    fn take_now(&self, window: u32, permits: u32, allowance: Allowance) -> Option<u32> {
        Some(self.grant(window, permits, allowance))
    }

    async fn read(&self, window: u32, allowance: Allowance) -> Result<(u64, u64), StoreError> {
        let (window, used) = Self::current(self.state.load(Ordering::Acquire), window);
        Ok((used, self.allowed(window, allowance).saturating_sub(used)))
    }
}

/// Our clock, as governor wants it.
#[derive(Clone, Debug)]
struct GovernorClock(Arc<dyn Clock>);

impl governor::clock::Clock for GovernorClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::from(self.0.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{clock::ManualClock, store::usage_store_suite};

    #[tokio::test]
    async fn memory_passes_the_suite_of_stores() {
        let clock = Arc::new(ManualClock::default());
        usage_store_suite(&MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>), |by| clock.advance(by)).await;
    }

    #[tokio::test]
    async fn a_level_is_read_without_taking_anything() {
        let clock = Arc::new(ManualClock::default());
        let store = MemoryStore::new(Arc::clone(&clock) as Arc<dyn Clock>);
        let bucket = store.bucket("level", 0.5, 3);
        for left in [3, 2, 1, 0, 0] {
            assert_eq!((bucket.level(), bucket.level()), (Some(left), Some(left)));
            assert_eq!(bucket.take(1).await.unwrap(), left > 0);
        }
        clock.advance(Duration::from_secs(3));
        assert_eq!(bucket.level(), Some(1), "one and a half");
        clock.advance(Duration::from_secs(3_600));
        assert_eq!(bucket.level(), Some(3));
        for (rate, burst) in [(0.0, 5), (5.0, 0)] {
            assert_eq!(store.bucket("closed", rate, burst).level(), Some(0));
        }
        assert_eq!(store.bucket("fast", f64::INFINITY, u32::MAX).level(), Some(u32::MAX));
    }

    #[tokio::test]
    async fn pruning_keeps_what_is_held_and_every_counter() {
        let store = MemoryStore::new(Arc::new(ManualClock::default()));
        let allowance = Allowance { limit: 5, initial: 5 };
        let held = store.bucket("held", 1.0, 1);
        assert!(store.bucket("dropped", 1.0, 1).take(1).await.unwrap());
        assert!(held.take(1).await.unwrap());
        store.counter("key").take(1, 3, allowance).await.unwrap();
        store.prune();
        assert!(!store.bucket("held", 1.0, 1).take(1).await.unwrap());
        assert!(store.bucket("dropped", 1.0, 1).take(1).await.unwrap());
        assert_eq!(store.counter("key").read(1, allowance).await.unwrap(), (3, 2));
    }
}

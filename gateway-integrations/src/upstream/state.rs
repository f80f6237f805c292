//! What an upstream has learnt of one target; it outlives reloads.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use super::{Target, metrics::TargetMetrics, status::Health};

/// What is known of one target.
pub(super) struct TargetState {
    pub(super) target: Target,
    /// Tells targets apart for consistent hashing, the same in every process.
    pub(super) hash: u64,
    pub(super) under_way: AtomicUsize,
    pub(super) requests: AtomicU64,
    pub(super) failed: AtomicU64,
    /// Failures since the last success.
    pub(super) streak: AtomicU32,
    pub(super) drained: AtomicBool,
    /// Nanoseconds on the clock; 0 is never.
    ejected_until: AtomicU64,
    ejections: AtomicU32,
    health: AtomicU8,
    /// Answers of the same kind to health checks, in a row.
    checks: AtomicU32,
    pub(super) metrics: TargetMetrics,
}

/// A target with the weight that it has now.
#[derive(Clone)]
pub(super) struct Endpoint {
    pub(super) state: Arc<TargetState>,
    pub(super) weight: u32,
}

/// A request that is with a target; over when this is dropped.
pub(super) struct UnderWay(Arc<TargetState>);

impl TargetState {
    pub(super) fn new(upstream: &str, target: Target) -> Self {
        let name = target.to_string();
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Self {
            hash: hasher.finish(),
            metrics: TargetMetrics::register(upstream, &name),
            target,
            under_way: AtomicUsize::new(0),
            requests: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            streak: AtomicU32::new(0),
            drained: AtomicBool::new(false),
            ejected_until: AtomicU64::new(0),
            ejections: AtomicU32::new(0),
            health: AtomicU8::new(0),
            checks: AtomicU32::new(0),
        }
    }

    pub(super) fn health(&self) -> Health {
        match self.health.load(Ordering::Relaxed) {
            0 => Health::Unknown,
            1 => Health::Healthy,
            _ => Health::Unhealthy,
        }
    }

    /// Nobody asks it any more whether it is well.
    pub(super) fn forget_health(&self) {
        self.health.store(0, Ordering::Relaxed);
        self.checks.store(0, Ordering::Relaxed);
    }

    /// Takes an answer to a health check into account; whether that changed what is thought of the target.
    pub(super) fn checked(&self, well: bool, healthy_from: u32, unhealthy_from: u32) -> bool {
        let before = self.health();
        let agrees = if well { before == Health::Healthy } else { before == Health::Unhealthy };
        if agrees {
            self.checks.store(0, Ordering::Relaxed);
            return false;
        }
        // An unknown target's count may turn from good to bad: the sign is the lowest bit.
        let count = self.checks.load(Ordering::Relaxed);
        let kind = u32::from(well);
        let row = if count & 1 == kind { (count >> 1) + 1 } else { 1 };
        let threshold = if well { healthy_from } else { unhealthy_from };
        if row < threshold {
            self.checks.store((row << 1) | kind, Ordering::Relaxed);
            return false;
        }
        self.checks.store(0, Ordering::Relaxed);
        self.health.store(if well { 1 } else { 2 }, Ordering::Relaxed);
        true
    }

    /// Until when it is ejected, if it still is.
    pub(super) fn ejected_until(&self, now: Duration) -> Option<Duration> {
        let until = Duration::from_nanos(self.ejected_until.load(Ordering::Relaxed));
        (until > now).then_some(until)
    }

    /// Ejects it: each time for longer, from the start again once it has behaved for as long as the longest ejection.
    pub(super) fn eject(&self, now: Duration, base: Duration, longest: Duration) -> Duration {
        let last = Duration::from_nanos(self.ejected_until.load(Ordering::Relaxed));
        let behaved = now.saturating_sub(last) > longest;
        let times = if behaved { 1 } else { self.ejections.load(Ordering::Relaxed).saturating_add(1) };
        let time = base.saturating_mul(times).min(longest);
        self.ejections.store(times, Ordering::Relaxed);
        self.ejected_until.store(nanos(now.saturating_add(time)), Ordering::Relaxed);
        time
    }

    pub(super) fn readmit(&self) {
        self.ejected_until.store(0, Ordering::Relaxed);
        self.streak.store(0, Ordering::Relaxed);
    }

    pub(super) fn ejections(&self) -> u32 {
        self.ejections.load(Ordering::Relaxed)
    }
}

impl UnderWay {
    pub(super) fn with(state: &Arc<TargetState>) -> Self {
        state.under_way.fetch_add(1, Ordering::Relaxed);
        state.requests.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(state))
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// As many nanoseconds as a word holds: five hundred years.
pub(super) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

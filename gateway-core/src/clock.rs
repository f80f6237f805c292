//! Time, through one trait: nothing in the gateway asks the operating system by itself.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime},
};

/// Where the gateway gets the time from.
///
/// Timeouts alone use tokio's timer, which tests pause.
pub trait Clock: fmt::Debug + Send + Sync + 'static {
    /// The wall clock: token expiry, quota periods, signatures, log lines. May jump.
    fn now(&self) -> SystemTime;

    /// Time since some fixed point; never goes back: throttling, cache ages, latency.
    fn elapsed(&self) -> Duration;
}

/// The operating system's clocks.
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose [`Clock::elapsed`] starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system")]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the operating system")]
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    fn elapsed(&self) -> Duration {
        self.origin.elapsed()
    }
}

/// A clock that moves when it is told to, for tests.
///
/// # Example
/// ```
/// use std::time::{Duration, SystemTime};
/// use gateway_core::{Clock, ManualClock};
///
/// let clock = ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
/// clock.advance(Duration::from_secs(5));
/// assert_eq!(clock.elapsed(), Duration::from_secs(5));
/// ```
#[derive(Debug)]
pub struct ManualClock {
    origin: SystemTime,
    elapsed: AtomicU64,
}

impl ManualClock {
    /// A clock that shows `origin` until it is advanced.
    #[must_use]
    pub fn at(origin: SystemTime) -> Self {
        Self { origin, elapsed: AtomicU64::new(0) }
    }

    /// Moves both clocks forward.
    pub fn advance(&self, by: Duration) {
        self.elapsed.fetch_add(u64::try_from(by.as_nanos()).unwrap_or(u64::MAX), Ordering::SeqCst);
    }
}

impl Default for ManualClock {
    /// Starts at 2024-01-01 00:00:00 UTC, a Monday.
    fn default() -> Self {
        Self::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_704_067_200))
    }
}

impl Clock for ManualClock {
    fn now(&self) -> SystemTime {
        self.origin + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        Duration::from_nanos(self.elapsed.load(Ordering::SeqCst))
    }
}

/// Whole seconds since the Unix epoch; 0 before it.
#[must_use]
pub fn epoch_seconds(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

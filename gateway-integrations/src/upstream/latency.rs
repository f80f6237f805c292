//! How long answers take, as far as percentiles need it.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

/// Four ranges for each doubling of a microsecond, up to half an hour.
const RANGES: usize = 128;

/// After so many, older ones count half.
const FRESH: u32 = 1 << 12;

/// How many are needed for a percentile to mean something.
const ENOUGH: u32 = 50;

/// Counts latencies in ranges, each about a fifth longer than the one before.
pub(super) struct Latencies {
    ranges: [AtomicU32; RANGES],
    all: AtomicU32,
}

impl Default for Latencies {
    fn default() -> Self {
        Self { ranges: [const { AtomicU32::new(0) }; RANGES], all: AtomicU32::new(0) }
    }
}

impl Latencies {
    pub(super) fn record(&self, latency: Duration) {
        if let Some(range) = self.ranges.get(range_of(latency)) {
            range.fetch_add(1, Ordering::Relaxed);
        }
        if self.all.fetch_add(1, Ordering::Relaxed) == FRESH {
            let halve = |count: &AtomicU32| {
                let half = count.load(Ordering::Relaxed) / 2;
                count.store(half, Ordering::Relaxed);
                half
            };
            let left = self.ranges.iter().map(halve).sum();
            self.all.store(left, Ordering::Relaxed);
        }
    }

    /// What `percent` of the answers were faster than, about; `None` as long as there were too few.
    pub(super) fn percentile(&self, percent: u8) -> Option<Duration> {
        let counts: Vec<_> = self.ranges.iter().map(|count| count.load(Ordering::Relaxed)).collect();
        let all: u32 = counts.iter().sum();
        if all < ENOUGH {
            return None;
        }
        let wanted = u64::from(all) * u64::from(percent);
        let mut seen = 0;
        let place = counts.iter().position(|count| {
            seen += u64::from(*count);
            seen * 100 >= wanted
        });
        place.map(end_of)
    }
}

/// The place of a latency: its highest three bits.
fn range_of(latency: Duration) -> usize {
    let micros = u64::try_from(latency.as_micros()).unwrap_or(u64::MAX).max(4);
    let doublings = micros.ilog2();
    let quarter = (micros >> (doublings - 2)) & 3;
    ((doublings - 2) as usize * 4 + usize::try_from(quarter).unwrap_or(0)).min(RANGES - 1)
}

/// The end of the range at `place`.
fn end_of(place: usize) -> Duration {
    let (doublings, quarter) = (place / 4, place as u64 % 4);
    Duration::from_micros((5 + quarter) << doublings)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_about_right() {
        let latencies = Latencies::default();
        for millis in 1..=49 {
            latencies.record(Duration::from_millis(millis));
        }
        assert_eq!(latencies.percentile(90), None, "too few");
        for millis in 50..=100 {
            latencies.record(Duration::from_millis(millis));
        }
        for percent in [50, 90, 99] {
            let found = latencies.percentile(percent).unwrap().as_millis();
            let percent = u128::from(percent);
            assert!((percent..=percent * 5 / 4 + 1).contains(&found), "{percent}: {found}");
        }
    }

    #[test]
    fn what_was_long_ago_is_forgotten() {
        let latencies = Latencies::default();
        (0..4_000).for_each(|_| latencies.record(Duration::from_secs(1)));
        (0..40_000).for_each(|_| latencies.record(Duration::from_millis(1)));
        assert!(latencies.percentile(99).unwrap() < Duration::from_millis(2));
        latencies.record(Duration::from_secs(1 << 40));
        latencies.record(Duration::ZERO);
    }
}

//! Randomness, through one seeded source, so that canaries and request ids can be tested.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::atomic::{AtomicU64, Ordering},
};

/// A lock-free source of random numbers (SplitMix64), for ids and for drawing lots; not for secrets.
#[derive(Debug)]
pub struct Random {
    state: AtomicU64,
}

const STEP: u64 = 0x9e37_79b9_7f4a_7c15;

impl Random {
    /// A source seeded by the operating system.
    #[must_use]
    pub fn from_os() -> Self {
        Self::seeded(RandomState::new().build_hasher().finish())
    }

    /// A source that gives the same numbers for the same seed.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { state: AtomicU64::new(seed) }
    }

    /// The next number. No number comes twice in a source's first 2^64.
    pub fn next_u64(&self) -> u64 {
        mix(self.state.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP))
    }

    /// A number from 0.0 up to, and never, 1.0, all equally likely.
    #[expect(clippy::cast_precision_loss, reason = "53 bits are what a double holds exactly")]
    pub fn next_unit(&self) -> f64 {
        const STEPS: f64 = (1_u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 / STEPS
    }
}

/// Spreads the bits of `value`; one to one.
pub(crate) fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}

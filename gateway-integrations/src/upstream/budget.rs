//! How much may be sent besides the requests themselves.

use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};

/// What one extra request costs.
const PRICE: i64 = 1_000;

/// How many extra requests can be saved up.
const MOST: i64 = 100 * PRICE;

/// Each request pays a share of an extra one in; a few a second are free.
#[derive(Default)]
pub(super) struct Budget {
    saved: AtomicI64,
    /// The second, and how many free ones it had: 32 bits each.
    free: AtomicU64,
}

impl Budget {
    /// A request was sent, which pays for `percent` of an extra one.
    pub(super) fn deposit(&self, percent: u32) {
        if self.saved.load(Ordering::Relaxed) < MOST {
            self.saved.fetch_add(i64::from(percent) * PRICE / 100, Ordering::Relaxed);
        }
    }

    /// Takes one extra request out, if there is one.
    pub(super) fn withdraw(&self, free_per_second: u32, now: Duration) -> bool {
        let second = now.as_secs() & u64::from(u32::MAX);
        let take_free = |word: u64| {
            let used = if word >> 32 == second { word & u64::from(u32::MAX) } else { 0 };
            (used < u64::from(free_per_second)).then_some(second << 32 | (used + 1))
        };
        let pay = |saved: i64| (saved >= PRICE).then_some(saved - PRICE);
        self.saved.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pay).is_ok()
            || self.free.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take_free).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_pay_for_a_share_and_some_are_free() {
        let (budget, now) = (Budget::default(), Duration::from_secs(7));
        assert!(!budget.withdraw(0, now));
        for _ in 0..10 {
            budget.deposit(20);
        }
        let taken = (0..10).filter(|_| budget.withdraw(3, now)).count();
        assert_eq!(taken, 2 + 3);
        assert!(!budget.withdraw(3, now));
        assert!(budget.withdraw(3, now + Duration::from_secs(1)));
    }

    #[test]
    fn little_is_saved_up() {
        let budget = Budget::default();
        for _ in 0..100_000 {
            budget.deposit(100);
        }
        assert_eq!((0..1_000).filter(|_| budget.withdraw(0, Duration::ZERO)).count(), 100);
    }
}

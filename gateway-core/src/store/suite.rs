#![expect(clippy::expect_used, reason = "a suite fails the test")]

use std::time::Duration;

use super::{Allowance, UsageStore};

/// What every [`UsageStore`] must do: call it from a test of your own store.
///
/// `advance` moves the store's clock.
///
/// # Panics
/// When the store does not keep its contract.
pub async fn usage_store_suite(store: &dyn UsageStore, advance: impl Fn(Duration)) {
    buckets_refill(store, &advance).await;
    buckets_of_any_size_hold_their_burst(store).await;
    buckets_take_batches_whole(store).await;
    ids_name_state(store).await;
    counters_are_exact(store).await;
    counters_follow_windows(store).await;
}

async fn buckets_refill(store: &dyn UsageStore, advance: &impl Fn(Duration)) {
    let bucket = store.bucket("suite/refill", 2.0, 5);
    let mut passed = 0;
    for _ in 0..10 {
        passed += u32::from(bucket.take(1).await.expect("the store answers"));
    }
    assert_eq!(passed, 5, "a bucket starts full and holds its burst");
    advance(Duration::from_secs(1));
    let mut passed = 0;
    for _ in 0..10 {
        passed += u32::from(bucket.take(1).await.expect("the store answers"));
    }
    assert_eq!(passed, 2, "two tokens a second");
    for (rate, burst) in [(0.0, 5), (5.0, 0)] {
        let closed = store.bucket(&format!("suite/zero/{burst}"), rate, burst);
        assert!(!closed.take(1).await.expect("the store answers"), "a zero refuses all");
    }
}

async fn buckets_of_any_size_hold_their_burst(store: &dyn UsageStore) {
    let sizes = [(f64::MIN_POSITIVE, 3), (1e-9, 3), (1e-3, u32::MAX), (1e300, 3), (f64::INFINITY, u32::MAX)];
    for (rate, burst) in sizes {
        let bucket = store.bucket(&format!("suite/size/{rate}/{burst}"), rate, burst);
        for _ in 0..3 {
            assert!(bucket.take(1).await.expect("the store answers"), "{rate} a second, {burst} at once");
        }
        if rate < 1.0 && burst == 3 {
            assert!(!bucket.take(1).await.expect("the store answers"), "{rate} a second, {burst} at once");
        }
    }
}

async fn buckets_take_batches_whole(store: &dyn UsageStore) {
    let bucket = store.bucket("suite/batch", 0.001, 5);
    assert!(bucket.take(3).await.expect("the store answers"));
    assert!(!bucket.take(3).await.expect("the store answers"), "all or none");
    assert!(bucket.take(2).await.expect("the store answers"), "a refused batch took nothing");
    assert!(!bucket.take(6).await.expect("the store answers"), "more than the burst never passes");
}

async fn ids_name_state(store: &dyn UsageStore) {
    assert!(store.bucket("suite/same", 0.001, 1).take(1).await.expect("the store answers"));
    assert!(!store.bucket("suite/same", 0.001, 1).take(1).await.expect("the store answers"), "the same state");
    assert!(store.bucket("suite/other", 0.001, 1).take(1).await.expect("the store answers"), "another state");
}

async fn counters_are_exact(store: &dyn UsageStore) {
    let allowance = Allowance { limit: 10, initial: 10 };
    let counter = store.counter("suite/exact");
    assert_eq!(counter.take(1, 4, allowance).await.expect("the store answers"), 4);
    assert_eq!(counter.take(1, 9, allowance).await.expect("the store answers"), 6, "what is left");
    assert_eq!(counter.take(1, 1, allowance).await.expect("the store answers"), 0);
    assert_eq!(counter.read(1, allowance).await.expect("the store answers"), (10, 0));
}

async fn counters_follow_windows(store: &dyn UsageStore) {
    let allowance = Allowance { limit: 3, initial: 1 };
    let counter = store.counter("suite/windows");
    assert_eq!(counter.take(7, 5, allowance).await.expect("the store answers"), 1, "the first window");
    assert_eq!(counter.take(8, 5, allowance).await.expect("the store answers"), 3, "the next starts anew");
    assert_eq!(counter.take(7, 5, allowance).await.expect("the store answers"), 0, "windows never go back");
    assert_eq!(counter.read(8, allowance).await.expect("the store answers"), (3, 0));
    assert_eq!(counter.read(9, allowance).await.expect("the store answers"), (0, 3));
}

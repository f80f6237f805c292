//! The waker that a connection is polled with: it follows the connection from one request's task to the next.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use atomic_waker::AtomicWaker;

/// Nobody sleeps on the connection: it is being polled, or unused.
const AWAKE: u8 = 0;
/// It was woken meanwhile.
const WOKEN: u8 = 1;
/// A task sleeps until the connection wakes it.
const ASLEEP: u8 = 2;

/// How often a connection that wakes itself is polled again before other tasks get their turn.
const ROUNDS: usize = 8;

/// Passes wake-ups on to the task that waits for the connection.
///
/// What the connection's own halves wake each other for while they are polled together ends here: it would schedule
/// their task once more for nothing.
pub(super) struct Relay {
    state: AtomicU8,
    task: AtomicWaker,
}

impl Relay {
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { state: AtomicU8::new(AWAKE), task: AtomicWaker::new() })
    }

    /// From here to [`Relay::sleep`] wake-ups are remembered, not passed on.
    pub(super) fn stay_awake(&self) {
        self.state.store(AWAKE, Ordering::Release);
    }

    /// No task is to be woken any more; whether one would have been is asked by [`Relay::was_woken`].
    pub(super) fn forget_task(&self) {
        drop(self.task.take());
    }

    /// Whether there was a wake-up since [`Relay::stay_awake`].
    pub(super) fn was_woken(&self) -> bool {
        self.state.load(Ordering::Acquire) == WOKEN
    }

    /// Lets wake-ups through, unless there was one.
    fn sleep(&self) -> bool {
        self.state.compare_exchange(AWAKE, ASLEEP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Polls until there is a result, or nothing moves; then the task of `cx` will be woken.
    pub(super) fn poll<T>(&self, cx: &Context<'_>, mut step: impl FnMut() -> Poll<T>) -> Poll<T> {
        self.task.register(cx.waker());
        for _ in 0..ROUNDS {
            self.stay_awake();
            if let Poll::Ready(result) = step() {
                return Poll::Ready(result);
            }
            if self.sleep() {
                return Poll::Pending;
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Wake for Relay {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if self.state.swap(WOKEN, Ordering::AcqRel) == ASLEEP {
            self.task.wake();
        }
    }
}

/// The waker over `relay`.
pub(super) fn waker(relay: &Arc<Relay>) -> Waker {
    Waker::from(Arc::clone(relay))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn only_a_sleeping_task_is_woken() {
        let (relay, count) = (Relay::new(), Arc::new(Count::default()));
        let task = Waker::from(Arc::clone(&count));
        let woken = || count.0.load(Ordering::SeqCst);
        let mut steps = 0;
        let waiting: Poll<()> = relay.poll(&Context::from_waker(&task), || {
            steps += 1;
            // Both halves move in the first round.
            if steps == 1 {
                waker(&relay).wake();
            }
            Poll::Pending
        });
        assert_eq!((waiting, steps, woken()), (Poll::Pending, 2, 0));
        waker(&relay).wake();
        waker(&relay).wake();
        assert_eq!(woken(), 1);
        relay.stay_awake();
        waker(&relay).wake();
        assert_eq!((relay.was_woken(), woken()), (true, 1));
    }

    #[test]
    fn what_never_rests_lets_others_have_their_turn() {
        let (relay, count) = (Relay::new(), Arc::new(Count::default()));
        let task = Waker::from(Arc::clone(&count));
        let restless: Poll<()> = relay.poll(&Context::from_waker(&task), || {
            waker(&relay).wake();
            Poll::Pending
        });
        assert_eq!((restless, count.0.load(Ordering::SeqCst)), (Poll::Pending, 1));
    }
}

//! The circuit breaker of an upstream as a whole.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use gateway_core::config::CircuitBreakerConfig;

use super::{state::nanos, status::BreakerState};

const CLOSED: u8 = 0;
const OPEN: u8 = 1;
const HALF_OPEN: u8 = 2;

/// Closed until too much of a window fails, then open for a while, then half open for a few trials.
#[derive(Default)]
pub(super) struct Breaker {
    state: AtomicU8,
    /// Number of the window, requests and failures in it: 24, 20 and 20 bits.
    window: AtomicU64,
    /// What counts while it is not closed.
    trials: Mutex<Trials>,
}

#[derive(Default)]
struct Trials {
    open_until: Duration,
    /// Tells the trials of one half-open time from those of another.
    episode: u32,
    started: u32,
    succeeded: u32,
}

/// What a breaker lets pass.
pub(super) enum Pass {
    /// There is none, or it is closed.
    Free,
    /// It is half open.
    Trial(Trial),
}

/// One trial; given back if it is dropped without an outcome.
pub(super) struct Trial {
    breaker: Arc<Breaker>,
    episode: u32,
    is_over: bool,
}

const BITS: u32 = 20;
const MASK: u64 = (1 << BITS) - 1;

impl Breaker {
    pub(super) fn state(&self) -> BreakerState {
        match self.state.load(Ordering::Relaxed) {
            CLOSED => BreakerState::Closed,
            OPEN => BreakerState::Open,
            _ => BreakerState::HalfOpen,
        }
    }

    /// Whether a request may pass now; `None` if not.
    pub(super) fn admit(self: &Arc<Self>, config: &CircuitBreakerConfig, now: Duration) -> Option<Pass> {
        if self.state.load(Ordering::Acquire) == CLOSED {
            return Some(Pass::Free);
        }
        let mut trials = self.lock();
        match self.state.load(Ordering::Acquire) {
            CLOSED => return Some(Pass::Free),
            OPEN if now < trials.open_until => return None,
            OPEN => {
                let episode = trials.episode.wrapping_add(1);
                *trials = Trials { episode, ..Trials::default() };
                self.state.store(HALF_OPEN, Ordering::Release);
            }
            _ => {}
        }
        if trials.started >= config.trial_requests {
            return None;
        }
        trials.started += 1;
        Some(Pass::Trial(Trial { breaker: Arc::clone(self), episode: trials.episode, is_over: false }))
    }

    /// Takes an outcome into account; says what state that led to, if it changed.
    pub(super) fn record(
        &self,
        pass: Pass,
        succeeded: bool,
        config: &CircuitBreakerConfig,
        now: Duration,
    ) -> Option<BreakerState> {
        match pass {
            Pass::Trial(mut trial) => {
                trial.is_over = true;
                self.tried(trial.episode, succeeded, config, now)
            }
            Pass::Free => self.count(succeeded, config, now),
        }
    }

    fn tried(
        &self,
        episode: u32,
        succeeded: bool,
        config: &CircuitBreakerConfig,
        now: Duration,
    ) -> Option<BreakerState> {
        let mut trials = self.lock();
        if trials.episode != episode || self.state.load(Ordering::Acquire) != HALF_OPEN {
            return None;
        }
        if !succeeded {
            self.open(&mut trials, config, now);
            return Some(BreakerState::Open);
        }
        trials.succeeded += 1;
        if trials.succeeded < config.trial_requests {
            return None;
        }
        self.window.store(0, Ordering::Relaxed);
        self.state.store(CLOSED, Ordering::Release);
        Some(BreakerState::Closed)
    }

    fn count(&self, succeeded: bool, config: &CircuitBreakerConfig, now: Duration) -> Option<BreakerState> {
        let length = Duration::from_millis(config.window_in_millis.max(1));
        let number = (nanos(now) / nanos(length)) & (u64::MAX >> (2 * BITS));
        let count = |word: u64| {
            let (all, failed) = if word >> (2 * BITS) == number { (word >> BITS & MASK, word & MASK) } else { (0, 0) };
            let (all, failed) = (all + 1, failed + u64::from(!succeeded));
            // What is full counts on from the half: shares stay what they are.
            let (all, failed) = if all > MASK { (all >> 1, failed >> 1) } else { (all, failed) };
            (all, failed)
        };
        let pack = |word| {
            let (all, failed) = count(word);
            Some(number << (2 * BITS) | all << BITS | failed)
        };
        let before = self.window.fetch_update(Ordering::Relaxed, Ordering::Relaxed, pack).unwrap_or_else(|word| word);
        let (all, failed) = count(before);
        let is_bad =
            all >= u64::from(config.minimum_requests) && failed * 100 >= all * u64::from(config.failure_percent);
        if succeeded || !is_bad {
            return None;
        }
        let mut trials = self.lock();
        if self.state.load(Ordering::Acquire) != CLOSED {
            return None;
        }
        self.open(&mut trials, config, now);
        Some(BreakerState::Open)
    }

    fn open(&self, trials: &mut Trials, config: &CircuitBreakerConfig, now: Duration) {
        trials.open_until = now.saturating_add(Duration::from_millis(config.open_in_millis));
        self.state.store(OPEN, Ordering::Release);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Trials> {
        self.trials.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut trials = self.breaker.lock();
        if trials.episode == self.episode {
            trials.started = trials.started.saturating_sub(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: CircuitBreakerConfig = CircuitBreakerConfig {
        failure_percent: 50,
        minimum_requests: 4,
        window_in_millis: 1_000,
        open_in_millis: 500,
        trial_requests: 2,
    };

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn run(breaker: &Arc<Breaker>, now: Duration, outcomes: &[bool]) {
        for succeeded in outcomes {
            let pass = breaker.admit(&CONFIG, now).unwrap();
            breaker.record(pass, *succeeded, &CONFIG, now);
        }
    }

    #[test]
    fn it_opens_when_enough_of_a_window_fails() {
        let breaker = Arc::new(Breaker::default());
        run(&breaker, at(0), &[false, false, false]);
        // The next window begins with nothing.
        run(&breaker, at(1_000), &[true, true, false]);
        assert_eq!(breaker.state(), BreakerState::Closed);
        run(&breaker, at(1_999), &[false]);
        assert_eq!(breaker.state(), BreakerState::Open);
        assert!(breaker.admit(&CONFIG, at(2_498)).is_none());
    }

    #[test]
    fn trials_close_it_or_open_it_again() {
        let breaker = Arc::new(Breaker::default());
        run(&breaker, at(0), &[false; 4]);
        let first = breaker.admit(&CONFIG, at(500)).unwrap();
        let second = breaker.admit(&CONFIG, at(500)).unwrap();
        assert!(breaker.admit(&CONFIG, at(500)).is_none(), "two trials, and no more");
        assert_eq!(breaker.record(first, true, &CONFIG, at(500)), None);
        drop(second);
        let second = breaker.admit(&CONFIG, at(500)).unwrap();
        assert_eq!(breaker.record(second, false, &CONFIG, at(510)), Some(BreakerState::Open));
        assert!(breaker.admit(&CONFIG, at(1_009)).is_none());
        run(&breaker, at(1_010), &[true, true]);
        assert_eq!(breaker.state(), BreakerState::Closed);
        run(&breaker, at(1_020), &[false, true, false]);
        assert_eq!(breaker.state(), BreakerState::Closed, "what was before does not count");
    }
}

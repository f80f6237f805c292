//! Time limits whose timer is not set anew for each request.

use std::{
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use gateway_core::CallCause;
use tokio::time::{Instant, Sleep, sleep_until};

/// How long the parts of a call may take; no limit where there is none.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// From the request's last byte to the head of the answer.
    pub(super) head: Option<Duration>,
    /// Between two pieces of the answer's body.
    pub(super) idle: Option<Duration>,
    /// From the start to the end of the answer's body.
    pub(super) whole: Option<Duration>,
}

/// The limits of one call.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Due {
    phase: Option<Instant>,
    whole: Option<Instant>,
}

impl Due {
    pub(super) fn of(limits: &Limits) -> Self {
        Self { phase: None, whole: limits.whole.map(from_now) }
    }

    /// The phase's limit runs from now on, unless it runs already.
    pub(super) fn start_phase(&mut self, limit: Option<Duration>) {
        if let (None, Some(limit)) = (self.phase, limit) {
            self.phase = Some(from_now(limit));
        }
    }

    pub(super) fn end_phase(&mut self) {
        self.phase = None;
    }

    /// Which limit it is that passes first.
    pub(super) fn cause(self) -> CallCause {
        match (self.phase, self.whole) {
            (Some(phase), Some(whole)) if whole < phase => CallCause::Deadline,
            (None, Some(_)) => CallCause::Deadline,
            _ => CallCause::TimedOut,
        }
    }

    fn next(self) -> Option<Instant> {
        match (self.phase, self.whole) {
            (Some(phase), Some(whole)) => Some(phase.min(whole)),
            (phase, whole) => phase.or(whole),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "tokio's own time: tests pause it")]
pub(super) fn from_now(limit: Duration) -> Instant {
    let now = Instant::now();
    now.checked_add(limit).unwrap_or(now + Duration::from_secs(30 * 365 * 24 * 3600))
}

/// A timer that stays set over several requests: one that rings early finds out what is due now.
///
/// Setting a timer may cost a system call to wake the event loop, so that it is done once in a while only.
#[derive(Debug, Default)]
pub(super) struct Timer(Option<Pin<Box<Sleep>>>);

impl Timer {
    /// Ready when `due` has passed.
    pub(super) fn poll(&mut self, due: Due, cx: &mut Context<'_>) -> Poll<()> {
        let Some(due) = due.next() else { return Poll::Pending };
        let sleep = self.0.get_or_insert_with(|| Box::pin(sleep_until(due)));
        if sleep.deadline() > due {
            sleep.as_mut().reset(due);
        }
        while sleep.as_mut().poll(cx).is_ready() {
            if sleep.deadline() >= due {
                return Poll::Ready(());
            }
            sleep.as_mut().reset(due);
        }
        Poll::Pending
    }
}

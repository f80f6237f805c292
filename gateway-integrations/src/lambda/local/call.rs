//! One call, and who waits for what comes of it.

use bytes::Bytes;
use gateway_core::{Body, BodyError, Invoked, InvokedStream};
use http::{HeaderMap, StatusCode};
use http_body_util::channel::{Channel, Sender};
use tokio::sync::oneshot;

/// A call on its way to a process.
pub(super) struct Call {
    pub(super) id: String,
    pub(super) payload: Bytes,
    /// What the process gets with the event, but for the deadline.
    pub(super) headers: HeaderMap,
    pub(super) reply: Reply,
}

/// Who waits for the outcome.
pub(super) enum Reply {
    /// Somebody who wants all of it at once.
    Whole(oneshot::Sender<Invoked>),
    /// Somebody who takes it while it is made.
    Streamed(oneshot::Sender<InvokedStream>),
    /// The same, once it has begun.
    Begun(Sender<Bytes, BodyError>),
    /// Nobody.
    Nobody,
}

impl Reply {
    /// Whether an answer may be handed on while it is made.
    pub(super) fn streams(&self) -> bool {
        matches!(self, Self::Streamed(_))
    }

    /// Begins an answer that is handed on while it is made, if it may be.
    pub(super) fn begin(&mut self) -> Option<&mut Sender<Bytes, BodyError>> {
        if !self.streams() {
            return None;
        }
        let (sender, channel) = Channel::new(1);
        if let Self::Streamed(waiting) = std::mem::replace(self, Self::Begun(sender)) {
            let payload = Body::new(channel);
            // Who waited may be gone; the function runs to its end all the same.
            let _ = waiting.send(InvokedStream { status: StatusCode::OK, payload, error: None });
        }
        match self {
            Self::Begun(sender) => Some(sender),
            _ => None,
        }
    }

    /// Gives the outcome; one that has begun is ended, or broken off if the function failed.
    pub(super) fn give(self, function: &str, outcome: Invoked) {
        match self {
            Self::Whole(waiting) => drop(waiting.send(outcome)),
            Self::Streamed(waiting) => drop(waiting.send(outcome.into())),
            Self::Begun(sender) if outcome.error.is_some() => {
                sender.abort(BodyError::Transport("the function failed while it answered".into()));
            }
            Self::Nobody if outcome.error.is_some() => {
                let error = String::from_utf8_lossy(outcome.payload.get(..1024).unwrap_or(&outcome.payload));
                tracing::warn!(function, %error, "a function that nobody waited for failed");
            }
            Self::Begun(_) | Self::Nobody => {}
        }
    }
}

//! The bodies that go out, and what must be learnt of them.

use std::{
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use gateway_core::{Body, BodyError, CallCause, CallError, CallPhase, Error, ErrorKind};
use http_body::{Body as _, Frame, SizeHint};
use tower::BoxError;

/// A request's body on its way out.
pub(super) struct Outgoing(Kind);

enum Kind {
    Bytes(Bytes),
    Stream(Body, Watch),
}

/// Tells what became of a body that streams; one in memory is as good as sent.
#[derive(Clone)]
pub(super) struct Sending(Option<Arc<AtomicU8>>);

/// Tells [`Sending`].
struct Watch(Arc<AtomicU8>);

const UNDER_WAY: u8 = 0;
/// Nothing more has come from the client so far.
const AWAITED: u8 = 1;
const ENDED: u8 = 2;
const BROKEN: u8 = 3;
const TOO_LARGE: u8 = 4;
/// Nobody reads it any more.
const CUT: u8 = 5;

impl Outgoing {
    /// Takes a request's body; one in memory can be sent again.
    ///
    /// # Errors
    /// When it is over its limit already.
    pub(super) fn new(mut body: Body) -> Result<(Self, Sending), Error> {
        if body.as_bytes().is_some()
            // What is in memory is there at once.
            && let Poll::Ready(bytes) = pin!(body.buffer()).poll(&mut Context::from_waker(Waker::noop()))
        {
            let bytes = bytes.map_err(|error| unreadable(error.is_too_large(), error))?;
            return Ok((Self(Kind::Bytes(bytes)), Sending(None)));
        }
        let state = Arc::new(AtomicU8::new(UNDER_WAY));
        Ok((Self(Kind::Stream(body, Watch(Arc::clone(&state)))), Sending(Some(state))))
    }

    /// The bytes, if they are in memory.
    pub(super) fn in_memory(&self) -> Option<&Bytes> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(bytes),
            Kind::Stream(..) => None,
        }
    }

    /// The same once more, if it is in memory.
    pub(super) fn again(&self) -> Option<Self> {
        match &self.0 {
            Kind::Bytes(bytes) => Some(Self(Kind::Bytes(bytes.clone()))),
            Kind::Stream(..) => None,
        }
    }
}

impl Sending {
    /// Whether all of it was handed on, or never will be.
    pub(super) fn has_ended(&self) -> bool {
        self.state() >= ENDED
    }

    /// What a call is at that has no answer yet.
    pub(super) fn phase(&self) -> CallPhase {
        match self.state() {
            UNDER_WAY | CUT => CallPhase::Send,
            AWAITED => CallPhase::RequestBody,
            _ => CallPhase::ResponseHead,
        }
    }

    /// What to tell if the call failed because of the client's body; over HTTP/2 `source` does not say so.
    pub(super) fn failure(&self, source: hyper::Error) -> Result<Error, hyper::Error> {
        match self.state() {
            BROKEN => Ok(unreadable(false, source)),
            TOO_LARGE => Ok(unreadable(true, source)),
            _ => Err(source),
        }
    }

    fn state(&self) -> u8 {
        self.0.as_ref().map_or(ENDED, |state| state.load(Ordering::Acquire))
    }
}

impl Watch {
    fn tell(&self, state: u8) {
        // Nobody else writes; and what is known of its end stays.
        if self.0.load(Ordering::Relaxed) < ENDED {
            self.0.store(state, Ordering::Release);
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if let Kind::Stream(body, watch) = &self.0 {
            watch.tell(if body.is_end_stream() { ENDED } else { CUT });
        }
    }
}

/// What a client is told whose body cannot be read.
fn unreadable(too_large: bool, source: impl Into<BoxError>) -> Error {
    let (kind, cause) = match too_large {
        true => (ErrorKind::RequestTooLarge, CallCause::TooLarge),
        false => (ErrorKind::BadRequest, CallCause::Closed),
    };
    Error::new(kind).with_source(CallError::new(CallPhase::RequestBody, cause).with_source(source))
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Kind::Bytes(bytes) if bytes.is_empty() => Poll::Ready(None),
            Kind::Bytes(bytes) => Poll::Ready(Some(Ok(Frame::data(std::mem::take(bytes))))),
            Kind::Stream(body, watch) => {
                let frame = Pin::new(&mut *body).poll_frame(cx);
                watch.tell(match &frame {
                    Poll::Pending => AWAITED,
                    Poll::Ready(Some(Ok(_))) => UNDER_WAY,
                    Poll::Ready(Some(Err(error))) if error.is_too_large() => TOO_LARGE,
                    Poll::Ready(Some(Err(_))) => BROKEN,
                    Poll::Ready(None) => ENDED,
                });
                frame
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Bytes(bytes) => bytes.is_empty(),
            Kind::Stream(body, _) => body.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Bytes(bytes) => SizeHint::with_exact(bytes.len() as u64),
            Kind::Stream(body, _) => body.size_hint(),
        }
    }
}

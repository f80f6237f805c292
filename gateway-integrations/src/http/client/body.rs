//! What the client must learn of the bodies that it sends and receives.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use bytes::Bytes;
use gateway_core::{Body, BodyError};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::sync::OwnedSemaphorePermit;

/// A request's body, of which is known afterwards whether it went over its limit.
///
/// Over HTTP/2 the client's error says only that the stream was reset.
pub(super) struct Watched {
    body: Body,
    too_large: Option<Arc<AtomicBool>>,
}

/// Tells what became of a [`Watched`] body.
pub(super) struct Watch(Option<Arc<AtomicBool>>);

impl Watched {
    /// An empty body cannot go over a limit, and costs nothing here.
    pub(super) fn new(body: Body) -> (Self, Watch) {
        let flag = (!http_body::Body::is_end_stream(&body)).then(Arc::default);
        (Self { body, too_large: flag.clone() }, Watch(flag))
    }
}

impl Watch {
    /// Whether the body went over its limit, as far as it was read.
    pub(super) fn was_too_large(&self) -> bool {
        self.0.as_ref().is_some_and(|flag| flag.load(Ordering::Acquire))
    }
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let frame = ready!(Pin::new(&mut self.body).poll_frame(cx));
        if let (Some(Err(BodyError::TooLarge { .. })), Some(flag)) = (&frame, &self.too_large) {
            flag.store(true, Ordering::Release);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// A response's body that holds the request's slot until it is dropped.
///
/// The gateway's `Body` drops what it reads from as soon as that has ended, so the slot is free then.
pub(super) struct Held {
    body: Incoming,
    _slot: OwnedSemaphorePermit,
}

impl Held {
    pub(super) fn new(body: Incoming, slot: OwnedSemaphorePermit) -> Self {
        Self { body, _slot: slot }
    }
}

impl http_body::Body for Held {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

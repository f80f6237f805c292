//! A connection of HTTP/2: driven by a task of its own, shared by requests.

use std::{
    future::{Future, poll_fn},
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    task::Poll,
};

use http::{Request, Response};
use hyper::{
    body::Incoming,
    client::conn::http2::{Builder, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};

use super::{
    body::{Outgoing, Sending},
    http1::Failed,
    stream::Stream,
    timer::{Due, Limits, Timer},
};

/// A connection that requests share.
pub(super) struct Http2 {
    sender: SendRequest<Outgoing>,
    streams: Arc<Streams>,
    unused_since: u32,
}

/// How many streams there are, and may be.
struct Streams {
    open: AtomicUsize,
    allowed: AtomicUsize,
    /// Whether there has been one since somebody asked.
    used: AtomicBool,
}

/// One stream's place on its connection, until it is dropped.
pub(super) struct Place {
    sender: SendRequest<Outgoing>,
    streams: Arc<Streams>,
    timer: Timer,
}

impl Http2 {
    /// Begins to speak; no more than `most` streams are opened, and no more than the backend allows.
    pub(super) async fn begin(stream: Stream, settings: &Builder<TokioExecutor>, most: usize) -> hyper::Result<Self> {
        let (sender, mut wire) = settings.handshake(TokioIo::new(stream)).await?;
        let streams =
            Streams { open: AtomicUsize::new(0), allowed: AtomicUsize::new(most), used: AtomicBool::new(true) };
        let streams = Arc::new(streams);
        let counted = Arc::clone(&streams);
        tokio::spawn(poll_fn(move |cx| {
            let over = Pin::new(&mut wire).poll(cx);
            counted.allowed.store(wire.current_max_send_streams().clamp(1, most), Ordering::Relaxed);
            over
        }));
        Ok(Self { sender, streams, unused_since: 0 })
    }

    pub(super) fn is_open(&self) -> bool {
        !self.sender.is_closed()
    }

    /// Whether no stream was open at any of the last `parts` looks, of which this is the one with number `part`.
    pub(super) fn is_unused_since(&mut self, part: u32, parts: u32) -> bool {
        if self.streams.used.swap(false, Ordering::AcqRel) || self.open() > 0 {
            self.unused_since = part;
        }
        part.wrapping_sub(self.unused_since) >= parts
    }

    /// How many streams are open.
    pub(super) fn open(&self) -> usize {
        self.streams.open.load(Ordering::Acquire)
    }

    /// A place, if there is one.
    pub(super) fn place(&self) -> Option<Place> {
        (self.open() < self.streams.allowed.load(Ordering::Relaxed)).then(|| self.crowd())
    }

    /// A place, where the request waits for a stream if it must.
    pub(super) fn crowd(&self) -> Place {
        self.streams.open.fetch_add(1, Ordering::AcqRel);
        self.streams.used.store(true, Ordering::Release);
        Place { sender: self.sender.clone(), streams: Arc::clone(&self.streams), timer: Timer::default() }
    }
}

impl Place {
    /// Sends a request, and waits for the head of its answer.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Outgoing>,
        sending: &Sending,
        limits: &Limits,
        due: &mut Due,
    ) -> Result<Response<Incoming>, Failed> {
        let mut answer = pin!(self.sender.try_send_request(request));
        let timer = &mut self.timer;
        let answer = poll_fn(|cx| {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(Some(answer));
            }
            if limits.head.is_some() && sending.has_ended() {
                due.start_phase(limits.head);
            }
            timer.poll(*due, cx).map(|()| None)
        });
        match answer.await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(Failed::of(error)),
            None => Err(Failed::TimedOut(sending.phase())),
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.streams.open.fetch_sub(1, Ordering::AcqRel);
    }
}

//! A connection of HTTP/1.1 on which hyper speaks, driven by whoever waits for an answer: first the request's future, then its answer's body.
//!
//! No task of its own stands between the two, so that a request costs no wake-ups but those of the socket.

use std::{
    future::{Future, poll_fn},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use gateway_core::CallPhase;
use http::{Request, Response};
use http_body::{Body as _, Frame};
use hyper::{
    body::Incoming,
    client::conn::{
        TrySendError,
        http1::{Builder, SendRequest},
    },
    upgrade,
};
use hyper_util::rt::TokioIo;

use super::{
    body::{Outgoing, Sending},
    plain::Plain,
    relay::{self, Relay},
    stream::Line,
    timer::{Due, Limits, Timer},
};

/// A connection that can be upgraded; hyper does not name its type.
type Wire = Pin<Box<dyn Future<Output = hyper::Result<()>> + Send>>;

/// The head of an answer, when it is there.
pub(super) type Head =
    Pin<Box<dyn Future<Output = Result<Response<Incoming>, TrySendError<Request<Outgoing>>>> + Send>>;

/// A connection, and what drives it.
pub(super) struct Http1 {
    sender: SendRequest<Outgoing>,
    /// None when it is over.
    wire: Option<Wire>,
    relay: Arc<Relay>,
    waker: Waker,
    line: Arc<Line>,
    timer: Timer,
    is_new: bool,
    /// Whether the first request was sent before.
    resumes: bool,
}

/// Why there is no answer.
pub(super) enum Failed {
    /// The request was never begun: here it is.
    Unsent(Box<Request<Outgoing>>, hyper::Error),
    /// The backend may have seen the request.
    Sent(hyper::Error),
    /// The time was up in this phase.
    TimedOut(CallPhase),
}

/// A piece of an answer's body, its end, or why it broke off.
pub(super) enum Piece {
    Frame(Frame<Bytes>),
    End,
    Broken(hyper::Error),
    TimedOut,
}

impl Http1 {
    /// Goes on with a connection that was a plain one, and with the request that was begun there.
    pub(super) async fn begin(plain: Plain, settings: &Builder) -> hyper::Result<Box<Self>> {
        let is_new = plain.is_new();
        let (stream, resumes) = plain.into_stream();
        let line = Arc::clone(stream.line());
        let (sender, wire) = settings.handshake(TokioIo::new(stream)).await?;
        let relay = Relay::new();
        let waker = relay::waker(&relay);
        let wire: Wire = Box::pin(wire.with_upgrades());
        let timer = Timer::default();
        Ok(Box::new(Self { sender, wire: Some(wire), relay, waker, line, timer, is_new, resumes }))
    }

    /// Whether the connection can take another request: the last answer has ended, and the backend has not closed.
    pub(super) fn is_idle(&mut self) -> bool {
        if !self.sender.is_ready() {
            self.drive();
        }
        self.wire.is_some() && self.sender.is_ready()
    }

    /// Lays the connection aside.
    pub(super) fn rest(&mut self) {
        self.relay.stay_awake();
        self.relay.forget_task();
        self.is_new = false;
    }

    /// Whether it has never been laid aside.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether a connection that lay aside is still good. Without `ask` that is what the event loop has heard, which
    /// costs nothing; with it the operating system is asked.
    pub(super) fn is_still_good(&mut self, ask: bool) -> bool {
        if ask {
            self.line.probe();
        }
        if ask || self.relay.was_woken() {
            self.drive();
        }
        self.wire.is_some() && self.sender.is_ready()
    }

    /// Whether the backend has said anything since the last request was sent.
    pub(super) fn has_heard(&self) -> bool {
        self.line.has_heard()
    }

    /// Begins to send a request.
    ///
    /// Boxed, apart from [`Http1::exchange`]: where it waits it would be kept twice, with room for the request.
    pub(super) fn begin_exchange(&mut self, request: Request<Outgoing>) -> Head {
        self.relay.stay_awake();
        self.line.listen();
        if std::mem::take(&mut self.resumes) {
            self.line.mute();
        }
        Box::pin(self.sender.try_send_request(request))
    }

    /// Sends a request that was begun, and waits for the head of its answer.
    pub(super) async fn exchange(
        &mut self,
        mut answer: Head,
        sending: &Sending,
        limits: &Limits,
        due: &mut Due,
    ) -> Result<Response<Incoming>, Failed> {
        let Self { wire, relay, waker, timer, .. } = self;
        let answer = poll_fn(|cx| {
            relay.poll(cx, || {
                let mut cx = Context::from_waker(waker);
                drive(wire, &mut cx);
                if let Poll::Ready(answer) = answer.as_mut().poll(&mut cx) {
                    return Poll::Ready(Some(answer));
                }
                if limits.head.is_some() && sending.has_ended() {
                    due.start_phase(limits.head);
                }
                timer.poll(*due, &mut cx).map(|()| None)
            })
        });
        match answer.await {
            Some(Ok(answer)) => Ok(answer),
            Some(Err(error)) => Err(Failed::of(error)),
            None => Err(Failed::TimedOut(sending.phase())),
        }
    }

    /// The next piece of the answer's body.
    pub(super) fn poll_piece(
        &mut self,
        incoming: &mut Incoming,
        limits: &Limits,
        due: &mut Due,
        cx: &Context<'_>,
    ) -> Poll<Piece> {
        let Self { wire, relay, waker, timer, .. } = self;
        let mut own = Context::from_waker(waker);
        relay.stay_awake();
        // What came with the head, or with the piece before.
        if let Poll::Ready(piece) = Pin::new(&mut *incoming).poll_frame(&mut own) {
            due.end_phase();
            return Poll::Ready(Piece::of(piece));
        }
        relay.poll(cx, || {
            drive(wire, &mut own);
            if let Poll::Ready(piece) = Pin::new(&mut *incoming).poll_frame(&mut own) {
                due.end_phase();
                return Poll::Ready(Piece::of(piece));
            }
            due.start_phase(limits.idle);
            timer.poll(*due, &mut own).map(|()| Piece::TimedOut)
        })
    }

    /// Lets the connection go its own way: a request's body that is still being sent must not wait for a reader of
    /// the answer.
    pub(super) fn detach(mut self) {
        if let Some(wire) = self.wire.take() {
            tokio::spawn(async move {
                // Whoever reads the answer is told.
                let _ = wire.await;
            });
        }
    }

    /// Gives the connection to what was switched to.
    pub(super) fn switch(mut self) {
        self.drive();
        self.detach();
    }

    fn drive(&mut self) {
        self.relay.stay_awake();
        drive(&mut self.wire, &mut Context::from_waker(&self.waker));
    }
}

/// Reads and writes what can be read and written now.
fn drive(wire: &mut Option<Wire>, cx: &mut Context<'_>) {
    // An error reaches whoever waits for the answer.
    if wire.as_mut().is_some_and(|wire| wire.as_mut().poll(cx).is_ready()) {
        *wire = None;
    }
}

impl Failed {
    pub(super) fn of(mut error: TrySendError<Request<Outgoing>>) -> Self {
        match error.take_message() {
            Some(request) => Self::Unsent(Box::new(request), error.into_error()),
            None => Self::Sent(error.into_error()),
        }
    }
}

impl Piece {
    pub(super) fn of(frame: Option<hyper::Result<Frame<Bytes>>>) -> Self {
        match frame {
            Some(Ok(frame)) => Self::Frame(frame),
            Some(Err(error)) => Self::Broken(error),
            None => Self::End,
        }
    }
}

/// Whether an answer hands the connection over.
pub(super) fn is_switched(answer: &Response<Incoming>) -> bool {
    answer.extensions().get::<upgrade::OnUpgrade>().is_some()
}

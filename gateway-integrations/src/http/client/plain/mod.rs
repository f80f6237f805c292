//! A connection of HTTP/1.1 over which only plain messages went: requests whose body is in memory, answers that say how
//! long they are.
//!
//! Most calls are such, and cost a fraction of what hyper's connection takes, which must be ready for all others. The
//! first that is not plain is hyper's, and all that follow: it gets the stream with what the backend has said so far, as
//! if it had sent the request itself. So nothing but plain success is judged here; whatever goes wrong, hyper finds out.

mod answer;
mod head;

use std::{
    future::{Future, poll_fn},
    io,
    pin::{Pin, pin},
    task::{Context, Poll, Waker, ready},
};

use bytes::BytesMut;
use gateway_core::{CallError, CallPhase};
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWrite};

pub(super) use self::answer::{Start, hand_on};
use super::{
    body::Outgoing,
    connector::cause,
    stream::Stream,
    timer::{Due, Limits, Timer},
};

/// In bytes: for how much of an answer there is room when it is read, and how much is kept for the next.
const ROOM: usize = 8 * 1024;
/// In bytes: how much is read at once of an answer that is long.
const LONG: usize = 64 * 1024;
/// In bytes: a request that is longer may have to be read from while it is written. The system takes as much at once.
const MOST: usize = 16 * 1024;

/// A connection over which only plain messages went.
pub(super) struct Plain {
    stream: Stream,
    /// A request, head and body.
    out: Vec<u8>,
    written: usize,
    /// What the backend said, as far as it is not part of an answer.
    heard: BytesMut,
    failure: Option<io::Error>,
    timer: Timer,
    is_new: bool,
}

/// What came of a request.
pub(super) enum Heard {
    /// A plain answer.
    Plain(http::Response<Start>),
    /// Something else, or nothing: hyper must see it.
    Other,
    TimedOut,
}

impl Plain {
    pub(super) fn new(stream: Stream) -> Box<Self> {
        let (out, heard) = (Vec::new(), BytesMut::new());
        Box::new(Self { stream, out, written: 0, heard, failure: None, timer: Timer::default(), is_new: true })
    }

    /// Begins to send a request; whether it is a plain one.
    pub(super) fn begin(&mut self, request: &Request<Outgoing>) -> bool {
        self.written = 0;
        self.out.clear();
        self.stream.line().listen();
        head::write(request, &mut self.out).is_some()
    }

    /// Sends the request that was begun, and waits for the head of its answer.
    pub(super) async fn exchange(&mut self, expects: Expects, limits: &Limits, due: &mut Due) -> Heard {
        poll_fn(|cx| {
            if let Poll::Ready(heard) = self.poll_answer(expects, cx) {
                return Poll::Ready(heard);
            }
            if self.written == self.out.len() {
                due.start_phase(limits.head);
            }
            self.timer.poll(*due, cx).map(|()| Heard::TimedOut)
        })
        .await
    }

    fn poll_answer(&mut self, expects: Expects, cx: &mut Context<'_>) -> Poll<Heard> {
        if let Err(error) = ready!(self.poll_write(cx)) {
            // Before anything was written, hyper finds out for itself.
            self.failure = (self.written > 0).then_some(error);
            return Poll::Ready(Heard::Other);
        }
        loop {
            match ready!(self.poll_read(ROOM, cx)) {
                Ok(0) => return Poll::Ready(Heard::Other),
                Ok(_) => match head::read(&mut self.heard, expects) {
                    head::Read::Plain(answer) => return Poll::Ready(Heard::Plain(answer)),
                    head::Read::Other => return Poll::Ready(Heard::Other),
                    head::Read::Unfinished if self.heard.len() >= LONG => return Poll::Ready(Heard::Other),
                    head::Read::Unfinished => {}
                },
                Err(error) => {
                    self.failure = Some(error);
                    return Poll::Ready(Heard::Other);
                }
            }
        }
    }

    fn poll_write(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some(rest) = self.out.get(self.written..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.stream).poll_write(cx, rest))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                written => self.written += written,
            }
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    /// The next bytes of an answer of which `left` are to come.
    fn poll_piece(
        &mut self,
        left: u64,
        limits: &Limits,
        due: &mut Due,
        cx: &mut Context<'_>,
    ) -> Poll<Result<BytesMut, CallError>> {
        let left = usize::try_from(left).unwrap_or(usize::MAX);
        let failed = match self.poll_read(left.clamp(ROOM, LONG), cx) {
            Poll::Ready(Ok(0)) => io::Error::from(io::ErrorKind::UnexpectedEof),
            Poll::Ready(Ok(_)) => {
                due.end_phase();
                return Poll::Ready(Ok(self.heard.split_to(left.min(self.heard.len()))));
            }
            Poll::Ready(Err(error)) => error,
            Poll::Pending => {
                due.start_phase(limits.idle);
                let late = CallError::new(CallPhase::ResponseBody, due.cause());
                return self.timer.poll(*due, cx).map(|()| Err(late));
            }
        };
        Poll::Ready(Err(CallError::new(CallPhase::ResponseBody, cause(&failed)).with_source(failed)))
    }

    fn poll_read(&mut self, room: usize, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        self.heard.reserve(room);
        pin!(self.stream.read_buf(&mut self.heard)).poll(cx)
    }

    /// Whether the connection can take another request.
    pub(super) fn is_idle(&self) -> bool {
        self.heard.is_empty()
    }

    /// Lays the connection aside.
    pub(super) fn rest(&mut self) {
        self.is_new = false;
        if self.heard.capacity() > ROOM {
            self.heard = BytesMut::new();
        }
        self.out.shrink_to(ROOM);
    }

    /// Whether it has never been laid aside.
    pub(super) fn is_new(&self) -> bool {
        self.is_new
    }

    /// Whether a connection that lay aside is still good: nothing can be read. Without `ask` that is what the event loop
    /// has heard; with it the operating system is asked.
    pub(super) fn is_still_good(&mut self, ask: bool) -> bool {
        if ask {
            self.stream.line().probe();
        }
        self.poll_read(1, &mut Context::from_waker(Waker::noop())).is_pending()
    }

    /// The stream, for hyper: where a request was sent, it hears what the backend said to it; whether that is so.
    pub(super) fn into_stream(self) -> (Stream, bool) {
        if self.written == 0 {
            return (self.stream, false);
        }
        (self.stream.replaying(self.heard.freeze(), self.failure), true)
    }
}

/// What an answer to a request may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expects {
    /// Whether it has no body, whatever it says: that to `HEAD`.
    pub(super) no_body: bool,
    /// How many headers it may have.
    pub(super) max_headers: usize,
}

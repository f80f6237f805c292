//! What a connection runs over: TCP, TLS or a Unix socket.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
};

use super::room::Room;

/// What is seen of a connection's bytes from outside.
#[derive(Debug, Default)]
pub(super) struct Line {
    heard: AtomicBool,
    probe: AtomicBool,
    muted: AtomicBool,
}

impl Line {
    /// Begins to listen for an answer's first byte.
    pub(super) fn listen(&self) {
        self.heard.store(false, Ordering::Relaxed);
        self.muted.store(false, Ordering::Relaxed);
    }

    /// Until [`Line::listen`], what is written goes nowhere: the backend has it already.
    pub(super) fn mute(&self) {
        self.muted.store(true, Ordering::Relaxed);
    }

    fn is_muted(&self) -> bool {
        self.muted.load(Ordering::Relaxed)
    }

    /// Whether the backend has said anything since.
    pub(super) fn has_heard(&self) -> bool {
        self.heard.load(Ordering::Relaxed)
    }

    /// Asks the operating system at the next read whether the other side has closed: what the event loop knows may be
    /// older than that.
    pub(super) fn probe(&self) {
        self.probe.store(true, Ordering::Relaxed);
    }
}

/// A byte stream to a backend.
pub(super) struct Stream {
    kind: Kind,
    line: Arc<Line>,
    /// Free again when the connection is closed, whatever became of it; below TLS in what that runs over.
    _room: Option<Room>,
    replay: Option<Box<Replay>>,
}

/// What a backend said before whoever reads it now; heard when the request is written, as answers are.
struct Replay {
    said: Bytes,
    failure: Option<io::Error>,
    is_due: bool,
    reader: Option<Waker>,
}

enum Kind {
    Tcp(TcpStream),
    #[cfg(unix)]
    Unix(tokio::net::UnixStream),
    #[cfg(feature = "tls-aws-lc-rs")]
    Tls(Box<tokio_rustls::client::TlsStream<Plain>>),
}

/// What TLS runs over.
#[cfg(feature = "tls-aws-lc-rs")]
pub(super) type Plain = Box<Stream>;

macro_rules! each {
    ($kind:expr, $stream:ident => $result:expr) => {
        match $kind {
            Kind::Tcp($stream) => $result,
            #[cfg(unix)]
            Kind::Unix($stream) => $result,
            #[cfg(feature = "tls-aws-lc-rs")]
            Kind::Tls($stream) => $result,
        }
    };
}

impl Stream {
    pub(super) fn tcp(stream: TcpStream, room: Room) -> Self {
        Self::of(Kind::Tcp(stream), Some(room))
    }

    #[cfg(unix)]
    pub(super) fn unix(stream: tokio::net::UnixStream, room: Room) -> Self {
        Self::of(Kind::Unix(stream), Some(room))
    }

    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) fn tls(stream: tokio_rustls::client::TlsStream<Plain>) -> Self {
        Self::of(Kind::Tls(Box::new(stream)), None)
    }

    fn of(kind: Kind, room: Option<Room>) -> Self {
        Self { kind, line: Arc::default(), _room: room, replay: None }
    }

    /// The same, on which was `said` and which failed so when a request was sent, to be sent again by somebody else.
    pub(super) fn replaying(mut self, said: Bytes, failure: Option<io::Error>) -> Self {
        self.replay = Some(Box::new(Replay { said, failure, is_due: false, reader: None }));
        self
    }

    pub(super) fn line(&self) -> &Arc<Line> {
        &self.line
    }

    /// What was said before; none when that is over.
    fn poll_replay(&mut self, cx: &Context<'_>, buf: &mut ReadBuf<'_>) -> Option<Poll<io::Result<()>>> {
        let replay = self.replay.as_mut()?;
        if !replay.is_due {
            replay.reader = Some(cx.waker().clone());
            return Some(Poll::Pending);
        }
        let length = replay.said.len().min(buf.remaining());
        if length > 0 {
            buf.put_slice(&replay.said.split_to(length));
            return Some(Poll::Ready(Ok(())));
        }
        let failure = replay.failure.take();
        self.replay = None;
        failure.map(|error| Poll::Ready(Err(error)))
    }

    /// Takes what the backend has already; whether it is muted.
    fn swallows(&mut self) -> bool {
        let muted = self.line.is_muted();
        if let Some(replay) = self.replay.as_mut().filter(|_| muted) {
            replay.is_due = true;
            if let Some(reader) = replay.reader.take() {
                reader.wake();
            }
        }
        muted
    }

    /// Whether the other side has closed, or has said something unasked.
    fn is_stale(&self) -> bool {
        let mut byte = [MaybeUninit::uninit()];
        let peeked = match &self.kind {
            Kind::Tcp(stream) => SockRef::from(stream).peek(&mut byte),
            #[cfg(unix)]
            Kind::Unix(stream) => SockRef::from(stream).peek(&mut byte),
            #[cfg(feature = "tls-aws-lc-rs")]
            Kind::Tls(stream) => return stream.get_ref().0.is_stale(),
        };
        !matches!(peeked, Err(error) if error.kind() == io::ErrorKind::WouldBlock)
    }
}

impl AsyncRead for Stream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.line.probe.load(Ordering::Relaxed) {
            this.line.probe.store(false, Ordering::Relaxed);
            if this.is_stale() {
                return Poll::Ready(Ok(()));
            }
        }
        let before = buf.filled().len();
        let read = match this.poll_replay(cx, buf) {
            Some(replayed) => replayed,
            None => each!(&mut this.kind, stream => Pin::new(stream).poll_read(cx, buf)),
        };
        if buf.filled().len() > before {
            this.line.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.swallows() {
            return Poll::Ready(Ok(buf.len()));
        }
        each!(&mut self.kind, stream => Pin::new(stream).poll_write(cx, buf))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.kind, stream => Pin::new(stream).poll_flush(cx))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        each!(&mut self.kind, stream => Pin::new(stream).poll_shutdown(cx))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.swallows() {
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        each!(&mut self.kind, stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        each!(&self.kind, stream => stream.is_write_vectored())
    }
}

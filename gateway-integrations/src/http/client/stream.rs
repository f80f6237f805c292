//! What a connection runs over: TCP, TLS or a Unix socket.

use std::{
    io,
    mem::MaybeUninit,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
};

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
}

impl Line {
    /// Begins to listen for an answer's first byte.
    pub(super) fn listen(&self) {
        self.heard.store(false, Ordering::Relaxed);
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
        Self { kind: Kind::Tcp(stream), line: Arc::default(), _room: Some(room) }
    }

    #[cfg(unix)]
    pub(super) fn unix(stream: tokio::net::UnixStream, room: Room) -> Self {
        Self { kind: Kind::Unix(stream), line: Arc::default(), _room: Some(room) }
    }

    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) fn tls(stream: tokio_rustls::client::TlsStream<Plain>) -> Self {
        Self { kind: Kind::Tls(Box::new(stream)), line: Arc::default(), _room: None }
    }

    pub(super) fn line(&self) -> &Arc<Line> {
        &self.line
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
        let read = each!(&mut this.kind, stream => Pin::new(stream).poll_read(cx, buf));
        if buf.filled().len() > before {
            this.line.heard.store(true, Ordering::Relaxed);
        }
        read
    }
}

impl AsyncWrite for Stream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
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
        each!(&mut self.kind, stream => Pin::new(stream).poll_write_vectored(cx, bufs))
    }

    fn is_write_vectored(&self) -> bool {
        each!(&self.kind, stream => stream.is_write_vectored())
    }
}

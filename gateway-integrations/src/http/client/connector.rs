//! Connections to backends: name, TCP or a Unix socket, under one timeout; TLS, under another.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use gateway_core::{CallCause, CallError, CallPhase};
use http::Uri;
use hyper_util::client::legacy::connect::{
    HttpConnector,
    dns::{GaiAddrs, GaiResolver, Name},
};
use tokio::time::timeout_at;
use tower::{BoxError, Service};

use super::{room::Room, stream::Stream, timer::from_now};

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Names>,
    #[cfg(unix)]
    pub(super) socket: Option<std::sync::Arc<std::path::Path>>,
    limit: Duration,
    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) tls: Option<super::tls::Handshake>,
    #[cfg(feature = "tls-aws-lc-rs")]
    pub(super) tls_limit: Duration,
}

/// The backend, or the name server, did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
struct Late(Duration);

/// The address has no host.
#[derive(Debug, thiserror::Error)]
#[error("the address has no host")]
struct NoHost;

impl Connector {
    /// Connections that must stand within `limit`, and TLS on them within as much again.
    pub(super) fn new(limit: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Names(GaiResolver::new()));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        // Each of several addresses gets its share of the time.
        tcp.set_connect_timeout(Some(limit));
        Self {
            tcp,
            limit,
            #[cfg(unix)]
            socket: None,
            #[cfg(feature = "tls-aws-lc-rs")]
            tls: None,
            #[cfg(feature = "tls-aws-lc-rs")]
            tls_limit: limit,
        }
    }

    /// Connects to the host of `uri`; tells whether HTTP/2 was agreed on.
    pub(super) async fn connect(&self, uri: Uri, https: bool, room: Room) -> Result<(Stream, bool), CallError> {
        if !https {
            return Ok((self.plain(uri, room).await?, false));
        }
        #[cfg(feature = "tls-aws-lc-rs")]
        if let Some(tls) = &self.tls {
            let host = uri.host().unwrap_or_default().to_owned();
            let stream = self.plain(uri, room).await?;
            let failed = |cause| CallError::new(CallPhase::Tls, cause);
            return match timeout_at(from_now(self.tls_limit), tls.shake(&host, stream)).await {
                Ok(Ok(agreed)) => Ok(agreed),
                Ok(Err(error)) => Err(failed(super::tls::cause(&*error)).with_source(error)),
                Err(_) => Err(failed(CallCause::TimedOut).with_source(Late(self.tls_limit))),
            };
        }
        Err(CallError::new(CallPhase::Tls, CallCause::Other).with_source(super::ClientError::NoTls))
    }

    async fn plain(&self, uri: Uri, room: Room) -> Result<Stream, CallError> {
        match timeout_at(from_now(self.limit), self.open(uri, room)).await {
            Ok(opened) => opened,
            Err(_) => Err(CallError::new(CallPhase::Connect, CallCause::TimedOut).with_source(Late(self.limit))),
        }
    }

    async fn open(&self, uri: Uri, room: Room) -> Result<Stream, CallError> {
        #[cfg(unix)]
        if let Some(path) = &self.socket {
            return match tokio::net::UnixStream::connect(path).await {
                Ok(stream) => Ok(Stream::unix(stream, room)),
                Err(error) => Err(unconnected(error.into())),
            };
        }
        if uri.host().is_none() {
            return Err(unconnected(NoHost.into()));
        }
        match self.tcp.clone().call(uri).await {
            Ok(stream) => Ok(Stream::tcp(stream.into_inner(), room)),
            Err(error) => Err(unconnected(error.into())),
        }
    }
}

fn unconnected(error: BoxError) -> CallError {
    let unknown = find::<Unknown>(&*error).is_some();
    let phase = if unknown { CallPhase::Resolve } else { CallPhase::Connect };
    CallError::new(phase, cause(&*error)).with_source(error)
}

/// What the operating system says is the cause.
pub(super) fn cause(error: &(dyn std::error::Error + 'static)) -> CallCause {
    use std::io::ErrorKind as Io;

    match find::<std::io::Error>(error).map(std::io::Error::kind) {
        Some(Io::ConnectionRefused) => CallCause::Refused,
        Some(Io::TimedOut) => CallCause::TimedOut,
        Some(Io::ConnectionReset | Io::ConnectionAborted | Io::BrokenPipe | Io::UnexpectedEof) => CallCause::Closed,
        _ => CallCause::Other,
    }
}

/// The error of type `E` that `error` is, or that is among its sources.
pub(super) fn find<'a, E: std::error::Error + 'static>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

/// Looks names up; its errors can be told from others.
#[derive(Clone)]
struct Names(GaiResolver);

/// A name was not found out.
#[derive(Debug, thiserror::Error)]
#[error("the name cannot be looked up")]
struct Unknown(#[source] std::io::Error);

impl Service<Name> for Names {
    type Response = GaiAddrs;
    type Error = Unknown;
    type Future = Pin<Box<dyn Future<Output = Result<GaiAddrs, Unknown>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Unknown>> {
        self.0.poll_ready(cx).map_err(Unknown)
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let looking = self.0.call(name);
        Box::pin(async { looking.await.map_err(Unknown) })
    }
}

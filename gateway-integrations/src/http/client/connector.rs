//! Connections to backends: name, TCP, TLS, under one timeout.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use http::{Uri, uri::Scheme};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use tokio::{net::TcpStream, time::timeout};
use tower::{BoxError, Service};

use super::ClientError;

#[cfg(feature = "tls-aws-lc-rs")]
type Stream = hyper_rustls::MaybeHttpsStream<TokioIo<TcpStream>>;
#[cfg(not(feature = "tls-aws-lc-rs"))]
type Stream = TokioIo<TcpStream>;

type Connecting = Pin<Box<dyn Future<Output = Result<Stream, BoxError>> + Send>>;

/// Opens connections.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector,
    limit: Duration,
    #[cfg(feature = "tls-aws-lc-rs")]
    tls: Option<std::sync::Arc<rustls::ClientConfig>>,
}

/// The backend, or the name server, did not answer in time.
#[derive(Debug, thiserror::Error)]
#[error("no connection within {0:?}")]
struct Late(Duration);

impl Connector {
    /// Connections that must stand within `limit`.
    pub(super) fn new(
        limit: Duration,
        #[cfg(feature = "tls-aws-lc-rs")] tls: Option<std::sync::Arc<rustls::ClientConfig>>,
    ) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(Duration::from_secs(60)));
        // Each of several addresses gets its share of the time.
        tcp.set_connect_timeout(Some(limit));
        Self {
            tcp,
            limit,
            #[cfg(feature = "tls-aws-lc-rs")]
            tls,
        }
    }

    #[cfg(feature = "tls-aws-lc-rs")]
    fn open(&mut self, uri: Uri) -> Connecting {
        match (&self.tls, uri.scheme() == Some(&Scheme::HTTPS)) {
            (Some(tls), true) => {
                let mut https = hyper_rustls::HttpsConnector::from((self.tcp.clone(), std::sync::Arc::clone(tls)));
                https.call(uri)
            }
            (None, true) => Box::pin(async { Err(ClientError::NoTls.into()) }),
            (_, false) => {
                let connecting = self.tcp.call(uri);
                Box::pin(async { Ok(Stream::Http(connecting.await?)) })
            }
        }
    }

    #[cfg(not(feature = "tls-aws-lc-rs"))]
    fn open(&mut self, uri: Uri) -> Connecting {
        if uri.scheme() == Some(&Scheme::HTTPS) {
            return Box::pin(async { Err(ClientError::NoTls.into()) });
        }
        let connecting = self.tcp.call(uri);
        Box::pin(async { Ok(connecting.await?) })
    }
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = BoxError;
    type Future = Connecting;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, uri: Uri) -> Connecting {
        let limit = self.limit;
        let connecting = self.open(uri);
        Box::pin(async move { timeout(limit, connecting).await.unwrap_or_else(|_| Err(Late(limit).into())) })
    }
}

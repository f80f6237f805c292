//! A backend: a hyper server on a port of its own.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context as TaskContext, Poll},
};

use bytes::Bytes;
use gateway_core::{Body, Context, Error, Integration, Random, Request, Response, SystemClock};
use http::header;
use http_body::Frame;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

/// Which versions a backend speaks.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Speaks {
    Http1,
    Http2,
}

pub(crate) struct Backend {
    pub(crate) address: SocketAddr,
    connections: Arc<AtomicUsize>,
}

impl Backend {
    /// Answers each request by `answer`.
    pub(crate) async fn start<F, A>(speaks: Speaks, answer: F) -> Self
    where
        F: Fn(http::Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        Self::accepting(move |stream| {
            let answer = answer.clone();
            async move { serve(speaks, stream, answer).await }
        })
        .await
    }

    /// Hands each connection to `serve`.
    pub(crate) async fn accepting<F, S>(serve: F) -> Self
    where
        F: Fn(TcpStream) -> S + Send + 'static,
        S: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let accepted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, connections }
    }

    /// How many connections there have been.
    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(crate) fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

/// Serves one connection, of whatever kind.
pub(crate) async fn serve<I, F, A>(speaks: Speaks, stream: I, answer: F)
where
    I: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin + Send + 'static,
    F: Fn(http::Request<Incoming>) -> A + Clone + Send + Sync + 'static,
    A: Future<Output = Response> + Send + 'static,
{
    let service = hyper::service::service_fn(move |request| {
        let answering = answer(request);
        async move { Ok::<_, Infallible>(answering.await) }
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let builder = if speaks == Speaks::Http2 { builder.http2_only() } else { builder.http1_only() };
    let _ = builder.serve_connection(TokioIo::new(stream), service).await;
}

/// Answers with what it was asked: version, method, target, `Host`, and the length and the text of the body.
pub(crate) async fn echo(request: http::Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    let host = parts.headers.get(header::HOST).map(|host| host.to_str().unwrap().to_owned());
    let length = parts.headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().unwrap().to_owned());
    let target = parts.uri.path_and_query().map_or("", |target| target.as_str()).to_owned();
    let text = Body::new(body).collect().await.unwrap_or_default();
    let line = format!(
        "{:?} {} {target} host={} length={} body={}",
        parts.version,
        parts.method,
        host.unwrap_or_default(),
        length.unwrap_or_else(|| "-".into()),
        String::from_utf8_lossy(&text),
    );
    Response::new(Body::from(line))
}

/// Calls an integration that stands alone.
pub(crate) async fn invoke(integration: &impl Integration, request: Request) -> Result<Response, Error> {
    let (parts, body) = request.into_parts();
    let context = context(&parts);
    integration.invoke(Request::from_parts(parts, body), &context).await
}

pub(crate) fn context(parts: &gateway_core::Parts) -> Context {
    Context::begin(parts, Arc::new(SystemClock::new()), &Random::seeded(1))
}

pub(crate) async fn text(response: Response) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_vec()).unwrap()
}

pub(crate) fn get(target: &str) -> Request {
    http::Request::get(target).body(Body::empty()).unwrap()
}

/// A body whose chunks come from a channel; the length is not known.
pub(crate) struct Chunks(mpsc::Receiver<Bytes>);

impl Chunks {
    pub(crate) fn channel() -> (mpsc::Sender<Bytes>, Body) {
        let (sender, receiver) = mpsc::channel(1);
        (sender, Body::new(Self(receiver)))
    }
}

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        self.0.poll_recv(cx).map(|chunk| chunk.map(|chunk| Ok(Frame::data(chunk))))
    }
}

/// Tokio's time, which tests pause.
#[expect(clippy::disallowed_methods, reason = "the client's limits are tokio's timers")]
pub(crate) fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

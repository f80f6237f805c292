use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use gateway_core::Response;
use hyper::body::Incoming;
use tokio::{
    net::TcpListener,
    task::{JoinHandle, JoinSet},
};

use crate::backend::{Speaks, serve};

/// A backend that can die, with all its connections, and come back to its address.
pub(super) struct Target {
    address: SocketAddr,
    serving: Mutex<Option<JoinHandle<()>>>,
    asked: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Target {
    /// Answers each request by `answer`.
    pub(super) async fn start<F, A>(answer: F) -> Self
    where
        F: Fn(http::Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let target = Self { address, serving: Mutex::default(), asked: Arc::default(), connections: Arc::default() };
        target.serve(listener, answer);
        target
    }

    /// Answers with this text.
    pub(super) async fn saying(text: &'static str) -> Self {
        Self::start(move |_| async move { Response::new(text.into()) }).await
    }

    /// Answers with this status.
    pub(super) async fn failing(status: u16) -> Self {
        Self::start(move |_| async move {
            http::Response::builder().status(status).body(gateway_core::Body::empty()).unwrap()
        })
        .await
    }

    fn serve<F, A>(&self, listener: TcpListener, answer: F)
    where
        F: Fn(http::Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        let asked = Arc::clone(&self.asked);
        let counted = move |request| {
            asked.fetch_add(1, Ordering::SeqCst);
            answer(request)
        };
        let accepted = Arc::clone(&self.connections);
        let serving = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                connections.spawn(serve(Speaks::Http1, stream, counted.clone()));
            }
        });
        *self.serving.lock().unwrap() = Some(serving);
    }

    /// Nobody listens any more, and all connections are gone.
    pub(super) async fn die(&self) {
        let serving = self.serving.lock().unwrap().take().unwrap();
        serving.abort();
        let _ = serving.await;
    }

    /// Listens again, and answers by `answer`.
    pub(super) async fn come_back<F, A>(&self, answer: F)
    where
        F: Fn(http::Request<Incoming>) -> A + Clone + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        self.serve(TcpListener::bind(self.address).await.unwrap(), answer);
    }

    /// How many requests there have been.
    pub(super) fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }

    /// How many connections there have been.
    pub(super) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    pub(super) fn uri(&self) -> String {
        format!("http://{}", self.address)
    }
}

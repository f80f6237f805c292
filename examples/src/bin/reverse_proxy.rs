//! A reverse proxy over three backends, of which one may die and come back without any client noticing.
//!
//! `cargo run -p gateway-examples --bin reverse_proxy`, then follow what it prints. `/upstreams` has the state of all
//! targets, and `/backends/1/stop` and `/backends/1/start` play the accident.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::{get, post, put},
};
use gateway_core::{
    Gateway,
    config::{Config, Registry},
};
use gateway_examples::{Failure, Tour, listen};
use gateway_integrations::{Integrations, http::PooledClient, upstream::Upstreams};
use tokio::{
    net::TcpListener,
    sync::{Mutex, oneshot},
};

/// One backend, which may be stopped and started.
struct Backend {
    name: &'static str,
    address: SocketAddr,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

impl Backend {
    async fn start(name: &'static str) -> Result<Self, Failure> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let backend = Self { name, address: listener.local_addr()?, stop: Mutex::default() };
        backend.serve(listener).await;
        Ok(backend)
    }

    async fn serve(&self, listener: TcpListener) {
        let name = self.name;
        let app = Router::new()
            .route("/health", get(async || "well\n"))
            .route("/{*path}", get(async move |Path(path): Path<String>| format!("{name} has /{path}\n")));
        let (stop, stopped) = oneshot::channel();
        let until = async move { drop(stopped.await) };
        tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(until).await });
        *self.stop.lock().await = Some(stop);
    }
}

type Backends = State<Arc<[Backend; 3]>>;

async fn stop(State(backends): Backends, Path(number): Path<usize>) -> StatusCode {
    let Some(backend) = backends.get(number) else { return StatusCode::NOT_FOUND };
    let stopped = backend.stop.lock().await.take().is_some_and(|stop| stop.send(()).is_ok());
    if stopped { StatusCode::NO_CONTENT } else { StatusCode::CONFLICT }
}

async fn start(State(backends): Backends, Path(number): Path<usize>) -> StatusCode {
    let Some(backend) = backends.get(number) else { return StatusCode::NOT_FOUND };
    match TcpListener::bind(backend.address).await {
        Ok(listener) => backend.serve(listener).await,
        Err(_) => return StatusCode::CONFLICT,
    }
    StatusCode::NO_CONTENT
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    let cid = Backend::start("cid").await?;
    let drained = cid.address;
    let backends = Arc::new([Backend::start("ann").await?, Backend::start("ben").await?, cid]);
    let targets: Vec<_> = backends.iter().map(|backend| format!("{{ uri: 'http://{}' }}", backend.address)).collect();
    let yaml = format!(
        "
upstreams:
  shop:
    targets: [{}]
    balance: ROUND_ROBIN
    healthCheck: {{ path: /health, intervalInMillis: 200, healthyThreshold: 1, unhealthyThreshold: 1 }}
    outlierDetection: {{ consecutiveFailures: 1 }}
    retry: {{ maxAttempts: 3 }}
    limits: {{ maxRequests: 100, maxWaiting: 50, maxWaitInMillis: 500 }}
apis:
  - name: shop
    protocolType: HTTP
    routes:
      - route: GET /{{proxy+}}
        integration: {{ type: http_proxy, upstream: shop, uri: '/{{proxy}}' }}
    stages: [{{ name: $default }}]
",
        targets.join(", ")
    );
    let client = Arc::new(PooledClient::builder().plain_only().build()?);
    let upstreams = Upstreams::new(client.clone());
    let registry = Registry::new().integrations(Integrations::new(client).upstreams(upstreams.clone()));
    let gateway = Gateway::new(Config::from_yaml(&yaml)?.define(&registry))?;

    // What looks after the upstream is for the host's own people: in earnest, behind an authorizer.
    let seen = upstreams.clone();
    let own = Router::new()
        .route("/upstreams", get(async move || Json(seen.status())))
        .route("/backends/{number}/stop", post(stop))
        .route("/backends/{number}/start", post(start))
        .with_state(Arc::clone(&backends));
    let own = own.route(
        "/drained",
        put({
            let upstreams = upstreams.clone();
            async move || upstreams.drain("shop", &format!("http://{drained}"), true).to_string()
        })
        .delete(async move || upstreams.drain("shop", &format!("http://{drained}"), false).to_string()),
    );

    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/shirts", "", 200, "ann, ben and cid take turns")
        .try_this("/shirts", "", 200, "the next one")
        .try_this("/backends/1/stop", "-X POST", 204, "ben dies")
        .try_this("/shirts", "", 200, "nobody notices:")
        .try_this("/shirts", "", 200, "what ben cannot answer goes to another")
        .try_this("/shirts", "", 200, "and soon nothing goes to ben")
        .try_this("/upstreams", "", 200, "what is known of all three")
        .try_this("/backends/1/start", "-X POST", 204, "ben is back, and takes turns once it is found well")
        .try_this("/drained", "-X PUT", 200, "cid gets nothing new, by hand")
        .try_this("/shirts", "", 200, "the other two go on")
        .try_this("/drained", "-X DELETE", 200, "and cid is back")
        .end();
    Ok(axum::serve(listener, own.fallback_service(gateway)).await?)
}

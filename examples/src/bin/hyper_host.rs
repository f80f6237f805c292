//! A host without axum: the gateway on hyper's own server, with graceful shutdown and HTTP/2.
//!
//! `cargo run -p gateway-examples --bin hyper_host`

use gateway_core::{Api, Definition, Gateway, Route, StageDefinition};
use gateway_examples::{Failure, Tour, backend, listen};
use gateway_integrations::{HttpProxy, Mock};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use tokio::signal;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let pets = HttpProxy::to(&format!("http://{}/pets", backend().await?))?;
    let api = Api::http("pets")
        .route("GET /pets", Route::to(pets))
        .route("GET /health", Route::to(Mock::json(200, r#"{"status":"up"}"#)))
        .stage(StageDefinition::new("$default"));
    let gateway = Gateway::new(Definition::new().api(api))?;

    let listener = listen().await?;
    Tour::of(listener.local_addr()?)
        .try_this("/health", "", 200, "a mock")
        .try_this("/pets", "--http2-prior-knowledge", 200, "from the backend, over HTTP/2")
        .try_this("/nowhere", "", 404, "no such route, as an HTTP API says it")
        .end();

    let server = auto::Builder::new(TokioExecutor::new());
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(signal::ctrl_c());
    loop {
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = &mut stop => break,
        };
        stream.set_nodelay(true)?;
        // The gateway takes the peer's address from the request's extensions.
        let with_peer = tower::ServiceBuilder::new()
            .map_request(move |mut request: http::Request<hyper::body::Incoming>| {
                request.extensions_mut().insert(peer);
                request
            })
            .service(gateway.clone());
        let connection = server.serve_connection(TokioIo::new(stream), TowerToHyperService::new(with_peer));
        tokio::spawn(connections.watch(connection.into_owned()));
    }
    connections.shutdown().await;
    Ok(())
}

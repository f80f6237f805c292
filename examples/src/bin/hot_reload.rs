//! A definition in YAML, reloaded whenever its file changes: no request fails, no counter is lost.
//!
//! `cargo run -p gateway-examples --bin hot_reload [definition.yaml]`; metrics are at `/metrics`.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use axum::{Router, routing::get};
use gateway_core::{
    Authorization, Context, Definition, Error, ErrorKind, FromService, Gateway, Parts, Problems,
    config::{Config, Registry},
};
use gateway_examples::{Failure, Tour, backend, listen};
use gateway_integrations::Integrations;
use metrics_exporter_prometheus::PrometheusBuilder;
use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

fn badge(request: &Parts, _: &Context) -> Result<Authorization, Error> {
    let badge = request.headers.get("x-badge").and_then(|badge| badge.to_str().ok());
    badge.map(Authorization::new).ok_or_else(|| ErrorKind::Unauthorized.into())
}

/// Reads the definition; its `127.0.0.1:9000` stands for the example's own backend.
fn read(path: &Path, backend: &str, registry: &Registry) -> Result<Definition, Failure> {
    let text = std::fs::read_to_string(path)?.replace("127.0.0.1:9000", backend);
    Ok(Config::from_yaml(&text)?.define(registry))
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    tracing_subscriber::fmt().with_writer(std::io::stderr).init();
    // Handles are registered when a gateway is built, so the recorder comes first.
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let shipped = || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/petstore.yaml"));
    let path = std::env::args_os().nth(1).map_or_else(shipped, PathBuf::from).canonicalize()?;
    let backend = backend().await?.to_string();
    let own = Router::new().route("/own/stats", get(async || "the host's own router\n"));
    let registry = Registry::new()
        .integrations(Integrations::with_default_client()?)
        .service("own", FromService::new(own))
        .authorizer("badge", badge);

    let gateway = Gateway::new(read(&path, &backend, &registry)?)?;
    let handle = gateway.handle();
    let (changed, mut changes) = mpsc::channel(16);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| event.kind.is_modify() || event.kind.is_create()) {
            let _ = changed.try_send(());
        }
    })?;
    // Editors replace the file: its folder is watched.
    watcher.watch(path.parent().unwrap_or(Path::new(".")), RecursiveMode::NonRecursive)?;
    let watched = path.clone();
    tokio::spawn(async move {
        while changes.recv().await.is_some() {
            let reloaded = read(&watched, &backend, &registry)
                .and_then(|definition| handle.reload(&definition).map_err(Problems::into));
            match reloaded {
                Ok(()) => tracing::info!("reloaded"),
                Err(problems) => tracing::error!("still serving the last good definition:\n{problems}"),
            }
        }
        drop(watcher);
    });

    let listener = listen().await?;
    let key = "-H 'x-api-key: petstore-demo-key-0001'";
    Tour::of(listener.local_addr()?)
        .try_this("/prod/health", "", 200, "a mock")
        .try_this("/prod/pets/1", "", 401, "no badge")
        .try_this("/prod/pets/1", "-H 'x-badge: alice'", 200, "from the backend")
        .try_this("/prod/catalog/toys", key, 200, "an API key")
        .try_this("/prod/own/stats", "", 200, "the host's own router")
        .try_this("/metrics", "", 200, "what was counted")
        .note(&format!("Now edit {}: it is served as soon as you save it.", path.display()))
        .end();
    let metrics = Arc::new(metrics);
    let app = Router::new().route("/metrics", get(move || async move { metrics.render() })).fallback_service(gateway);
    Ok(axum::serve(listener, app).await?)
}

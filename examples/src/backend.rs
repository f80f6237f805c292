use std::net::SocketAddr;

use axum::{
    Json, Router,
    extract::Path,
    http::StatusCode,
    routing::{get, post},
};
use serde_json::{Value, json};

use crate::Failure;

/// Starts a small HTTP backend on a free port of the loopback: `/pets`, `/pets/{id}` and `/catalog/...`.
///
/// # Errors
/// When there is no port to be had.
pub async fn backend() -> Result<SocketAddr, Failure> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await?;
    let address = listener.local_addr()?;
    let app = Router::new()
        .route("/pets", get(async || Json(json!([{ "id": 1, "name": "Rex" }, { "id": 2, "name": "Tom" }]))))
        .route("/pets", post(async |Json(pet): Json<Value>| (StatusCode::CREATED, Json(pet))))
        .route("/pets/{id}", get(async |Path(id): Path<u32>| Json(json!({ "id": id, "name": "Rex" }))))
        .route("/catalog/{*page}", get(async |Path(page): Path<String>| Json(json!({ "page": page }))));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok(address)
}

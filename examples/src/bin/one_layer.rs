//! One layer alone, in an axum service that exists already: API keys with a usage plan.
//!
//! `cargo run -p gateway-examples --bin one_layer`

use std::sync::Arc;

use axum::{Extension, Router, routing::get};
use gateway_core::{ApiKey, Context, Plan, Quota, Throttle, UsagePlan, UsagePlans};
use gateway_examples::{Failure, Tour, listen};

const KEY: &str = "one-layer-demo-key-0001";

/// Handlers behind the layer find its facts in their request.
async fn hello(Extension(context): Extension<Arc<Context>>) -> String {
    let key = context.api_key().map(|key| key.id.to_string()).unwrap_or_default();
    format!("hello, holder of the key `{key}`\n")
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let plan =
        Plan::new("trial").throttle(Throttle::new(10.0, 20)).quota(Quota::per_day(1)).key(ApiKey::new("demo", KEY)?);
    let app = Router::new()
        .route("/hello", get(hello))
        .layer(UsagePlans::new([plan]).into_layer())
        .route("/open", get(async || "open to all\n"));

    let listener = listen().await?;
    let key = format!("-H 'x-api-key: {KEY}'");
    Tour::of(listener.local_addr()?)
        .try_this("/open", "", 200, "not behind the layer")
        .try_this("/hello", "", 403, "no key")
        .try_this("/hello", &key, 200, "a good key")
        .try_this("/hello", &key, 429, "its quota of one a day is used up")
        .end();
    Ok(axum::serve(listener, app).await?)
}

//! Upstreams, over real backends that die and come back.

mod failing;
mod limits;
mod reloading;
mod shadow;
mod target;

use std::sync::Arc;

use gateway_core::{Body, CallError, Clock, Error, HttpClient, ManualClock, Request, Response, config::UpstreamConfig};
use gateway_integrations::{
    http::PooledClient,
    upstream::{Upstream, UpstreamBuilder},
};
use serde_json::{Value, json};

use self::target::Target;

fn client() -> Arc<dyn HttpClient> {
    Arc::new(PooledClient::builder().plain_only().build().unwrap())
}

/// An upstream over `targets`, with these settings besides.
fn config(targets: &[&Target], settings: &Value) -> UpstreamConfig {
    let targets: Vec<_> = targets.iter().map(|target| json!({ "uri": target.uri() })).collect();
    let mut config = json!({ "targets": targets });
    config.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    serde_json::from_value(config).unwrap()
}

fn builder() -> (UpstreamBuilder, Arc<ManualClock>) {
    let clock = Arc::new(ManualClock::default());
    (Upstream::builder("users", client()).clock(Arc::clone(&clock) as Arc<dyn Clock>), clock)
}

fn upstream(targets: &[&Target], settings: &Value) -> Upstream {
    builder().0.build(&config(targets, settings)).unwrap()
}

fn get(path: &str) -> Request {
    http::Request::get(format!("http://users{path}")).body(Body::empty()).unwrap()
}

fn post(body: impl Into<Body>) -> Request {
    http::Request::post("http://users/").body(body.into()).unwrap()
}

/// The text of an answer, or its status and why there is none.
async fn said(answer: Result<Response, Error>) -> String {
    match answer {
        Ok(response) if response.status().is_success() => crate::backend::text(response).await,
        Ok(response) => response.status().as_u16().to_string(),
        Err(error) => {
            let call = CallError::of(&error).and_then(std::error::Error::source);
            format!("{}: {}", error.status().as_u16(), call.map(ToString::to_string).unwrap_or_default())
        }
    }
}

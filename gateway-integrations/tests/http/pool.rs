//! Connections: kept, shared, limited.

use std::sync::Arc;

use gateway_core::{
    Body, ErrorKind, Integration, Response,
    config::{ApiConfig, IntegrationConfig, IntegrationFactory, IntegrationPlace, RouteConfig},
};
use gateway_integrations::{HttpProxy, Integrations, http::PooledClient};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::backend::{Backend, Chunks, Speaks, echo, get, invoke, text};

fn client() -> Arc<PooledClient> {
    Arc::new(PooledClient::builder().plain_only().build().unwrap())
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let client = client();
    for path in ["/a", "/b", "/c"] {
        let proxy = HttpProxy::new(&backend.uri(path), client.clone()).unwrap();
        assert!(text(invoke(&proxy, get("/")).await.unwrap()).await.contains(path));
    }
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn a_reload_keeps_the_connections() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let integrations = Integrations::new(client());
    let config = serde_json::json!({"type": "http_proxy", "uri": backend.uri("/x")});
    let config: IntegrationConfig = serde_json::from_value(config).unwrap();
    let (api, route) = (ApiConfig::default(), RouteConfig::default());
    let place = IntegrationPlace { api: &api, route: &route };
    for _ in 0..2 {
        let integration = integrations.integration(&config, place).unwrap().unwrap();
        let service = gateway_core::IntegrationService::new(integration);
        assert!(text(service.oneshot(get("/")).await.unwrap()).await.contains("GET /x"));
    }
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn http2_shares_one_connection() {
    let backend = Backend::start(Speaks::Http2, echo).await;
    let client = PooledClient::builder().plain_only().http2_prior_knowledge().build().unwrap();
    let proxy = HttpProxy::new(&backend.uri("/"), Arc::new(client)).unwrap();
    let (first, second) = tokio::join!(invoke(&proxy, get("/")), invoke(&proxy, get("/")));
    assert_eq!((first.unwrap().status().as_u16(), second.unwrap().status().as_u16()), (200, 200));
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn one_request_too_many_fails_at_once() {
    let (chunks, body) = Chunks::channel();
    let body = Arc::new(std::sync::Mutex::new(Some(body)));
    let backend = Backend::start(Speaks::Http1, move |_| {
        let body = body.lock().unwrap().take().unwrap_or_default();
        async move { Response::new(body) }
    })
    .await;
    let client = PooledClient::builder().plain_only().max_requests(1).build().unwrap();
    let proxy = HttpProxy::new(&backend.uri("/"), Arc::new(client)).unwrap();
    let first = invoke(&proxy, get("/")).await.unwrap();
    let shed = invoke(&proxy, get("/")).await.unwrap_err();
    assert_eq!(shed.kind(), ErrorKind::IntegrationFailure);
    assert!(std::error::Error::source(&shed).unwrap().to_string().contains("too many requests"));

    drop(chunks);
    let mut body = first.into_body();
    assert!(body.frame().await.is_none());
    // The slot is free: the answer's body has ended, though it is still there.
    let second = invoke(&proxy, get("/")).await.unwrap();
    drop(second);
    // And again: it was dropped.
    assert!(invoke(&proxy, get("/")).await.is_ok());
    drop(body);
}

#[tokio::test]
async fn it_is_a_service_of_its_own() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let service = HttpProxy::to(&backend.uri("")).unwrap().into_service();
    let answer = service.clone().oneshot(get("/pets/1")).await.unwrap();
    assert!(text(answer).await.contains("GET /pets/1"));
    let failed = HttpProxy::to("http://127.0.0.1:1").unwrap().into_service();
    let answer = failed.oneshot(http::Request::new(Body::empty())).await.unwrap();
    assert_eq!(answer.status(), 504);
}

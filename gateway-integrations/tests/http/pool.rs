//! Connections: kept, shared, limited.

use std::{sync::Arc, time::Duration};

use gateway_core::{
    Body, ErrorKind, HttpClient, Integration, Response,
    config::{ApiConfig, IntegrationConfig, IntegrationFactory, IntegrationPlace, RouteConfig},
};
use gateway_integrations::{HttpProxy, Integrations, http::PooledClient};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::backend::{Backend, Chunks, Speaks, context, echo, get, invoke, now, text};

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

/// What is larger than 1 KiB is slow to allocate, and moved about with each request.
#[tokio::test]
async fn a_proxied_request_is_small_while_it_waits() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let client = client();
    let proxy = HttpProxy::new(&backend.uri("/a"), client.clone()).unwrap();
    text(invoke(&proxy, get("/")).await.unwrap()).await;
    let request = http::Request::get(backend.uri("/")).body(Body::empty()).unwrap();
    let sent = client.send(request);
    let (parts, body) = get("/").into_parts();
    let context = context(&parts);
    let invoked = proxy.invoke(http::Request::from_parts(parts, body), &context);
    assert!(size_of_val(&*sent) <= 768, "{}", size_of_val(&*sent));
    assert!(size_of_val(&*invoked) <= 384, "{}", size_of_val(&*invoked));
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

#[tokio::test]
async fn more_connections_of_http2_are_opened_when_one_is_full() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let pass = Arc::clone(&gate);
    let backend = Backend::start(Speaks::Http2, move |_| {
        let (arrived, pass) = (arrived.clone(), Arc::clone(&pass));
        async move {
            arrived.send(()).unwrap();
            pass.acquire().await.unwrap().forget();
            Response::new(Body::from("ok"))
        }
    })
    .await;
    let client = PooledClient::builder()
        .plain_only()
        .http2_prior_knowledge()
        .http2_max_streams(2)
        .http2_max_connections_per_host(2)
        .build()
        .unwrap();
    let proxy = HttpProxy::new(&backend.uri("/"), Arc::new(client)).unwrap();
    let calls: Vec<_> = (0..5)
        .map(|_| {
            let proxy = proxy.clone();
            tokio::spawn(async move { text(invoke(&proxy, get("/")).await.unwrap()).await })
        })
        .collect();
    for _ in 0..5 {
        arrivals.recv().await.unwrap();
    }
    assert_eq!(backend.connections(), 2);
    gate.add_permits(5);
    for call in calls {
        assert_eq!(call.await.unwrap(), "ok");
    }
}

/// Keeps two connections busy at once, so that both are laid aside after.
async fn use_two(backend: &Backend, client: &Arc<PooledClient>) {
    let proxy = HttpProxy::new(&backend.uri("/"), client.clone()).unwrap();
    let (first, second) = tokio::join!(invoke(&proxy, get("/")), invoke(&proxy, get("/")));
    text(first.unwrap()).await;
    text(second.unwrap()).await;
}

#[tokio::test]
async fn no_more_connections_are_kept_than_allowed() {
    for (per_host, in_all, opened) in [(2, 2, 2), (1, 2, 3), (2, 1, 3), (0, 2, 4)] {
        let backend = Backend::start(Speaks::Http1, echo).await;
        let client = PooledClient::builder().plain_only().pool_max_idle_per_host(per_host).pool_max_idle(in_all);
        let client = Arc::new(client.build().unwrap());
        use_two(&backend, &client).await;
        use_two(&backend, &client).await;
        assert_eq!(backend.connections(), opened, "{per_host} {in_all}");
    }
}

#[tokio::test(start_paused = true)]
async fn unused_connections_are_closed() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let (closed, mut closes) = tokio::sync::mpsc::unbounded_channel();
        let backend = Backend::accepting(move |stream| {
            let closed = closed.clone();
            async move {
                crate::backend::serve(speaks, stream, echo).await;
                closed.send(now()).unwrap();
            }
        })
        .await;
        let client = PooledClient::builder().plain_only().pool_idle_timeout(Duration::from_secs(8));
        let client = if speaks == Speaks::Http2 { client.http2_prior_knowledge() } else { client };
        let proxy = HttpProxy::new(&backend.uri("/"), Arc::new(client.build().unwrap())).unwrap();
        for _ in 0..5 {
            text(invoke(&proxy, get("/")).await.unwrap()).await;
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
        assert_eq!(backend.connections(), 1, "used often enough, HTTP/2: {}", speaks == Speaks::Http2);
        let unused = now() - Duration::from_secs(4);
        let kept = closes.recv().await.unwrap() - unused;
        assert!(kept > Duration::from_secs(5) && kept <= Duration::from_secs(11), "{kept:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_backend_listens_on_a_unix_socket() {
    let folder = std::env::temp_dir().join(format!("gateway-socket-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let path = folder.join("backend");
    let listener = tokio::net::UnixListener::bind(&path).unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        crate::backend::serve(Speaks::Http1, stream, echo).await;
    });
    let client = Arc::new(PooledClient::builder().plain_only().unix_socket(&path).build().unwrap());
    let proxy = HttpProxy::new("http://pets/v1", client).unwrap();
    for _ in 0..2 {
        let seen = text(invoke(&proxy, get("/a")).await.unwrap()).await;
        assert_eq!(seen, "HTTP/1.1 GET /v1 host=pets length=- body=");
    }
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn a_client_outlives_the_runtime_that_it_was_used_in() {
    let client = client();
    for _ in 0..2 {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let backend = Backend::start(Speaks::Http1, echo).await;
            let proxy = HttpProxy::new(&backend.uri("/"), client.clone()).unwrap();
            for _ in 0..2 {
                text(invoke(&proxy, get("/")).await.unwrap()).await;
            }
            assert_eq!(backend.connections(), 1);
        });
    }
}

#[tokio::test]
async fn no_more_connections_are_opened_than_allowed_and_few_wait_for_one() {
    let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let pass = Arc::clone(&gate);
    let backend = Backend::start(Speaks::Http1, move |_| {
        let (arrived, pass) = (arrived.clone(), Arc::clone(&pass));
        async move {
            arrived.send(()).unwrap();
            pass.acquire().await.unwrap().forget();
            Response::new(Body::from("ok"))
        }
    })
    .await;
    let client = PooledClient::builder()
        .plain_only()
        .max_connections_per_host(3)
        .max_waiting_for_connection(20, Duration::from_secs(60))
        .build()
        .unwrap();
    let proxy = HttpProxy::new(&backend.uri("/"), Arc::new(client)).unwrap();
    let calls: Vec<_> = (0..30)
        .map(|_| {
            let proxy = proxy.clone();
            tokio::spawn(async move { invoke(&proxy, get("/")).await.map_err(|error| error.status().as_u16()) })
        })
        .collect();
    for _ in 0..3 {
        arrivals.recv().await.unwrap();
    }
    gate.add_permits(30);
    let mut refused = 0;
    for call in calls {
        match call.await.unwrap() {
            Ok(answer) => assert_eq!(text(answer).await, "ok"),
            Err(status) => {
                assert_eq!(status, 503);
                refused += 1;
            }
        }
    }
    assert_eq!((refused, backend.connections()), (7, 3));
}

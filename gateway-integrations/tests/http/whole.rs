//! The whole gateway between real clients and real backends: what streams, what is switched, who leaves.

use std::sync::{Arc, Mutex};

use gateway_core::{
    Body, Context, Gateway, Response,
    config::{Config, Registry},
};
use gateway_integrations::{Integrations, http::PooledClient};
use http_body_util::{BodyExt, StreamBody};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use crate::{
    backend::{Backend, Chunks, Speaks},
    passing::{UPGRADE, WithTrailers, read_until, switching, trailers},
};

/// A gateway whose routes all have this integration, and what it says of each request that is over.
async fn front(
    protocol: &str,
    integration: &Value,
    client: PooledClient,
) -> (Backend, mpsc::UnboundedReceiver<String>) {
    let definition = json!({
        "apis": [{
            "name": "api",
            "protocolType": protocol,
            "routes": [{ "route": "ANY /{path+}", "integration": integration }],
            "stages": [{ "name": "prod" }],
        }],
    });
    let registry = Registry::new().integrations(Integrations::new(Arc::new(client)));
    let mut definition = Config::from_value(definition).unwrap().define(&registry);
    let (said, lines) = mpsc::unbounded_channel();
    let observer = move |context: &Context| {
        let failure = context.failure();
        let names = failure.map(|failure| [failure.side.name(), failure.phase.name(), failure.cause.name()].join(" "));
        let _ = said.send(names.unwrap_or_default());
    };
    definition = definition.observer(observer);
    let service = TowerToHyperService::new(Gateway::new(definition).unwrap());
    let front = Backend::accepting(move |stream| {
        let service = service.clone();
        async move {
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection_with_upgrades(TokioIo::new(stream), service).await;
        }
    })
    .await;
    (front, lines)
}

fn plain(speaks: Speaks) -> PooledClient {
    let builder = PooledClient::builder().plain_only();
    let builder = if speaks == Speaks::Http2 { builder.http2_prior_knowledge() } else { builder };
    builder.build().unwrap()
}

fn proxy(backend: &Backend) -> Value {
    json!({ "type": "http_proxy", "uri": backend.uri("/{path}") })
}

const TO_CHAT: &str = "GET /prod/chat HTTP/1.1\r\n";

#[tokio::test]
async fn a_connection_is_switched_to_a_websocket() {
    for protocol in ["HTTP", "REST"] {
        let backend = switching("websocket").await;
        let mut integration = proxy(&backend);
        integration["upgrades"] = json!(["websocket"]);
        let (front, mut lines) = front(protocol, &integration, plain(Speaks::Http1)).await;
        let mut client = TcpStream::connect(front.address).await.unwrap();
        let (_, headers) = UPGRADE.split_once("\r\n").unwrap();
        client.write_all(format!("{TO_CHAT}{headers}").as_bytes()).await.unwrap();
        let head = read_until(&mut client, "\r\n\r\n").await.to_lowercase();
        assert!(head.starts_with("http/1.1 101 ") && head.contains("upgrade: websocket\r\n"), "{protocol}: {head}");
        assert_eq!(read_until(&mut client, ">").await, ">");
        for said in ["a", "bcd"] {
            client.write_all(said.as_bytes()).await.unwrap();
            let twice: String = said.chars().flat_map(|letter| [letter, letter]).collect();
            assert_eq!(read_until(&mut client, &twice).await, twice);
        }
        client.shutdown().await.unwrap();
        assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
        assert_eq!(lines.recv().await.unwrap(), "", "{protocol}");
    }
}

/// Says each message back, and at the end that all was well.
async fn grpc(request: http::Request<hyper::body::Incoming>) -> Response {
    let (said, frames) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut body = request.into_body();
        while let Some(Ok(frame)) = body.frame().await {
            if let Ok(data) = frame.into_data() {
                said.send(http_body::Frame::data(data)).await.unwrap();
            }
        }
        let _ = said.send(http_body::Frame::trailers(trailers("grpc-status"))).await;
    });
    let response = http::Response::builder().header("content-type", "application/grpc");
    response.body(Body::new(StreamBody::new(Frames(frames)))).unwrap()
}

struct Frames(mpsc::Receiver<http_body::Frame<bytes::Bytes>>);

impl futures_core::Stream for Frames {
    type Item = Result<http_body::Frame<bytes::Bytes>, std::convert::Infallible>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        self.0.poll_recv(cx).map(|frame| frame.map(Ok))
    }
}

#[tokio::test]
async fn a_call_of_grpc_streams_both_ways_and_ends_with_trailers() {
    let backend = Backend::start(Speaks::Http2, grpc).await;
    let (front, _) = front("HTTP", &proxy(&backend), plain(Speaks::Http2)).await;
    let stream = TcpStream::connect(front.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let (messages, body) = Chunks::channel();
    let request = http::Request::post("http://api.local/prod/pets.Pets/Talk")
        .header("content-type", "application/grpc")
        .header("te", "trailers");
    let answer = client.send_request(request.body(body).unwrap()).await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/grpc".parse().unwrap())
    );
    let mut answer = Body::new(answer.into_body());
    for message in ["first", "second"] {
        messages.send(message.into()).await.unwrap();
        assert_eq!(answer.frame().await.unwrap().unwrap().into_data().unwrap(), message);
    }
    drop(messages);
    assert_eq!(answer.collect_with_trailers().await, (bytes::Bytes::new(), Some(trailers("grpc-status"))));
}

#[tokio::test]
async fn events_of_a_server_arrive_one_by_one() {
    for protocol in ["HTTP", "REST"] {
        let (events, body) = Chunks::channel();
        let body = Arc::new(Mutex::new(Some(body)));
        let backend = Backend::start(Speaks::Http1, move |_| {
            let body = body.lock().unwrap().take().unwrap_or_default();
            async move { http::Response::builder().header("content-type", "text/event-stream").body(body).unwrap() }
        })
        .await;
        let (front, mut lines) = front(protocol, &proxy(&backend), plain(Speaks::Http1)).await;
        let mut client = TcpStream::connect(front.address).await.unwrap();
        client.write_all(b"GET /prod/events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        let head = read_until(&mut client, "\r\n\r\n").await;
        assert!(head.contains("content-type: text/event-stream\r\n"), "{protocol}: {head}");
        for event in ["data: 1\n\n", "data: 2\n\n"] {
            events.send(event.into()).await.unwrap();
            assert!(read_until(&mut client, &format!("{event}\r\n")).await.ends_with(&format!("{event}\r\n")));
        }
        drop(events);
        assert_eq!(read_until(&mut client, "0\r\n\r\n").await, "0\r\n\r\n");
        assert_eq!(lines.recv().await.unwrap(), "", "{protocol}");
    }
}

/// A backend that says this, and goes away or stays.
async fn saying(said: &'static str, stays: bool) -> (Backend, mpsc::UnboundedReceiver<()>) {
    let (asked, requests) = mpsc::unbounded_channel();
    let backend = Backend::accepting(move |mut stream: TcpStream| {
        let asked = asked.clone();
        async move {
            read_until(&mut stream, "\r\n\r\n").await;
            stream.write_all(said.as_bytes()).await.unwrap();
            asked.send(()).unwrap();
            if stays {
                let _ = stream.read(&mut [0; 1]).await;
            }
        }
    })
    .await;
    (backend, requests)
}

const HALF: &str = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc";

#[tokio::test]
async fn a_client_that_leaves_is_told_from_a_backend_that_fails() {
    for (said, stays, client_stays, failure) in [
        ("", true, false, "client call closed"),
        (HALF, true, false, "client response_body closed"),
        ("", false, true, "backend response_head closed"),
        (HALF, false, true, "backend response_body closed"),
        ("HTTP/1.1 nonsense\r\n\r\n", false, true, "backend response_head malformed"),
    ] {
        let (backend, mut asked) = saying(said, stays).await;
        let (front, mut lines) = front("HTTP", &proxy(&backend), plain(Speaks::Http1)).await;
        let mut client = TcpStream::connect(front.address).await.unwrap();
        client.write_all(b"GET /prod/x HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
        asked.recv().await.unwrap();
        if !client_stays {
            if !said.is_empty() {
                read_until(&mut client, "abc").await;
            }
            drop(client);
        } else {
            let mut answer = Vec::new();
            let _ = client.read_to_end(&mut answer).await;
        }
        assert_eq!(lines.recv().await.unwrap(), failure, "{said}");
    }
}

#[cfg(feature = "upstream")]
#[tokio::test]
async fn a_target_is_not_blamed_for_clients_that_leave() {
    use gateway_core::HttpClient;
    use gateway_integrations::upstream::Upstream;

    let (backend, mut asked) = saying("", true).await;
    let config = json!({
        "targets": [{ "uri": backend.uri("") }],
        "outlierDetection": { "consecutiveFailures": 1 },
        "circuitBreaker": { "minimumRequests": 1, "failurePercent": 1 },
    });
    let client = Arc::new(plain(Speaks::Http1));
    let users = Upstream::builder("users", client).build(&serde_json::from_value(config).unwrap()).unwrap();
    for _ in 0..3 {
        let mut waiting = users.send(http::Request::get("http://users/").body(Body::empty()).unwrap());
        tokio::select! {
            biased;
            _ = &mut waiting => panic!("there is no answer"),
            _ = asked.recv() => {}
        }
    }
    let status = users.status();
    let target = &status.targets[0];
    assert_eq!((target.requests, target.failed, target.under_way, target.ejected_for), (3, 0, 0, None));
    assert_eq!(status.breaker, gateway_integrations::upstream::BreakerState::Closed);
}

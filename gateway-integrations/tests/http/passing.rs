//! What passes through the proxy beside plain requests: upgrades, expectations, trailers, the host's own headers.

use std::sync::{Arc, Mutex};

use gateway_core::{Body, ErrorKind, Integration, Response};
use gateway_integrations::{
    HttpProxy,
    http::{HeaderRules, PooledClient},
};
use http::{HeaderMap, HeaderValue, header};
use http_body::Frame;
use http_body_util::BodyExt;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::backend::{Backend, Speaks, echo, get, invoke};

/// The proxy behind a real server, and a client of it.
async fn through(proxy: HttpProxy) -> TcpStream {
    let service = TowerToHyperService::new(proxy.into_service());
    let front = Backend::accepting(move |stream| {
        let serving =
            hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        async move {
            let _ = serving.with_upgrades().await;
        }
    })
    .await;
    TcpStream::connect(front.address).await.unwrap()
}

pub(crate) async fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut read = Vec::new();
    while !read.ends_with(end.as_bytes()) {
        read.push(stream.read_u8().await.unwrap_or_else(|error| panic!("{error} after {read:?}")));
    }
    String::from_utf8(read).unwrap()
}

/// A backend that switches to `protocol`, and then says each byte twice.
pub(crate) async fn switching(protocol: &'static str) -> Backend {
    Backend::accepting(move |mut stream: TcpStream| async move {
        let head = read_until(&mut stream, "\r\n\r\n").await.to_lowercase();
        assert!(head.contains("upgrade: websocket") && head.contains("connection: upgrade"), "{head}");
        let answer = format!("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: {protocol}\r\n\r\n>");
        stream.write_all(answer.as_bytes()).await.unwrap();
        while let Ok(byte) = stream.read_u8().await {
            stream.write_all(&[byte, byte]).await.unwrap();
        }
    })
    .await
}

pub(crate) const UPGRADE: &str =
    "GET /chat HTTP/1.1\r\nHost: x\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n";

#[tokio::test]
async fn a_connection_is_switched_where_it_may_be() {
    let backend = switching("WebSocket").await;
    let mut client = through(HttpProxy::to(&backend.uri("")).unwrap().upgrades(["websocket"])).await;
    client.write_all(UPGRADE.as_bytes()).await.unwrap();
    let head = read_until(&mut client, "\r\n\r\n").await.to_lowercase();
    assert!(head.starts_with("http/1.1 101 ") && head.contains("upgrade: websocket\r\n"), "{head}");
    // What the backend said along with its head is not lost.
    assert_eq!(read_until(&mut client, ">").await, ">");
    for said in ["a", "bcd"] {
        client.write_all(said.as_bytes()).await.unwrap();
        let twice: String = said.chars().flat_map(|letter| [letter, letter]).collect();
        assert_eq!(read_until(&mut client, &twice).await, twice);
    }
    client.shutdown().await.unwrap();
    assert_eq!(client.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_switch_to_something_else_is_a_failure() {
    let backend = switching("h2c").await;
    let mut client = through(HttpProxy::to(&backend.uri("")).unwrap().upgrades(["websocket"])).await;
    client.write_all(UPGRADE.as_bytes()).await.unwrap();
    assert!(read_until(&mut client, "\r\n").await.contains(" 504 "));
}

#[tokio::test]
async fn a_switched_connection_keeps_its_place_among_the_requests() {
    let backend = switching("websocket").await;
    let client = Arc::new(PooledClient::builder().plain_only().max_requests(1).build().unwrap());
    let proxy = HttpProxy::new(&backend.uri(""), client).unwrap().upgrades(["websocket"]);
    let mut switched = through(proxy.clone()).await;
    switched.write_all(UPGRADE.as_bytes()).await.unwrap();
    read_until(&mut switched, ">").await;
    assert_eq!(invoke(&proxy, get("/")).await.unwrap_err().kind(), ErrorKind::IntegrationFailure);
}

#[tokio::test]
async fn protocols_that_are_not_named_are_not_asked_for() {
    let backend = Backend::start(Speaks::Http1, async |request: http::Request<hyper::body::Incoming>| {
        Response::new(Body::from(format!("{}!", request.headers().contains_key(header::UPGRADE))))
    })
    .await;
    for protocols in [vec![], vec!["h2c-14", "mqtt"]] {
        let mut client = through(HttpProxy::to(&backend.uri("")).unwrap().upgrades(protocols)).await;
        client.write_all(UPGRADE.as_bytes()).await.unwrap();
        assert!(read_until(&mut client, "!").await.ends_with("\r\n\r\nfalse!"));
    }
}

#[tokio::test]
async fn an_expectation_is_met_here() {
    let backend = Backend::start(Speaks::Http1, async |request: http::Request<hyper::body::Incoming>| {
        let expects = request.headers().contains_key(header::EXPECT);
        let body = request.into_body().collect().await.unwrap().to_bytes();
        Response::new(Body::from(format!("{expects} {body:?}!")))
    })
    .await;
    let mut client = through(HttpProxy::to(&backend.uri("")).unwrap()).await;
    let head = "PUT / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_until(&mut client, "\r\n\r\n").await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"body").await.unwrap();
    assert!(read_until(&mut client, "!").await.ends_with("\r\n\r\nfalse b\"body\"!"));
}

#[tokio::test]
async fn interim_answers_end_here() {
    for interim in [
        "103 Early Hints\r\nLink: </a>",
        "100 Continue",
        "102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>",
    ] {
        let backend = Backend::accepting(move |mut stream: TcpStream| async move {
            read_until(&mut stream, "\r\n\r\n").await;
            let said = format!("HTTP/1.1 {interim}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
            stream.write_all(said.as_bytes()).await.unwrap();
        })
        .await;
        let mut client = through(HttpProxy::to(&backend.uri("")).unwrap()).await;
        client.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let answer = read_until(&mut client, "ok").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n") && !answer.contains("link"), "{interim}: {answer}");
    }
}

pub(crate) fn trailers(name: &'static str) -> HeaderMap {
    HeaderMap::from_iter([(header::HeaderName::from_static(name), HeaderValue::from_static("1"))])
}

/// As gRPC has it: HTTP/2 all the way, trailers in both directions.
#[tokio::test]
async fn trailers_pass_in_both_directions() {
    let seen = Arc::new(Mutex::new(None));
    let at_backend = Arc::clone(&seen);
    let backend = Backend::start(Speaks::Http2, move |request: http::Request<hyper::body::Incoming>| {
        let seen = Arc::clone(&at_backend);
        async move {
            let te = request.headers().get(header::TE).cloned();
            let asked = request.into_body().collect().await.unwrap();
            *seen.lock().unwrap() = Some((te, asked.trailers().cloned()));
            let body =
                http_body_util::Full::new("answer".into()).with_trailers(async { Some(Ok(trailers("grpc-status"))) });
            Response::new(Body::new(body))
        }
    })
    .await;
    let client = PooledClient::builder().plain_only().http2_prior_knowledge().build().unwrap();
    let proxy = HttpProxy::new(&backend.uri(""), Arc::new(client)).unwrap();
    let body = http_body_util::Full::new("question".into()).with_trailers(async { Some(Ok(trailers("x-asked"))) });
    let request = http::Request::post("/pets.Pets/Get")
        .version(http::Version::HTTP_2)
        .header("te", "trailers")
        .header("content-type", "application/grpc");
    let answer = invoke(&proxy, request.body(Body::new(body)).unwrap()).await.unwrap();
    let answer = answer.into_body().collect_with_trailers().await;
    assert_eq!(answer, ("answer".into(), Some(trailers("grpc-status"))));
    let (te, asked) = seen.lock().unwrap().take().unwrap();
    assert_eq!((te.unwrap(), asked), (HeaderValue::from_static("trailers"), Some(trailers("x-asked"))));
}

pub(crate) trait WithTrailers {
    async fn collect_with_trailers(self) -> (bytes::Bytes, Option<HeaderMap>);
}

impl WithTrailers for Body {
    async fn collect_with_trailers(mut self) -> (bytes::Bytes, Option<HeaderMap>) {
        let (mut data, mut trailers) = (Vec::new(), None);
        while let Some(frame) = self.frame().await {
            match frame.map(Frame::into_data).unwrap() {
                Ok(bytes) => data.extend_from_slice(&bytes),
                Err(frame) => trailers = frame.into_trailers().ok(),
            }
        }
        (data.into(), trailers)
    }
}

#[tokio::test]
async fn the_hosts_own_header_rules_come_last() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let rules = HeaderRules::new()
        .preserve_host(true)
        .request_header(header::HOST, HeaderValue::from_static("pets.example"))
        .response_header(header::DATE, None)
        .response_header(header::SERVER, HeaderValue::from_static("edge"));
    let proxy = HttpProxy::to(&backend.uri("/x")).unwrap().header_rules(rules);
    let answer = invoke(&proxy, get("/")).await.unwrap();
    assert_eq!(answer.headers()[header::SERVER], "edge");
    assert!(!answer.headers().contains_key(header::DATE));
    assert!(crate::backend::text(answer).await.contains("host=pets.example "));
}

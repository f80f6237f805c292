//! What the client is answered.

use gateway_core::{Body, Response};
use gateway_integrations::HttpProxy;
use http::Method;
use http_body::Body as _;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::backend::{Backend, Speaks, get, invoke, text};

/// A backend that answers with these bytes, whatever it is asked.
async fn raw(answer: &'static str) -> Backend {
    Backend::accepting(move |mut stream| async move {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.unwrap());
        }
        stream.write_all(answer.as_bytes()).await.unwrap();
        stream.shutdown().await.unwrap();
    })
    .await
}

async fn answer(method: Method, answer: &'static str) -> Response {
    let backend = raw(answer).await;
    let proxy = HttpProxy::to(&backend.uri("/x")).unwrap();
    let request = http::Request::builder().method(method).uri("/").body(Body::empty()).unwrap();
    invoke(&proxy, request).await.unwrap()
}

#[tokio::test]
async fn redirects_are_the_clients_business() {
    let response =
        answer(Method::GET, "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/\r\nContent-Length: 4\r\n\r\nbody").await;
    assert_eq!(
        (response.status().as_u16(), &response.headers()["location"]),
        (302, &"http://elsewhere/".parse().unwrap())
    );
    assert_eq!(text(response).await, "body");
}

#[tokio::test]
async fn answers_without_a_body_have_none() {
    for (method, text, length) in [
        (Method::GET, "HTTP/1.1 204 No Content\r\nETag: x\r\n\r\n", None),
        (Method::GET, "HTTP/1.1 304 Not Modified\r\nETag: x\r\nContent-Length: 9\r\n\r\n", Some("9")),
        (Method::HEAD, "HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 9\r\n\r\n", Some("9")),
    ] {
        let response = answer(method, text).await;
        assert_eq!(response.headers()["etag"], "x");
        assert_eq!(response.headers().get("content-length").map(|length| length.to_str().unwrap()), length, "{text}");
        assert!(response.body().is_end_stream(), "{text}");
        assert_eq!(response.into_body().collect().await.unwrap(), "");
    }
}

#[tokio::test]
async fn hop_by_hop_headers_of_the_wire_end_here() {
    let wire = "HTTP/1.1 200 OK\r\nConnection: X-Hop, close\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nUpgrade: h2c\r\n\
                Transfer-Encoding: chunked\r\nX-Own: 2\r\n\r\n2\r\nok\r\n0\r\n\r\n";
    let response = answer(Method::GET, wire).await;
    let names: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
    assert_eq!(names, ["x-own"]);
    assert_eq!(text(response).await, "ok");
}

#[tokio::test]
async fn an_old_backend_is_answered_for_in_http_1_1() {
    let response = answer(Method::GET, "HTTP/1.0 200 OK\r\n\r\nold").await;
    assert_eq!(response.version(), http::Version::HTTP_11);
    assert_eq!(text(response).await, "old");
}

#[tokio::test]
async fn an_upgrade_is_not_asked_for() {
    let backend = Backend::start(Speaks::Http1, async |request: http::Request<hyper::body::Incoming>| {
        let names: Vec<_> = request.headers().keys().map(http::HeaderName::as_str).collect();
        Response::new(Body::from(names.join(",")))
    })
    .await;
    let proxy = HttpProxy::to(&backend.uri("/x")).unwrap();
    let mut request = get("/");
    for (name, value) in [("connection", "upgrade"), ("upgrade", "websocket"), ("sec-websocket-key", "x")] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    let seen = text(invoke(&proxy, request).await.unwrap()).await;
    assert!(seen.contains("sec-websocket-key") && !seen.contains("upgrade") && !seen.contains("connection"), "{seen}");
}

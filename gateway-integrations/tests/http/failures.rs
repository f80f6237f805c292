//! What goes wrong, and what it is called then.

use std::{error::Error as StdError, sync::Arc};

use gateway_core::{Body, Error, ErrorKind};
use gateway_integrations::{HttpProxy, http::PooledClient};

use crate::backend::{Backend, Chunks, Speaks, echo, get, invoke, text};

fn causes(error: &Error) -> String {
    let mut all = String::new();
    let mut next: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = next {
        all += &format!("{error}; ");
        next = error.source();
    }
    all
}

/// A port that nobody listens on.
async fn closed_port() -> String {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap())
}

#[tokio::test]
async fn nobody_listens() {
    let proxy = HttpProxy::to(&closed_port().await).unwrap();
    let error = invoke(&proxy, get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
    assert!(causes(&error).to_lowercase().contains("refused"), "{}", causes(&error));
}

#[tokio::test]
async fn a_connection_that_breaks_is_a_failure() {
    let backend = Backend::accepting(async |stream| drop(stream)).await;
    let proxy = HttpProxy::to(&backend.uri("/")).unwrap();
    assert_eq!(invoke(&proxy, get("/")).await.unwrap_err().kind(), ErrorKind::IntegrationFailure);
}

#[tokio::test]
async fn https_without_tls_says_what_is_missing() {
    let client = PooledClient::builder().plain_only().build().unwrap();
    let proxy = HttpProxy::new("https://127.0.0.1:1/", Arc::new(client)).unwrap();
    let error = invoke(&proxy, get("/")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
    assert!(causes(&error).contains("tls-aws-lc-rs"), "{}", causes(&error));
}

#[cfg(not(feature = "tls-aws-lc-rs"))]
#[test]
fn without_the_feature_https_is_refused_at_once() {
    let error = HttpProxy::to("https://127.0.0.1:1/").unwrap_err();
    assert!(error.to_string().contains("tls-aws-lc-rs"), "{error}");
}

#[tokio::test]
async fn a_body_over_its_limit_is_too_large() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let backend = Backend::start(speaks, echo).await;
        let mut client = PooledClient::builder().plain_only();
        if speaks == Speaks::Http2 {
            client = client.http2_prior_knowledge();
        }
        let proxy = HttpProxy::new(&backend.uri("/"), Arc::new(client.build().unwrap())).unwrap();
        let (chunks, stream) = Chunks::channel();
        let sending = tokio::spawn(async move {
            for chunk in ["12345", "6789"] {
                let _ = chunks.send(chunk.into()).await;
            }
        });
        for body in [stream, Body::from("123456789")] {
            let request = http::Request::post("/").body(body.with_limit(8)).unwrap();
            let error = invoke(&proxy, request).await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::RequestTooLarge, "{}", causes(&error));
        }
        sending.await.unwrap();
        let request = http::Request::post("/").body(Body::from("12345678").with_limit(8)).unwrap();
        assert!(text(invoke(&proxy, request).await.unwrap()).await.ends_with("body=12345678"));
    }
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_an_error_of_its_body() {
    let backend = Backend::accepting(async |mut stream: tokio::net::TcpStream| {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let _ = stream.read(&mut [0; 1024]).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
    })
    .await;
    let proxy = HttpProxy::to(&backend.uri("/")).unwrap();
    let response = invoke(&proxy, get("/")).await.unwrap();
    assert_eq!(response.status(), 200);
    assert!(response.into_body().collect().await.is_err());
}

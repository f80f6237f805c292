//! Answers of every framing, one after the other on one connection.

use gateway_core::{Body, HttpClient, Request};
use gateway_integrations::http::PooledClient;
use http::header;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::backend::{Backend, text};

fn client() -> PooledClient {
    PooledClient::builder().plain_only().build().unwrap()
}

fn request(method: &str, backend: &Backend) -> Request {
    http::Request::builder().method(method).uri(backend.uri("/")).body(Body::empty()).unwrap()
}

/// The head of a request; none at the end of the stream.
async fn asked(stream: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    String::from_utf8(head).ok()
}

/// Answers the requests of each connection with these, piece by piece.
async fn saying(answers: &'static [&'static [&'static str]]) -> Backend {
    Backend::accepting(move |mut stream| async move {
        stream.set_nodelay(true).unwrap();
        for answer in answers {
            if asked(&mut stream).await.is_none() {
                return;
            }
            for piece in *answer {
                stream.write_all(piece.as_bytes()).await.unwrap();
                tokio::task::yield_now().await;
            }
        }
        while asked(&mut stream).await.is_some() {}
    })
    .await
}

#[tokio::test]
async fn a_connection_stays_whatever_frames_its_answers() {
    let backend = saying(&[
        &["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
        &["HTTP/1.1 200 OK\r\nContent-Le", "ngth: 4\r\nConnection: keep-alive\r\n", "\r\nlo", "ng"],
        &["HTTP/1.1 204 No Content\r\n\r\n"],
        &["HTTP/1.1 404 Gone Fishing\r\nContent-Length: 0\r\n\r\n"],
        &["HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nlate"],
        &["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n", "1\r\nd\r\n0\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ])
    .await;
    let client = client();
    for (status, body) in [(200, "ok"), (200, "long"), (204, ""), (404, ""), (200, "late"), (200, "abcd"), (200, "ok")]
    {
        let answer = client.send(request("GET", &backend)).await.unwrap();
        assert_eq!(answer.status().as_u16(), status, "{body}");
        assert_eq!(text(answer).await, body);
    }
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn an_answer_to_head_has_no_body() {
    let backend = saying(&[
        &["HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"],
    ])
    .await;
    let client = client();
    let answer = client.send(request("HEAD", &backend)).await.unwrap();
    assert_eq!(answer.headers()[header::CONTENT_LENGTH], "9");
    assert_eq!(text(answer).await, "");
    assert_eq!(text(client.send(request("GET", &backend)).await.unwrap()).await, "ok");
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn a_request_that_hyper_finishes_is_sent_once() {
    let (seen, mut requests) = tokio::sync::mpsc::unbounded_channel();
    let backend = Backend::accepting(move |mut stream| {
        let seen = seen.clone();
        async move {
            while let Some(head) = asked(&mut stream).await {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
                let mut body = vec![0; length.unwrap_or(0)];
                stream.read_exact(&mut body).await.unwrap();
                seen.send(String::from_utf8(body).unwrap()).unwrap();
                stream
                    .write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n")
                    .await
                    .unwrap();
            }
        }
    })
    .await;
    let client = client();
    for body in ["first", "second", "third"] {
        let mut request = request("POST", &backend);
        request.headers_mut().insert(header::CONTENT_LENGTH, body.len().into());
        *request.body_mut() = body.into();
        assert_eq!(text(client.send(request).await.unwrap()).await, "ok");
        assert_eq!(requests.recv().await.unwrap(), body);
    }
    assert!(requests.try_recv().is_err());
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn a_long_answer_of_known_length_streams_and_frees_its_connection() {
    const LENGTH: usize = 300_000;
    let backend = Backend::accepting(|mut stream| async move {
        while asked(&mut stream).await.is_some() {
            let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {LENGTH}\r\n\r\n");
            stream.write_all(head.as_bytes()).await.unwrap();
            for _ in 0..LENGTH / 1000 {
                stream.write_all(&[b'x'; 1000]).await.unwrap();
            }
        }
    })
    .await;
    let client = client();
    for _ in 0..2 {
        assert_eq!(text(client.send(request("GET", &backend)).await.unwrap()).await, "x".repeat(LENGTH));
    }
    assert_eq!(backend.connections(), 1);
}

#[tokio::test]
async fn what_a_backend_says_too_much_answers_nobody_else() {
    let backend =
        saying(&[&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"]])
            .await;
    let client = client();
    for connections in 1..=3 {
        assert_eq!(text(client.send(request("GET", &backend)).await.unwrap()).await, "ok");
        assert_eq!(backend.connections(), connections);
    }
}

//! Backends that fail in every phase of a call, and clients that do.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use gateway_core::{Body, CallCause, CallError, CallPhase, CallSide, Error, ErrorKind, HttpClient, Request, Response};
use gateway_integrations::http::{PooledClient, PooledClientBuilder};
use http_body_util::BodyExt;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::mpsc,
};

use crate::backend::{Backend, Chunks, Speaks, now, text};

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

pub(crate) fn client(change: impl FnOnce(PooledClientBuilder) -> PooledClientBuilder) -> PooledClient {
    change(PooledClient::builder().plain_only()).build().unwrap()
}

pub(crate) fn request(method: &str, backend: &Backend, body: impl Into<Body>) -> Request {
    http::Request::builder().method(method).uri(backend.uri("/")).body(body.into()).unwrap()
}

pub(crate) fn get(backend: &Backend) -> Request {
    request("GET", backend, Body::empty())
}

pub(crate) fn call(error: &(dyn std::error::Error + 'static)) -> (CallPhase, CallCause) {
    let call = CallError::of(error).unwrap_or_else(|| panic!("{error:?} says nothing of the call"));
    (call.phase(), call.cause())
}

/// Reads the head of a request; false at the end of the stream.
pub(crate) async fn read_head(stream: &mut TcpStream) -> bool {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return false,
        }
    }
    true
}

/// Closes with a reset.
pub(crate) fn reset(stream: TcpStream) {
    stream.set_zero_linger().unwrap();
    drop(stream);
}

#[tokio::test]
async fn a_backend_that_refuses() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let request = http::Request::get(uri).body(Body::empty()).unwrap();
    let error = client(|builder| builder).send(request).await.unwrap_err();
    assert_eq!((error.kind(), call(&error)), (ErrorKind::IntegrationFailure, (CallPhase::Connect, CallCause::Refused)));
}

/// What a backend says before it resets the connection, and what the caller is told.
async fn after(said: &'static [u8]) -> Result<Response, Error> {
    let backend = Backend::accepting(move |mut stream| async move {
        read_head(&mut stream).await;
        stream.write_all(said).await.unwrap();
        if said.is_empty() {
            reset(stream);
        }
    })
    .await;
    client(|builder| builder).send(get(&backend)).await
}

#[tokio::test]
async fn a_backend_that_goes_away_at_once() {
    let backend = Backend::accepting(async |stream| reset(stream)).await;
    let error = client(|builder| builder).send(get(&backend)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
    // Whether it goes away before the request is sent is chance.
    assert!(matches!(call(&error).0, CallPhase::Send | CallPhase::ResponseHead), "{error:?}");
}

#[tokio::test]
async fn a_backend_that_goes_away_before_and_in_the_head() {
    for said in ["", "HTTP/1.1 200 OK\r\nContent-"] {
        let error = after(said.as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
        assert_eq!(call(&error), (CallPhase::ResponseHead, CallCause::Closed), "{said:?}: {error:?}");
    }
}

#[tokio::test]
async fn a_backend_that_goes_away_in_the_body() {
    for said in [
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ] {
        let mut body = after(said.as_bytes()).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "abc");
        let error = body.frame().await.unwrap().unwrap_err();
        assert_eq!(call(&error), (CallPhase::ResponseBody, CallCause::Closed), "{said}: {error:?}");
    }
}

#[tokio::test]
async fn a_backend_that_speaks_something_else() {
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X: 1\r\n".repeat(101)).leak();
    for said in ["SSH-2.0-OpenSSH_9.6\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n: x\r\n\r\n", many] {
        let error = after(said.as_bytes()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::IntegrationFailure);
        assert_eq!(call(&error), (CallPhase::ResponseHead, CallCause::Malformed), "{said:.40}");
    }
    let body = after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n").await.unwrap().into_body();
    assert_eq!(call(&body.collect().await.unwrap_err()).0, CallPhase::ResponseBody);
}

#[tokio::test]
async fn an_answer_over_its_limit() {
    let backend = Backend::start(Speaks::Http1, async |_| Response::new(Body::from("12345"))).await;
    for (limit, fits) in [(4, false), (5, true)] {
        let client = client(|builder| builder.max_response_size(limit));
        let body = client.send(get(&backend)).await.unwrap().into_body();
        assert_eq!(body.collect().await.is_ok(), fits, "{limit}");
    }
}

/// A backend that says something and then nothing more, until the other side has closed; that is told.
async fn stalling(said: &'static [u8]) -> (Backend, mpsc::UnboundedReceiver<()>) {
    let (closed, seen) = mpsc::unbounded_channel();
    let backend = Backend::accepting(move |mut stream| {
        let closed = closed.clone();
        async move {
            read_head(&mut stream).await;
            stream.write_all(said).await.unwrap();
            while !matches!(stream.read(&mut [0; 64]).await, Ok(0) | Err(_)) {}
            let _ = closed.send(());
        }
    })
    .await;
    (backend, seen)
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_never_answers() {
    let late = |limit: Duration| move |builder: PooledClientBuilder| builder.response_header_timeout(limit);
    for limit in [Duration::from_millis(10), Duration::from_secs(3600)] {
        let (backend, mut closed) = stalling(b"").await;
        let started = now();
        let error = client(late(limit)).send(get(&backend)).await.unwrap_err();
        assert_eq!(
            (error.kind(), call(&error)),
            (ErrorKind::IntegrationTimeout, (CallPhase::ResponseHead, CallCause::TimedOut))
        );
        assert!(started.elapsed() >= limit && started.elapsed() < limit * 2);
        closed.recv().await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn a_backend_that_falls_silent_in_its_answer() {
    let (backend, mut closed) = stalling(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await;
    let client = client(|builder| builder.body_idle_timeout(Duration::from_secs(7)));
    let mut body = client.send(get(&backend)).await.unwrap().into_body();
    // A reader that takes its time is not the backend's fault.
    tokio::time::advance(Duration::from_secs(60)).await;
    assert!(body.frame().await.unwrap().is_ok());
    let error = body.frame().await.unwrap().unwrap_err();
    assert_eq!(call(&error), (CallPhase::ResponseBody, CallCause::TimedOut));
    closed.recv().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_call_that_takes_too_long_in_all() {
    for (said, phase) in [
        (&b""[..], CallPhase::ResponseHead),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", CallPhase::ResponseBody),
    ] {
        let (backend, _closed) = stalling(said).await;
        let client = client(|builder| builder.request_timeout(Duration::from_secs(7)));
        let error: Box<dyn std::error::Error> = match client.send(get(&backend)).await {
            Ok(response) => response.into_body().collect().await.unwrap_err().into(),
            Err(error) => error.into(),
        };
        assert_eq!(call(&*error), (phase, CallCause::Deadline));
    }
}

#[tokio::test(start_paused = true)]
async fn limits_begin_anew_with_each_request_of_a_connection() {
    let backend = Backend::start(Speaks::Http1, async |_| {
        tokio::time::sleep(Duration::from_secs(6)).await;
        Response::new(Body::from("late"))
    })
    .await;
    let client = client(|builder| builder.response_header_timeout(Duration::from_secs(7)));
    for _ in 0..5 {
        assert_eq!(text(client.send(get(&backend)).await.unwrap()).await, "late");
    }
    assert_eq!(backend.connections(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_upload_may_take_longer_than_the_answer() {
    let backend = Backend::start(Speaks::Http1, crate::backend::echo).await;
    let client = client(|builder| builder.response_header_timeout(Duration::from_secs(7)));
    let (chunks, body) = Chunks::channel();
    let uploading = tokio::spawn(async move {
        for _ in 0..3 {
            tokio::time::sleep(Duration::from_secs(6)).await;
            chunks.send("x".into()).await.unwrap();
        }
    });
    let answer = client.send(request("PUT", &backend, body)).await.unwrap();
    assert!(text(answer).await.ends_with("body=xxx"));
    uploading.await.unwrap();
}

#[tokio::test]
async fn a_client_that_leaves_before_the_answer_or_in_it() {
    for said in ["", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"] {
        let (backend, mut closed) = stalling(said.as_bytes()).await;
        let client = client(|builder| builder);
        if said.is_empty() {
            let mut waiting = Box::pin(client.send(get(&backend)));
            tokio::select! {
                biased;
                _ = &mut waiting => panic!("there is no answer"),
                () = async { while backend.connections() == 0 { tokio::task::yield_now().await } } => {}
            }
            drop(waiting);
        } else {
            let mut body = client.send(get(&backend)).await.unwrap().into_body();
            assert!(body.frame().await.unwrap().is_ok());
            drop(body);
        }
        closed.recv().await.unwrap();
        // The connection is not used again.
        tokio::select! {
            biased;
            answer = client.send(get(&backend)) => assert!(answer.is_ok()),
            () = async { while backend.connections() < 2 { tokio::task::yield_now().await } } => {}
        }
        assert_eq!(backend.connections(), 2);
    }
}

#[tokio::test]
async fn a_client_whose_body_breaks_off() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let backend = Backend::start(speaks, crate::backend::echo).await;
        let client = client(|builder| match speaks {
            Speaks::Http1 => builder,
            Speaks::Http2 => builder.http2_prior_knowledge(),
        });
        let frames = [Ok(http_body::Frame::data("some".into())), Err("the client is gone")];
        let body = Body::new(http_body_util::StreamBody::new(Frames(frames.into_iter())));
        let error = client.send(request("POST", &backend, body)).await.unwrap_err();
        assert_eq!((error.kind(), call(&error).0), (ErrorKind::BadRequest, CallPhase::RequestBody));
        assert_eq!(CallError::of(&error).unwrap().side(), CallSide::Client);
    }
}

/// An iterator as a stream.
struct Frames<I>(I);

impl<I: Iterator + Unpin> futures_core::Stream for Frames<I> {
    type Item = I::Item;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<I::Item>> {
        std::task::Poll::Ready(self.0.next())
    }
}

/// Answers `good` requests on each connection; reads one more, and closes without a word.
async fn closing_after(good: usize) -> (Backend, Arc<AtomicUsize>) {
    let seen = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    let backend = Backend::accepting(move |mut stream| {
        let count = Arc::clone(&count);
        async move {
            for _ in 0..good {
                if !read_head(&mut stream).await {
                    return;
                }
                count.fetch_add(1, Ordering::SeqCst);
                stream.write_all(OK).await.unwrap();
            }
            if read_head(&mut stream).await {
                count.fetch_add(1, Ordering::SeqCst);
            }
        }
    })
    .await;
    (backend, seen)
}

#[tokio::test]
async fn no_request_fails_when_idle_connections_close() {
    let (backend, seen) = closing_after(3).await;
    let client = client(|builder| builder);
    for number in 0..30 {
        assert_eq!(text(client.send(get(&backend)).await.unwrap()).await, "ok", "request {number}");
    }
    assert!(seen.load(Ordering::SeqCst) > 30, "some were sent twice");
}

#[tokio::test]
async fn what_may_not_be_done_twice_is_sent_once() {
    let (backend, seen) = closing_after(1).await;
    let client = client(|builder| builder);
    text(client.send(get(&backend)).await.unwrap()).await;
    let error = client.send(request("POST", &backend, Body::empty())).await.unwrap_err();
    assert_eq!(call(&error), (CallPhase::ResponseHead, CallCause::Closed));
    assert_eq!(seen.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_new_connection_that_closes_is_not_tried_again() {
    let (backend, seen) = closing_after(0).await;
    let error = client(|builder| builder).send(get(&backend)).await.unwrap_err();
    assert_eq!(call(&error), (CallPhase::ResponseHead, CallCause::Closed));
    assert_eq!((seen.load(Ordering::SeqCst), backend.connections()), (1, 1));
}

/// The event loop has not been asked since the backend closed: only the operating system knows.
#[tokio::test]
async fn a_connection_that_has_just_closed_is_not_used_for_what_cannot_be_sent_twice() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let uri = format!("http://{}/", listener.local_addr().unwrap());
    let (close, wait) = std::sync::mpsc::channel::<()>();
    let (closed, is_closed) = std::sync::mpsc::channel::<()>();
    let backend = std::thread::spawn(move || {
        use std::io::{Read, Write};
        for _ in 0..2 {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]).unwrap();
            stream.write_all(OK).unwrap();
            wait.recv().unwrap();
            drop(stream);
            closed.send(()).unwrap();
        }
    });
    let client = client(|builder| builder);
    for method in ["GET", "POST"] {
        let request = http::Request::builder().method(method).uri(&uri).body(Body::empty()).unwrap();
        assert_eq!(text(client.send(request).await.unwrap()).await, "ok", "{method}");
        close.send(()).unwrap();
        is_closed.recv().unwrap();
    }
    backend.join().unwrap();
}

#[tokio::test]
async fn an_answer_before_the_request_is_sent_out() {
    let backend = Backend::accepting(|mut stream: TcpStream| async move {
        read_head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\n\r\nno").await;
        while !matches!(stream.read(&mut [0; 64]).await, Ok(0) | Err(_)) {}
    })
    .await;
    let client = client(|builder| builder);
    let (chunks, body) = Chunks::channel();
    let answer = client.send(request("POST", &backend, body)).await.unwrap();
    assert_eq!(answer.status(), 413);
    assert_eq!(text(answer).await, "no");
    drop(chunks);
}

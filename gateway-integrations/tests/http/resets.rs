//! Backends that reset, stall or answer late in the phases that are left, over HTTP/1.1 and HTTP/2.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use gateway_core::{CallCause, CallError, CallPhase, CallSide, ErrorKind, HttpClient, Response};
use gateway_integrations::http::PooledClientBuilder;
use h2::{Reason, server::SendResponse};
use http_body_util::BodyExt;
use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    sync::{Notify, Semaphore},
};

use crate::{
    backend::{Backend, Chunks, Speaks, now, text},
    faults::{call, client, get, read_head, request, reset},
};

#[tokio::test]
async fn a_backend_that_resets_in_its_head_and_in_its_body() {
    let read = Arc::new(Notify::new());
    let seen = Arc::clone(&read);
    let backend = Backend::accepting(move |mut stream: TcpStream| {
        let seen = Arc::clone(&seen);
        async move {
            read_head(&mut stream).await;
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc").await.unwrap();
            // A reset takes with it what was not read.
            seen.notified().await;
            reset(stream);
        }
    })
    .await;
    let mut body = client(|builder| builder).send(get(&backend)).await.unwrap().into_body();
    assert!(body.frame().await.unwrap().is_ok());
    read.notify_one();
    assert_eq!(call(&body.frame().await.unwrap().unwrap_err()), (CallPhase::ResponseBody, CallCause::Closed));

    let backend = Backend::accepting(async |mut stream: TcpStream| {
        read_head(&mut stream).await;
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-").await.unwrap();
        reset(stream);
    })
    .await;
    let error = client(|builder| builder).send(get(&backend)).await.unwrap_err();
    assert_eq!(call(&error), (CallPhase::ResponseHead, CallCause::Closed));
}

#[tokio::test]
async fn a_backend_that_resets_while_it_is_sent_a_body() {
    let backend = Backend::accepting(async |mut stream: TcpStream| {
        read_head(&mut stream).await;
        reset(stream);
    })
    .await;
    let (chunks, body) = Chunks::channel();
    let sending = tokio::spawn(async move { while chunks.send(Bytes::from_static(&[b'x'; 65_536])).await.is_ok() {} });
    let error = client(|builder| builder).send(request("PUT", &backend, body)).await.unwrap_err();
    assert_eq!((error.kind(), call(&error)), (ErrorKind::IntegrationFailure, (CallPhase::Send, CallCause::Closed)));
    sending.await.unwrap();
}

/// The queue of what was not accepted is full: the operating system answers no further connection.
#[cfg(target_os = "linux")]
#[tokio::test(start_paused = true)]
async fn a_backend_that_never_takes_the_connection() {
    let socket = socket2::Socket::new(socket2::Domain::IPV4, socket2::Type::STREAM, None).unwrap();
    socket.bind(&std::net::SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    socket.listen(0).unwrap();
    let address = socket.local_addr().unwrap().as_socket().unwrap();
    let _first = std::net::TcpStream::connect(address).unwrap();
    let uri = format!("http://{address}/");
    let request = http::Request::get(uri).body(gateway_core::Body::empty()).unwrap();
    let client = client(|builder| builder.connect_timeout(Duration::from_secs(2)));
    let started = now();
    let error = client.send(request).await.unwrap_err();
    assert_eq!(call(&error), (CallPhase::Connect, CallCause::TimedOut));
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test(start_paused = true)]
async fn who_stalls_in_an_upload_is_told_from_who_does_not_read_it() {
    let backend = Backend::accepting(async |mut stream: TcpStream| {
        read_head(&mut stream).await;
        std::future::pending::<()>().await;
    })
    .await;
    let whole = |builder: PooledClientBuilder| builder.request_timeout(Duration::from_secs(7));
    for (reads, phase, side) in
        [(true, CallPhase::RequestBody, CallSide::Client), (false, CallPhase::Send, CallSide::Backend)]
    {
        let (chunks, body) = Chunks::channel();
        let sending = tokio::spawn(async move {
            chunks.send("some".into()).await.unwrap();
            if reads {
                // The client says nothing more, and does not leave.
                std::future::pending::<()>().await;
            }
            while chunks.send(Bytes::from_static(&[b'x'; 65_536])).await.is_ok() {}
        });
        let error = client(whole).send(request("PUT", &backend, body)).await.unwrap_err();
        assert_eq!((error.kind(), call(&error)), (ErrorKind::IntegrationTimeout, (phase, CallCause::Deadline)));
        assert_eq!(CallError::of(&error).unwrap().side(), side);
        sending.abort();
    }
}

#[tokio::test]
async fn an_answer_that_comes_after_its_client_left_is_nobody_elses() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let gate = Arc::new(Semaphore::new(0));
        let (arrived, mut arrivals) = tokio::sync::mpsc::unbounded_channel();
        let pass = Arc::clone(&gate);
        let backend = Backend::start(speaks, move |request: http::Request<hyper::body::Incoming>| {
            let (arrived, pass) = (arrived.clone(), Arc::clone(&pass));
            async move {
                arrived.send(()).unwrap();
                pass.acquire().await.unwrap().forget();
                Response::new(request.uri().path().to_owned().into())
            }
        })
        .await;
        let client = client(|builder| match speaks {
            Speaks::Http1 => builder,
            Speaks::Http2 => builder.http2_prior_knowledge(),
        });
        let ask = |path: &str| http::Request::get(backend.uri(path)).body(gateway_core::Body::empty()).unwrap();
        let mut left = client.send(ask("/left"));
        tokio::select! {
            biased;
            _ = &mut left => panic!("there is no answer"),
            _ = arrivals.recv() => {}
        }
        drop(left);
        gate.add_permits(20);
        for number in 0..10 {
            let path = format!("/{number}");
            assert_eq!(text(client.send(ask(&path)).await.unwrap()).await, path);
        }
    }
}

/// A backend of HTTP/2 whose streams are answered by `answer`, given how many there were before on any connection.
async fn streams(answer: fn(usize, SendResponse<Bytes>)) -> Backend {
    let count = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    Backend::accepting(move |stream| {
        let count = Arc::clone(&count);
        async move {
            let mut connection = h2::server::handshake(stream).await.unwrap();
            while let Some(Ok((_, respond))) = connection.accept().await {
                answer(count.fetch_add(1, std::sync::atomic::Ordering::SeqCst), respond);
            }
        }
    })
    .await
}

fn http2(builder: PooledClientBuilder) -> PooledClientBuilder {
    builder.http2_prior_knowledge()
}

#[tokio::test]
async fn streams_that_are_reset_fail_in_the_phase_that_they_were_in() {
    let backend = streams(|_, mut respond| respond.send_reset(Reason::INTERNAL_ERROR)).await;
    let error = client(http2).send(get(&backend)).await.unwrap_err();
    assert_eq!(call(&error), (CallPhase::ResponseHead, CallCause::Closed), "{error:?}");

    let backend = streams(|_, mut respond| {
        let mut body = respond.send_response(http::Response::new(()), false).unwrap();
        body.send_data("abc".into(), false).unwrap();
        tokio::spawn(async move {
            // When there is room for more, what there was has been sent.
            body.reserve_capacity(1);
            std::future::poll_fn(|cx| body.poll_capacity(cx)).await;
            body.send_reset(Reason::CANCEL);
        });
    })
    .await;
    let answer = client(http2).send(get(&backend)).await.unwrap();
    let error = answer.into_body().collect().await.unwrap_err();
    assert_eq!(call(&error), (CallPhase::ResponseBody, CallCause::Closed), "{error:?}");
}

#[tokio::test]
async fn a_stream_that_is_refused_is_opened_once_more() {
    let backend = streams(|before, mut respond| match before {
        0 => respond.send_reset(Reason::REFUSED_STREAM),
        _ => {
            let mut body = respond.send_response(http::Response::new(()), false).unwrap();
            body.send_data("ok".into(), true).unwrap();
        }
    })
    .await;
    let client = client(http2);
    assert_eq!(text(client.send(get(&backend)).await.unwrap()).await, "ok");
    let always = streams(|_, mut respond| respond.send_reset(Reason::REFUSED_STREAM)).await;
    assert_eq!(call(&client.send(get(&always)).await.unwrap_err()).0, CallPhase::ResponseHead);
}

#[tokio::test]
async fn a_name_that_is_not_found() {
    // No name server is asked for a label that is too long.
    let uri = format!("http://{}.test/", "a".repeat(64));
    let request = http::Request::get(uri).body(gateway_core::Body::empty()).unwrap();
    assert_eq!(call(&client(|builder| builder).send(request).await.unwrap_err()).0, CallPhase::Resolve);
}

#[cfg(feature = "tls-aws-lc-rs")]
#[tokio::test]
async fn a_backend_that_goes_away_or_speaks_something_else_instead_of_tls() {
    use gateway_integrations::http::{PooledClient, Tls};
    use tokio::io::AsyncReadExt;

    for (said, cause) in [("", CallCause::Closed), ("HTTP/1.1 400 Bad Request\r\n\r\n", CallCause::Malformed)] {
        for resets in [true, false] {
            let backend = Backend::accepting(move |mut stream: TcpStream| async move {
                stream.read_exact(&mut [0; 16]).await.unwrap();
                stream.write_all(said.as_bytes()).await.unwrap();
                if resets && said.is_empty() {
                    reset(stream);
                } else {
                    while !matches!(stream.read(&mut [0; 64]).await, Ok(0) | Err(_)) && !said.is_empty() {}
                }
            })
            .await;
            let tls = Tls::new().insecure_skip_verification();
            let client = PooledClient::builder().tls_options(tls).unwrap().build().unwrap();
            let uri = format!("https://localhost:{}/", backend.address.port());
            let request = http::Request::get(uri).body(gateway_core::Body::empty()).unwrap();
            let error = client.send(request).await.unwrap_err();
            assert_eq!(call(&error), (CallPhase::Tls, cause), "{said:?} {error:?}");
        }
    }
}

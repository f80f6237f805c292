//! Nothing is buffered: each side has the first chunk before the other sends the second.

use std::sync::{Arc, Mutex};

use gateway_core::{Body, HttpClient, Response};
use gateway_integrations::{HttpProxy, http::PooledClient};
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use crate::{
    backend::{Backend, Chunks, Speaks, get, invoke, serve},
    faults::{client, request},
};

fn proxy(speaks: Speaks, uri: &str) -> HttpProxy {
    let client = PooledClient::builder().plain_only();
    let client = if speaks == Speaks::Http2 { client.http2_prior_knowledge() } else { client };
    HttpProxy::new(uri, Arc::new(client.build().unwrap())).unwrap()
}

/// The next chunk; HTTP/2 may end a stream with an empty one.
async fn next(body: &mut Body) -> Option<bytes::Bytes> {
    loop {
        let chunk = body.frame().await?.unwrap().into_data().unwrap();
        if !chunk.is_empty() {
            return Some(chunk);
        }
    }
}

#[tokio::test]
async fn answers_stream() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let (chunks, body) = Chunks::channel();
        let body = Arc::new(Mutex::new(Some(body)));
        let backend = Backend::start(speaks, move |_| {
            let body = body.lock().unwrap().take().unwrap();
            async move { Response::new(body) }
        })
        .await;
        let response = invoke(&proxy(speaks, &backend.uri("/")), get("/")).await.unwrap();
        let mut body = response.into_body();
        for chunk in ["first", "second"] {
            chunks.send(chunk.into()).await.unwrap();
            assert_eq!(next(&mut body).await.unwrap(), chunk);
        }
        drop(chunks);
        assert_eq!(next(&mut body).await, None);
    }
}

#[tokio::test]
async fn requests_stream() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let (seen, mut arrived) = mpsc::channel(1);
        let backend = Backend::start(speaks, move |request: http::Request<hyper::body::Incoming>| {
            let seen = seen.clone();
            async move {
                let mut body = Body::new(request.into_body());
                while let Some(chunk) = next(&mut body).await {
                    seen.send(chunk).await.unwrap();
                }
                Response::new(Body::from("done"))
            }
        })
        .await;
        let proxy = proxy(speaks, &backend.uri("/"));
        let (chunks, body) = Chunks::channel();
        let answering =
            tokio::spawn(async move { invoke(&proxy, http::Request::post("/").body(body).unwrap()).await.unwrap() });
        for chunk in ["first", "second"] {
            chunks.send(chunk.into()).await.unwrap();
            assert_eq!(arrived.recv().await.unwrap(), chunk);
        }
        drop(chunks);
        assert_eq!(answering.await.unwrap().into_body().collect().await.unwrap(), "done");
    }
}

#[tokio::test]
async fn both_directions_stream_at_once() {
    for speaks in [Speaks::Http1, Speaks::Http2] {
        let backend = Backend::accepting(move |stream| {
            serve(speaks, stream, async |request: http::Request<hyper::body::Incoming>| {
                Response::new(Body::new(request.into_body()))
            })
        })
        .await;
        let client = client(|builder| match speaks {
            Speaks::Http1 => builder,
            Speaks::Http2 => builder.http2_prior_knowledge(),
        });
        let (chunks, body) = Chunks::channel();
        let mut answer = client.send(request("POST", &backend, body)).await.unwrap().into_body();
        for chunk in ["first", "second"] {
            chunks.send(chunk.into()).await.unwrap();
            assert_eq!(answer.frame().await.unwrap().unwrap().into_data().unwrap(), chunk);
        }
        drop(chunks);
        assert_eq!(answer.collect().await.unwrap(), "");
    }
}

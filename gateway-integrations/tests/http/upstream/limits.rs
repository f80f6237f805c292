//! What is too much.

use std::{
    future::poll_fn,
    pin::Pin,
    sync::{Arc, Mutex},
    task::Poll,
};

use gateway_core::{HttpClient, Response};
use serde_json::json;
use tokio::sync::{Semaphore, mpsc};

use super::{Target, get, said, upstream};
use crate::backend::Chunks;

#[tokio::test]
async fn a_full_queue_sheds_at_once() {
    // The first answer goes on until the test ends it.
    let (chunks, body) = Chunks::channel();
    let body = Arc::new(Mutex::new(Some(body)));
    let target = &Target::start(move |_| {
        let body = body.lock().unwrap().take().unwrap_or_default();
        async move { Response::new(body) }
    })
    .await;
    let users =
        upstream(&[target], &json!({ "limits": { "maxRequests": 1, "maxWaiting": 1, "maxWaitInMillis": 60_000 } }));
    let first = users.send(get("/")).await.unwrap();
    let second = users.clone();
    let second = tokio::spawn(async move { said(second.send(get("/second")).await).await });
    while users.status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    let refused = said(users.send(get("/third")).await).await;
    assert_eq!(refused, "503: the upstream `users` is full: as many requests as may be are under way or waiting");
    drop(chunks);
    assert_eq!(crate::backend::text(first).await, "");
    assert_eq!(second.await.unwrap(), "");
    assert_eq!((target.asked(), users.status().waiting), (2, 0));
}

#[tokio::test]
async fn who_waits_in_vain_is_told() {
    let (_chunks, body) = Chunks::channel();
    let body = Arc::new(Mutex::new(Some(body)));
    let target = &Target::start(move |_| {
        let body = body.lock().unwrap().take().unwrap_or_default();
        async move { Response::new(body) }
    })
    .await;
    let users = upstream(&[target], &json!({ "limits": { "maxRequests": 1, "maxWaiting": 1, "maxWaitInMillis": 1 } }));
    let _first = users.send(get("/")).await.unwrap();
    let refused = said(users.send(get("/")).await).await;
    assert_eq!(refused, "503: the upstream `users` is full: the request waited for its turn in vain");
    assert_eq!(users.status().targets[0].under_way, 1);
}

/// A target that answers when the test says so, and tells when a request is there.
async fn gated() -> (Target, Arc<Semaphore>, mpsc::UnboundedReceiver<()>) {
    let gate = Arc::new(Semaphore::new(0));
    let (arrived, arrivals) = mpsc::unbounded_channel();
    let pass = Arc::clone(&gate);
    let target = Target::start(move |_| {
        let (arrived, pass) = (arrived.clone(), Arc::clone(&pass));
        async move {
            arrived.send(()).unwrap();
            pass.acquire().await.unwrap().forget();
            Response::new("ok".into())
        }
    })
    .await;
    (target, gate, arrivals)
}

/// Lets a request go as far as it comes by itself.
async fn begun<F: Future + Unpin>(sending: &mut F) -> Option<F::Output> {
    poll_fn(|cx| match Pin::new(&mut *sending).poll(cx) {
        Poll::Ready(answer) => Poll::Ready(Some(answer)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

const NO_CONNECTION: &str = "503: no connection is free";

#[tokio::test]
async fn connections_have_a_limit_of_their_own() {
    let (target, gate, mut arrivals) = gated().await;
    let connections = json!({ "connections": { "maxPerTarget": 2, "maxWaiting": 1, "maxWaitInMillis": 60_000 } });
    let users = upstream(&[&target], &connections);
    let send = || {
        let users = users.clone();
        tokio::spawn(async move { said(users.send(get("/")).await).await })
    };
    let mut answers = vec![send(), send()];
    for _ in 0..2 {
        arrivals.recv().await.unwrap();
    }
    // The third waits for a connection, and is served over one of the two; there is no room for a fourth to wait.
    let waiting = users.clone();
    let mut third = Box::pin(async move { said(waiting.send(get("/")).await).await });
    assert!(begun(&mut third).await.is_none());
    assert_eq!(said(users.send(get("/")).await).await, NO_CONNECTION);
    gate.add_permits(1);
    answers.push(tokio::spawn(third));
    arrivals.recv().await.unwrap();
    gate.add_permits(2);
    for answer in answers {
        assert_eq!(answer.await.unwrap(), "ok");
    }
    assert_eq!((target.asked(), target.connections()), (3, 2));
    assert_eq!(users.status().targets[0].failed, 0, "that was no fault of the target's");
}

#[tokio::test]
async fn who_waits_for_a_connection_in_vain_is_told_and_what_breaks_off_makes_room() {
    let (chunks, body) = Chunks::channel();
    let body = Arc::new(Mutex::new(Some(body)));
    let target = &Target::start(move |_| {
        let body = body.lock().unwrap().take().unwrap_or_default();
        async move { Response::new(body) }
    })
    .await;
    let users =
        upstream(&[target], &json!({ "connections": { "maxPerTarget": 1, "maxWaiting": 2, "maxWaitInMillis": 1 } }));
    let first = users.send(get("/")).await.unwrap();
    assert_eq!(said(users.send(get("/")).await).await, NO_CONNECTION);
    let patient = upstream(
        &[target],
        &json!({ "connections": { "maxPerTarget": 1, "maxWaiting": 1, "maxWaitInMillis": 60_000 } }),
    );
    assert!(patient.send(get("/")).await.is_ok(), "another client counts its own connections");
    // The client leaves in the middle of its answer: its connection is closed, and there is room for another one.
    let mut waiting = Box::pin(users.send(get("/")));
    assert!(begun(&mut waiting).await.is_none());
    drop(first);
    assert_eq!(said(waiting.await).await, "");
    drop(chunks);
}

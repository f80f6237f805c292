//! What is too much.

use std::sync::{Arc, Mutex};

use gateway_core::{HttpClient, Response};
use serde_json::json;

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

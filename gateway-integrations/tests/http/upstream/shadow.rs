//! Copies for another upstream, and how their answers compare.

use std::sync::Arc;

use gateway_core::{Body, HttpClient, Response};
use gateway_integrations::upstream::{Comparison, ShadowObserver, Upstream};
use serde_json::json;
use tokio::sync::mpsc;

use super::{Target, builder, config, get, said, upstream};

struct Seen(mpsc::UnboundedSender<Comparison>);

impl ShadowObserver for Seen {
    fn compared(&self, comparison: &Comparison) {
        let _ = self.0.send(comparison.clone());
    }
}

/// An upstream all of whose requests are copied, and what comes of the copies.
fn shadowed(primary: &Target, shadow: &Target) -> (Upstream, mpsc::UnboundedReceiver<Comparison>) {
    let (seen, comparisons) = mpsc::unbounded_channel();
    let copied = config(&[primary], &json!({ "shadow": { "upstream": "-", "percent": 100 } }));
    let builder = builder().0.shadow(Arc::new(upstream(&[shadow], &json!({}))));
    (builder.shadow_observer(Arc::new(Seen(seen))).build(&copied).unwrap(), comparisons)
}

async fn answering(content_type: &'static str, body: &'static str) -> Target {
    Target::start(move |_| async move {
        http::Response::builder().header("content-type", content_type).body(Body::from(body)).unwrap()
    })
    .await
}

const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn answers_are_compared_by_their_bodies_and_the_shape_of_their_json() {
    for (kind, primary, shadow, same_body, shape) in [
        (JSON, r#"{"id": 1}"#, r#"{"id": 1}"#, true, Some("")),
        (JSON, r#"{"id": 1}"#, r#"{"id": 2}"#, false, Some("")),
        (
            JSON,
            r#"{"id": 1, "pets": [{"name": "a"}]}"#,
            r#"{"id": "1", "pets": [{}]}"#,
            false,
            Some("/id /pets/*/name"),
        ),
        ("application/problem+json", "{}", "[]", false, Some("")),
        (JSON, "{}", "<p>", false, None),
        ("text/plain", "1", "{}", false, None),
    ] {
        let (users, mut comparisons) = shadowed(&answering(kind, primary).await, &answering(kind, shadow).await);
        assert_eq!(said(users.send(get("/")).await).await, primary);
        let comparison = comparisons.recv().await.unwrap();
        let places = comparison.shape.as_ref().map(|shape| {
            let places: Vec<_> = shape.iter().map(|difference| difference.pointer.as_str()).collect();
            places.join(" ")
        });
        assert_eq!((comparison.same_body, places.as_deref()), (Some(same_body), shape), "{primary} {shadow}");
        assert_eq!(comparison.is_same(), same_body);
    }
}

#[tokio::test]
async fn a_shadow_that_never_answers_or_is_gone_is_nothing_to_the_client() {
    let primary = Target::saying("a").await;
    let never = Target::start(|_| std::future::pending::<Response>()).await;
    let (users, mut comparisons) = shadowed(&primary, &never);
    for _ in 0..20 {
        assert_eq!(said(users.send(get("/")).await).await, "a");
    }
    assert!(comparisons.try_recv().is_err());
    let gone = Target::saying("b").await;
    gone.die().await;
    let (users, mut comparisons) = shadowed(&primary, &gone);
    assert_eq!(said(users.send(get("/")).await).await, "a");
    let comparison = comparisons.recv().await.unwrap();
    assert_eq!((comparison.shadow_status, comparison.same_body, comparison.is_same()), (None, None, false));
}

//! One layer alone, as tower sees it.

use std::{convert::Infallible, sync::Arc};

use gateway_core::{Authorizer, Body, Context, ManualClock, Request, Response};
use http::StatusCode;
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::*;

async fn who(request: Request) -> Result<Response, Infallible> {
    let context = request.extensions().get::<Arc<Context>>().unwrap();
    Ok(Response::new(Body::from(context.authorization().unwrap().principal_id().to_owned())))
}

async fn call(token: Option<&str>) -> (StatusCode, Option<String>, String) {
    let idp = Idp::with(&[key_a()]);
    let authorizer = builder().client(idp).scopes(["read"]).build().unwrap();
    let layer = authorizer.into_layer().with_clock(Arc::new(ManualClock::default()));
    let mut request = http::Request::get("/");
    if let Some(token) = token {
        request = request.header("authorization", format!("Bearer {token}"));
    }
    let request = request.body(Body::empty()).unwrap();
    let response = layer.layer(service_fn(who)).oneshot(request).await.unwrap();
    let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    let status = response.status();
    let body = response.into_body().collect().await.unwrap();
    (status, challenge, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_layer_lets_in_or_answers() {
    let token = key_a().sign(&claims(json!({ "scope": "read" })));
    assert_eq!(call(Some(&token)).await, (StatusCode::OK, None, "alice".to_owned()));
    let (status, challenge, body) = call(None).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(challenge.as_deref(), Some("Bearer"));
    assert_eq!(body, r#"{"message":"Unauthorized"}"#);
    let (status, challenge, _) = call(Some(&key_a().sign(&claims(json!({}))))).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    assert!(challenge.unwrap().starts_with(r#"Bearer scope="read" error="insufficient_scope""#));
}

//! Authorizers of several kinds that stand together, and guards alone.

use std::{borrow::Cow, convert::Infallible, net::IpAddr, sync::Arc};

use gateway_auth::{
    ApiKeyAuthorizer, AuthorizerEvent, LambdaAuthorizer, PolicyDocument, PolicyType, ResourcePolicyGuard,
    TrustedProxies,
};
use gateway_core::{
    Api, ApiKey, Authorizer, Body, Context, Definition, Guard as _, Request, Response, Route, StageDefinition, all_of,
    any_of,
    testing::{RecordingIntegration, TestGateway},
};
use serde_json::json;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use crate::support::*;

const KEY: &str = "key-of-bob-0123456789";

fn lambda(guard: &Guard) -> LambdaAuthorizer {
    LambdaAuthorizer::builder(AuthorizerEvent::Token, guard.function())
        .identity_sources(["method.request.header.Authorization"])
        .build()
        .unwrap()
}

fn keys() -> ApiKeyAuthorizer {
    let off = ApiKey::new("off", "key-switched-off-0001").unwrap().enabled(false);
    ApiKeyAuthorizer::new([ApiKey::new("bob", KEY).unwrap(), off])
}

async fn send(authorizer: impl Authorizer, headers: &[(&str, &str)]) -> (u16, Option<String>) {
    let backend = RecordingIntegration::answering("ok");
    let api = Api::rest("pets").route("GET /pets", Route::to(backend.clone()).authorizer(authorizer));
    let gateway = TestGateway::new(Definition::new().api(api.stage(StageDefinition::new("prod")))).unwrap();
    let request =
        headers.iter().fold(http::Request::get("/prod/pets"), |request, (name, value)| request.header(*name, *value));
    let status = gateway.send(request).await.status.as_u16();
    let calls = backend.calls();
    let seen = calls.first().and_then(|call| call.context.as_ref()?.lookup("authorizer.principalId"));
    (status, seen.map(Cow::into_owned))
}

#[tokio::test]
async fn a_key_is_an_identity() {
    for (headers, status) in [
        (&[("x-api-key", KEY)][..], 200),
        (&[("x-api-key", "key-of-nobody-0000001")], 403),
        (&[("x-api-key", "key-switched-off-0001")], 403),
        (&[("x-api-key", KEY), ("x-api-key", KEY)], 403),
        (&[], 403),
    ] {
        assert_eq!(send(keys(), headers).await.0, status, "{headers:?}");
    }
    assert!(!format!("{:?}", keys()).contains("0123456789"));
}

#[tokio::test]
async fn a_token_or_a_key_is_enough_and_both_are_more() {
    let (token, key) = (("authorization", "t"), ("x-api-key", KEY));
    let guard = || Guard::giving(allow_all());
    for (headers, either, both) in [
        (&[token][..], (200, Some("alice")), 403),
        (&[key], (200, Some("bob")), 401),
        (&[token, key], (200, Some("alice")), 200),
        (&[], (403, None), 401),
    ] {
        let any = any_of([Arc::new(lambda(&guard())) as _, Arc::new(keys()) as _]);
        let (status, who) = send(any, headers).await;
        assert_eq!((status, who.as_deref()), either, "{headers:?}");
        let all = all_of([Arc::new(lambda(&guard())) as _, Arc::new(keys()) as _]);
        assert_eq!(send(all, headers).await.0, both, "{headers:?}");
    }
    let denying = Guard::giving(statement("Deny", "*"));
    let any = any_of([Arc::new(lambda(&denying)) as _, Arc::new(keys()) as _]);
    assert_eq!(send(any, &[token, key]).await.0, 403, "who is denied explicitly is not let in by another");
    let silent = Guard::giving(statement("Allow", "nothing"));
    let any = any_of([Arc::new(lambda(&silent)) as _, Arc::new(keys()) as _]);
    assert_eq!(send(any, &[token, key]).await, (200, Some("bob".to_owned())));
}

#[tokio::test]
async fn a_resource_policy_behind_proxies_needs_no_gateway() {
    let policy = json!({ "Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "Principal": "*", "Action": "execute-api:Invoke", "Resource": "*",
        "Condition": { "IpAddress": { "aws:SourceIp": "192.0.2.0/24" } },
    }] });
    let policy = PolicyDocument::parse(&policy, PolicyType::Resource).unwrap();
    let guard = Arc::new(ResourcePolicyGuard::new(policy));
    let hello = service_fn(async |request: Request| {
        let context = request.extensions().get::<Arc<Context>>().unwrap();
        Ok::<_, Infallible>(Response::new(Body::from(context.lookup("identity.sourceIp").unwrap().into_owned())))
    });
    let send = async |proxies: TrustedProxies, peer: [u8; 4], forwarded: &str| {
        let service = ServiceBuilder::new().layer(proxies).layer(Arc::clone(&guard).into_layer()).service(hello);
        let request = http::Request::get("/").header("x-forwarded-for", forwarded).extension(IpAddr::from(peer));
        service.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status().as_u16()
    };
    let proxies = || TrustedProxies::new(["10.0.0.0/8"]).unwrap();
    assert_eq!(send(proxies(), [10, 0, 0, 1], "192.0.2.7").await, 200);
    assert_eq!(send(proxies(), [10, 0, 0, 1], "192.0.2.7, 203.0.113.9").await, 403);
    assert_eq!(send(proxies(), [203, 0, 113, 9], "192.0.2.7").await, 403);
    assert_eq!(send(TrustedProxies::default(), [10, 0, 0, 1], "192.0.2.7").await, 403);
    assert_eq!(send(TrustedProxies::default(), [192, 0, 2, 7], "198.51.100.1").await, 200);
}

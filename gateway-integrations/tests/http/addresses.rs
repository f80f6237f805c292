//! What the backend is called with.

use std::sync::Arc;

use gateway_core::{ApiKind, Body, Integration, PathParams, PathVariable, Request, RouteFacts, StageFacts};
use gateway_integrations::{HttpProxy, http::HeaderRules};

use crate::backend::{Backend, Speaks, context, echo, get, invoke, text};

#[tokio::test]
async fn alone_it_passes_path_query_and_body() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let proxy = HttpProxy::to(&backend.uri("")).unwrap();
    let request = http::Request::put("/a%20b//c?x=1").body(Body::from("hello")).unwrap();
    let seen = text(invoke(&proxy, request).await.unwrap()).await;
    assert_eq!(seen, format!("HTTP/1.1 PUT /a%20b//c?x=1 host={} length=5 body=hello", backend.address));
}

#[tokio::test]
async fn variables_and_query_reach_the_backend() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let port = backend.address.port();
    let template = "http://${stageVariables.host}/v1/{id}/{proxy}?from=template";
    let proxy = HttpProxy::to(template).unwrap().method(http::Method::POST);
    let (parts, body) = get("/pets/a%2Fb/x//y?q=%2B").into_parts();
    let context = context(&parts);
    context.set_stage(Arc::new(StageFacts {
        kind: ApiKind::Http,
        api_id: "api".into(),
        api_name: String::new(),
        account_id: String::new(),
        region: String::new(),
        stage: "$default".into(),
        deployment_id: String::new(),
        variables: [("host".to_owned(), format!("127.0.0.1:{port}"))].into(),
        ..StageFacts::default()
    }));
    context.set_route(Arc::new(RouteFacts::default()));
    let variable = |name: &str, segment, greedy| PathVariable { name: name.into(), segment, greedy };
    let variables = Arc::from([variable("id", 1, false), variable("proxy", 2, true)]);
    context.set_path_params(PathParams::new(&parts.uri, 1..parts.uri.path().len(), &variables));
    let response = proxy.invoke(Request::from_parts(parts, body), &context).await.unwrap();
    let seen = text(response).await;
    assert_eq!(seen, format!("HTTP/1.1 POST /v1/a%2Fb/x//y?from=template&q=%2B host=127.0.0.1:{port} length=0 body="));
}

#[tokio::test]
async fn a_path_that_leads_upwards_never_leaves() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let proxy = HttpProxy::to(&backend.uri("")).unwrap();
    let refused = invoke(&proxy, get("/files/%2e%2e/secret")).await.unwrap_err();
    assert_eq!(refused.kind(), gateway_core::ErrorKind::BadRequest);
    assert_eq!(backend.connections(), 0);
}

#[tokio::test]
async fn the_clients_host_is_kept_on_the_wire() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let proxy = HttpProxy::to(&backend.uri("/x")).unwrap().header_rules(HeaderRules::new().preserve_host(true));
    let mut request = get("/");
    request.headers_mut().insert("host", "api.example.com".parse().unwrap());
    assert!(text(invoke(&proxy, request).await.unwrap()).await.contains("host=api.example.com "));
    let named_by_http2 = get("https://api.example.com:8443/");
    assert!(text(invoke(&proxy, named_by_http2).await.unwrap()).await.contains("host=api.example.com:8443 "));
}

#[tokio::test]
async fn http2_is_spoken_by_prior_knowledge() {
    let backend = Backend::start(Speaks::Http2, echo).await;
    let client = gateway_integrations::http::PooledClient::builder().plain_only().http2_prior_knowledge();
    let proxy = HttpProxy::new(&backend.uri("/x"), Arc::new(client.build().unwrap())).unwrap();
    let mut request = http::Request::post("/").body(Body::from("hello")).unwrap();
    *request.version_mut() = http::Version::HTTP_2;
    let response = invoke(&proxy, request).await.unwrap();
    assert_eq!(response.version(), http::Version::HTTP_11);
    let seen = text(response).await;
    assert_eq!(seen, format!("HTTP/2.0 POST /x host={} length=5 body=hello", backend.address));
}

#[tokio::test]
async fn a_client_of_http2_meets_a_backend_of_http1() {
    let backend = Backend::start(Speaks::Http1, echo).await;
    let proxy = HttpProxy::to(&backend.uri("/x")).unwrap();
    let mut request = get("https://api.example.com/");
    *request.version_mut() = http::Version::HTTP_2;
    assert!(text(invoke(&proxy, request).await.unwrap()).await.starts_with("HTTP/1.1 GET /x"));
}

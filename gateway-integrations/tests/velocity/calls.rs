//! What HTTP backends are called with, and what definitions make of themselves.

use std::sync::{Arc, Mutex};

use gateway_core::{
    Body, Error, HttpClient, Request, Response, Step, Trace,
    config::{Config, Registry},
    testing::TestGateway,
};
use gateway_integrations::{
    HttpProxy, Integrations,
    http::HttpBackend,
    mapping::{IntegrationResponse, Mapped},
};

use crate::requests::gateway;

/// A client that keeps the heads of the last call, and answers `{"answer":1}`.
#[derive(Clone, Default)]
struct Client(Arc<Mutex<Option<http::request::Parts>>>);

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let (parts, _) = request.into_parts();
        *self.0.lock().unwrap() = Some(parts);
        Ok(Response::new(Body::from(r#"{"answer":1}"#)))
    }
}

impl Client {
    fn shared(&self) -> Arc<dyn HttpClient> {
        Arc::new(self.clone())
    }

    fn call(&self) -> http::request::Parts {
        self.0.lock().unwrap().take().unwrap()
    }
}

fn header<'a>(call: &'a http::request::Parts, name: &str) -> &'a str {
    call.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn an_http_backend_sees_the_gateway_and_not_the_client() {
    let client = Client::default();
    let backend = HttpBackend::new("http://pets.internal/v1/{kind}/{rest}?a=1", client.shared()).unwrap();
    let mapped = Mapped::new(backend.method(http::Method::PUT))
        .request_parameter("integration.request.path.kind", "method.request.querystring.kind")
        .and_then(|mapped| mapped.request_parameter("integration.request.querystring.a", "'b c&d'"))
        .unwrap()
        .response(IntegrationResponse::new(200));
    let request =
        || http::Request::post("/prod/pets/7?kind=big+cats").header("accept", "text/xml").header("x-own", "1");
    let gateway = gateway(mapped);

    assert_eq!(gateway.send_body(request(), "{}").await.text(), r#"{"answer":1}"#);
    let call = client.call();
    assert_eq!(call.method, "PUT");
    assert_eq!(call.uri, "http://pets.internal/v1/big%20cats/{rest}?a=1&a=b%20c%26d");
    for (name, value) in [
        ("host", "pets.internal"),
        ("accept", "application/json"),
        ("user-agent", "AmazonAPIGateway_pets"),
        ("x-amzn-apigateway-api-id", "pets"),
        ("content-type", "application/json"),
        ("content-length", "2"),
        ("x-own", ""),
    ] {
        assert_eq!(header(&call, name), value, "{name}");
    }
    assert!(header(&call, "x-amzn-trace-id").starts_with("Root=1-"));

    gateway.send(request()).await;
    let call = client.call();
    assert_eq!((header(&call, "content-type"), header(&call, "content-length")), ("", "0"));
}

#[tokio::test]
async fn mapped_headers_take_the_place_of_the_gateways_own() {
    let client = Client::default();
    let backend = HttpBackend::new("http://pets.internal/", client.shared()).unwrap();
    let names = ["host", "accept", "user-agent", "content-type"];
    let mapped = names.iter().fold(Mapped::new(backend), |mapped, name| {
        mapped.request_parameter(&format!("integration.request.header.{name}"), "'own'").unwrap()
    });
    gateway(mapped).send(http::Request::get("/prod/pets/7")).await;
    let call = client.call();
    for name in names {
        assert_eq!(call.headers.get_all(name).iter().collect::<Vec<_>>(), ["own"], "{name}");
    }
}

#[tokio::test]
async fn values_of_clients_stay_in_their_place_of_the_address() {
    let client = Client::default();
    let backend = HttpBackend::new("http://pets.internal/v1/{kind}/end", client.shared()).unwrap();
    let mapped = Mapped::new(backend)
        .request_parameter("integration.request.path.kind", "method.request.querystring.kind")
        .unwrap();
    let gateway = gateway(mapped);
    for (kind, path) in [("a?b%23c", "/v1/a%3Fb%23c/end"), ("50%25", "/v1/50%25/end"), ("a/b", "/v1/a/b/end")] {
        gateway.send(http::Request::get(format!("/prod/pets/7?kind={kind}"))).await;
        assert_eq!(client.call().uri.path_and_query().unwrap(), path, "{kind}");
    }
    for kind in ["..", "%2e%2e", "a/../b", "%252e%252e", "..%5c", "..;x"] {
        let answer = gateway.send(http::Request::get(format!("/prod/pets/7?kind={kind}"))).await;
        assert_eq!(answer.status, 400, "{kind}");
    }
}

#[tokio::test]
async fn a_proxy_adds_what_is_mapped_to_what_the_client_sent() {
    let client = Client::default();
    let proxy = || HttpProxy::new("http://pets.internal/{id}/{kind}?a=1", client.shared()).unwrap();
    let mapped = proxy()
        .request_parameter("integration.request.header.x-own", "method.request.body.name")
        .and_then(|proxy| proxy.request_parameter("integration.request.querystring.a", "'3'"))
        .and_then(|proxy| proxy.request_parameter("integration.request.path.kind", "'cats'"))
        .unwrap();
    let request = http::Request::post("/prod/pets/7?a=2").header("x-own", "client").header("x-other", "client");
    let answer = gateway(mapped).send_body(request, r#"{"name":"Rex"}"#).await;
    assert_eq!(answer.text(), r#"{"answer":1}"#);
    let call = client.call();
    assert_eq!(call.uri, "http://pets.internal/{id}/cats?a=1&a=2&a=3");
    assert_eq!(call.headers.get_all("x-own").iter().collect::<Vec<_>>(), ["Rex"]);
    assert_eq!((header(&call, "x-other"), header(&call, "content-length")), ("client", "14"));

    // Without mapped variables those of the route are used.
    let headers_only = HttpProxy::new("http://pets.internal/{id}", client.shared()).unwrap();
    let headers_only = headers_only.request_parameter("integration.request.header.x-own", "'1'").unwrap();
    gateway(headers_only).send(http::Request::get("/prod/pets/7")).await;
    assert_eq!(client.call().uri, "http://pets.internal/7");

    let forbidden = HttpProxy::new("http://pets.internal/", client.shared()).unwrap();
    let forbidden = forbidden.request_parameter("integration.request.header.content-length", "'0'").unwrap();
    assert_eq!(gateway(forbidden).send(http::Request::get("/prod/pets/7")).await.status, 500);
}

fn defined(client: &Client, routes: &serde_json::Value) -> TestGateway {
    let api = serde_json::json!({
        "name": "pets", "protocolType": "REST", "routes": routes, "stages": [{ "name": "prod" }]
    });
    let config: Config = serde_json::from_value(serde_json::json!({ "apis": [api] })).unwrap();
    let registry = Registry::new().integrations(Integrations::new(client.shared()));
    TestGateway::new(config.define(&registry)).unwrap()
}

#[tokio::test]
async fn definitions_need_method_responses_and_may_hold_broken_templates() {
    let integration = |template: &str| {
        serde_json::json!({
            "type": "mock", "requestTemplates": { "application/json": template },
            "responses": [{ "statusCode": 201 }, { "statusCode": 404, "selectionPattern": "404" }]
        })
    };
    let declared = serde_json::json!({ "201": {} });
    let gateway = defined(
        &Client::default(),
        &serde_json::json!([
            { "route": "GET /fine", "integration": integration("{statusCode: 200}"), "methodResponses": declared },
            { "route": "GET /broken", "integration": integration("#if("), "methodResponses": declared },
            { "route": "GET /undeclared", "integration": integration("{statusCode: 404}"), "methodResponses": declared },
        ]),
    );
    for (path, status) in [("fine", 201), ("broken", 500), ("undeclared", 500)] {
        assert_eq!(gateway.send(http::Request::get(format!("/prod/{path}"))).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_trace_tells_what_was_made_of_the_request() {
    let client = Client::default();
    let gateway = defined(
        &client,
        &serde_json::json!([
            { "route": "POST /fine", "methodResponses": { "200": {} }, "integration": {
                "type": "http", "uri": "http://pets.internal/",
                "requestTemplates": { "application/json": "{\"in\": $input.json('$.a')}" },
                "responses": [{ "statusCode": 200, "responseTemplates": { "application/json": "out" } }]
            } },
            { "route": "POST /nowhere", "integration": { "type": "http_proxy", "uri": "http://${stageVariables.none}/" } },
        ]),
    );
    let steps = async |path: &str| {
        let trace = Trace::new();
        let mut request = http::Request::post(path).body(Body::from(r#"{"a":1}"#)).unwrap();
        request.extensions_mut().insert(Arc::clone(&trace));
        gateway.send_request(request).await;
        trace.steps().into_iter().map(|traced| traced.step).collect::<Vec<_>>()
    };
    let told: Vec<String> = steps("/prod/fine")
        .await
        .iter()
        .filter_map(|step| match step {
            Step::Template { phase, input, output, .. } => Some(format!("{phase:?} {input} -> {output}")),
            Step::EndpointRequest { uri, method, headers, body } => {
                Some(format!("{method} {uri} {:?} {body}", headers["accept"]))
            }
            Step::EndpointResponse { status, body, .. } => Some(format!("{status} {body}")),
            Step::IntegrationResponse { subject, pattern, status } => Some(format!("{subject} {pattern:?} {status}")),
            Step::MethodResponse { status, headers, body } => {
                Some(format!("{status} {:?} {body}", headers["content-type"]))
            }
            _ => None,
        })
        .collect();
    assert_eq!(
        told,
        [
            r#"Request {"a":1} -> {"in": 1}"#,
            r#"POST http://pets.internal/ "application/json" {"in": 1}"#,
            r#"200 OK {"answer":1}"#,
            "200 None 200",
            r#"Response {"answer":1} -> out"#,
            r#"200 OK "application/json" out"#,
        ]
    );
    let reason = "configuration error: Invalid endpoint address".to_owned();
    assert!(steps("/prod/nowhere").await.contains(&Step::Failed { reason }));
}

#[tokio::test]
async fn a_loop_that_ends_early_is_told() {
    let gateway = defined(
        &Client::default(),
        &serde_json::json!([{ "route": "POST /", "methodResponses": { "200": {} }, "integration": {
            "type": "http", "uri": "http://pets.internal/",
            "requestTemplates": { "application/json": "#foreach($i in $input.path('$'))x#end" },
            "responses": [{ "statusCode": 200 }]
        } }]),
    );
    let stopped = async |items: usize| {
        let trace = Trace::new();
        let mut request =
            http::Request::post("/prod/").body(Body::from(format!("[0{}]", ",0".repeat(items - 1)))).unwrap();
        request.extensions_mut().insert(Arc::clone(&trace));
        gateway.send_request(request).await;
        trace.steps().into_iter().find_map(|traced| match traced.step {
            Step::Template { output, stopped_loops, .. } => Some((output.len(), stopped_loops)),
            _ => None,
        })
    };
    assert_eq!(stopped(1000).await, Some((1000, 0)));
    assert_eq!(stopped(1001).await, Some((1000, 1)));
}

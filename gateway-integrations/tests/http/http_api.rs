//! HTTP APIs in front of HTTP backends, defined as data.

use std::sync::{Arc, Mutex};

use gateway_core::{
    Body, Error, HttpClient, Request, Response,
    config::{Config, Registry},
    testing::TestGateway,
};
use gateway_integrations::Integrations;
use serde_json::{Value, json};

/// A client that keeps the heads of the last call, and answers 404 from `/missing` and 200 else.
#[derive(Clone, Default)]
struct Client(Arc<Mutex<Option<http::request::Parts>>>);

#[async_trait::async_trait]
impl HttpClient for Client {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let (parts, _) = request.into_parts();
        let mut response = Response::new(Body::from(r#"{"answer":1}"#));
        if parts.uri.path() == "/missing" {
            *response.status_mut() = http::StatusCode::NOT_FOUND;
        }
        *self.0.lock().unwrap() = Some(parts);
        Ok(response)
    }
}

fn config(kind: &str, route: &str, integration: &Value) -> Config {
    let api = json!({
        "name": "pets", "protocolType": kind, "routes": [{"route": route, "integration": integration}],
        "stages": [{"name": "dev"}],
    });
    Config::from_value(json!({ "apis": [api] })).unwrap()
}

fn gateway(route: &str, integration: &Value) -> (TestGateway, Client) {
    let client = Client::default();
    let registry = Registry::new().integrations(Integrations::new(Arc::new(client.clone())));
    (TestGateway::new(config("HTTP", route, integration).define(&registry)).unwrap(), client)
}

fn problems(kind: &str, integration: &Value) -> Vec<String> {
    let registry = Registry::new().integrations(Integrations::new(Arc::new(Client::default())));
    let problems = TestGateway::new(config(kind, "GET /x", integration).define(&registry)).err();
    problems.iter().flat_map(gateway_core::Problems::all).map(|problem| problem.pointer.clone()).collect()
}

/// What the backend is called with.
async fn called(route: &str, integration: Value, target: &str) -> http::request::Parts {
    let (gateway, client) = gateway(route, &integration);
    let request = http::Request::get(target).header("host", "api.example.com").header("x-to", "..%2Fsecret");
    let answer = gateway.send(request).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    let call = client.0.lock().unwrap().take();
    call.unwrap()
}

#[tokio::test]
async fn a_mapped_path_stands_in_place_of_the_addresss_own() {
    for (route, uri, path, target, called_at) in [
        ("GET /x", "http://h/own", "/v2${request.path}", "/dev/x?a=1", "http://h/v2/x?a=1"),
        ("GET /x", "http://h/own?k=v", "/v2", "/dev/x?a=1", "http://h/v2?k=v&a=1"),
        ("GET /x", "http://h", "$request.path", "/dev/x", "http://h/x"),
        ("$default", "http://h/own", "$request.path", "/dev/x/y", "http://h/x/y"),
        ("GET /{p+}", "http://h/own/{p}", "/only/${request.path.p}", "/dev/a/b%20c", "http://h/only/a/b%20c"),
    ] {
        let integration = json!({"type": "http_proxy", "uri": uri, "requestParameters": {"overwrite:path": path}});
        assert_eq!(called(route, integration, target).await.uri, called_at, "{uri} {path}");
    }
}

#[tokio::test]
async fn a_mapped_query_follows_the_addresss_own() {
    let integration = json!({"type": "http_proxy", "uri": "http://h/own?k=v", "requestParameters":
        {"append:querystring.stage": "$context.stage", "remove:querystring.a": ""}});
    assert_eq!(called("GET /x", integration, "/dev/x?a=1&b=2").await.uri, "http://h/own?k=v&b=2&stage=dev");
}

/// Each row: what is done to a query, of an address with one of its own.
#[tokio::test]
async fn parameters_of_the_addresss_own_query_are_mapped_as_the_clients_are() {
    for (own, key, value, target, called_at) in [
        ("k=v", "append:querystring.k", "w", "/dev/x", "http://h/own?k=v&k=w"),
        ("k=v", "append:querystring.k", "w", "/dev/x?k=u", "http://h/own?k=v&k=u&k=w"),
        ("k=v", "overwrite:querystring.k", "w", "/dev/x", "http://h/own?k=w"),
        ("k=v&l=m", "overwrite:querystring.k", "w", "/dev/x?k=u&a=1", "http://h/own?l=m&a=1&k=w"),
        ("k=v&l=m", "overwrite:querystring.k", "$request.querystring.none", "/dev/x?k=u", "http://h/own?l=m"),
        ("k=v", "remove:querystring.k", "", "/dev/x", "http://h/own"),
        ("k=v", "remove:querystring.k", "", "/dev/x?a=1&k=u", "http://h/own?a=1"),
        ("l=m&k=v&k", "remove:querystring.k", "", "/dev/x?a=1", "http://h/own?l=m&a=1"),
        ("%6B=v&k%20k=1&k+k=2", "remove:querystring.k k", "", "/dev/x", "http://h/own?%6B=v"),
        ("%6B=v", "remove:querystring.k", "", "/dev/x", "http://h/own"),
        ("k=v", "remove:querystring.K", "", "/dev/x", "http://h/own?k=v"),
    ] {
        let uri = format!("http://h/own?{own}");
        let integration = json!({"type": "http_proxy", "uri": uri, "requestParameters": {key: value}});
        assert_eq!(called("GET /x", integration, target).await.uri, called_at, "{own} {key} {target}");
    }
}

/// Each row: what is done to `Host`, which is not among the reserved headers.
#[tokio::test]
async fn the_host_can_be_mapped() {
    for (key, value, host) in [
        ("overwrite:header.host", "pets.internal", "pets.internal"),
        ("overwrite:header.Host", "${stageVariables.none}.internal", ".internal"),
        ("overwrite:header.host", "$request.header.none", "h"),
        ("append:header.host", "pets.internal", "pets.internal"),
        ("append:header.host", "$request.header.none", "h"),
        ("remove:header.host", "", "h"),
    ] {
        let integration = json!({"type": "http_proxy", "uri": "http://h/own", "requestParameters": {key: value}});
        let call = called("GET /x", integration, "/dev/x").await;
        let hosts: Vec<_> = call.headers.get_all("host").iter().collect();
        assert_eq!(hosts, [host], "{key} {value}");
        assert!(call.headers["forwarded"].to_str().unwrap().contains("host=api.example.com"));
    }
}

#[tokio::test]
async fn a_mapped_host_is_called_by_its_name_and_the_clients_is_told() {
    let integration = json!({"type": "http_proxy", "uri": "http://h/own", "requestParameters":
        {"overwrite:header.host": "pets.internal"}});
    let call = called("GET /x", integration, "/dev/x").await;
    assert_eq!((call.uri.host(), &call.headers["host"]), (Some("h"), &"pets.internal".parse().unwrap()));
    assert!(call.headers["forwarded"].to_str().unwrap().contains("host=api.example.com"));
}

#[tokio::test]
async fn no_value_of_a_client_leads_out_of_a_mapped_path() {
    let (gateway, client) = gateway(
        "GET /x",
        &json!({"type": "http_proxy", "uri": "http://h/own", "requestParameters":
            {"overwrite:path": "/public/${request.header.x-to}"}}),
    );
    let answer = gateway.send(http::Request::get("/dev/x").header("x-to", "..%2Fsecret")).await;
    assert_eq!((answer.status.as_u16(), answer.text()), (400, r#"{"message":"Bad Request"}"#));
    assert!(client.0.lock().unwrap().is_none());
}

#[tokio::test]
async fn answers_are_mapped_by_their_status() {
    let integration = json!({"type": "http_proxy", "uri": "http://h/missing", "responseParameters":
        {"404": {"overwrite:statuscode": "410", "append:header.x-was": "404"}, "200": {}}});
    let (gateway, _) = gateway("GET /x", &integration);
    let answer = gateway.send(http::Request::get("/dev/x")).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-was")), (410, "404"));
}

#[test]
fn everything_that_is_wrong_with_a_mapping_is_said() {
    let wrong = json!({"type": "http_proxy", "uri": "http://h", "timeoutInMillis": 30_000,
        "requestParameters": {"append:header.via": "x", "overwrite:path": "v2", "a/b": "1", "remove:header.x": ""},
        "responseParameters": {"2xx": {}, "200": {"overwrite:statuscode": "20", "append:header.x": "$request.path"}}});
    assert_eq!(
        problems("HTTP", &wrong),
        [
            "requestParameters/a~1b",
            "requestParameters/append:header.via",
            "requestParameters/overwrite:path",
            "responseParameters/200/append:header.x",
            "responseParameters/200/overwrite:statuscode",
            "responseParameters/2xx",
        ]
        .map(|pointer| format!("/apis/0/routes/0/integration/{pointer}"))
    );
    let late = json!({"type": "http_proxy", "uri": "http://h", "timeoutInMillis": 30_001});
    assert_eq!(problems("HTTP", &late), ["/apis/0/routes/0/integration/timeoutInMillis"]);
    let rest =
        json!({"type": "http_proxy", "uri": "http://h", "responseParameters": {"200": {"append:header.x": "1"}}});
    assert_eq!(problems("REST", &rest), ["/apis/0/routes/0/integration/responseParameters"]);
}

/// A backend that answers with headers of every kind.
struct Chatty(Client);

#[async_trait::async_trait]
impl HttpClient for Chatty {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let mut response = self.0.send(request).await?;
        for name in ["connection", "keep-alive", "te", "www-authenticate", "server", "date", "x-amzn-requestid", "via"]
        {
            response.headers_mut().insert(name, http::HeaderValue::from_static("backend"));
        }
        Ok(response)
    }
}

#[tokio::test]
async fn headers_are_treated_as_the_table_says() {
    let client = Client::default();
    let registry = Registry::new().integrations(Integrations::new(Arc::new(Chatty(client.clone()))));
    let config = config("HTTP", "POST /x", &json!({"type": "http_proxy", "uri": "http://h/x"}));
    let gateway = TestGateway::new(config.define(&registry)).unwrap();
    let mut request = http::Request::post("/dev/x").header("host", "api.example.com");
    for (name, value) in [
        ("authorization", "AWS4-HMAC-SHA256 x"),
        ("cookie", "a=1"),
        ("X-Own", "1"),
        ("x-own", "2"),
        ("x-forwarded-for", "192.0.2.1"),
        ("expect", "100-continue"),
        ("te", "trailers"),
        ("keep-alive", "5"),
        ("proxy-authorization", "x"),
        ("upgrade", "h2c"),
        ("content-length", "3"),
    ] {
        request = request.header(name, value);
    }
    let mut request = request.body(Body::from("abc")).unwrap();
    request.extensions_mut().insert(std::net::IpAddr::from([192, 0, 2, 7]));
    let answer = gateway.send_request(request).await;

    let call = client.0.lock().unwrap().take().unwrap();
    let seen = |name: &str| -> Vec<String> {
        call.headers.get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect()
    };
    assert_eq!(seen("authorization"), ["AWS4-HMAC-SHA256 x"], "forwarded");
    assert_eq!(seen("cookie"), ["a=1"]);
    assert_eq!(seen("x-own"), ["1", "2"], "one header, whatever the case");
    assert_eq!(seen("x-forwarded-for"), ["192.0.2.1, 192.0.2.7"], "extended on the right");
    assert_eq!(seen("host"), ["h"]);
    assert_eq!(seen("forwarded"), ["for=192.0.2.7;host=api.example.com;proto=http"]);
    assert_eq!(seen("via"), ["HTTP/1.1 AmazonAPIGateway"]);
    assert_eq!(seen("content-length"), ["3"]);
    assert!(seen("x-amzn-trace-id")[0].starts_with("Root=1-"), "added when missing");
    for name in ["expect", "te", "keep-alive", "proxy-authorization", "upgrade", "connection"] {
        assert_eq!(seen(name), [""; 0], "{name} ends here");
    }

    for name in ["www-authenticate", "server", "date", "x-amzn-requestid", "via"] {
        assert_eq!(answer.header(name), "backend", "{name} passes unchanged");
    }
    for name in ["connection", "keep-alive", "te"] {
        assert_eq!(answer.header(name), "", "{name} ends here");
    }
    assert!(answer.headers.keys().all(|name| !name.as_str().starts_with("x-amzn-remapped")));
    assert_eq!(answer.header("x-amz-apigw-id"), "");
}

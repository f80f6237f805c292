use std::{
    net::{IpAddr, SocketAddr},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use gateway_core::{
    ApiKind, Body, Context, Error, ErrorKind, HttpClient, Integration, ManualClock, Parts, Random, Request, Response,
    StageFacts,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode};

use super::HeaderRules;
use crate::HttpProxy;

/// A backend that keeps what it was called with, and gives one answer.
#[derive(Default)]
pub(super) struct Backend {
    pub(super) seen: Mutex<Option<(Parts, Body)>>,
    pub(super) answer: Mutex<Response>,
}

#[async_trait]
impl HttpClient for Backend {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        *self.seen.lock().unwrap() = Some(request.into_parts());
        Ok(std::mem::take(&mut *self.answer.lock().unwrap()))
    }
}

/// What the backend saw, and what the client was answered.
pub(super) struct Exchange {
    pub(super) seen: Parts,
    pub(super) response: Response,
}

pub(super) fn context(parts: &Parts, kind: Option<ApiKind>) -> Context {
    let context = Context::begin(parts, Arc::new(ManualClock::default()), &Random::seeded(1));
    if let Some(kind) = kind {
        context.set_stage(Arc::new(StageFacts {
            kind,
            api_id: "a1b2c3d4e5".into(),
            api_name: String::new(),
            account_id: "111111111111".into(),
            region: "us-east-1".into(),
            stage: "test".into(),
            deployment_id: String::new(),
            variables: Default::default(),
            ..StageFacts::default()
        }));
    }
    context
}

async fn exchange(
    kind: Option<ApiKind>,
    change: impl FnOnce(HttpProxy) -> HttpProxy,
    mut request: Request,
    answer: Response,
) -> Result<Exchange, Error> {
    let backend = Arc::new(Backend { seen: Mutex::default(), answer: Mutex::new(answer) });
    let proxy = change(HttpProxy::new("http://backend:81/x", backend.clone()).unwrap());
    request.headers_mut().entry("host").or_insert(HeaderValue::from_static("api.example.com"));
    let (parts, body) = request.into_parts();
    let context = context(&parts, kind);
    let response = proxy.invoke(Request::from_parts(parts, body), &context).await?;
    let (seen, _) = backend.seen.lock().unwrap().take().unwrap();
    Ok(Exchange { seen, response })
}

async fn seen(kind: Option<ApiKind>, request: http::request::Builder) -> HeaderMap {
    let request = request.body(Body::empty()).unwrap();
    exchange(kind, |proxy| proxy, request, Response::default()).await.unwrap().seen.headers
}

async fn answered(kind: Option<ApiKind>, answer: http::response::Builder) -> HeaderMap {
    let answer = answer.body(Body::from("{}")).unwrap();
    exchange(kind, |proxy| proxy, Request::default(), answer).await.unwrap().response.headers().clone()
}

fn from(address: &str) -> http::request::Builder {
    http::Request::get("/").extension(SocketAddr::new(address.parse::<IpAddr>().unwrap(), 5000))
}

const KINDS: [Option<ApiKind>; 3] = [None, Some(ApiKind::Rest), Some(ApiKind::Http)];
const HOP_BY_HOP: [&str; 8] = [
    "connection",
    "keep-alive",
    "proxy-connection",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

#[tokio::test]
async fn hop_by_hop_headers_end_here_in_both_directions() {
    for kind in KINDS {
        let mut request = http::Request::get("/").header("x-end-to-end", "1").header("x-hop", "1");
        let mut answer = http::Response::builder().header("x-end-to-end", "1").header("x-hop", "1");
        for name in HOP_BY_HOP {
            request = request.header(name, "1");
            answer = answer.header(name, "1");
        }
        let request = request.header("connection", "keep-alive, X-Hop , upgrade").header("expect", "100-continue");
        let headers = seen(kind, request).await;
        let answer = answered(kind, answer.header("connection", "x-hop")).await;
        for name in HOP_BY_HOP.into_iter().chain(["x-hop"]) {
            assert!(!headers.contains_key(name), "{kind:?}: {name} in the request");
            assert!(!answer.contains_key(name), "{kind:?}: {name} in the answer");
        }
        assert!(!headers.contains_key("expect"));
        assert_eq!((&headers["x-end-to-end"], &answer["x-end-to-end"]), (&"1".parse().unwrap(), &"1".parse().unwrap()));
    }
}

#[tokio::test]
async fn what_the_gateway_adds_cannot_be_named_away() {
    let request = from("192.0.2.1").header("connection", "x-forwarded-for, host, x-amzn-apigateway-api-id");
    let headers = seen(Some(ApiKind::Rest), request).await;
    assert_eq!(headers["x-forwarded-for"], "192.0.2.1");
    assert_eq!(headers["host"], "backend:81");
    assert_eq!(headers["x-amzn-apigateway-api-id"], "a1b2c3d4e5");
}

#[tokio::test]
async fn a_rest_api_says_who_it_is_and_who_calls() {
    let headers = seen(Some(ApiKind::Rest), from("::ffff:192.0.2.1").header("x-forwarded-for", "203.0.113.9")).await;
    assert_eq!(headers["x-forwarded-for"], "203.0.113.9, 192.0.2.1");
    assert_eq!(
        (&headers["x-forwarded-port"], &headers["x-forwarded-proto"]),
        (&"80".parse().unwrap(), &"http".parse().unwrap())
    );
    assert_eq!(headers["x-amzn-apigateway-api-id"], "a1b2c3d4e5");
    assert!(headers["x-amzn-trace-id"].to_str().unwrap().starts_with("Root=1-"));
    assert!(!headers.contains_key("forwarded") && !headers.contains_key("via"));

    let request = http::Request::get("https://api.example.com:8443/").header("host", "api.example.com:8443");
    let headers = seen(Some(ApiKind::Rest), request.header("x-forwarded-proto", "gopher")).await;
    assert_eq!(
        (&headers["x-forwarded-port"], &headers["x-forwarded-proto"]),
        (&"8443".parse().unwrap(), &"https".parse().unwrap())
    );
    assert!(!headers.contains_key("x-forwarded-for"));
}

#[tokio::test]
async fn a_rest_api_keeps_signatures_and_codings_to_itself() {
    for (name, value, passes) in [
        ("authorization", "AWS4-HMAC-SHA256 Credential=x", false),
        ("authorization", "Bearer x", true),
        ("content-encoding", "gzip", false),
        ("via", "1.1 x", false),
        ("x-http-method-override", "PUT", false),
        ("content-md5", "x", false),
        ("max-forwards", "1", false),
        ("server", "x", false),
        ("www-authenticate", "Basic", false),
        ("accept-encoding", "br", true),
        ("cookie", "a=1", true),
        ("user-agent", "x", true),
    ] {
        let headers = seen(Some(ApiKind::Rest), http::Request::get("/").header(name, value)).await;
        assert_eq!(headers.get(name).is_some(), passes, "{name}: {value}");
        let headers = seen(Some(ApiKind::Http), http::Request::get("/").header(name, value)).await;
        assert!(headers.contains_key(name), "{name}: {value}");
    }
}

#[tokio::test]
async fn an_http_api_uses_the_standard_headers() {
    let http = Some(ApiKind::Http);
    let headers = seen(http, from("192.0.2.1").header("via", "1.1 front").header("forwarded", "for=x")).await;
    assert_eq!(headers["forwarded"], "for=x, for=192.0.2.1;host=api.example.com;proto=http");
    assert_eq!(headers["via"], "1.1 front, HTTP/1.1 AmazonAPIGateway");
    assert!(headers["x-amzn-trace-id"].to_str().unwrap().starts_with("Root=1-"));
    assert!(!headers.contains_key("x-forwarded-for") && !headers.contains_key("x-amzn-apigateway-api-id"));

    let request = from("2001:db8::1").header("host", "[::1]:8080").header("x-forwarded-for", "203.0.113.9");
    let headers = seen(http, request).await;
    assert_eq!(headers["forwarded"], "for=\"[2001:db8::1]\";host=\"[::1]:8080\";proto=http");
    assert_eq!(headers["x-forwarded-for"], "203.0.113.9, 2001:db8::1");

    let headers = seen(http, http::Request::get("/").header("host", "a\";for=x")).await;
    assert_eq!(headers["forwarded"], "proto=http");
}

#[tokio::test]
async fn alone_it_is_a_reverse_proxy_like_others() {
    let headers = seen(None, from("192.0.2.1").header("te", "trailers").header("x-amzn-trace-id", "Root=own")).await;
    assert_eq!(headers["x-forwarded-for"], "192.0.2.1");
    assert_eq!(headers["x-forwarded-host"], "api.example.com");
    assert_eq!(headers["x-amzn-trace-id"], "Root=own");
    assert_eq!(headers["te"], "trailers");
    assert_eq!(headers["host"], "backend:81");
    assert!(!headers.contains_key("x-amzn-apigateway-api-id") && !headers.contains_key("forwarded"));
}

#[tokio::test]
async fn grpc_is_told_that_trailers_are_wanted() {
    for (kind, content_type, te, passes) in [
        (Some(ApiKind::Http), "application/grpc+proto", "trailers", true),
        (Some(ApiKind::Http), "application/grpc", "gzip", false),
        (Some(ApiKind::Http), "application/json", "trailers", false),
        (Some(ApiKind::Rest), "application/grpc", "trailers", false),
        (None, "application/json", "trailers", true),
    ] {
        let headers = seen(kind, http::Request::post("/").header("content-type", content_type).header("te", te)).await;
        assert_eq!(headers.contains_key("te"), passes, "{kind:?} {content_type} {te}");
    }
}

#[tokio::test]
async fn only_trusted_peers_speak_for_others() {
    for kind in KINDS {
        for (peer, trusted) in [("192.0.2.1", true), ("::ffff:192.0.2.1", true), ("198.51.100.1", false)] {
            let said = from(peer).header("x-forwarded-for", "203.0.113.9").header("forwarded", "for=203.0.113.9");
            let request = said.body(Body::empty()).unwrap();
            let trusts = |proxy: HttpProxy| {
                proxy.header_rules(HeaderRules::new().trust_forwarded(|peer| peer.to_string() == "192.0.2.1"))
            };
            let headers = exchange(kind, trusts, request, Response::default()).await.unwrap().seen.headers;
            let speaks =
                |name: &str| headers.get(name).is_some_and(|value| value.to_str().unwrap().contains("203.0.113.9"));
            assert_eq!((speaks("x-forwarded-for"), speaks("forwarded")), (trusted, trusted), "{kind:?} {peer}");
        }
    }
}

#[tokio::test]
async fn a_proxy_names_itself_where_asked_to() {
    let request = http::Request::get("/").header("via", "1.0 front").body(Body::empty()).unwrap();
    let named = |proxy: HttpProxy| proxy.header_rules(HeaderRules::new().via(HeaderValue::from_static("1.1 edge")));
    let headers = exchange(None, named, request, Response::default()).await.unwrap().seen.headers;
    assert_eq!(headers["via"], "1.0 front, 1.1 edge");
}

#[tokio::test]
async fn the_clients_host_is_kept_where_asked_for() {
    let preserving = |proxy: HttpProxy| proxy.header_rules(HeaderRules::new().preserve_host(true));
    let kept = exchange(None, preserving, Request::default(), Response::default()).await;
    assert_eq!(kept.unwrap().seen.headers["host"], "api.example.com");
}

#[tokio::test]
async fn the_method_can_be_fixed() {
    let fixed =
        exchange(None, |proxy| proxy.method(Method::PUT), Request::default(), Response::default()).await.unwrap();
    assert_eq!(fixed.seen.method, Method::PUT);
    assert_eq!(fixed.seen.headers["content-length"], "0");
}

#[tokio::test]
async fn tunnels_are_refused_in_both_directions() {
    let connect = http::Request::connect("host:1").body(Body::empty()).unwrap();
    let refused = exchange(None, |proxy| proxy, connect, Response::default()).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::BadRequest);
    let mut switched = Response::default();
    *switched.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let refused = exchange(None, |proxy| proxy, Request::default(), switched).await;
    assert_eq!(refused.err().unwrap().kind(), ErrorKind::IntegrationFailure);
}

#[tokio::test]
async fn the_length_is_the_bodys_own() {
    let length = async |request: http::request::Builder, body: Body| {
        let request = request.body(body).unwrap();
        let exchange = exchange(None, |proxy| proxy, request, Response::default()).await.unwrap();
        exchange.seen.headers.get("content-length").map(|value| value.to_str().unwrap().to_owned())
    };
    let stream = || Body::new(Never);
    assert_eq!(length(http::Request::get("/"), Body::empty()).await, None);
    assert_eq!(length(http::Request::get("/").header("content-length", "7"), Body::empty()).await, None);
    assert_eq!(length(http::Request::post("/"), Body::empty()).await.as_deref(), Some("0"));
    assert_eq!(
        length(http::Request::post("/").header("content-length", "7"), Body::from("abc")).await.as_deref(),
        Some("3")
    );
    let twice = http::Request::post("/").header("content-length", "3").header("content-length", "4");
    assert_eq!(length(twice, Body::from("abc")).await.as_deref(), Some("3"));
    assert_eq!(length(http::Request::post("/").header("content-length", "7"), stream()).await, None);
}

/// A body of unknown length.
struct Never;

impl http_body::Body for Never {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        std::task::Poll::Pending
    }
}

#[tokio::test]
async fn a_rest_api_renames_what_it_says_itself() {
    let answer = http::Response::builder()
        .header("date", "yesterday")
        .header("server", "own")
        .header("x-amzn-requestid", "id")
        .header("x-amzn-trace-id", "Root=1")
        .header("www-authenticate", "Basic")
        .header("www-authenticate", "Digest")
        .header("connection", "close")
        .header("via", "1.1 x")
        .header("content-encoding", "gzip")
        .header("set-cookie", "a=1")
        .header("set-cookie", "b=2");
    let headers = answered(Some(ApiKind::Rest), answer).await;
    let all =
        |name: &str| headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>().join("|");
    for (name, value) in [
        ("date", ""),
        ("x-amzn-remapped-date", "yesterday"),
        ("server", ""),
        ("x-amzn-remapped-server", "own"),
        ("x-amzn-requestid", ""),
        ("x-amzn-remapped-x-amzn-requestid", "id"),
        ("x-amzn-trace-id", "Root=1"),
        ("www-authenticate", ""),
        ("x-amzn-remapped-www-authenticate", "Basic|Digest"),
        ("connection", ""),
        ("x-amzn-remapped-connection", "close"),
        ("x-amzn-remapped-content-length", "2"),
        ("via", ""),
        ("content-encoding", "gzip"),
        ("set-cookie", "a=1|b=2"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(all(name), value, "{name}");
    }
}

#[tokio::test]
async fn others_rename_nothing() {
    for kind in [None, Some(ApiKind::Http)] {
        let answer =
            http::Response::builder().header("date", "yesterday").header("server", "own").header("via", "1.1 x");
        let headers = answered(kind, answer.header("www-authenticate", "Basic")).await;
        assert_eq!(headers.len(), 4, "{headers:?}");
    }
}

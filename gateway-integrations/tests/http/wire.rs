//! Odd but legal requests to an HTTP API over real connections: what its backend is asked, and what the client gets.

use std::{
    process::{Command, Stdio},
    sync::Arc,
};

use gateway_core::{Api, Body, Cors, Definition, Gateway, HttpClient, Response, Route, StageDefinition};
use gateway_integrations::{HttpProxy, http::PooledClient};
use http::HeaderValue;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::backend::{Backend, Speaks};

/// Tells what it was asked: method and target, the headers that tests send, the body and its trailers.
async fn tell(request: http::Request<Incoming>) -> Response {
    let (parts, body) = request.into_parts();
    let mut lines: Vec<_> = parts
        .headers
        .iter()
        .filter(|(name, _)| {
            let name = name.as_str();
            name.starts_with("x-own") || ["cookie", "expect", "te", "transfer-encoding", "via"].contains(&name)
        })
        .map(|(name, value)| format!("\n{name}: {}", value.to_str().unwrap()))
        .collect();
    lines.sort();
    let mut told = format!("{} {}{}", parts.method, parts.uri, lines.concat());
    let collected = body.collect().await.unwrap();
    let trailers = collected.trailers().map_or(0, http::HeaderMap::len);
    told += &format!("\n\n{}|{trailers}", String::from_utf8_lossy(&collected.to_bytes()));
    let mut response = Response::new(Body::from(told));
    for value in ["a=1", "b=2"] {
        response.headers_mut().append("set-cookie", HeaderValue::from_static(value));
    }
    response
}

/// An HTTP API in front of it, which speaks both versions.
async fn front() -> Backend {
    let backend = Backend::start(Speaks::Http1, tell).await;
    let client: Arc<dyn HttpClient> = Arc::new(PooledClient::builder().plain_only().build().unwrap());
    let to = |path: &str| Route::to(HttpProxy::new(&backend.uri(path), Arc::clone(&client)).unwrap());
    let api = Api::http("odd")
        .route("GET /only", to("/only"))
        .route("ANY /any/{p+}", to("/any/{p}"))
        .route("OPTIONS /options", to("/options"))
        .stage(StageDefinition::new("$default"))
        .cors(Cors::origins(["https://shop.example.com"]));
    let service = TowerToHyperService::new(Gateway::new(Definition::new().api(api)).unwrap());
    Backend::accepting(move |stream| {
        let service = service.clone();
        async move {
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            let _ = builder.serve_connection(TokioIo::new(stream), service).await;
        }
    })
    .await
}

/// Sends bytes on a connection of their own, and gives all that comes back.
async fn raw(front: &Backend, request: &str) -> String {
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

/// Status and body of an answer without a transfer coding.
fn parts(answer: &str) -> (&str, &str) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (&head[9..12], body)
}

/// The head of a request in HTTP/1.1, after which the connection is closed.
fn head(line: &str, headers: &[&str]) -> String {
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("{line} HTTP/1.1\r\nHost: odd.local\r\nConnection: close\r\n{headers}\r\n")
}

const VIA: &str = "\nvia: HTTP/1.1 AmazonAPIGateway";

#[tokio::test]
async fn targets_arrive_as_they_were_written() {
    let front = front().await;
    for (target, status, asked) in [
        ("/any/a%2Fb%20c/", "200", "GET /any/a%2Fb%20c/"),
        ("/any//a/./b", "200", "GET /any//a/./b"),
        ("/any/x?", "200", "GET /any/x"),
        ("/any/x?a=&b&=c&&a=%20+", "200", "GET /any/x?a=&b&=c&&a=%20+"),
        ("http://odd.local/any/x?y=1", "200", "GET /any/x?y=1"),
        ("/any/..%2Fsecret", "400", ""),
        ("/any", "404", ""),
        ("/only/", "404", ""),
        ("/ONLY", "404", ""),
    ] {
        let answer = raw(&front, &head(&format!("GET {target}"), &[])).await;
        let (given, body) = parts(&answer);
        assert_eq!(given, status, "{target}");
        if status == "200" {
            assert_eq!(body, format!("{asked}{VIA}\n\n|0"), "{target}");
        }
    }
}

#[tokio::test]
async fn methods_have_the_routes_that_name_them() {
    let front = front().await;
    for (line, status) in [
        ("HEAD /only", "404"),
        ("HEAD /any/x", "200"),
        ("OPTIONS /only", "404"),
        ("OPTIONS /options", "200"),
        ("OPTIONS *", "404"),
        ("PURGE /any/x", "200"),
        ("get /only", "404"),
        ("PURGE /only", "404"),
    ] {
        let answer = raw(&front, &head(line, &[])).await;
        let (given, body) = parts(&answer);
        assert_eq!(given, status, "{line}");
        assert!(!line.starts_with("HEAD") || body.is_empty(), "{line}: {body}");
        assert!(!answer.to_lowercase().contains("\r\nallow:"), "{answer}");
    }
    let preflight = ["Origin: https://shop.example.com", "Access-Control-Request-Method: PUT"];
    let answer = raw(&front, &head("OPTIONS /only", &preflight)).await;
    assert_eq!(parts(&answer), ("204", ""));
    assert!(answer.contains("access-control-allow-origin: https://shop.example.com"), "{answer}");
    assert!(!answer.contains("content-length"), "{answer}");
}

#[tokio::test]
async fn headers_that_repeat_stay_apart_both_ways() {
    let front = front().await;
    let repeated = ["X-Own: 1", "x-OWN: 2", "X-Own-Empty:", "Via: 1.0 other", "Expect: 100-continue"];
    let answer = raw(&front, &head("GET /any/x", &repeated)).await;
    let (_, answer) = answer.split_once("HTTP/1.1 200").unwrap();
    let body = "GET /any/x\nvia: 1.0 other, HTTP/1.1 AmazonAPIGateway\nx-own-empty: \nx-own: 1\nx-own: 2\n\n|0";
    assert!(answer.ends_with(body), "{answer}");
    assert_eq!(answer.matches("\r\nset-cookie: ").count(), 2, "{answer}");
}

#[tokio::test]
async fn bodies_of_every_framing_arrive_whole() {
    let front = front().await;
    let chunked = "Transfer-Encoding: chunked";
    for (headers, sent, asked) in [
        (&["Content-Length: 3"][..], "abc", "abc|0"),
        (&["Content-Length: 0"], "", "|0"),
        (&[chunked], "1;ext=1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc|0"),
        // RFC 9112, 6.3: the coding counts, and the length is dropped.
        (&["Content-Length: 9", chunked], "3\r\nabc\r\n0\r\n\r\n", "abc|0"),
        (&[chunked, "Trailer: X-T"], "3\r\nabc\r\n0\r\nX-T: 1\r\n\r\n", "abc|"),
    ] {
        let answer = raw(&front, &format!("{}{sent}", head("POST /any/x", headers))).await;
        let (status, body) = parts(&answer);
        assert_eq!(status, "200", "{headers:?}");
        assert!(body.contains(asked), "{headers:?}: {body}");
    }
    let answer = raw(&front, &format!("{}abc", head("POST /any/x", &["Content-Length: 3", "Content-Length: 4"]))).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn who_expects_to_go_on_is_told_so_by_the_gateway() {
    let front = front().await;
    let mut stream = TcpStream::connect(front.address).await.unwrap();
    let expecting = head("POST /any/x", &["Content-Length: 3", "Expect: 100-continue"]);
    stream.write_all(expecting.as_bytes()).await.unwrap();
    let mut interim = [0; 25];
    stream.read_exact(&mut interim).await.unwrap();
    assert_eq!(&interim, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream.write_all(b"abc").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert_eq!(parts(&answer), ("200", &*format!("POST /any/x{VIA}\n\nabc|0")));
    let refused = raw(&front, &head("POST /only", &["Content-Length: 3", "Expect: 100-continue"])).await;
    assert_eq!(parts(&refused), ("404", r#"{"message":"Not Found"}"#));
}

#[tokio::test]
async fn an_old_client_is_answered() {
    let front = front().await;
    let answer = raw(&front, "GET /any/x HTTP/1.0\r\n\r\n").await;
    assert_eq!(parts(&answer), ("200", &*format!("GET /any/x{VIA}\n\n|0")));
}

#[tokio::test]
async fn over_http_2_all_is_the_same() {
    let front = front().await;
    let stream = TcpStream::connect(front.address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    for (method, target, status) in [
        ("GET", "/any/a%2Fb?a=&b", 200),
        ("HEAD", "/any/x", 200),
        ("HEAD", "/only", 404),
        ("OPTIONS", "/only", 404),
        ("POST", "/only", 404),
    ] {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("http://odd.local{target}"))
            .header("x-own", "1")
            .header("x-own", "2")
            .header("cookie", "a=1")
            .header("cookie", "b=2")
            .body(Body::empty())
            .unwrap();
        let response = client.send_request(request).await.unwrap();
        assert_eq!(response.status(), status, "{method} {target}");
        assert_eq!(response.headers()["apigw-requestid"].len(), 16);
        let body = response.into_body().collect().await.unwrap().to_bytes();
        if method == "GET" {
            // RFC 9113, 8.2.3: the crumbs of a cookie are one header again.
            let asked = format!("GET {target}\ncookie: a=1; b=2{VIA}\nx-own: 1\nx-own: 2\n\n|0");
            assert_eq!(String::from_utf8_lossy(&body), asked);
        }
    }
}

/// Whether a program runs; says so if it does not.
#[expect(clippy::print_stdout, reason = "what was not run is said")]
fn is_here(program: &str, arguments: &[&str], what: &str) -> bool {
    let status = Command::new(program).args(arguments).stdout(Stdio::null()).stderr(Stdio::null()).status();
    let here = status.is_ok_and(|status| status.success());
    if !here {
        println!("NOT RUN: {what}");
    }
    here
}

/// What a program prints.
async fn printed(program: &'static str, arguments: Vec<String>) -> String {
    let told = arguments.join(" ");
    let running = tokio::task::spawn_blocking(move || Command::new(program).args(arguments).output());
    let output = running.await.unwrap().unwrap();
    assert!(output.status.success(), "{told}: {} {}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_curl_sends_is_served_over_both_versions() {
    if !is_here("curl", &["--version"], "curl is not on this machine") {
        return;
    }
    let front = front().await;
    for version in ["--http1.1", "--http2-prior-knowledge"] {
        for (arguments, path, told) in [
            ("", "/any/a%2Fb?x=", "GET /any/a%2Fb?x=|200"),
            ("--head", "/any/x", "|200"),
            ("--head", "/only", "|404"),
            ("--request OPTIONS", "/options", "OPTIONS /options|200"),
            ("--path-as-is", "/any/../only", "|400"),
            ("--data-binary abc --header Transfer-Encoding:chunked", "/any/x", "POST /any/x|200"),
            ("--data-binary abc --header Expect:100-continue", "/any/x", "POST /any/x|200"),
            ("--header Cookie:a=1 --header X-Own:1 --header X-Own:2", "/any/x", "GET /any/x|200"),
            ("--request QUERY", "/any/x", "QUERY /any/x|200"),
        ] {
            let fixed = ["--silent", "--max-time", "20", "--write-out", "|%{http_code}", version];
            let mut all: Vec<String> =
                fixed.into_iter().chain(arguments.split_whitespace()).map(str::to_owned).collect();
            all.push(front.uri(path));
            let said = printed("curl", all).await;
            let first = said.split(['\n', '|']).next().unwrap_or_default();
            let first = if arguments == "--head" || told.starts_with('|') { "" } else { first };
            let status = said.rsplit('|').next().unwrap_or_default();
            assert_eq!(format!("{first}|{status}"), told, "{version} {arguments} {path}: {said}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_python_sends_is_served() {
    if !is_here("python3", &["-c", "import http.client"], "there is no Python 3 on this machine") {
        return;
    }
    let front = front().await;
    let program = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/http/wire.py");
    let said = printed("python3", vec![program.to_owned(), front.address.to_string()]).await;
    for line in said.lines() {
        assert!(line.starts_with("ok ") || line.starts_with("NOT RUN: "), "{said}");
    }
    assert!(said.lines().count() >= 8, "{said}");
}

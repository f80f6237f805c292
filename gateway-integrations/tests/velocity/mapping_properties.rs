//! Any text is a mapping or is refused; any request is answered, and nothing of it leaves its place.

use std::sync::Arc;

use gateway_core::{Body, Error, HttpClient, Integration, Request, Response};
use gateway_integrations::{
    http::HttpBackend,
    mapping::{IntegrationResponse, Mapped},
};
use proptest::prelude::*;
use tower::ServiceExt;

/// A client that answers with the address that it was called at, and the body.
struct Echo;

#[async_trait::async_trait]
impl HttpClient for Echo {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        Ok(http::Response::builder().header("x-uri", parts.uri.to_string()).body(body).unwrap())
    }
}

fn piece() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "integration.request.",
        "integration.response.",
        "method.request.",
        "method.response.",
        "header.",
        "path.",
        "querystring.",
        "multivalueheader.",
        "multivaluequerystring.",
        "body",
        ".",
        "[0]",
        "..",
        "$",
        "a",
        "x-b",
        "'",
        "context.",
        "identity.sourceIp",
        "stageVariables.",
        "*",
        "[?(@.a)]",
        "é",
        " ",
        "\n",
    ])
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![".{0,20}", proptest::collection::vec(piece(), 0..6).prop_map(|pieces| pieces.concat())]
}

fn respond(mapped: Mapped<HttpBackend>, uri: &str, body: Vec<u8>) -> Response {
    let request = http::Request::post(uri).header("content-type", "text/plain").body(Body::from(body)).unwrap();
    let service = mapped.into_service();
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(service.oneshot(request)).unwrap()
}

fn backend() -> HttpBackend {
    HttpBackend::new("http://host:81/base/{a}/end?q={b}", Arc::new(Echo)).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn any_mapping_and_any_body_give_an_answer(
        target in text(), source in text(), header in text(), from in text(), body in any::<Vec<u8>>(),
    ) {
        let mut mapped = Mapped::new(backend());
        if let Ok(with) = mapped.clone().request_parameter(&target, &source) {
            mapped = with;
        }
        for place in ["header.x-a", "path.a", "querystring.c"] {
            if let Ok(with) = mapped.clone().request_parameter(&format!("integration.request.{place}"), &source) {
                mapped = with;
            }
        }
        let mut response = IntegrationResponse::new(200);
        for target in [header.as_str(), "method.response.header.x-a"] {
            if let Ok(with) = response.clone().response_parameter(target, &from) {
                response = with;
            }
        }
        let answer = respond(mapped.response(response), "/?a=1", body);
        prop_assert!([200, 400, 500].contains(&answer.status().as_u16()));
    }

    #[test]
    fn values_stay_in_their_place_of_the_address(value in any::<String>(), name in any::<String>()) {
        let response = IntegrationResponse::new(200)
            .response_parameter("method.response.header.x-uri", "integration.response.header.x-uri").unwrap();
        let body = serde_json::json!({ "value": value }).to_string();
        let mapped = ["path.a", "path.b", &format!("querystring.n{name}")].iter().fold(Mapped::new(backend()), |mapped, place| {
            mapped.request_parameter(&format!("integration.request.{place}"), "method.request.body.value").unwrap()
        });
        let answer = respond(mapped.response(response), "/", body.into_bytes());
        if answer.status() == 200 {
            let uri: http::Uri = answer.headers()["x-uri"].to_str().unwrap().parse().unwrap();
            prop_assert_eq!(uri.authority().unwrap().as_str(), "host:81");
            prop_assert!(uri.path().starts_with("/base/") && uri.path().ends_with("/end"));
            prop_assert!(!uri.path().split('/').any(|segment| segment == ".."));
            let pairs: Vec<_> = gateway_core::query_pairs(uri.query().unwrap()).collect();
            prop_assert_eq!(pairs.len(), 2);
            prop_assert_eq!(&*pairs[1].1, value.as_str());
            prop_assert_eq!(&*pairs[1].0, format!("n{name}"));
        } else {
            prop_assert_eq!(answer.status(), 400);
        }
    }
}

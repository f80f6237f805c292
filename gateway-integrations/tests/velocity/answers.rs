//! What a mapping makes of answers.

use gateway_core::{
    Api, Body, Canary, Definition, Error, ErrorKind, Response, Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway, TestResponse},
};
use gateway_integrations::mapping::{IntegrationResponse, Mapped, MappingError, SelectionSubject};

use crate::requests::{gateway, serving};

/// A backend that answers with the status of the path, two headers, and a body.
fn backend(body: &'static str) -> RecordingIntegration {
    RecordingIntegration::new(move |call| {
        let status = call.uri.path().rsplit('/').next().and_then(|status| status.parse::<u16>().ok());
        let response = http::Response::builder().status(status.unwrap_or(200));
        let response = response.header("x-own", "first").header("x-own", "second").header("date", "then");
        Ok(response.body(Body::from(body)).unwrap())
    })
}

async fn answer(mapped: Mapped<RecordingIntegration>, target: &str) -> TestResponse {
    gateway(mapped).send(http::Request::get(target)).await
}

#[tokio::test]
async fn the_status_chooses_the_response() {
    let mapped = || -> Result<_, MappingError> {
        Ok(Mapped::new(backend(""))
            .response(IntegrationResponse::new(500).selection_pattern(r"\d+5")?)
            .response(IntegrationResponse::new(404).selection_pattern(r"4\d{2}")?)
            .response(IntegrationResponse::new(299).selection_pattern("")?)
            .response(IntegrationResponse::new(409).selection_pattern("40")?))
    };
    for (backend, client) in [(200, 299), (404, 404), (405, 404), (505, 500), (301, 299)] {
        let answer = answer(mapped().unwrap(), &format!("/prod/pets/{backend}")).await;
        assert_eq!(answer.status, client, "{backend}");
    }
    let only_errors =
        Mapped::new(backend("")).response(IntegrationResponse::new(404).selection_pattern("404").unwrap());
    let answer = answer(only_errors, "/prod/pets/200").await;
    assert_eq!((answer.status.as_u16(), answer.text()), (500, r#"{"message":"Internal server error"}"#));
}

#[tokio::test]
async fn a_backend_may_say_what_the_patterns_are_for() {
    for (message, status) in [("Not found: 7", 404), ("", 200), ("two\nlines", 200)] {
        let failing = RecordingIntegration::new(move |_| {
            let mut response = Response::new(Body::empty());
            response.extensions_mut().insert(SelectionSubject(message.to_owned()));
            Ok(response)
        });
        let mapped = Mapped::new(failing)
            .response(IntegrationResponse::new(200))
            .response(IntegrationResponse::new(404).selection_pattern("Not found: .+").unwrap())
            .response(IntegrationResponse::new(500).selection_pattern(".+").unwrap());
        assert_eq!(answer(mapped, "/prod/pets/7").await.status, status, "{message}");
    }
}

#[tokio::test]
async fn headers_come_from_everywhere_and_some_are_renamed() {
    let body = r#"{"name":"Rex","list":[1]}"#;
    for (target, source, name, value) in [
        ("X-Mapped", "'fixed'", "x-mapped", "fixed"),
        ("X-Mapped", "integration.response.header.X-Own", "x-mapped", "second"),
        ("X-Mapped", "integration.response.multivalueheader.X-Own", "x-mapped", "first,second"),
        ("X-Mapped", "integration.response.header.none", "x-mapped", ""),
        ("X-Mapped", "integration.response.body.name", "x-mapped", "Rex"),
        ("X-Mapped", "integration.response.body.list", "x-mapped", "[1]"),
        ("X-Mapped", "integration.response.body", "x-mapped", body),
        ("X-Mapped", "stageVariables.colour", "x-mapped", "red"),
        ("X-Mapped", "context.stage", "x-mapped", "prod"),
        ("Content-Type", "'text/plain'", "content-type", "text/plain"),
        ("Server", "'own'", "x-amzn-remapped-server", "own"),
        ("Transfer-Encoding", "'chunked'", "transfer-encoding", ""),
        ("Via", "'own'", "via", "own"),
    ] {
        let response = IntegrationResponse::new(200);
        let response = response.response_parameter(&format!("method.response.header.{target}"), source).unwrap();
        let answer = answer(Mapped::new(backend(body)).response(response), "/prod/pets/7x").await;
        assert_eq!(answer.header(name), value, "{target}: {source}");
        assert_eq!((answer.header("x-own"), answer.header("date")), ("", ""), "what is not mapped ends here");
        assert!(answer.headers.contains_key("x-amzn-trace-id") && answer.headers.contains_key("content-type"));
    }
}

#[tokio::test]
async fn the_template_is_chosen_by_what_the_client_accepts() {
    let response = IntegrationResponse::new(200)
        .response_template("application/json", r#"{"id": "$input.params('id')", "name": $input.json('$.name')}"#)
        .and_then(|response| response.response_template("text/plain", "$input.path('$.name')"))
        .unwrap();
    let gateway = gateway(Mapped::new(backend(r#"{"name":"Rex"}"#)).response(response));
    for (accept, body) in [
        ("application/json", r#"{"id": "7x", "name": "Rex"}"#),
        ("text/plain;q=0.5, application/json", "Rex"),
        ("*/*", r#"{"id": "7x", "name": "Rex"}"#),
    ] {
        let answer = gateway.send(http::Request::get("/prod/pets/7x").header("accept", accept)).await;
        assert_eq!(answer.text(), body, "{accept}");
    }
}

#[tokio::test]
async fn overrides_of_both_templates_hold() {
    let request = "#set($context.responseOverride.status = 418)#set($context.responseOverride.header.x-one = 'request')\
                   #set($context.responseOverride.header.x-two = 'request'){\"statusCode\": 200}";
    let response = "#set($context.responseOverride.header.x-two = ['a', 'b'])$context.responseOverride.status";
    let mock = Mapped::mock().request_template("application/json", request).unwrap();
    let without = gateway(mock.clone().response(IntegrationResponse::new(200)));
    let with = IntegrationResponse::new(200).response_template("application/json", response).unwrap();
    let with = gateway(mock.response(with));

    let answer = without.send(http::Request::get("/prod/pets/7")).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-two"), answer.text()), (418, "request", ""));
    let answer = with.send(http::Request::get("/prod/pets/7")).await;
    assert_eq!((answer.status.as_u16(), answer.header("x-one"), answer.text()), (418, "request", "418"));
    assert_eq!(answer.headers.get_all("x-two").iter().collect::<Vec<_>>(), ["a", "b"]);
}

#[tokio::test]
async fn a_mock_answers_by_the_status_that_its_template_writes() {
    let mock = Mapped::mock()
        .request_template("application/json", "{statusCode: $input.params('id')}")
        .unwrap()
        .response(IntegrationResponse::new(200))
        .response(IntegrationResponse::new(404).selection_pattern("404").unwrap());
    let gateway = gateway(mock);
    for (id, status) in [("200", 200), ("404", 404), ("7", 200), ("x", 500)] {
        let answer = gateway.send(http::Request::get(format!("/prod/pets/{id}"))).await;
        assert_eq!(answer.status, status, "{id}");
        assert!(!answer.headers.contains_key("x-amzn-trace-id"));
    }
    let without_template = crate::requests::gateway(Mapped::mock().response(IntegrationResponse::new(200)));
    assert_eq!(without_template.send(http::Request::get("/prod/pets/7")).await.status, 500);
}

#[tokio::test]
async fn binary_answers_are_bytes_for_clients_that_accept_them_and_base64_for_others() {
    let png = RecordingIntegration::new(|_| {
        let response = http::Response::builder().header("content-type", "image/png");
        Ok(response.body(Body::from(vec![0xff, 0x00])).unwrap())
    });
    let mapped = Mapped::new(png).response(IntegrationResponse::new(200));
    let binary = |api: Api| api.binary_media_types(["image/png"]);
    let gateway = serving(mapped.clone(), binary);
    for (accept, body) in [("image/png", &[0xff, 0x00][..]), ("text/plain, image/png", b"/wA=")] {
        let answer = gateway.send(http::Request::get("/prod/pets/7").header("accept", accept)).await;
        assert_eq!(answer.body.unwrap(), body, "{accept}");
    }
    // Without binary types every body is text.
    let answer = answer(mapped, "/prod/pets/7").await;
    assert_eq!(answer.text(), "\u{fffd}\0");
}

#[tokio::test]
async fn the_facts_are_those_of_the_backends_own_answer() {
    let backend = RecordingIntegration::new(|_| {
        let response = http::Response::builder().status(404).header("x-amzn-requestid", "of the backend");
        Ok(response.body(Body::empty()).unwrap())
    });
    let response = IntegrationResponse::new(200)
        .response_parameter("method.response.header.x-status", "context.integration.status")
        .and_then(|response| response.response_template("application/json", "$context.awsEndpointRequestId"))
        .unwrap();
    let answer = answer(Mapped::new(backend).response(response), "/prod/pets/7").await;
    assert_eq!((answer.status.as_u16(), answer.header("x-status"), answer.text()), (200, "404", "of the backend"));
}

#[tokio::test]
async fn failures_are_the_gateways_own_answers() {
    let large = RecordingIntegration::new(|_| Ok(Response::new(Body::from(vec![b' '; (10 << 20) + 1]))));
    let unreachable = RecordingIntegration::new(|_| Err(Error::new(ErrorKind::IntegrationFailure)));
    for (backend, status) in [(large, 500), (unreachable, 504)] {
        let mapped = Mapped::new(backend).response(IntegrationResponse::new(200));
        assert_eq!(answer(mapped, "/prod/pets/7").await.status, status);
    }
    let broken = IntegrationResponse::new(200).response_template("application/json", "$util.parseJson('{')").unwrap();
    assert_eq!(answer(Mapped::new(backend("{}")).response(broken), "/prod/pets/7x").await.status, 500);
}

#[tokio::test]
async fn a_header_from_a_body_that_only_looks_like_json_is_a_failure_of_its_own() {
    let header = "method.response.header.x-id";
    let response = || IntegrationResponse::new(200).response_parameter(header, "integration.response.body.id").unwrap();
    let broken = answer(Mapped::new(backend("{no json")).response(response()), "/prod/pets/200").await;
    assert_eq!((broken.status.as_u16(), broken.text()), (500, r#"{"message":"Internal server error"}"#));
    assert_eq!(broken.header("x-amzn-errortype"), "InternalFailureException");
    let text = answer(Mapped::new(backend("no json")).response(response()), "/prod/pets/200").await;
    assert_eq!((text.status.as_u16(), text.header("x-id")), (200, ""));
}

#[tokio::test]
async fn templates_and_parameters_know_whether_a_request_is_the_canarys() {
    for (percent, expected) in [(Some(100.0), "true"), (Some(0.0), "false"), (None, "")] {
        let response = IntegrationResponse::new(200)
            .response_parameter("method.response.header.x-canary", "context.isCanaryRequest")
            .unwrap()
            .response_template("application/json", "canary: $!context.isCanaryRequest")
            .unwrap();
        let stage = StageDefinition::new("prod");
        let stage = percent.into_iter().fold(stage, |stage, percent| stage.canary(Canary::percent(percent)));
        let mapped = Mapped::new(backend("{}")).response(response);
        let api = Api::rest("pets").route("GET /x", Route::to(mapped)).stage(stage);
        let answer = TestGateway::new(Definition::new().api(api)).unwrap().send(http::Request::get("/prod/x")).await;
        assert_eq!((answer.text(), answer.header("x-canary")), (&*format!("canary: {expected}"), expected));
    }
}

//! What the gateway itself answers: every row of the table of errors, byte for byte.

use std::{future::pending, time::Duration};

use gateway_core::{
    Api, Authorization, Body, Context, Definition, Error, ErrorKind, GatewayResponse, GatewayResponses, Integration,
    Limits, Parts, Request, Response, Route, StageDefinition, Throttle,
    testing::{RecordedCall, RecordingIntegration, TestResponse},
};

use super::serving;
use crate::{Outcome, run};

/// The whole of a stock answer.
fn is_stock(answer: &TestResponse, status: u16, body: &str) {
    assert_eq!((answer.status.as_u16(), answer.text()), (status, body));
    assert_eq!(answer.header("content-type"), "application/json");
    let id = answer.header("apigw-requestid");
    assert!(id.len() == 16 && id.ends_with('='), "{id}");
    let mut names: Vec<_> = answer.headers.keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["apigw-requestid", "content-type"], "none of a REST API's headers");
}

async fn answer_to(route: gateway_core::RouteDefinition) -> Result<TestResponse, gateway_core::Problems> {
    let api = Api::http("api").stage(StageDefinition::new("$default")).route("POST /x", route);
    Ok(serving(api)?.send_body(http::Request::post("/x"), "0123456789").await)
}

macro_rules! rows {
    ($($name:ident: $kind:ident => $status:literal $body:literal;)+) => {$(
        #[test]
        fn $name() -> Outcome {
            run(async {
                let failing = Route::to(RecordingIntegration::failing(ErrorKind::$kind));
                is_stock(&answer_to(failing).await?, $status, $body);
                let refused = |_: &Parts, _: &Context| Err::<Authorization, Error>(ErrorKind::$kind.into());
                let refused = Route::to(RecordingIntegration::answering("ok")).authorizer(refused);
                is_stock(&answer_to(refused).await?, $status, $body);
                Ok(())
            })
        }
    )+};
}

rows! {
    a_malformed_request: BadRequest => 400 r#"{"message":"Bad Request"}"#;
    no_valid_token: Unauthorized => 401 r#"{"message":"Unauthorized"}"#;
    denied: AccessDenied => 403 r#"{"message":"Forbidden"}"#;
    a_signature_that_does_not_match: InvalidSignature => 403 r#"{"message":"Forbidden"}"#;
    no_route: MissingAuthenticationToken => 404 r#"{"message":"Not Found"}"#;
    a_body_that_is_too_large: RequestTooLarge => 413 r#"{"message":"Request Entity Too Large"}"#;
    headers_that_are_too_large: HeadersTooLarge => 431 r#"{"message":"Request Header Fields Too Large"}"#;
    throttled: Throttled => 429 r#"{"message":"Too Many Requests"}"#;
    a_configuration_that_cannot_work: ApiConfigurationError => 500 r#"{"message":"Internal Server Error"}"#;
    an_authorizer_that_fails: AuthorizerFailure => 500 r#"{"message":"Internal Server Error"}"#;
    an_authorizer_that_cannot_be_called: AuthorizerConfigurationError => 500 r#"{"message":"Internal Server Error"}"#;
    a_backend_that_cannot_be_reached: IntegrationFailure => 503 r#"{"message":"Service Unavailable"}"#;
    a_backend_that_is_late: IntegrationTimeout => 504 r#"{"message":"Gateway Timeout"}"#;
}

#[test]
fn what_an_error_says_stays_inside() -> Outcome {
    run(async {
        let backend = RecordingIntegration::new(|_| {
            Err(Error::new(ErrorKind::IntegrationFailure)
                .with_message("10.0.0.7 refused")
                .with_status(http::StatusCode::OK))
        });
        is_stock(&answer_to(Route::to(backend)).await?, 503, r#"{"message":"Service Unavailable"}"#);
        Ok(())
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the runtime's paused time is what moves here")]
fn a_backend_has_thirty_seconds_unless_the_route_gives_less() -> Outcome {
    run(async {
        let never = |_: Request| pending::<Result<Response, Error>>();
        for (route, seconds) in [(Route::to(never), 30), (Route::to(never).timeout(Duration::from_secs(2)), 2)] {
            let begun = tokio::time::Instant::now();
            assert_eq!(answer_to(route).await?.status, 504);
            assert_eq!(begun.elapsed().as_secs(), seconds);
        }
        Ok(())
    })
}

/// A backend with a status of its own for when it is late.
struct Late;

#[async_trait::async_trait]
impl Integration for Late {
    async fn invoke(&self, _: Request, _: &Context) -> Result<Response, Error> {
        pending().await
    }

    fn late(&self) -> Error {
        Error::new(ErrorKind::IntegrationTimeout).with_http_status(http::StatusCode::SERVICE_UNAVAILABLE)
    }
}

#[test]
fn a_late_backend_has_the_status_that_it_says() -> Outcome {
    run(async {
        is_stock(&answer_to(Route::to(Late)).await?, 503, r#"{"message":"Service Unavailable"}"#);
        let responses = GatewayResponses::default()
            .with(ErrorKind::IntegrationTimeout, GatewayResponse::new().header("retry-after", "'7'")?);
        let api = Api::http("api").stage(StageDefinition::new("$default")).gateway_responses(responses);
        let answer = serving(api.route("GET /x", Route::to(Late)))?.send(http::Request::get("/x")).await;
        assert_eq!((answer.status.as_u16(), answer.header("retry-after")), (503, "7"), "its type is still the same");

        let rest = Api::rest("api").stage(StageDefinition::new("prod")).route("GET /x", Route::to(Late));
        let answer = crate::gateway(Definition::new().api(rest))?.send(http::Request::get("/prod/x")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (504, r#"{"message":"Endpoint request timed out"}"#));
        Ok(())
    })
}

/// One whose size is not known beforehand streams through.
#[test]
fn an_answer_of_more_than_10_mb_is_500() -> Outcome {
    run(async {
        for (bytes, status) in [(10 * 1024 * 1024, 200), (10 * 1024 * 1024 + 1, 500)] {
            let answering = move |_: &RecordedCall| Ok(Response::new(Body::from(vec![b'x'; bytes])));
            let answer = answer_to(Route::to(RecordingIntegration::new(answering))).await?;
            assert_eq!(answer.status, status, "{bytes}");
            if status == 500 {
                is_stock(&answer, 500, r#"{"message":"Internal Server Error"}"#);
            }
        }
        let definition = || crate::http([("GET /x", Route::to(RecordingIntegration::answering("0123456789")))]);
        for (most, status) in [(10, 200), (9, 500)] {
            let gateway = crate::gateway(definition().limits(Limits { answer: most, ..Limits::default() }))?;
            assert_eq!(gateway.send(http::Request::get("/x")).await.status, status);
        }
        let large = RecordingIntegration::new(|_| Ok(Response::new(Body::from(vec![b'x'; 10 * 1024 * 1024 + 1]))));
        let rest = Api::rest("api").stage(StageDefinition::new("prod")).route("GET /x", Route::to(large));
        let answer = crate::gateway(Definition::new().api(rest))?.send(http::Request::get("/prod/x")).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (500, r#"{"message":"Internal server error"}"#));
        Ok(())
    })
}

#[test]
fn limits_of_a_request_are_held() -> Outcome {
    run(async {
        let api = || {
            let route = Route::to(RecordingIntegration::answering("ok"));
            Api::http("api").stage(StageDefinition::new("$default")).route("$default", route)
        };
        let large = http::Request::get("/x").header("x-large", "x".repeat(10_240));
        is_stock(&serving(api())?.send(large).await, 431, r#"{"message":"Request Header Fields Too Large"}"#);
        let long = http::Request::get(format!("/{}", "x".repeat(5_200))).header("x-large", "x".repeat(5_200));
        is_stock(&serving(api())?.send(long).await, 431, r#"{"message":"Request Header Fields Too Large"}"#);
        let body = Body::from(vec![b'x'; 10 * 1024 * 1024 + 1]);
        let answer = serving(api())?.send_body(http::Request::post("/x"), body).await;
        is_stock(&answer, 413, r#"{"message":"Request Entity Too Large"}"#);
        Ok(())
    })
}

#[test]
fn a_route_is_throttled_before_its_authorizer_is_asked() -> Outcome {
    run(async {
        let asked = RecordingIntegration::answering("ok");
        let refuse = |_: &Parts, _: &Context| Err::<Authorization, Error>(ErrorKind::Unauthorized.into());
        let route = || Route::to(asked.clone()).authorizer(refuse);
        let stage = StageDefinition::new("$default")
            .default_throttle(Throttle::new(0.001, 1))
            .throttle("GET /pets", Throttle::new(0.001, 2))
            .throttle("GET /none", Throttle::new(0.0, 0));
        let keys = ["GET /pets", "GET /none", "GET /other", "GET /more"];
        let api = keys.into_iter().fold(Api::http("api").stage(stage), |api, key| api.route(key, route()));
        let gateway = crate::gateway(Definition::new().api(api))?;
        for (path, statuses) in
            [("/pets", &[401, 401, 429][..]), ("/none", &[429]), ("/other", &[401, 429]), ("/more", &[401, 429])]
        {
            for status in statuses {
                assert_eq!(gateway.send(http::Request::get(path)).await.status, *status, "{path}");
            }
        }
        Ok(())
    })
}

#[test]
fn no_route_raises_the_throttle_of_the_account() -> Outcome {
    run(async {
        let stage = StageDefinition::new("$default").throttle("GET /x", Throttle::new(100.0, 100));
        let api = Api::http("api").stage(stage).route("GET /x", Route::to(RecordingIntegration::answering("ok")));
        let gateway = crate::gateway(Definition::new().api(api).account_throttle(Throttle::new(0.001, 1)))?;
        assert_eq!(gateway.send(http::Request::get("/x")).await.status, 200);
        is_stock(&gateway.send(http::Request::get("/x")).await, 429, r#"{"message":"Too Many Requests"}"#);
        Ok(())
    })
}

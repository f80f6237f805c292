use std::{future::pending, time::Duration};

use gateway_core::{
    Api, Body, Definition, Error, ErrorKind, FromService, GatewayResponse, GatewayResponses, Limits, Request, Response,
    Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway},
};

use crate::{Outcome, gateway, http, rest, run};

#[test]
fn failures_of_the_backend_are_answered_by_the_kind_of_the_api() -> Outcome {
    run(async {
        for (kind, rest_answer, http_answer) in [
            (
                ErrorKind::IntegrationFailure,
                (504, r#"{"message":"Network error communicating with endpoint"}"#),
                (503, r#"{"message":"Service Unavailable"}"#),
            ),
            (
                ErrorKind::IntegrationTimeout,
                (504, r#"{"message":"Endpoint request timed out"}"#),
                (504, r#"{"message":"Gateway Timeout"}"#),
            ),
            (
                ErrorKind::ApiConfigurationError,
                (500, r#"{"message":"Internal server error"}"#),
                (500, r#"{"message":"Internal Server Error"}"#),
            ),
        ] {
            let route = || Route::to(RecordingIntegration::failing(kind));
            let response = gateway(rest([("GET /x", route())]))?.send(http::Request::get("/prod/x")).await;
            assert_eq!((response.status.as_u16(), response.text()), rest_answer);
            assert_eq!(response.header("x-amzn-errortype"), "InternalServerErrorException");
            let response = gateway(http([("GET /x", route())]))?.send(http::Request::get("/x")).await;
            assert_eq!((response.status.as_u16(), response.text()), http_answer);
        }
        Ok(())
    })
}

#[test]
fn a_backend_that_does_not_answer_times_out() -> Outcome {
    run(async {
        let never = |_: Request| pending::<Result<Response, Error>>();
        let gateway = gateway(rest([
            ("GET /slow", Route::to(never)),
            ("GET /slower", Route::to(never).timeout(Duration::from_secs(60))),
        ]))?;
        for (path, seconds) in [("/prod/slow", 29), ("/prod/slower", 60)] {
            let answer = gateway.send(http::Request::get(path));
            let waiting = tokio::time::timeout(Duration::from_secs(seconds) - Duration::from_millis(1), answer);
            assert!(waiting.await.is_err(), "it waits for {seconds} seconds");
            let answer = gateway.send(http::Request::get(path));
            let waiting = tokio::time::timeout(Duration::from_secs(seconds) + Duration::from_millis(1), answer);
            assert_eq!(waiting.await?.status, 504);
        }
        Ok(())
    })
}

#[test]
fn gateway_responses_are_customised_by_type_and_by_family() -> Outcome {
    run(async {
        let responses = GatewayResponses::default()
            .with_default_4xx(
                GatewayResponse::new()
                    .header("access-control-allow-origin", "'*'")?
                    .template("application/json", r#"{"error":$context.error.messageString,"path":"$context.path"}"#),
            )
            .with_default_5xx(GatewayResponse::new().status(599)?)
            .with(ErrorKind::AuthorizerFailure, GatewayResponse::new().header("x-own", "context.stage")?)
            .with(
                ErrorKind::UnsupportedMediaType,
                GatewayResponse::new()
                    .status(418)?
                    .header("x-agent", "method.request.header.User-Agent")?
                    .template("text/plain", "no $context.error.responseType for $stageVariables.who"),
            );
        let failing = |kind| Route::to(RecordingIntegration::failing(kind));
        let api = Api::rest("api")
            .gateway_responses(responses)
            .route("GET /failure", failing(ErrorKind::IntegrationFailure))
            .route("GET /authorizer", failing(ErrorKind::AuthorizerFailure))
            .route("GET /media", failing(ErrorKind::UnsupportedMediaType))
            .route("GET /large", failing(ErrorKind::RequestTooLarge))
            .stage(StageDefinition::new("prod").variable("who", "you"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        let get = async |path: &str| gateway.send(http::Request::get(path).header("user-agent", "curl/8")).await;

        let response = get("/prod/none").await;
        assert_eq!(response.status, 403, "a family without a status leaves each kind its own");
        assert_eq!(response.text(), r#"{"error":"Missing Authentication Token","path":"/prod/none"}"#);
        assert_eq!(response.header("access-control-allow-origin"), "*");
        assert_eq!(get("/prod/failure").await.status, 599);
        let response = get("/prod/authorizer").await;
        assert_eq!((response.status.as_u16(), response.text()), (500, r#"{"message":null}"#));
        assert_eq!(response.header("x-own"), "prod");
        let response = get("/prod/media").await;
        assert_eq!((response.status.as_u16(), response.text()), (418, "no UNSUPPORTED_MEDIA_TYPE for you"));
        assert_eq!(response.header("content-type"), "text/plain");
        assert_eq!(response.header("x-agent"), "curl/8");
        assert_eq!(response.header("x-amzn-errortype"), "BadRequestException");
        let response = get("/prod/large").await;
        assert_eq!((response.status.as_u16(), response.text()), (413, r#"{"message":"Request Too Long"}"#));
        assert_eq!(response.header("access-control-allow-origin"), "", "not customisable");
        Ok(())
    })
}

#[test]
fn sizes_are_limited_declared_or_not() -> Outcome {
    run(async {
        let backend = RecordingIntegration::answering("ok");
        let limits = Limits { payload: 8, headers: 100, uri: 30, ..Limits::default() };
        let definition = rest([("POST /x", Route::to(backend.clone()))]).limits(limits);
        let gateway = TestGateway::new(definition)?;
        let post = || http::Request::post("/prod/x");
        assert_eq!(gateway.send_body(post(), "12345678").await.status, 200);
        assert_eq!(gateway.send_body(post(), "123456789").await.status, 413);
        assert_eq!(gateway.send(post().header("content-length", "9")).await.status, 413);
        assert_eq!(gateway.send(post().header("x", "y".repeat(100))).await.status, 431);
        assert_eq!(gateway.send(http::Request::post("/prod/xxxxxxxxxxxxxxxxxxxxxxxxxx")).await.status, 414);
        assert_eq!(backend.calls().len(), 1);
        Ok(())
    })
}

#[test]
fn any_tower_service_answers_and_finds_the_facts_in_its_request() -> Outcome {
    run(async {
        let facts = |request: Request| {
            let context = request.extensions().get::<std::sync::Arc<gateway_core::Context>>().cloned();
            let text = context.and_then(|context| context.lookup("resourcePath")).unwrap_or_default().into_owned();
            Response::new(Body::from(text))
        };
        let service = tower::service_fn(move |request| std::future::ready(Ok::<_, std::io::Error>(facts(request))));
        let closure = move |request| std::future::ready(Ok::<_, Error>(facts(request)));
        let broken = tower::service_fn(async |_: Request| Err::<Response, _>(std::io::Error::other("broken")));
        let gateway = gateway(rest([
            ("GET /own/{id}", Route::to(FromService::new(service))),
            ("GET /closure/{id}", Route::to(closure)),
            ("GET /broken", Route::to(FromService::new(broken))),
        ]))?;
        assert_eq!(gateway.send(http::Request::get("/prod/own/1")).await.text(), "/own/{id}");
        assert_eq!(gateway.send(http::Request::get("/prod/closure/1")).await.text(), "/closure/{id}");
        assert_eq!(gateway.send(http::Request::get("/prod/broken")).await.status, 504);
        Ok(())
    })
}

#[test]
fn a_definition_changes_neither_the_ids_nor_the_framing() -> Outcome {
    run(async {
        let response = GatewayResponse::new()
            .header("x-amzn-RequestId", "method.request.header.x-evil")?
            .header("x-amz-apigw-id", "'evil'")?
            .header("x-amzn-ErrorType", "'evil'")?
            .header("x-own", "method.request.querystring.q")?;
        let api = Api::rest("api")
            .gateway_responses(GatewayResponses::default().with_default_4xx(response))
            .route("GET /x", Route::to(RecordingIntegration::answering("ok")))
            .stage(StageDefinition::new("prod"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        let answer = gateway.send(http::Request::get("/prod/?q=a%0d%0ab:c").header("x-evil", "evil")).await;
        assert_eq!(answer.header("x-amzn-requestid").len(), 36);
        assert_eq!(answer.header("x-amz-apigw-id").len(), 16);
        assert_eq!(answer.header("x-amzn-errortype"), "MissingAuthenticationTokenException");
        assert_eq!(answer.headers.get("x-own"), None, "no line breaks");
        for name in ["Content-Length", "transfer-encoding", "Connection", "upgrade", "bad name"] {
            assert!(GatewayResponse::new().header(name, "'5'").is_err(), "{name}");
        }
        Ok(())
    })
}

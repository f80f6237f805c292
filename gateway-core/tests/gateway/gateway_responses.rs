//! Gateway responses: one test for each type, and for each rule of how they are customised.

use gateway_core::{
    Api, Definition, Error, ErrorKind, GatewayResponse, GatewayResponses, Parts, Route, StageDefinition,
    testing::{RecordingIntegration, TestGateway, TestResponse},
};

use crate::{Outcome, run};

type Made = Result<TestGateway, Box<dyn std::error::Error>>;

/// An API whose `GET /x` fails with `error`.
fn failing(responses: GatewayResponses, error: fn() -> Error) -> Definition {
    let backend = RecordingIntegration::new(move |_| Err(error()));
    let api = Api::rest("api").gateway_responses(responses).route("GET /x", Route::to(backend));
    Definition::new().api(api.stage(StageDefinition::new("prod").variable("tier", "gold")))
}

fn made(responses: GatewayResponses, error: fn() -> Error) -> Made {
    Ok(TestGateway::new(failing(responses, error))?)
}

async fn get(gateway: &TestGateway) -> TestResponse {
    gateway.send(http::Request::get("/prod/x?q=1&q=2").header("accept", "text/plain").header("x-a", "A")).await
}

/// What a client sees of a type: by itself, and with a definition of its own where that is heard.
async fn is(error: fn() -> Error, status: u16, body: &str, exception: &str) -> Outcome {
    let stock = get(&made(GatewayResponses::default(), error)?).await;
    assert_eq!((stock.status.as_u16(), stock.text()), (status, body));
    assert_eq!(stock.header("x-amzn-errortype"), exception);
    assert_eq!(stock.header("content-type"), "application/json");
    assert_eq!(stock.header("x-amzn-requestid").len(), 36);
    assert_eq!(stock.header("x-amzn-trace-id"), "");

    let kind = error().kind();
    let own = GatewayResponse::new().status(499)?.header("x-own", "'own'")?.template("application/json", "own");
    let own = get(&made(GatewayResponses::default().with(kind, own), error)?).await;
    if kind.is_customisable() {
        assert_eq!((own.status.as_u16(), own.text(), own.header("x-own")), (499, "own", "own"));
    } else {
        assert_eq!((own.status.as_u16(), own.text(), own.header("x-own")), (status, body, ""));
    }
    assert_eq!(own.header("x-amzn-errortype"), exception, "no definition changes it");
    Ok(())
}

macro_rules! types {
    ($($name:ident: $kind:ident, $status:literal, $body:expr, $exception:literal;)+) => {$(
        #[test]
        fn $name() -> Outcome {
            run(async { is(|| ErrorKind::$kind.into(), $status, $body, $exception).await })
        }
    )+};
}

types! {
    access_denied: AccessDenied, 403, r#"{"Message":"User is not authorized to access this resource"}"#, "AccessDeniedException";
    api_configuration_error: ApiConfigurationError, 500, r#"{"message":"Internal server error"}"#, "InternalServerErrorException";
    authorizer_configuration_error: AuthorizerConfigurationError, 500, r#"{"message":null}"#, "AuthorizerConfigurationException";
    authorizer_failure: AuthorizerFailure, 500, r#"{"message":null}"#, "AuthorizerFailureException";
    bad_request_parameters: BadRequestParameters, 400, r#"{"message":"Missing required request parameters"}"#, "BadRequestException";
    bad_request_body: BadRequestBody, 400, r#"{"message":"Invalid request body"}"#, "BadRequestException";
    expired_token: ExpiredToken, 403, r#"{"message":"The security token included in the request is expired"}"#, "ExpiredTokenException";
    integration_failure: IntegrationFailure, 504, r#"{"message":"Network error communicating with endpoint"}"#, "InternalServerErrorException";
    integration_timeout: IntegrationTimeout, 504, r#"{"message":"Endpoint request timed out"}"#, "InternalServerErrorException";
    invalid_api_key: InvalidApiKey, 403, r#"{"message":"Forbidden"}"#, "ForbiddenException";
    invalid_signature: InvalidSignature, 403, concat!(
        r#"{"message":"The request signature we calculated does not match the signature you provided. "#,
        "Check your AWS Secret Access Key and signing method. ",
        r#"Consult the service documentation for details."}"#,
    ), "InvalidSignatureException";
    missing_authentication_token: MissingAuthenticationToken, 403, r#"{"message":"Missing Authentication Token"}"#, "MissingAuthenticationTokenException";
    quota_exceeded: QuotaExceeded, 429, r#"{"message":"Limit Exceeded"}"#, "LimitExceededException";
    request_too_large: RequestTooLarge, 413, r#"{"message":"Request Too Long"}"#, "RequestTooLargeException";
    resource_not_found: ResourceNotFound, 404, r#"{"message":"Not Found"}"#, "ResourceNotFoundException";
    throttled: Throttled, 429, r#"{"message":"Too Many Requests"}"#, "TooManyRequestsException";
    unauthorized: Unauthorized, 401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException";
    unsupported_media_type: UnsupportedMediaType, 415, r#"{"message":"Unsupported Media Type"}"#, "BadRequestException";
    waf_filtered: WafFiltered, 403, r#"{"message":"Forbidden"}"#, "ForbiddenException";
}

#[test]
fn default_4xx_and_default_5xx_are_taken_by_every_type_of_their_family() -> Outcome {
    run(async {
        let default = |status| GatewayResponse::new().status(status)?.header("x-default", "context.error.responseType");
        for kind in ErrorKind::ALL.iter().copied().filter(|kind| kind.is_customisable()) {
            let responses = GatewayResponses::default().with_default_4xx(default(498)?).with_default_5xx(default(599)?);
            let route = Route::to(RecordingIntegration::failing(kind));
            let api = Api::rest("api").gateway_responses(responses).route("GET /x", route);
            let gateway = TestGateway::new(Definition::new().api(api.stage(StageDefinition::new("prod"))))?;
            let answer = get(&gateway).await;
            let family = if kind.status().is_client_error() { 498 } else { 599 };
            assert_eq!((answer.status.as_u16(), answer.header("x-default")), (family, kind.name()));
            assert_eq!(answer.header("x-amzn-errortype"), kind.exception());
        }
        Ok(())
    })
}

#[test]
fn a_default_without_a_status_leaves_each_type_its_own() -> Outcome {
    run(async {
        let header = GatewayResponse::new().header("access-control-allow-origin", "'*'")?;
        let responses =
            || GatewayResponses::default().with_default_4xx(header.clone()).with_default_5xx(header.clone());
        let failed = get(&made(responses(), || ErrorKind::IntegrationTimeout.into())?).await;
        assert_eq!((failed.status.as_u16(), failed.text()), (504, r#"{"message":"Endpoint request timed out"}"#));
        assert_eq!(failed.header("access-control-allow-origin"), "*");
        // A failed function is answered with 502, though its type has 504.
        let bad = || Error::new(ErrorKind::IntegrationFailure).with_status(http::StatusCode::BAD_GATEWAY);
        assert_eq!(get(&made(responses(), bad)?).await.status, 502);
        let denied = get(&made(responses(), || ErrorKind::AccessDenied.into())?).await;
        assert!(denied.text().starts_with(r#"{"Message":"#), "headers alone change no body: {}", denied.text());
        Ok(())
    })
}

#[test]
fn an_explicit_type_takes_nothing_from_its_default() -> Outcome {
    run(async {
        let default = GatewayResponse::new().status(599)?.header("x-default", "'1'")?.template("text/plain", "default");
        let own = GatewayResponse::new().header("x-own", "'1'")?;
        let responses = GatewayResponses::default().with_default_5xx(default).with(ErrorKind::AuthorizerFailure, own);
        let answer = get(&made(responses, || ErrorKind::AuthorizerFailure.into())?).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (500, r#"{"message":null}"#));
        assert_eq!((answer.header("x-own"), answer.header("x-default")), ("1", ""));
        Ok(())
    })
}

#[test]
fn the_family_is_that_of_the_stock_status() -> Outcome {
    run(async {
        let responses = GatewayResponses::default()
            .with_default_4xx(GatewayResponse::new().template("application/json", "4"))
            .with_default_5xx(GatewayResponse::new().status(418)?.template("application/json", "5"));
        let answer = get(&made(responses, || ErrorKind::IntegrationFailure.into())?).await;
        assert_eq!((answer.status.as_u16(), answer.text()), (418, "5"));
        Ok(())
    })
}

#[test]
fn a_type_that_is_deleted_is_stock_again_with_the_next_deployment() -> Outcome {
    run(async {
        let throttled = || Error::from(ErrorKind::Throttled);
        let own = GatewayResponses::default().with(ErrorKind::Throttled, GatewayResponse::new().status(503)?);
        let gateway = made(own, throttled)?;
        let handle = gateway.gateway().handle();
        assert_eq!(get(&gateway).await.status, 503);
        handle.reload(&failing(GatewayResponses::default(), throttled))?;
        assert_eq!(get(&gateway).await.status, 429);
        handle.roll_back("api", "prod")?;
        assert_eq!(get(&gateway).await.status, 503, "a deployment keeps what it was made with");
        Ok(())
    })
}

#[cfg(feature = "metrics")]
#[test]
fn a_customised_status_counts_in_its_new_family() -> Outcome {
    let responses = GatewayResponses::default().with_default_5xx(GatewayResponse::new().status(404)?);
    let route = Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure));
    let api = Api::rest("api").gateway_responses(responses).route("GET /x", route);
    let definition = Definition::new().api(api.stage(StageDefinition::new("prod").metrics(false)));
    let recorder = metrics_util::debugging::DebuggingRecorder::new();
    let snapshotter = recorder.snapshotter();
    let gateway = metrics::with_local_recorder(&recorder, || TestGateway::new(definition))?;
    run(async {
        get(&gateway).await;
        Ok(())
    })?;
    for (key, _, _, value) in snapshotter.snapshot().into_vec() {
        let expected = match key.key().name() {
            "4XXError" => 1,
            "5XXError" => 0,
            _ => continue,
        };
        assert_eq!(value, metrics_util::debugging::DebugValue::Counter(expected), "{:?}", key.key());
    }
    Ok(())
}

#[test]
fn parameters_come_from_the_request_the_context_and_the_stage() -> Outcome {
    run(async {
        let sources = [
            ("x-text", "'text'", "text"),
            ("x-header", "method.request.header.x-a", "A"),
            ("x-headers", "method.request.multivalueheader.X-A", "A"),
            ("x-query", "method.request.querystring.q", "2"),
            ("x-queries", "method.request.multivaluequerystring.q", "1,2"),
            ("x-context", "context.stage", "prod"),
            ("x-variable", "stageVariables.tier", "gold"),
            ("x-none", "stageVariables.none", ""),
        ];
        let response = sources
            .iter()
            .try_fold(GatewayResponse::new(), |response, (name, source, _)| response.header(name, source))?;
        let gateway = made(GatewayResponses::default().with_default_4xx(response), || ErrorKind::Throttled.into())?;
        let answer = get(&gateway).await;
        for (name, source, value) in sources {
            assert_eq!(answer.header(name), value, "{source}");
        }
        assert!(!answer.headers.contains_key("x-none"));
        Ok(())
    })
}

#[test]
fn templates_are_no_vtl_and_are_chosen_by_what_the_client_accepts() -> Outcome {
    run(async {
        let text = "#set($a = 1)$context.error.message|$context.error.messageString|$context.error.responseType|\
                    $context.error.validationErrorString|$stageVariables.tier|$stageVariables.none|\
                    $method.request.header.x-a|method.request.querystring.q|$util.x";
        let filled = "#set($a = 1)Too Many Requests|\"Too Many Requests\"|THROTTLED||gold||A|2|$util.x";
        let types = |names: &[&str]| names.iter().fold(GatewayResponse::new(), |all, name| all.template(*name, text));
        for (names, chosen) in [
            (&["text/xml", "application/json", "text/plain"][..], "text/plain"),
            (&["text/xml", "application/json"], "application/json"),
            (&["text/xml", "text/html"], "text/xml"),
        ] {
            let responses = GatewayResponses::default().with_default_4xx(types(names));
            let answer = get(&made(responses, || ErrorKind::Throttled.into())?).await;
            assert_eq!((answer.text(), answer.header("content-type")), (filled, chosen), "{names:?}");
        }
        Ok(())
    })
}

/// What the backend itself answers, and what happens before an API is known, no definition changes.
#[test]
fn only_what_the_gateway_refuses_is_customised() -> Outcome {
    run(async {
        let own = || GatewayResponse::new().status(499).map(|own| own.template("application/json", "own"));
        let responses = GatewayResponses::default().with_default_4xx(own()?).with_default_5xx(own()?);
        let status = |code| Route::to(RecordingIntegration::status(code));
        let api = Api::rest("api")
            .gateway_responses(responses)
            .route("GET /missing", status(http::StatusCode::NOT_FOUND))
            .route("GET /broken", status(http::StatusCode::BAD_GATEWAY))
            .stage(StageDefinition::new("prod"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        for (path, status, body) in [
            ("/prod/missing", 404, ""),
            ("/prod/broken", 502, ""),
            ("/other/missing", 403, r#"{"message":"Forbidden"}"#),
            ("/prod/none", 499, "own"),
        ] {
            let answer = gateway.send(http::Request::get(path)).await;
            assert_eq!((answer.status.as_u16(), answer.text()), (status, body), "{path}");
        }
        Ok(())
    })
}

/// Every step that fails the gateway's way is answered by `DEFAULT_5XX`, and none that refuses a client.
#[test]
fn default_5xx_is_for_the_steps_that_fail() -> Outcome {
    run(async {
        let responses = GatewayResponses::default().with_default_5xx(GatewayResponse::new().status(599)?);
        let failing = |kind| Route::to(RecordingIntegration::failing(kind));
        let ok = || Route::to(RecordingIntegration::answering("ok"));
        let refuse = |kind: ErrorKind| move |_: &Parts, _: &gateway_core::Context| Err::<(), Error>(kind.into());
        let broken = |_: &Parts, _: &gateway_core::Context| {
            Err::<gateway_core::Authorization, Error>(ErrorKind::AuthorizerFailure.into())
        };
        let never = |_: gateway_core::Request| std::future::pending::<Result<gateway_core::Response, Error>>();
        let api = Api::rest("api")
            .gateway_responses(responses)
            .route("GET /guard", ok().guard(refuse(ErrorKind::ApiConfigurationError)))
            .route("GET /refused", ok().guard(refuse(ErrorKind::AccessDenied)))
            .route("GET /authorizer", ok().authorizer(broken))
            .route("GET /late", Route::to(never))
            .route("GET /backend", failing(ErrorKind::IntegrationFailure))
            .route("GET /media", failing(ErrorKind::UnsupportedMediaType))
            .stage(StageDefinition::new("prod"));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        for (path, status) in
            [("guard", 599), ("refused", 403), ("authorizer", 599), ("late", 599), ("backend", 599), ("media", 415)]
        {
            let answer = gateway.send(http::Request::get(format!("/prod/{path}"))).await;
            assert_eq!(answer.status, status, "{path}");
        }
        Ok(())
    })
}

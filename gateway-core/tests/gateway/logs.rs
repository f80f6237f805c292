use std::sync::{Arc, Mutex};

use gateway_core::{
    AccessLog, AccessLogFormat, Api, ApiKind, Body, CallCause, CallError, CallPhase, Context, Definition, ErrorKind,
    Gateway, LoggingLevel, Request, Response, Route, RouteSettings, StageDefinition,
    testing::{CapturedLines, RecordingIntegration, TestGateway},
};
use http_body_util::BodyExt;
use tower::ServiceExt;

use crate::{Outcome, run};

#[test]
fn every_request_that_reaches_a_stage_is_logged_once_when_its_body_has_ended() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let format = AccessLogFormat::parse(
            "$context.requestId $context.httpMethod $context.resourcePath $context.status $context.responseLength $context.error.responseType $context.integration.status",
        )?;
        let api = Api::rest("api")
            .route("GET /x/{id}", Route::to(RecordingIntegration::answering("hello")))
            .route("GET /down", Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure)))
            .stage(StageDefinition::new("prod").observer(AccessLog::new(format, lines.clone())));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        for path in ["/prod/x/1", "/prod/down", "/prod/none", "/nostage"] {
            gateway.send(http::Request::get(path)).await;
        }
        let lines: Vec<_> = lines.lines().iter().map(|line| line[37..].to_owned()).collect();
        assert_eq!(
            lines,
            [
                "GET /x/{id} 200 5 - 200",
                "GET /down 504 55 INTEGRATION_FAILURE -",
                "GET - 403 42 MISSING_AUTHENTICATION_TOKEN -",
            ]
        );
        Ok(())
    })
}

#[test]
fn a_client_that_leaves_is_logged_with_what_was_known() -> Outcome {
    run(async {
        let seen = CapturedLines::default();
        let sink = seen.clone();
        let observer = move |context: &Context| {
            let response = context.response().copied();
            let facts = response.map(|facts| (facts.status.map(|status| status.as_u16()), facts.complete));
            gateway_core::LogSink::write(&sink, &format!("{facts:?} {:?}", context.lookup("resourcePath")));
        };
        let never = |_: Request| std::future::pending::<Result<Response, gateway_core::Error>>();
        let endless = |_: Request| async {
            let body = http_body_util::StreamBody::new(Endless);
            Ok::<_, gateway_core::Error>(Response::new(Body::new(body)))
        };
        let api = Api::rest("api")
            .route("GET /never", Route::to(never))
            .route("GET /endless", Route::to(endless))
            .stage(StageDefinition::new("prod").observer(observer));
        let gateway = Gateway::new(Definition::new().api(api))?;

        let request = http::Request::get("/prod/never").body(Body::empty())?;
        let left = tokio::time::timeout(std::time::Duration::from_secs(1), gateway.clone().oneshot(request)).await;
        assert!(left.is_err());
        let request = http::Request::get("/prod/endless").body(Body::empty())?;
        drop(gateway.oneshot(request).await?);
        assert_eq!(
            seen.lines(),
            [r#"Some((None, false)) Some("/never")"#, r#"Some((Some(200), false)) Some("/endless")"#,]
        );
        Ok(())
    })
}

/// An answer that breaks off because of `error`.
fn broken(error: impl Into<gateway_core::BoxError>) -> Body {
    let frames = http_body_util::StreamBody::new(Breaking(Some(error.into())));
    Body::new(frames)
}

struct Breaking(Option<gateway_core::BoxError>);

impl futures_core::Stream for Breaking {
    type Item = Result<http_body::Frame<bytes::Bytes>, gateway_core::BoxError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Err))
    }
}

/// Says how long it is, and never that it has ended.
struct Exact;

impl http_body::Body for Exact {
    type Data = bytes::Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Result<http_body::Frame<bytes::Bytes>, Self::Error>>> {
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data("hello".into()))))
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(5)
    }
}

#[test]
fn who_failed_where_and_why_is_logged() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let format = AccessLogFormat::parse(
            "$context.requestId $context.integration.failure.side $context.integration.failure.phase \
             $context.integration.failure.cause",
        )?;
        let failing = |phase, cause| {
            move |_: Request| async move {
                let call = CallError::new(phase, cause);
                Err(gateway_core::Error::new(ErrorKind::IntegrationFailure).with_source(call))
            }
        };
        let breaking = |error: fn() -> gateway_core::BoxError| {
            move |_: Request| async move { Ok::<_, gateway_core::Error>(Response::new(broken(error()))) }
        };
        let late = |_: Request| std::future::pending::<Result<Response, gateway_core::Error>>();
        let endless = |_: Request| async {
            Ok::<_, gateway_core::Error>(Response::new(Body::new(http_body_util::StreamBody::new(Endless))))
        };
        let exact = |_: Request| async { Ok::<_, gateway_core::Error>(Response::new(Body::new(Exact))) };
        let api = Api::http("api")
            .route("GET /fine", Route::to(RecordingIntegration::answering("hello")))
            .route("GET /tls", Route::to(failing(CallPhase::Tls, CallCause::TimedOut)))
            .route("GET /busy", Route::to(failing(CallPhase::Admission, CallCause::Busy)))
            .route("GET /silent", Route::to(RecordingIntegration::failing(ErrorKind::IntegrationFailure)))
            .route("GET /late", Route::to(late))
            .route(
                "GET /cut",
                Route::to(breaking(|| CallError::new(CallPhase::ResponseBody, CallCause::Closed).into())),
            )
            .route("GET /odd", Route::to(breaking(|| "odd".into())))
            .route("GET /exact", Route::to(exact))
            .route("ANY /endless", Route::to(endless))
            .stage(StageDefinition::new("$default").observer(AccessLog::new(format, lines.clone())));
        let gateway = Gateway::new(Definition::new().api(api))?;
        let request = |method, path| http::Request::builder().method(method).uri(path).body(Body::empty());
        for path in ["/fine", "/tls", "/busy", "/silent", "/late", "/cut", "/odd"] {
            let _ = gateway.clone().oneshot(request("GET", path)?).await?.into_body().collect().await;
        }
        // A client that leaves, before the answer or in it, is no failure of the backend; one without a body has all.
        let second = std::time::Duration::from_secs(1);
        let left = tokio::time::timeout(second, gateway.clone().oneshot(request("GET", "/late")?)).await;
        assert!(left.is_err());
        drop(gateway.clone().oneshot(request("GET", "/endless")?).await?);
        drop(gateway.clone().oneshot(request("HEAD", "/endless")?).await?);
        // Who has as many bytes as were promised need not ask whether there are more.
        let mut whole = gateway.oneshot(request("GET", "/exact")?).await?.into_body();
        assert!(whole.frame().await.is_some());
        drop(whole);
        let lines: Vec<_> =
            lines.lines().iter().map(|line| line.split_once(' ').unwrap_or_default().1.to_owned()).collect();
        assert_eq!(
            lines,
            [
                "- - -",
                "backend tls timeout",
                "gateway admission busy",
                "backend call other",
                "backend call deadline",
                "backend response_body closed",
                "backend response_body other",
                "client call closed",
                "client response_body closed",
                "- - -",
                "- - -",
            ]
        );
        Ok(())
    })
}

/// A stream that always has more.
struct Endless;

impl futures_core::Stream for Endless {
    type Item = Result<http_body::Frame<bytes::Bytes>, std::io::Error>;

    fn poll_next(
        self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(Some(Ok(http_body::Frame::data(bytes::Bytes::from_static(b"more")))))
    }
}

#[test]
fn a_stock_format_prints_a_whole_request() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let log = AccessLog::new(AccessLogFormat::clf(ApiKind::Rest), lines.clone());
        let api = Api::rest("api")
            .route("GET /x", Route::to(RecordingIntegration::answering("hello")))
            .stage(StageDefinition::new("prod").observer(log));
        let builder = Gateway::builder(Definition::new().api(api)).source_ip(|_| Some([192, 0, 2, 7].into()));
        let response = TestGateway::build(builder)?.send(http::Request::get("/prod/x")).await;
        let (id, extended) = (response.header("x-amzn-requestid"), response.header("x-amz-apigw-id"));
        let expected = format!(r#"192.0.2.7 - - [01/Jan/2024:00:00:00 +0000] "GET /x HTTP/1.1" 200 5 {id} {extended}"#);
        assert_eq!(lines.lines(), [expected]);
        Ok(())
    })
}

/// What spans said, field by field, and when they closed.
#[derive(Clone, Default)]
struct Spans(Arc<Mutex<Vec<String>>>);

impl Spans {
    fn note(&self, text: String) {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner).push(text);
    }
}

struct Fields<'a>(&'a Spans);

impl tracing::field::Visit for Fields<'_> {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        self.0.note(format!("{field}={value:?}"));
    }
}

impl tracing::Subscriber for Spans {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.is_span()
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut Fields(self));
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut Fields(self));
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}
    fn event(&self, _: &tracing::Event<'_>) {}
    fn enter(&self, _: &tracing::span::Id) {}
    fn exit(&self, _: &tracing::span::Id) {}
}

#[test]
fn a_request_is_a_span_that_says_how_it_ended() -> Outcome {
    let spans = Spans::default();
    let subscriber = spans.clone();
    // With a single subscriber tracing asks the thread that comes by first, which may have none, and remembers that.
    let _second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::default());
    tracing::subscriber::with_default(subscriber, || {
        run(async {
            let route = Route::to(RecordingIntegration::failing(ErrorKind::IntegrationTimeout));
            let api = Api::rest("api").route("GET /x/{id}", route).stage(StageDefinition::new("prod"));
            TestGateway::new(Definition::new().api(api))?.send(http::Request::get("/prod/x/1?token=secret")).await;
            Ok(())
        })
    })?;
    let said = spans.0.lock().unwrap().join(" ");
    for field in [
        r#"http.request.method="GET""#,
        r#"url.path="/prod/x/1""#,
        r#"http.route="/x/{id}""#,
        "http.response.status_code=504",
        r#"error.type="INTEGRATION_TIMEOUT""#,
        "aws.request_id=",
    ] {
        assert!(said.contains(field), "{field} in {said}");
    }
    assert!(!said.contains("secret"));
    Ok(())
}

#[test]
fn a_line_may_name_the_operation_and_the_kind_of_endpoint() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let format = AccessLogFormat::parse("$context.requestId|$context.operationName|$context.endpointType")?;
        let answer = || Route::to(RecordingIntegration::answering("hello"));
        let api = Api::rest("api")
            .endpoint(gateway_core::EndpointType::Regional)
            .route("GET /named", answer().operation_name("ListPets"))
            .route("GET /x", answer())
            .stage(StageDefinition::new("prod").observer(AccessLog::new(format, lines.clone())));
        let gateway = TestGateway::new(Definition::new().api(api))?;
        for path in ["/prod/named", "/prod/x"] {
            gateway.send(http::Request::get(path)).await;
        }
        let lines = lines.lines();
        assert!(lines[0].ends_with("|ListPets|REGIONAL") && lines[1].ends_with("|-|REGIONAL"), "{lines:?}");
        Ok(())
    })
}

#[test]
fn an_execution_log_tells_what_was_done_in_the_words_of_aws() -> Outcome {
    run(async {
        let lines = CapturedLines::default();
        let answer = |_: Request| async {
            let response = http::Response::builder().header("content-type", "text/plain").body(Body::from("rex\nand"));
            Ok::<_, gateway_core::Error>(response.unwrap())
        };
        let api = Api::rest("api")
            .id("abc123")
            .route("GET /pets/{id}", Route::to(answer))
            .route("GET /down", Route::to(RecordingIntegration::failing(ErrorKind::IntegrationTimeout)))
            .route("GET /key", Route::to(RecordingIntegration::answering("")).api_key_required())
            .route("ANY /quiet", Route::to(RecordingIntegration::answering("")))
            .stage(
                StageDefinition::new("prod")
                    .default_settings(RouteSettings::new().logging(LoggingLevel::Error))
                    .settings("GET /pets/{id}", RouteSettings::new().logging(LoggingLevel::Info))
                    .settings("PUT /quiet", RouteSettings::new().data_trace(true))
                    .settings("GET /quiet", RouteSettings::new().logging(LoggingLevel::Off).data_trace(true))
                    .execution_log(lines.clone()),
            );
        let gateway = TestGateway::new(Definition::new().api(api))?;
        let told = |before: usize| -> Vec<String> {
            // Each line begins with the request's id.
            let told = lines.lines();
            told.iter().skip(before).map(|line| line.split_once(") ").unwrap().1.to_owned()).collect()
        };
        gateway.send(http::Request::get("/prod/pets/7?a=b").header("authorization", "secret")).await;
        let all = told(0);
        assert!(all[0].starts_with("Extended Request Id: "), "{all:?}");
        assert!(all[1].starts_with("Starting execution for request: "), "{all:?}");
        assert_eq!(
            all[2..],
            [
                "HTTP Method: GET, Resource Path: /prod/pets/7",
                "Successfully completed execution",
                "Method completed with status: 200",
            ]
        );
        let before = lines.lines().len();
        gateway.send(http::Request::get("/prod/down")).await;
        assert_eq!(told(before), ["Execution failed due to a timeout error", "Method completed with status: 504"]);
        let before = lines.lines().len();
        gateway.send(http::Request::get("/prod/key")).await;
        let refused = told(before);
        assert!(refused[0].starts_with("INVALID_API_KEY: "), "{refused:?}");
        assert_eq!(refused[1..], ["Method completed with status: 403"]);
        let before = lines.lines().len();
        gateway.send(http::Request::get("/prod/quiet")).await;
        gateway.send(http::Request::delete("/prod/quiet")).await;
        assert_eq!(told(before), [""; 0], "switched off, or nothing failed");
        gateway
            .send(
                http::Request::put("/prod/quiet?token=a")
                    .header("authorization", "a-secret-of-some-length-0123456789abcdef"),
            )
            .await;
        let data = told(before);
        assert!(data.contains(&"Method request query string: {token=a}".to_owned()), "{data:?}");
        let headers = data.iter().find(|line| line.starts_with("Method request headers: ")).unwrap();
        assert!(headers.contains("***abcdef") && !headers.contains("secret"), "{headers}");
        Ok(())
    })
}

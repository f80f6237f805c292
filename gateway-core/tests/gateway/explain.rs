use std::time::Duration;

use async_trait::async_trait;
use gateway_core::{
    Body, Context, Definition, Error, ErrorKind, Integration, Request, Response, Route, Step, TestInvoke,
    TestInvokeError, testing::RecordingIntegration,
};
use http::{HeaderMap, Method, StatusCode};

use crate::{Outcome, gateway, rest, run};

const SECRET: &str = "Bearer super-secret-token-of-alice-0123456789";

/// A backend whose call and answer are written down, or which fails.
struct Scripted(Option<&'static str>);

#[async_trait]
impl Integration for Scripted {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        if let Some(reason) = self.0 {
            context.record(|| Step::Failed { reason: reason.to_owned() });
            return Err(ErrorKind::ApiConfigurationError.into());
        }
        let (uri, body) = ("https://backend.example/x".to_owned(), "in".to_owned());
        let (method, headers) = ("POST".to_owned(), request.headers().clone());
        context.record(|| Step::EndpointRequest { uri, method, headers, body });
        context.record(|| Step::EndpointResponse {
            status: StatusCode::OK,
            latency: Duration::from_millis(31),
            headers: HeaderMap::new(),
            body: "out".to_owned(),
        });
        let mut response = Response::new(Body::from("done"));
        response.headers_mut().insert("content-type", http::HeaderValue::from_static("application/json"));
        Ok(response)
    }
}

fn definition() -> Definition {
    rest([
        ("GET /pets/{petId}", Route::to(RecordingIntegration::answering("pet")).api_key_required()),
        ("ANY /call", Route::to(Scripted(None))),
        ("GET /broken", Route::to(Scripted(Some("configuration error: Invalid endpoint address")))),
    ])
}

fn call(resource_path: &str) -> TestInvoke {
    TestInvoke { resource_path: resource_path.to_owned(), ..TestInvoke::default() }
}

/// The lines without their times.
fn lines(log: &str) -> Vec<&str> {
    log.split('\n').map(|line| line.strip_prefix("Mon Jan 01 00:00:00 UTC 2024 : ").unwrap_or(line)).collect()
}

#[test]
fn a_method_is_called_past_its_key_and_logged_as_aws_does() -> Outcome {
    run(async {
        let gateway = gateway(definition())?;
        let handle = gateway.gateway().handle();
        for (path, shown, params) in [
            (None, "/pets/{petId}", "{petId={petId}}"),
            (Some("/pets/7?a=b%20c"), "/pets/7", "{petId=7}"),
            (Some("/random/test"), "/random/test", "{}"),
            (Some("/pets/7/more"), "/pets/7/more", "{}"),
        ] {
            let call =
                TestInvoke { path_with_query: path.map(str::to_owned), body: "x".into(), ..call("/pets/{petId}") };
            let answer = handle.test_invoke("api", None, call).await?;
            assert_eq!((answer.status.as_u16(), &*answer.body), (200, &b"pet"[..]), "{path:?}");
            let id =
                answer.log.split_once('\n').and_then(|(first, _)| first.strip_prefix("Execution log for request "));
            let id = id.ok_or("the log begins with the request's id")?;
            let query = if path.is_some_and(|path| path.contains('?')) { "{a=b c}" } else { "{}" };
            let expected = [
                format!("Execution log for request {id}"),
                format!("Starting execution for request: {id}"),
                format!("HTTP Method: GET, Resource Path: {shown}"),
                format!("Method request path: {params}"),
                format!("Method request query string: {query}"),
                "Method request headers: {}".to_owned(),
                "Method request body before transformations: x".to_owned(),
                "Method response body after transformations: pet".to_owned(),
                "Method response headers: {}".to_owned(),
                "Successfully completed execution".to_owned(),
                "Method completed with status: 200".to_owned(),
                String::new(),
            ];
            assert_eq!(lines(&answer.log), expected, "{path:?}");
        }
        Ok(())
    })
}

#[test]
fn the_backend_is_logged_without_credentials_and_long_events_are_cut() -> Outcome {
    run(async {
        let gateway = gateway(definition())?;
        let headers = vec![("authorization".to_owned(), SECRET.to_owned()), ("x-long".to_owned(), "y".repeat(2000))];
        let call = TestInvoke { headers, method: Method::POST, ..call("/call") };
        assert!(!format!("{call:?}").contains("super-secret"));
        let answer = gateway.gateway().handle().test_invoke("api", Some("prod"), call).await?;
        let told = lines(&answer.log);
        assert_eq!(told[7], "Endpoint request URI: https://backend.example/x");
        assert!(told[8].starts_with("Endpoint request headers: {") && told[8].ends_with(" [TRUNCATED]"), "{}", told[8]);
        assert_eq!(
            told[9..],
            [
                "Endpoint request body after transformations: in",
                "Sending request to https://backend.example/x",
                "Received response. Status: 200, Integration latency: 31 ms",
                "Endpoint response headers: {}",
                "Endpoint response body before transformations: out",
                "Method response body after transformations: done",
                "Method response headers: {Content-Type=application/json}",
                "Successfully completed execution",
                "Method completed with status: 200",
                "",
            ]
        );
        assert_eq!(answer.headers["Content-Type"], "application/json");
        for text in [answer.log.clone(), format!("{answer:?}"), format!("{:?}", answer.steps)] {
            assert!(!text.contains("super-secret"), "{text}");
        }
        Ok(())
    })
}

#[test]
fn a_failure_ends_the_log() -> Outcome {
    run(async {
        let gateway = gateway(definition())?;
        let answer = gateway.gateway().handle().test_invoke("api", None, call("/broken")).await?;
        assert_eq!(answer.status, 500);
        assert_eq!(&*answer.body, br#"{"message":"Internal server error"}"#);
        assert_eq!(
            answer.headers.iter().collect::<Vec<_>>(),
            [(&"x-amzn-ErrorType".to_owned(), &"InternalServerErrorException".to_owned())]
        );
        let told = lines(&answer.log);
        assert_eq!(
            told[7..],
            [
                "Execution failed due to configuration error: Invalid endpoint address",
                "Method completed with status: 500",
                "",
            ]
        );
        Ok(())
    })
}

#[test]
fn what_is_not_there_cannot_be_called() -> Outcome {
    run(async {
        let gateway = gateway(definition())?;
        let handle = gateway.gateway().handle();
        let post = TestInvoke { method: Method::POST, ..call("/broken") };
        assert_eq!(handle.test_invoke("other", None, call("/call")).await.unwrap_err(), TestInvokeError::Resource);
        assert_eq!(handle.test_invoke("api", None, call("/none")).await.unwrap_err(), TestInvokeError::Resource);
        assert_eq!(handle.test_invoke("api", None, post).await.unwrap_err(), TestInvokeError::Method);
        Ok(())
    })
}

#[test]
fn an_explained_request_is_served_and_its_steps_are_told_without_credentials() -> Outcome {
    run(async {
        let gateway = gateway(definition())?;
        let request = http::Request::get("/prod/call").header("authorization", SECRET).body(Body::empty())?;
        let told = gateway.gateway().handle().explain(request).await;
        assert_eq!((told.status.as_u16(), &*told.body), (200, &b"done"[..]));
        assert!(told.steps.iter().any(|traced| matches!(traced.step, Step::EndpointRequest { .. })));
        assert!(told.to_string().contains("answered with 200 OK"));
        assert!(!format!("{told} {told:?}").contains("super-secret"));
        Ok(())
    })
}

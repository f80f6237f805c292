//! Functions behind mappings.

use gateway_core::{Functions, config::BackendConfig};
use http::Request as Head;

use super::*;
use crate::{
    lambda::backend,
    mapping::{IntegrationResponse, Mapped},
};

const URI: &str =
    "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations";

fn mapped(functions: &Functions) -> Mapped<crate::lambda::LambdaBackend> {
    let config =
        BackendConfig { uri: URI.to_owned(), http_method: Some("POST".to_owned()), ..BackendConfig::default() };
    Mapped::aws(backend(&config, functions).unwrap().unwrap())
        .response(IntegrationResponse::new(200))
        .response(IntegrationResponse::new(405).selection_pattern(".*four hundred.*").unwrap())
        .response(IntegrationResponse::new(502).selection_pattern("(\n|.)+").unwrap())
        .response(IntegrationResponse::new(504).selection_pattern("200").unwrap())
}

#[tokio::test]
async fn the_error_message_chooses_the_answer() {
    for (outcome, status) in [
        (Invoked::new(r#"{"a":1}"#), 200),
        (Invoked::new("no json"), 200),
        (Invoked::new(r#"{"errorMessage":"","errorType":"E"}"#), 200),
        (Invoked::new(r#"{"errorMessage":"four hundred"}"#), 405),
        (Invoked::failed(r#"{"errorMessage":"the four hundred"}"#), 405),
        (Invoked::failed(r#"{"errorMessage":"five\nhundred"}"#), 502),
        (Invoked::failed(r#"{"errorMessage":{"code":7}}"#), 502),
    ] {
        let payload = outcome.payload.clone();
        let script = Script::new(outcome);
        let definition = definition(mapped(&Functions::new().with("f", script.clone())), plain);
        let response = send(definition, request(Head::post("/prod/x"), r#"{"event":1}"#)).await;
        assert_eq!((response.status.as_u16(), response.body.unwrap()), (status, payload));
        assert_eq!(script.call().payload, r#"{"event":1}"#);
        assert!(!script.call().asynchronous);
    }
}

#[tokio::test]
async fn nobody_waits_for_the_outcome_of_an_event() {
    let script = Script::new(Invoked { status: http::StatusCode::ACCEPTED, ..Invoked::new("late") });
    let mapped = mapped(&Functions::new().with("f", script.clone()));
    let mapped = mapped.request_parameter("integration.request.header.X-Amz-Invocation-Type", "'Event'").unwrap();
    let response = send(definition(mapped, plain), request(Head::post("/prod/x"), "{}")).await;
    assert_eq!((response.status.as_u16(), response.text()), (200, ""));
    assert!(script.call().asynchronous);
    assert_eq!(script.call().headers["x-amz-invocation-type"], "Event");
}

#[tokio::test]
async fn a_function_in_this_process_runs_on_after_the_answer_to_an_event() {
    let (go, wait) = tokio::sync::oneshot::channel::<()>();
    let (done, over) = tokio::sync::oneshot::channel();
    let once = Arc::new(Mutex::new(Some((wait, done))));
    let function = move |call: Invocation| {
        let (wait, done) = once.lock().unwrap().take().unwrap();
        async move {
            let _ = wait.await;
            let _ = done.send(call.payload);
            Ok::<_, Error>(Invoked::new("late"))
        }
    };
    let mapped = mapped(&Functions::new().with("f", function));
    let mapped = mapped.request_parameter("integration.request.header.X-Amz-Invocation-Type", "'Event'").unwrap();
    let response = send(definition(mapped, plain), request(Head::post("/prod/x"), "{}")).await;
    assert_eq!((response.status.as_u16(), response.text()), (200, ""), "it has not even begun");
    go.send(()).unwrap();
    assert_eq!(over.await.unwrap(), "{}");
}

#[tokio::test]
async fn a_function_that_is_not_there_is_a_fault_of_the_definition() {
    let response = send(definition(mapped(&Functions::new()), plain), request(Head::post("/prod/x"), "{}")).await;
    assert_eq!((response.status.as_u16(), response.text()), (500, r#"{"message":"Internal server error"}"#));
}

#[tokio::test]
async fn a_request_without_a_body_is_an_empty_event() {
    let script = Script::new(Invoked::new("{}"));
    let mapped = mapped(&Functions::new().with("f", script.clone()));
    send(definition(mapped, plain), request(Head::get("/prod/x"), "")).await;
    assert_eq!(script.call().payload, "{}");
}

//! Proxies as definitions have them.

use gateway_core::{ErrorKind, Functions, config::BackendConfig};
use http::Request as Head;

use super::*;
use crate::lambda::proxy;

const FUNCTION: &str = "arn:aws:lambda:us-east-1:111111111111:function:";

fn config(function: &str) -> BackendConfig {
    BackendConfig {
        uri: format!("arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{function}/invocations"),
        http_method: Some("POST".to_owned()),
        ..BackendConfig::default()
    }
}

async fn status(config: &BackendConfig, functions: &Functions) -> u16 {
    let proxy = proxy(config, functions).unwrap();
    let definition = definition(proxy, |api, stage| api.stage(stage.variable("name", "hello")));
    send(definition, request(Head::get("/prod/x"), "")).await.status.as_u16()
}

fn hello() -> Functions {
    Functions::new().with("hello", Script::new(Invoked::new(r#"{"statusCode":202}"#)))
}

#[tokio::test]
async fn functions_are_found_when_they_are_called() {
    for (function, expected) in [
        (format!("{FUNCTION}hello"), 202),
        (format!("{FUNCTION}hello:live"), 202),
        (format!("{FUNCTION}${{stageVariables.name}}"), 202),
        (format!("{FUNCTION}${{stageVariables.none}}"), 500),
        (format!("{FUNCTION}other"), 500),
        (format!("{FUNCTION}{{proxy}}"), 500),
    ] {
        assert_eq!(status(&config(&function), &hello()).await, expected, "{function}");
    }
}

#[tokio::test]
async fn a_function_that_streams_is_found_too() {
    let streaming = |call: Invocation| async move {
        Ok(Invoked::new(format!("{{\"statusCode\":203}}\0\0\0\0\0\0\0\0{}", call.function.unwrap())))
    };
    let config = BackendConfig {
        uri: format!(
            "arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/{FUNCTION}hello/response-streaming-invocations"
        ),
        response_transfer_mode: Some("STREAM".into()),
        ..config("")
    };
    let proxy = proxy(&config, &Functions::new().with("hello", streaming)).unwrap();
    let response = send(definition(proxy, plain), request(Head::get("/prod/x"), "")).await;
    assert_eq!((response.status.as_u16(), response.text()), (203, &*format!("{FUNCTION}hello")));
}

#[tokio::test]
async fn a_function_that_cannot_be_called_fails_as_it_says() {
    let failing = |_: Invocation| async { Err(ErrorKind::IntegrationFailure.into()) };
    assert_eq!(status(&config(&format!("{FUNCTION}x")), &Functions::new().with("x", failing)).await, 504);
}

#[tokio::test]
async fn functions_are_called_with_post_alone() {
    for (method, expected) in [("POST", 202), ("GET", 500), ("ANY", 500)] {
        let config = BackendConfig { http_method: Some(method.to_owned()), ..config(&format!("{FUNCTION}hello")) };
        assert_eq!(status(&config, &hello()).await, expected, "{method}");
    }
}

#[tokio::test]
async fn a_mapping_of_some_headers_fails_every_request() {
    for (target, expected) in [
        ("integration.request.header.Content-Length", 500),
        ("integration.request.header.transfer-encoding", 500),
        ("integration.request.header.Authorization", 500),
        ("integration.request.header.Connection", 500),
        ("integration.request.header.Expect", 500),
        ("integration.request.header.Proxy-Authenticate", 500),
        ("integration.request.header.TE", 500),
        ("integration.request.header.X-Amzn-Trace-Id", 500),
        ("integration.request.header.Accept", 202),
        ("integration.request.querystring.TE", 202),
    ] {
        let mut config = config(&format!("{FUNCTION}hello"));
        config.request_parameters.insert(target.to_owned(), "'x'".to_owned());
        assert_eq!(status(&config, &hello()).await, expected, "{target}");
    }
}

#[test]
fn what_is_no_function_is_a_problem() {
    let to = |uri: &str| BackendConfig { uri: uri.to_owned(), ..config("") };
    let other =
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
    for (config, pointer, message) in [
        (to("http://example.com"), "/uri", "Invalid ARN specified in the request"),
        (to("arn:aws:iam::000000000000:role/x"), "/uri", "AWS ARN for integration must contain path or action"),
        (to("arn:aws:apigateway:us-east-1:s3:path/bucket/key"), "/uri", other),
        (to("arn:aws:apigateway:us-east-1:firehose:action/PutRecord"), "/uri", "Firehose is not supported"),
        (
            to("arn:aws:apigateway:us-east-1:lambda:path/2021-11-15/functions/x/response-streaming-invocations"),
            "/responseTransferMode",
            "needs the mode STREAM",
        ),
        (BackendConfig { http_method: None, ..config("x") }, "/httpMethod", "must be non-empty"),
        (BackendConfig { http_method: Some("FETCH".into()), ..config("x") }, "/httpMethod", "`FETCH`"),
        (
            BackendConfig { response_transfer_mode: Some("STREAM".into()), ..config("x") },
            "/uri",
            "response-streaming-invocations",
        ),
    ] {
        let problem = proxy(&config, &Functions::new()).unwrap_err();
        assert_eq!(problem.pointer, pointer, "{problem}");
        assert!(problem.message.contains(message), "{problem}");
    }
}

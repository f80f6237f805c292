//! The rows of the result's table.

use gateway_core::{
    AccessLog, AccessLogFormat, GatewayResponse, GatewayResponses, Step, Trace, testing::CapturedLines,
};
use http::{Request as Head, StatusCode};
use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::lambda::result::ProxyResult;

const FAILED: &str = r#"{"message":"Internal server error"}"#;

#[tokio::test]
async fn each_row_of_the_table() {
    for (payload, status, body) in [
        (r#"{"statusCode":200}"#, 200, ""),
        ("{}", 200, ""),
        (r#"{"headers":{"x-own":"1"}}"#, 200, ""),
        (r#"{"statusCode":"201"}"#, 201, ""),
        (r#"{"statusCode":null,"body":null,"headers":null,"multiValueHeaders":null}"#, 200, ""),
        (r#"{"statusCode":300,"body":"<a/>"}"#, 300, "<a/>"),
        (r#"{"statusCode":200,"body":"dGV4dA==","isBase64Encoded":true}"#, 200, "dGV4dA=="),
        (r#"{"headers":{"x-bool":true,"x-number":1.5,"x-null":null}}"#, 200, ""),
        (r#"{"statusCode":"test"}"#, 502, FAILED),
        (r#"{"statusCode":99}"#, 502, FAILED),
        (r#"{"statusCode":600}"#, 502, FAILED),
        (r#"{"statusCode":[200]}"#, 502, FAILED),
        (r#"{"statusCode":200,"wrongValue":"x"}"#, 502, FAILED),
        (r#""text""#, 502, FAILED),
        ("7", 502, FAILED),
        ("null", 502, FAILED),
        ("[]", 502, FAILED),
        ("", 502, FAILED),
        ("{", 502, FAILED),
        (r#"{"multiValueHeaders":{"x-own":"1"}}"#, 502, FAILED),
        (r#"{"headers":["x-own"]}"#, 502, FAILED),
        (r#"{"headers":{"x-own":{}}}"#, 502, FAILED),
        (r#"{"headers":{"not a name":"1"}}"#, 502, FAILED),
        (r#"{"headers":{"x-own":"1\r\nx-other: 2"}}"#, 502, FAILED),
        (r#"{"body":{"a":1}}"#, 502, FAILED),
        (r#"{"isBase64Encoded":"yes"}"#, 502, FAILED),
    ] {
        let response = answer_of(Invoked::new(payload)).await;
        assert_eq!((response.status.as_u16(), response.text()), (status, body), "{payload}");
        assert_eq!(response.header("content-type"), "application/json", "{payload}");
        let (kind, traced) = if status == 502 { ("InternalServerErrorException", false) } else { ("", true) };
        assert_eq!(response.header("x-amzn-errortype"), kind, "{payload}");
        assert_eq!(response.headers.contains_key("x-amzn-trace-id"), traced, "{payload}");
    }
}

#[tokio::test]
async fn headers_of_both_maps_are_joined() {
    let result = json!({
        "multiValueHeaders": { "tesT-Multi": ["value-multi", 2], "set-cookie": ["a=1", "b=2"] },
        "headers": { "test-multi": "value-solo", "Set-Cookie": "a=1", "x-bool": true, "content-type": "text/plain" },
    });
    let response = answer_of(Invoked::new(result.to_string())).await;
    let all =
        |name: &str| response.headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(all("test-multi"), ["value-multi", "2", "value-solo"]);
    assert_eq!(all("set-cookie"), ["a=1", "b=2"], "a pair that is in both counts once");
    assert_eq!((all("x-bool"), all("content-type")), (vec!["true"], vec!["text/plain"]));
}

#[tokio::test]
async fn some_headers_reach_the_client_under_another_name() {
    let result = json!({ "headers": {
        "Server": "mine", "Connection": "close", "Content-Length": "7", "Host": "h", "WWW-Authenticate": "Basic",
        "Transfer-Encoding": "chunked", "Via": "v", "X-Amzn-ErrorType": "Own", "X-Amzn-Trace-Id": "own",
    } });
    let response = answer_of(Invoked::new(result.to_string())).await;
    for (name, value) in [
        ("x-amzn-remapped-server", "mine"),
        ("x-amzn-remapped-connection", "close"),
        ("x-amzn-remapped-content-length", "7"),
        ("x-amzn-remapped-host", "h"),
        ("x-amzn-remapped-www-authenticate", "Basic"),
        ("server", ""),
        ("connection", ""),
        ("transfer-encoding", ""),
        ("via", "v"),
        ("x-amzn-errortype", "Own"),
    ] {
        assert_eq!(response.header(name), value, "{name}");
    }
    assert!(response.header("x-amzn-trace-id").starts_with("Root=1-"), "the backend's trace is the gateway's");
}

#[tokio::test]
async fn a_failed_function_is_a_bad_gateway_and_a_failed_call_depends() {
    let failed = Invoked::failed(r#"{"statusCode":200,"errorMessage":"secret"}"#);
    let with = |status: u16| Invoked { status: StatusCode::from_u16(status).unwrap(), ..Invoked::new("{}") };
    let large = Invoked::new(format!(r#"{{"body":"{}"}}"#, "x".repeat(10 << 20)));
    for (outcome, status) in [(failed, 502), (with(429), 502), (with(403), 500), (with(404), 500), (large, 500)] {
        let response = answer_of(outcome).await;
        assert_eq!((response.status.as_u16(), response.text()), (status, FAILED));
    }
}

#[tokio::test]
async fn a_gateway_response_for_server_errors_takes_bad_gateways() {
    let custom = GatewayResponse::new().template("application/json", r#"{"own":$context.error.messageString}"#);
    for (custom, status) in [(custom.clone(), 502), (custom.status(599).unwrap(), 599)] {
        let proxy = LambdaProxy::new(Script::new(Invoked::new("7")));
        let responses = GatewayResponses::default().with_default_5xx(custom);
        let definition = definition(proxy, |api, stage| api.gateway_responses(responses).stage(stage));
        let response = send(definition, request(Head::get("/prod/x"), "")).await;
        assert_eq!((response.status.as_u16(), response.text()), (status, r#"{"own":"Internal server error"}"#));
    }
}

#[tokio::test]
async fn bytes_are_decoded_for_clients_that_take_them() {
    let result = |body: &str, encoded| json!({ "body": body, "isBase64Encoded": encoded }).to_string();
    for (types, accept, body, encoded, seen) in [
        (&["image/png"][..], Some("image/png"), "aGk=", true, Ok("hi")),
        (&["image/png"], Some("image/png;q=0.5, text/html"), "aGk=", true, Ok("hi")),
        (&["image/png"], Some("text/html, image/png"), "aGk=", true, Ok("aGk=")),
        (&["image/png"], Some("image/*"), "aGk=", true, Ok("aGk=")),
        (&["image/png"], Some("*/*"), "aGk=", true, Ok("aGk=")),
        (&["image/png"], None, "aGk=", true, Ok("aGk=")),
        (&["*/test"], Some("*/test"), "aGk=", true, Ok("aGk=")),
        (&["application/*"], Some("application/*"), "aGk=", true, Ok("hi")),
        (&["application/*"], Some("application"), "aGk=", true, Ok("aGk=")),
        (&["*/*"], None, "aGk=", true, Ok("hi")),
        (&["image/png"], Some("image/png"), "aGk=", false, Ok("aGk=")),
        (&["image/png"], Some("image/png"), "no base64!", true, Err(500)),
    ] {
        let proxy = LambdaProxy::new(Script::new(Invoked::new(result(body, encoded))));
        let definition = definition(proxy, |api, stage| api.binary_media_types(types.iter().copied()).stage(stage));
        let head = Head::get("/prod/x");
        let head = accept.into_iter().fold(head, |head, accept| head.header("accept", accept));
        let response = send(definition, request(head, "")).await;
        let found = if response.status == 200 { Ok(response.text()) } else { Err(response.status.as_u16()) };
        assert_eq!(found, seen, "{types:?} {accept:?} {body}");
    }
}

#[tokio::test]
async fn an_explained_request_tells_what_the_function_got_and_gave() {
    for (payload, last) in
        [(r#"{"body":"hello"}"#, None), ("7", Some("configuration error: Malformed Lambda proxy response"))]
    {
        let mut request = request(Head::get("/prod/x"), "");
        let trace = Trace::new();
        request.extensions_mut().insert(Arc::clone(&trace));
        send(definition(LambdaProxy::new(Script::new(Invoked::new(payload))), plain), request).await;
        let steps: Vec<_> = trace.steps().into_iter().map(|traced| traced.step).collect();
        let sent = steps.iter().find_map(|step| match step {
            Step::EndpointRequest { body, headers, .. } => Some((body.contains(r#""path":"/x""#), headers.len() > 4)),
            _ => None,
        });
        assert_eq!(sent, Some((true, true)));
        assert!(steps.iter().any(|step| matches!(step, Step::EndpointResponse { body, .. } if body == payload)));
        match last {
            Some(why) => assert!(steps.contains(&Step::Failed { reason: why.to_owned() })),
            None => {
                assert!(steps.iter().any(|step| matches!(step, Step::MethodResponse { body, .. } if body == "hello")));
            }
        }
    }
}

proptest! {
    #[test]
    fn any_bytes_are_read_or_malformed(payload in proptest::collection::vec(any::<u8>(), 0..200)) {
        let _ = ProxyResult::read(&Invoked::new(payload));
    }

    #[test]
    fn any_members_are_read_or_malformed(
        status in "(\"[0-9a-z]{0,4}\"|-?[0-9]{1,5}(\\.5)?|null)",
        name in "[ -~]{0,12}",
        value in ".{0,12}",
    ) {
        let headers = json!({ name.clone(): value });
        let result = format!(r#"{{"statusCode":{status},"headers":{headers},"multiValueHeaders":{{"{}":[{}]}}}}"#,
            name.escape_default(), json!(value));
        if let Ok(result) = ProxyResult::read(&Invoked::new(result)) {
            prop_assert!((200..600).contains(&result.status.as_u16()));
            prop_assert!(result.headers.len() <= 2);
        }
    }
}

/// What the function said, and what Lambda said of the call.
#[tokio::test]
async fn a_line_tells_the_functions_status_from_lambdas() {
    for (payload, expected) in [(r#"{"statusCode":404}"#, "404 404 200 200"), ("no object", "502 - 200 200")] {
        let lines = CapturedLines::default();
        let format = "$context.requestId|$context.status $context.integration.status \
                      $context.integration.integrationStatus $context.integrationStatus";
        let log = AccessLog::new(AccessLogFormat::parse(format).unwrap(), lines.clone());
        let proxy = LambdaProxy::new(Script::new(Invoked::new(payload)));
        send(
            definition(proxy, |api, stage| api.stage(stage.observer(log))),
            request(http::Request::get("/prod/x"), ""),
        )
        .await;
        let lines = lines.lines();
        assert_eq!(lines[0].split_once('|').unwrap().1, expected);
    }
}

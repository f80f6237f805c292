//! Functions of HTTP APIs: events and answers of both payload formats.

use std::collections::BTreeMap;

use gateway_core::{Authorization, Authorizer, Domain, Identity, Parts, RouteDefinition};
use http::Request as Head;
use serde_json::json;

use super::*;
use crate::lambda::PayloadFormat;

const FAILED: &str = r#"{"message":"Internal Server Error"}"#;

/// Finds out what it is told to.
struct Known(Authorization);

#[async_trait]
impl Authorizer for Known {
    async fn authorize(&self, _: &Parts, _: &Context) -> Result<Authorization, Error> {
        Ok(self.0.clone())
    }
}

fn api(proxy: LambdaProxy, stage: &str, change: impl FnOnce(RouteDefinition) -> RouteDefinition) -> Definition {
    let proxy = Arc::new(proxy);
    let api = Api::http("orders")
        .id("a1b2c3d4e5")
        .account("123456789012", "us-east-1")
        .route("POST /orders/{id}", change(Route::to(Arc::clone(&proxy))))
        .route("$default", Route::to(proxy))
        .stage(StageDefinition::new(stage).variable("env", "prod"));
    Definition::new().api(api)
}

async fn event(
    format: PayloadFormat,
    stage: &str,
    change: impl FnOnce(RouteDefinition) -> RouteDefinition,
    request: Request,
) -> Value {
    let script = Script::new(Invoked::new(r#"{"statusCode":200}"#));
    let proxy = LambdaProxy::new(script.clone()).payload_format(format);
    let response = send(api(proxy, stage, change), request).await;
    assert_eq!(response.status, 200, "{}", response.text());
    script.event()
}

fn order() -> Request {
    let head = Head::post("/prod/orders/4%202?tag=a&tag=b&q=x%20y")
        .header("content-type", "application/json; charset=utf-8")
        .header("cookie", "sid=1; theme=dark")
        .header("x-multi", "one")
        .header("x-multi", "two")
        .header("user-agent", "curl/8.5.0")
        .header("connection", "keep-alive");
    request(head, r#"{"a":1}"#)
}

fn with(authorization: Authorization) -> impl FnOnce(RouteDefinition) -> RouteDefinition {
    move |route| route.authorizer(Known(authorization)).scopes(["orders.write"])
}

#[tokio::test]
async fn format_2_0_has_the_whole_shape() {
    let caller = Authorization::new("u1")
        .with_claims(BTreeMap::from([("sub".to_owned(), "u1".to_owned())]))
        .with_scopes(vec!["orders.write".to_owned()]);
    let mut event = event(PayloadFormat::V2, "prod", with(caller), order()).await;
    let context = event["requestContext"].as_object_mut().unwrap();
    let id = context.remove("requestId").unwrap();
    assert!(id.as_str().is_some_and(|id| id.len() == 16 && id.ends_with('=')), "{id}");
    let (time, epoch) = (context.remove("time").unwrap(), context.remove("timeEpoch").unwrap());
    assert!(time.as_str().is_some_and(|time| time.ends_with(" +0000")) && epoch.is_u64(), "{time} {epoch}");
    let trace = event["headers"].as_object_mut().unwrap().remove("x-amzn-trace-id").unwrap();
    assert!(trace.as_str().is_some_and(|trace| trace.starts_with("Root=1-")), "{trace}");
    assert_eq!(
        event,
        json!({
            "version": "2.0",
            "routeKey": "POST /orders/{id}",
            "rawPath": "/prod/orders/4 2",
            "rawQueryString": "tag=a&tag=b&q=x%20y",
            "cookies": ["sid=1", "theme=dark"],
            "headers": {
                "content-length": "7", "content-type": "application/json; charset=utf-8",
                "host": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "user-agent": "curl/8.5.0",
                "x-forwarded-for": "192.0.2.7", "x-forwarded-port": "80", "x-forwarded-proto": "http",
                "x-multi": "one,two"
            },
            "queryStringParameters": {"tag": "a,b", "q": "x y"},
            "requestContext": {
                "accountId": "123456789012", "apiId": "a1b2c3d4e5",
                "authorizer": {"jwt": {"claims": {"sub": "u1"}, "scopes": ["orders.write"]}},
                "domainName": "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", "domainPrefix": "a1b2c3d4e5",
                "http": {"method": "POST", "path": "/prod/orders/4 2", "protocol": "HTTP/1.1",
                    "sourceIp": "192.0.2.7", "userAgent": "curl/8.5.0"},
                "routeKey": "POST /orders/{id}", "stage": "prod"
            },
            "body": "{\"a\":1}",
            "pathParameters": {"id": "4 2"},
            "isBase64Encoded": false,
            "stageVariables": {"env": "prod"}
        })
    );
}

#[tokio::test]
async fn format_2_0_leaves_out_what_is_not_there() {
    let event = event(PayloadFormat::V2, "$default", |route| route, request(Head::get("/x/?"), "")).await;
    for absent in ["cookies", "queryStringParameters", "body", "pathParameters"] {
        assert!(event.get(absent).is_none(), "{absent}: {event}");
    }
    assert!(event["requestContext"].get("authorizer").is_none() && event["headers"].get("content-length").is_none());
    assert_eq!((&event["rawQueryString"], &event["isBase64Encoded"]), (&json!(""), &json!(false)));
    assert_eq!((&event["rawPath"], &event["routeKey"]), (&json!("/x/"), &json!("$default")));
}

#[tokio::test]
async fn format_2_0_says_who_calls_below_the_kind_of_authorizer() {
    let token = Authorization::new("u1").with_claims(BTreeMap::from([("sub".to_owned(), "u1".to_owned())]));
    let lambda = Authorization::new("u1").with_context("tier", "gold").with_context("level", json!({"n": 1}));
    let mut identity = Identity::new("arn:aws:sts::123456789012:assumed-role/Reader/ci", "AROAEXAMPLE:ci");
    identity.access_key = Some("ASIAEXAMPLE".to_owned());
    let signed = Authorization::new("AROAEXAMPLE:ci").with_identity(identity);
    for (caller, expected) in [
        (token, json!({"jwt": {"claims": {"sub": "u1"}, "scopes": null}})),
        (lambda, json!({"lambda": {"tier": "gold", "level": {"n": 1}}})),
        (Authorization::new("u1"), json!({"lambda": null})),
        (
            signed,
            json!({"iam": {
                "accessKey": "ASIAEXAMPLE", "accountId": "123456789012", "callerId": "AROAEXAMPLE:ci",
                "cognitoIdentity": null, "principalOrgId": null,
                "userArn": "arn:aws:sts::123456789012:assumed-role/Reader/ci", "userId": "AROAEXAMPLE:ci"
            }}),
        ),
    ] {
        let change = |route: RouteDefinition| route.authorizer(Known(caller));
        let event = event(PayloadFormat::V2, "prod", change, order()).await;
        assert_eq!(event["requestContext"]["authorizer"], expected);
    }
}

#[tokio::test]
async fn libraries_for_functions_read_the_events_of_both_formats() {
    use aws_lambda_events::apigw::{ApiGatewayProxyRequest, ApiGatewayV2httpRequest};

    let (caller, keep) = (Authorization::new("u1").with_context("tier", "gold"), |route| route);
    let event = self::event(PayloadFormat::V2, "prod", with(caller), order()).await;
    let read: ApiGatewayV2httpRequest = serde_json::from_value(event).unwrap();
    assert_eq!((read.raw_path.as_deref(), read.body.as_deref()), (Some("/prod/orders/4 2"), Some("{\"a\":1}")));
    assert_eq!(read.path_parameters["id"], "4 2");
    let event = self::event(PayloadFormat::V1, "prod", keep, order()).await;
    let read: ApiGatewayProxyRequest = serde_json::from_value(event).unwrap();
    assert_eq!((read.resource.as_deref(), read.http_method.as_str()), (Some("/orders/{id}"), "POST"));
    let event = event_of(plain, request(Head::get("/prod/x?a=1&a=2"), "")).await;
    let read: ApiGatewayProxyRequest = serde_json::from_value(event).unwrap();
    assert_eq!(read.multi_value_query_string_parameters.all("a"), Some(vec!["1", "2"]));
}

#[tokio::test]
async fn the_content_type_decides_whether_a_body_is_base64() {
    for (media, is_base64) in [
        (Some("text/plain"), false),
        (Some("text/csv; charset=latin1"), false),
        (Some("application/json"), false),
        (Some("application/xml"), false),
        (Some("Application/JavaScript"), false),
        (Some("application/x-www-form-urlencoded"), true),
        (Some("multipart/form-data; boundary=x"), true),
        (Some("application/problem+json"), true),
        (Some("image/png"), true),
        (None, true),
    ] {
        for format in [PayloadFormat::V1, PayloadFormat::V2] {
            let head = Head::post("/prod/x");
            let head = media.map_or(Head::post("/prod/x"), |media| head.header("content-type", media));
            let event = event(format, "prod", |route| route, request(head, "a=1")).await;
            let body = if is_base64 { "YT0x" } else { "a=1" };
            assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!(body), &json!(is_base64)), "{media:?}");
        }
    }
}

#[tokio::test]
async fn format_1_0_keeps_all_values_and_says_null() {
    let mut event = event(PayloadFormat::V1, "prod", |route| route, order()).await;
    assert_eq!(event["headers"]["x-multi"], "two");
    assert_eq!(event["multiValueHeaders"]["x-multi"], json!(["one", "two"]));
    assert_eq!(event["headers"]["cookie"], "sid=1; theme=dark");
    assert_eq!(event["queryStringParameters"], json!({"tag": "b", "q": "x y"}));
    assert_eq!(event["multiValueQueryStringParameters"], json!({"tag": ["a", "b"], "q": ["x y"]}));
    let context = event["requestContext"].as_object_mut().unwrap();
    let (id, extended) = (context.remove("requestId").unwrap(), context.remove("extendedRequestId").unwrap());
    assert_eq!(id, extended);
    assert_eq!(context["authorizer"], json!({"claims": null, "scopes": null}));
    assert_eq!((&context["resourceId"], &context["identity"]["userArn"]), (&Value::Null, &Value::Null));
    assert_eq!(context["identity"]["sourceIp"], "192.0.2.7");
    assert_eq!(context["resourcePath"], "/orders/{id}");
    assert_eq!((&event["version"], &event["resource"]), (&json!("1.0"), &json!("/orders/{id}")));
    assert_eq!((&event["path"], &event["pathParameters"]), (&json!("/prod/orders/4%202"), &json!({"id": "4 2"})));
    let bare = self::event(PayloadFormat::V1, "$default", |route| route, request(Head::get("/x"), "")).await;
    for null in ["queryStringParameters", "multiValueQueryStringParameters", "pathParameters", "body"] {
        assert!(bare.get(null).is_some_and(Value::is_null), "{null}: {bare}");
    }
}

async fn answer(format: PayloadFormat, outcome: Invoked) -> TestResponse {
    let proxy = LambdaProxy::new(Script::new(outcome)).payload_format(format);
    send(api(proxy, "prod", |route| route), request(Head::get("/prod/x"), "")).await
}

#[tokio::test]
async fn each_row_of_the_answers_of_format_2_0() {
    const JSON: &str = "application/json";
    const TEXT: &str = "text/plain; charset=utf-8";
    for (payload, status, media, body) in [
        (r#""Hello""#, 200, JSON, "Hello"),
        (r#"{"message":"x"}"#, 200, JSON, r#"{"message":"x"}"#),
        ("[1, 2]", 200, JSON, "[1, 2]"),
        ("3", 200, JSON, "3"),
        ("true", 200, JSON, "true"),
        (r#"{"headers":{"x-own":"1"},"body":"b"}"#, 200, JSON, r#"{"headers":{"x-own":"1"},"body":"b"}"#),
        ("not JSON", 200, JSON, "not JSON"),
        ("null", 200, JSON, "null"),
        ("", 200, JSON, ""),
        (r#"{"statusCode":201,"body":"x"}"#, 201, TEXT, "x"),
        (r#"{"statusCode":"204"}"#, 204, TEXT, ""),
        (r#"{"statusCode":200,"headers":{"Content-Type":"text/html"},"body":"<a>"}"#, 200, "text/html", "<a>"),
        (r#"{"statusCode":200,"isBase64Encoded":true,"body":"dGV4dA=="}"#, 200, TEXT, "text"),
        (r#"{"statusCode":200,"multiValueHeaders":{"x-own":["1"]},"other":1}"#, 200, TEXT, ""),
        (r#"{"statusCode":0}"#, 500, JSON, FAILED),
        (r#"{"statusCode":200.5}"#, 500, JSON, FAILED),
        (r#"{"statusCode":null}"#, 500, JSON, FAILED),
        (r#"{"statusCode":200,"body":{"a":1}}"#, 500, JSON, FAILED),
        (r#"{"statusCode":200,"headers":{"x-own":["1"]}}"#, 500, JSON, FAILED),
        (r#"{"statusCode":200,"cookies":"a=1"}"#, 500, JSON, FAILED),
        (r#"{"statusCode":200,"isBase64Encoded":true,"body":"???"}"#, 500, JSON, FAILED),
    ] {
        let response = answer(PayloadFormat::V2, Invoked::new(payload)).await;
        assert_eq!((response.status.as_u16(), response.text()), (status, body), "{payload}");
        assert_eq!(response.header("content-type"), media, "{payload}");
        assert!(
            !response.headers.contains_key("x-own") && response.headers.contains_key("apigw-requestid"),
            "{payload}"
        );
        assert!(!response.headers.contains_key("x-amzn-trace-id"), "{payload}");
    }
}

#[tokio::test]
async fn cookies_of_format_2_0_are_headers_of_their_own() {
    let payload = r#"{"statusCode":200,"cookies":["a=1","b=2; Path=/"],"headers":{"set-cookie":"c=3","x-n":1,
        "connection":"close","server":"mine","www-authenticate":"Basic"}}"#;
    let response = answer(PayloadFormat::V2, Invoked::new(payload)).await;
    let cookies: Vec<_> = response.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["c=3", "a=1", "b=2; Path=/"]);
    assert_eq!((response.header("x-n"), response.header("server")), ("1", "mine"));
    assert_eq!((response.header("www-authenticate"), response.header("connection")), ("Basic", ""));
}

#[tokio::test]
async fn each_row_of_the_answers_of_format_1_0() {
    for (payload, status, media, body) in [
        (r#"{"statusCode":200,"body":"x"}"#, 200, "text/plain; charset=utf-8", "x"),
        (r#"{"isBase64Encoded":true,"body":"dGV4dA=="}"#, 200, "text/plain; charset=utf-8", "text"),
        (r#""text""#, 500, "application/json", FAILED),
        ("[]", 500, "application/json", FAILED),
        (r#"{"statusCode":"x"}"#, 500, "application/json", FAILED),
    ] {
        let response = answer(PayloadFormat::V1, Invoked::new(payload)).await;
        assert_eq!((response.status.as_u16(), response.text()), (status, body), "{payload}");
        assert_eq!(response.header("content-type"), media, "{payload}");
    }
    let both = r#"{"headers":{"x-own":"solo"},"multiValueHeaders":{"X-Own":["multi"]}}"#;
    let response = answer(PayloadFormat::V1, Invoked::new(both)).await;
    assert_eq!(response.headers.get_all("x-own").iter().collect::<Vec<_>>(), ["multi", "solo"]);
}

#[tokio::test]
async fn each_failure_of_a_function_is_500() {
    for format in [PayloadFormat::V1, PayloadFormat::V2] {
        for status in [200, 403, 404, 429, 500] {
            let mut failed = Invoked::failed(r#"{"errorMessage":"secret"}"#);
            failed.status = http::StatusCode::from_u16(status).unwrap();
            let response = answer(format, failed).await;
            assert_eq!((response.status.as_u16(), response.text()), (500, FAILED), "{status}");
            assert_eq!(response.header("x-amzn-errortype"), "");
        }
    }
}

/// Lambda takes 6 MB.
#[tokio::test]
async fn a_request_that_is_too_large_for_a_function_is_413() {
    let mut refused = Invoked::new("{}");
    refused.status = http::StatusCode::PAYLOAD_TOO_LARGE;
    for format in [PayloadFormat::V1, PayloadFormat::V2] {
        let response = answer(format, refused.clone()).await;
        assert_eq!((response.status.as_u16(), response.text()), (413, r#"{"message":"Request Entity Too Large"}"#));
    }
    let rest = answer_of(refused).await;
    assert_eq!((rest.status.as_u16(), rest.text()), (413, r#"{"message":"Request Too Long"}"#));
}

/// Never answers.
struct Late;

#[async_trait]
impl Function for Late {
    async fn invoke(&self, _: Invocation, _: &Context) -> Result<Invoked, Error> {
        std::future::pending().await
    }
}

/// Cannot be reached in time.
struct Unreached;

#[async_trait]
impl Function for Unreached {
    async fn invoke(&self, _: Invocation, _: &Context) -> Result<Invoked, Error> {
        Err(gateway_core::ErrorKind::IntegrationTimeout.into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_late_function_is_503() {
    let late = [LambdaProxy::new(Late), LambdaProxy::new(Unreached)];
    for proxy in late {
        let response = send(api(proxy.clone(), "prod", |route| route), request(Head::get("/prod/x"), "")).await;
        assert_eq!((response.status.as_u16(), response.text()), (503, r#"{"message":"Service Unavailable"}"#));
        assert_eq!(response.header("content-type"), "application/json");
        let rest = send(definition(proxy, plain), request(Head::get("/prod/x"), "")).await;
        assert_eq!((rest.status.as_u16(), rest.text()), (504, r#"{"message":"Endpoint request timed out"}"#));
    }
    #[cfg(feature = "mapping")]
    {
        let mapped = crate::mapping::ParameterMapping::new(LambdaProxy::new(Late));
        let api = Api::http("x").route("GET /x", Route::to(mapped)).stage(StageDefinition::new("prod"));
        let response = send(Definition::new().api(api), request(Head::get("/prod/x"), "")).await;
        assert_eq!(response.status, 503, "behind a mapping, too");
    }
}

/// What a custom domain's mapping takes off is seen by format 1.0 alone.
#[tokio::test]
async fn paths_behind_a_custom_domain() {
    for (format, path) in [(PayloadFormat::V1, "/v1/orders/4"), (PayloadFormat::V2, "/orders/4")] {
        let script = Script::new(Invoked::new(r#"{"statusCode":200}"#));
        let definition = api(LambdaProxy::new(script.clone()).payload_format(format), "prod", |route| route);
        let definition = definition.domain(Domain::any().map("v1", "orders", "prod"));
        assert_eq!(send(definition, request(Head::post("/v1/orders/4"), "")).await.status, 200);
        let event = script.event();
        let (written, context) = match format {
            PayloadFormat::V1 => (&event["path"], &event["requestContext"]["path"]),
            _ => (&event["rawPath"], &event["requestContext"]["http"]["path"]),
        };
        assert_eq!((written, context), (&json!(path), &json!(path)));
    }
}

#[cfg(feature = "mapping")]
#[tokio::test]
async fn a_mapped_host_is_in_the_event() {
    for (key, value, host) in [
        ("overwrite:header.host", "pets.internal", json!("pets.internal")),
        ("append:header.host", "pets.internal", json!("pets.internal")),
        ("remove:header.host", "", Value::Null),
    ] {
        let script = Script::new(Invoked::new(r#"{"statusCode":200}"#));
        let mapping = crate::mapping::ParameterMapping::new(LambdaProxy::new(script.clone()));
        let route = Route::to(mapping.request(key, value).unwrap());
        let api = Api::http("x").route("GET /x", route).stage(StageDefinition::new("prod"));
        send(Definition::new().api(api), request(Head::get("/prod/x"), "")).await;
        assert_eq!(script.event()["headers"]["host"], host, "{key}");
    }
}

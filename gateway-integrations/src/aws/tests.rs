//! Services behind mappings.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use gateway_core::{
    Api, Body, Definition, Error, ErrorKind, Response, Route, StageDefinition,
    config::BackendConfig,
    testing::{TestGateway, TestResponse},
};
use http::request::Builder;

use super::{ServiceCall, ServiceClient, backend};
use crate::mapping::{IntegrationResponse, Mapped};

type Calls = Arc<Mutex<Vec<ServiceCall>>>;

/// A client that keeps its calls.
fn client(calls: &Calls) -> Arc<dyn ServiceClient> {
    let calls = Arc::clone(calls);
    Arc::new(move |call: ServiceCall| {
        calls.lock().unwrap().push(call);
        async { Ok::<_, Error>(Response::new(Body::from("<done/>"))) }
    })
}

fn config(service: &str, method: &str) -> BackendConfig {
    BackendConfig {
        uri: format!("arn:aws:apigateway:us-east-1:{service}"),
        http_method: Some(method.to_owned()),
        credentials: Some("arn:aws:iam::111111111111:role/${stageVariables.role}".to_owned()),
        ..BackendConfig::default()
    }
}

async fn exchange(
    config: &BackendConfig,
    parameters: &[(&str, &str)],
    request: Builder,
    body: &'static str,
) -> (TestResponse, Vec<ServiceCall>) {
    let calls = Calls::default();
    let mut mapped =
        Mapped::aws(backend(config, Some(&client(&calls))).unwrap()).response(IntegrationResponse::new(200));
    for (target, source) in parameters {
        mapped = mapped.request_parameter(target, source).unwrap();
    }
    let stage = StageDefinition::new("prod").variable("role", "caller").variable("queue", "q-1");
    let stage = stage.variable("target", "action/SendMessage").variable("bucket", "path/bucket");
    let api = Api::rest("pets").id("a1b2c3d4e5").route("ANY /{proxy+}", Route::to(mapped)).stage(stage);
    let gateway = TestGateway::new(Definition::new().api(api)).unwrap();
    let mut request = request.body(Body::from(body)).unwrap();
    request.extensions_mut().insert(IpAddr::from([192, 0, 2, 7]));
    let response = gateway.send_request(request).await;
    let calls = calls.lock().unwrap().clone();
    (response, calls)
}

async fn called(service: &str, parameters: &[(&str, &str)], target: &str) -> String {
    let (response, calls) = exchange(&config(service, "POST"), parameters, http::Request::get(target), "").await;
    assert_eq!((response.status.as_u16(), response.text()), (200, "<done/>"));
    let [call] = calls.try_into().unwrap();
    call.request.uri().to_string()
}

#[tokio::test]
async fn addresses_are_made_of_path_or_action_and_what_is_mapped() {
    let query = ("integration.request.querystring.a b", "'1&2'");
    let path = ("integration.request.path.key", "method.request.path.proxy");
    for (service, parameters, target, uri) in [
        ("sqs:path/1/queue", &[][..], "/prod/x", "https://sqs.us-east-1.amazonaws.com/1/queue"),
        (
            "sqs:action/SendMessage",
            &[query],
            "/prod/x",
            "https://sqs.us-east-1.amazonaws.com/?Action=SendMessage&a%20b=1%262",
        ),
        ("s3:path/bucket/{key}", &[path], "/prod/a/b%20c.txt", "https://s3.us-east-1.amazonaws.com/bucket/a/b%20c.txt"),
        ("s3:path/bucket/{other}", &[path], "/prod/a", "https://s3.us-east-1.amazonaws.com/bucket/%7Bother%7D"),
        (
            "s3:path/bucket?list-type=2",
            &[query],
            "/prod/a",
            "https://s3.us-east-1.amazonaws.com/bucket?list-type=2&a%20b=1%262",
        ),
        ("sqs:path/${stageVariables.queue}", &[], "/prod/x", "https://sqs.us-east-1.amazonaws.com/q-1"),
        ("sqs:${stageVariables.target}", &[], "/prod/x", "https://sqs.us-east-1.amazonaws.com/?Action=SendMessage"),
        ("s3:${stageVariables.bucket}/{key}", &[path], "/prod/a", "https://s3.us-east-1.amazonaws.com/bucket/a"),
        ("sqs:path/${stageVariables.none}x", &[], "/prod/x", "https://sqs.us-east-1.amazonaws.com/x"),
        ("data-ats.iot:path/t", &[], "/prod/x", "https://data-ats.iot.us-east-1.amazonaws.com/t"),
    ] {
        assert_eq!(called(service, parameters, target).await, uri, "{service}");
    }
}

#[tokio::test]
async fn a_variable_that_names_neither_path_nor_action_is_a_failure() {
    let request = http::Request::get("/prod/x");
    let (response, calls) = exchange(&config("sqs:${stageVariables.queue}", "GET"), &[], request, "").await;
    assert_eq!((response.status.as_u16(), calls.len()), (500, 0));
}

#[tokio::test]
async fn a_client_leads_out_of_no_path() {
    let path = [("integration.request.path.key", "method.request.querystring.key")];
    for (key, status) in [("a..b", 200), ("..%2fother", 400), ("a%2f%252e%252e", 400), ("..%5cother", 400)] {
        let request = http::Request::get(format!("/prod/x?key={key}"));
        let (response, calls) = exchange(&config("s3:path/bucket/{key}", "GET"), &path, request, "").await;
        assert_eq!((response.status.as_u16(), calls.len()), (status, usize::from(status == 200)), "{key}");
    }
    let (response, calls) =
        exchange(&config("s3:path/bucket/{key}", "GET"), &path, http::Request::get("/prod/x?key=a%3Fb"), "").await;
    assert_eq!(response.status, 200);
    assert_eq!(calls[0].request.uri().path(), "/bucket/a%3Fb");
}

#[tokio::test]
async fn a_call_says_who_makes_it() {
    let parameters = [
        ("integration.request.header.Referer", "'https://example.com'"),
        ("integration.request.header.X-Own", "'1'"),
        ("integration.request.header.Accept", "'text/xml'"),
    ];
    let request = http::Request::post("/prod/x").header("cookie", "c").header("user-agent", "curl/8");
    let (_, calls) = exchange(&config("runtime.sagemaker:action/Do", "PUT"), &parameters, request, "{}").await;
    let [call] = calls.try_into().unwrap();
    assert_eq!((call.service.as_str(), call.subdomain.as_deref()), ("sagemaker", Some("runtime")));
    assert_eq!((call.region.as_str(), call.action.as_deref()), ("us-east-1", Some("Do")));
    assert_eq!(call.credentials.as_deref(), Some("arn:aws:iam::111111111111:role/caller"));
    assert_eq!((call.request.method().as_str(), call.request.body().as_ref()), ("PUT", &b"{}"[..]));
    let header = |name: &str| call.request.headers().get(name).and_then(|value| value.to_str().ok());
    assert_eq!((header("accept"), header("x-own")), (Some("text/xml"), Some("1")));
    assert_eq!(header("user-agent"), Some("AmazonAPIGateway_a1b2c3d4e5"));
    assert_eq!(header("x-amzn-apigateway-api-id"), Some("a1b2c3d4e5"));
    assert_eq!(header("content-type"), Some("application/json"));
    assert!(header("x-amzn-trace-id").is_some_and(|trace| trace.starts_with("Root=1-")));
    assert_eq!((header("referer"), header("cookie")), (None, None));
}

#[tokio::test]
async fn a_call_without_a_body_has_no_content_type_and_the_clients_method_if_any() {
    let (_, calls) = exchange(&config("s3:path/b", "ANY"), &[], http::Request::delete("/prod/x"), "").await;
    let [call] = calls.try_into().unwrap();
    assert_eq!(call.request.method(), "DELETE");
    assert!(!call.request.headers().contains_key("content-type"));
}

#[tokio::test]
async fn a_service_that_cannot_be_called_is_a_failure_of_the_integration() {
    let client: Arc<dyn ServiceClient> =
        Arc::new(|_: ServiceCall| async { Err::<Response, Error>(ErrorKind::IntegrationFailure.into()) });
    let mapped = Mapped::aws(backend(&config("s3:path/b", "GET"), Some(&client)).unwrap());
    let api = Api::rest("pets").route("GET /", Route::to(mapped)).stage(StageDefinition::new("prod"));
    let gateway = TestGateway::new(Definition::new().api(api)).unwrap();
    assert_eq!(gateway.send(http::Request::get("/prod/")).await.status, 504);
}

#[tokio::test]
async fn a_service_in_no_region_is_told_of_when_it_is_called() {
    let mut placeholder = config("s3:path/b", "GET");
    placeholder.uri = placeholder.uri.replace("us-east-1", "<region>");
    let (response, calls) = exchange(&placeholder, &[], http::Request::get("/prod/x"), "").await;
    assert_eq!((response.status.as_u16(), calls.len()), (500, 0));
}

#[test]
fn a_service_needs_a_client() {
    let problem = backend(&config("s3:path/b", "GET"), None).unwrap_err();
    assert_eq!(problem.pointer, "/uri");
    assert!(problem.message.contains("nothing here calls `s3`"), "{problem}");
    let calls = Calls::default();
    let function = "lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations";
    assert!(backend(&config(function, "POST"), Some(&client(&calls))).is_err());
}

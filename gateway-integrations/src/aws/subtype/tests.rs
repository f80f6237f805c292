//! The rows of the reference's table.

use std::sync::Mutex;

use gateway_core::{
    Api, Body, Definition, Route, StageDefinition,
    testing::{TestGateway, TestResponse},
};
use http::{Request as Head, request::Builder};

use super::*;
use crate::aws::ServiceCall;

type Calls = Arc<Mutex<Vec<ServiceCall>>>;

fn client(calls: &Calls) -> Arc<dyn ServiceClient> {
    let calls = Arc::clone(calls);
    Arc::new(move |call: ServiceCall| {
        calls.lock().unwrap().push(call);
        let answer = http::Response::builder().status(418).header("content-type", "text/xml").header("connection", "x");
        async move { Ok::<_, Error>(answer.body(Body::from("<done/>")).unwrap()) }
    })
}

fn config(subtype: &str, parameters: &[(&str, &str)]) -> BackendConfig {
    BackendConfig {
        integration_subtype: Some(subtype.to_owned()),
        credentials: Some("arn:aws:iam::111111111111:role/caller".to_owned()),
        request_parameters: parameters.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
        ..BackendConfig::default()
    }
}

async fn exchange(
    subtype: &str,
    parameters: &[(&str, &str)],
    request: Builder,
    body: &str,
) -> (TestResponse, Option<ServiceCall>) {
    let calls = Calls::default();
    let action = ServiceAction::define(&config(subtype, parameters), Some(&client(&calls))).unwrap();
    let api = Api::http("orders").id("a1b2c3d4e5").account("111111111111", "eu-west-1");
    let api = api.route("ANY /{proxy+}", Route::to(action)).stage(StageDefinition::new("$default").variable("n", "v"));
    let gateway = TestGateway::new(Definition::new().api(api)).unwrap();
    let response = gateway.send_request(request.body(Body::from(body.to_owned())).unwrap()).await;
    let call = calls.lock().unwrap().pop();
    (response, call)
}

async fn call(subtype: &str, parameters: &[(&str, &str)], body: &str) -> (String, String) {
    let request = Head::post("/x/y?q=1&q=2").header("who", "a\"b").header("content-type", "application/json");
    let (response, call) = exchange(subtype, parameters, request, body).await;
    assert_eq!((response.status.as_u16(), response.text()), (418, "<done/>"), "{subtype}");
    assert_eq!((response.header("content-type"), response.header("connection")), ("text/xml", ""));
    let call = call.unwrap();
    assert_eq!(call.credentials.as_deref(), Some("arn:aws:iam::111111111111:role/caller"));
    let target = call.request.headers().get("x-amz-target").map_or("", |target| target.to_str().unwrap());
    let target = format!("{} {} {target}", call.request.method(), call.request.uri());
    (target.trim_end().to_owned(), String::from_utf8(call.request.body().to_vec()).unwrap())
}

#[tokio::test]
async fn each_subtype_calls_its_service_as_that_wants_it() {
    let queue = ("QueueUrl", "https://sqs.eu-west-1.amazonaws.com/1/q");
    let url = "https%3A%2F%2Fsqs.eu-west-1.amazonaws.com%2F1%2Fq";
    let machine = ("StateMachineArn", "arn:m");
    for (subtype, parameters, target, body) in [
        (
            "EventBridge-PutEvents",
            &[
                ("Detail", "$request.body"),
                ("DetailType", "t"),
                ("Source", "${stageVariables.n}-s"),
                ("Time", "1584039838390"),
                ("Resources", r#"["r", "${request.header.who}"]"#),
            ][..],
            "POST https://events.eu-west-1.amazonaws.com/ AWSEvents.PutEvents",
            r#"{"Entries":[{"Detail":"{\"id\":7}","DetailType":"t","Resources":["r","a\"b"],"Source":"v-s","Time":1584039838.39}]}"#.to_owned(),
        ),
        (
            "SQS-SendMessage",
            &[
                queue,
                ("MessageBody", "$request.body.id"),
                ("MessageAttributes", r#"{"who":{"DataType":"String","StringValue":"${request.header.who}"}}"#),
                ("Region", "us-east-1"),
            ],
            "POST https://sqs.us-east-1.amazonaws.com/",
            format!(
                "Action=SendMessage&Version=2012-11-05&QueueUrl={url}&MessageBody=7&MessageAttribute.1.Name=who&\
                 MessageAttribute.1.Value.DataType=String&MessageAttribute.1.Value.StringValue=a%22b"
            ),
        ),
        (
            "SQS-ReceiveMessage",
            &[queue, ("AttributeNames", r#"["All"]"#), ("MessageAttributeNames", "a"), ("WaitTimeSeconds", "2")],
            "POST https://sqs.eu-west-1.amazonaws.com/",
            format!(
                "Action=ReceiveMessage&Version=2012-11-05&QueueUrl={url}&AttributeName.1=All&MessageAttributeName.1=a&\
                 WaitTimeSeconds=2"
            ),
        ),
        (
            "SQS-DeleteMessage",
            &[queue, ("ReceiptHandle", "$request.querystring.q")],
            "POST https://sqs.eu-west-1.amazonaws.com/",
            format!("Action=DeleteMessage&Version=2012-11-05&ReceiptHandle=1%2C2&QueueUrl={url}"),
        ),
        (
            "SQS-PurgeQueue",
            &[queue],
            "POST https://sqs.eu-west-1.amazonaws.com/",
            format!("Action=PurgeQueue&Version=2012-11-05&QueueUrl={url}"),
        ),
        (
            "AppConfig-GetConfiguration",
            &[
                ("Application", "$request.path.proxy"),
                ("Environment", "prod"),
                ("Configuration", "c d"),
                ("ClientId", "i"),
                ("ClientConfigurationVersion", "$request.header.none"),
            ],
            "GET https://appconfig.eu-west-1.amazonaws.com/applications/x%2Fy/environments/prod/configurations/c%20d?client_id=i",
            String::new(),
        ),
        (
            "Kinesis-PutRecord-1.0",
            &[("StreamName", "s"), ("Data", "$request.body"), ("PartitionKey", "$request.header.who")],
            "POST https://kinesis.eu-west-1.amazonaws.com/ Kinesis_20131202.PutRecord",
            r#"{"Data":"eyJpZCI6N30=","PartitionKey":"a\"b","StreamName":"s"}"#.to_owned(),
        ),
        (
            "StepFunctions-StartExecution",
            &[machine, ("Input", "$request.body"), ("Name", "n")],
            "POST https://states.eu-west-1.amazonaws.com/ AWSStepFunctions.StartExecution",
            r#"{"input":"{\"id\":7}","name":"n","stateMachineArn":"arn:m"}"#.to_owned(),
        ),
        (
            "StepFunctions-StartSyncExecution",
            &[machine, ("TraceHeader", "t")],
            "POST https://sync-states.eu-west-1.amazonaws.com/ AWSStepFunctions.StartSyncExecution",
            r#"{"stateMachineArn":"arn:m","traceHeader":"t"}"#.to_owned(),
        ),
        (
            "StepFunctions-StopExecution",
            &[("ExecutionArn", "arn:e"), ("Cause", "c"), ("Error", "e")],
            "POST https://states.eu-west-1.amazonaws.com/ AWSStepFunctions.StopExecution",
            r#"{"cause":"c","error":"e","executionArn":"arn:e"}"#.to_owned(),
        ),
    ] {
        assert_eq!(call(subtype, parameters, r#"{"id":7}"#).await, (target.to_owned(), body), "{subtype}");
    }
}

#[tokio::test]
async fn what_a_client_sends_leads_nowhere_else() {
    let application =
        [("Application", "$request.header.who"), ("Environment", "e"), ("Configuration", "c"), ("ClientId", "i")];
    for (who, expected) in [("..", 400), ("a", 418)] {
        let request = Head::get("/x").header("who", who);
        assert_eq!(exchange("AppConfig-GetConfiguration", &application, request, "").await.0.status, expected, "{who}");
    }
    let region = [("QueueUrl", "q"), ("Region", "$request.header.who")];
    for (who, expected) in [("us-east-1", 418), ("evil.example/", 500)] {
        let request = Head::get("/x").header("who", who);
        let (response, call) = exchange("SQS-PurgeQueue", &region, request, "").await;
        assert_eq!((response.status.as_u16(), call.is_some()), (expected, expected == 418), "{who}");
    }
    let attributes = [("QueueUrl", "q"), ("MessageBody", "b"), ("MessageAttributes", "$request.body")];
    let (response, call) = exchange("SQS-SendMessage", &attributes, Head::post("/x"), "no JSON").await;
    assert_eq!((response.status.as_u16(), call.is_none()), (400, true));
}

#[test]
fn everything_that_is_wrong_is_a_problem() {
    let client = client(&Calls::default());
    let pointers = |config: &BackendConfig| {
        let problems = ServiceAction::define(config, Some(&client)).unwrap_err();
        problems.all().iter().map(|problem| problem.pointer.clone()).collect::<Vec<_>>()
    };
    assert_eq!(pointers(&config("SQS-Nothing", &[])), ["/integrationSubtype"]);
    let wrong = BackendConfig {
        uri: "https://host".to_owned(),
        payload_format_version: Some("2.0".to_owned()),
        credentials: Some("arn:aws:iam::*:user/*".to_owned()),
        ..config("SQS-SendMessage", &[("QueueUrl", "$request.nothing"), ("Other", "x")])
    };
    assert_eq!(
        pointers(&wrong),
        [
            "/uri",
            "/payloadFormatVersion",
            "/requestParameters/Other",
            "/requestParameters/QueueUrl",
            "/requestParameters",
            "/credentials",
        ]
    );
    let problems = ServiceAction::define(&config("SQS-PurgeQueue", &[("QueueUrl", "q")]), None).unwrap_err();
    assert_eq!(problems.all()[0].pointer, "/integrationSubtype");
}

#[tokio::test]
async fn what_the_service_said_is_told_whatever_the_client_gets() {
    use gateway_core::config::{Config, Registry};
    use serde_json::{Value, json};

    let calls = Calls::default();
    let kept = client(&calls);
    let integrations = crate::Integrations::new(Arc::new(Nobody)).service_client(kept);
    let registry = Registry::new().integrations(integrations);
    let define = |region: Value| {
        let integration = json!({
            "type": "aws_proxy", "integrationSubtype": "SQS-PurgeQueue", "requestParameters": { "QueueUrl": "q" },
            "responseParameters": { "418": { "overwrite:statuscode": "202" } },
        });
        let api = json!({
            "name": "queues", "protocolType": "HTTP", "region": region, "stages": [{ "name": "$default" }],
            "routes": [{ "route": "POST /purge", "integration": integration }],
        });
        Config::from_value(json!({ "apis": [api] })).unwrap().define(&registry)
    };
    let told = gateway_core::testing::CapturedLines::default();
    let log = gateway_core::AccessLogFormat::parse("$context.status $context.integration.status $context.requestId");
    let observer = gateway_core::AccessLog::new(log.unwrap(), told.clone());
    let gateway = TestGateway::new(define(json!("eu-west-1")).observer(observer)).unwrap();
    assert_eq!(gateway.send(Head::post("/purge")).await.status, 202);
    assert!(told.lines()[0].starts_with("202 418 "), "{:?}", told.lines());
    let problems = TestGateway::new(define(Value::Null)).unwrap_err();
    assert_eq!(problems.all()[0].pointer, "/apis/0/routes/0/integration/requestParameters");
}

struct Nobody;

#[async_trait]
impl gateway_core::HttpClient for Nobody {
    async fn send(&self, _: Request) -> Result<Response, Error> {
        Err(gateway_core::ErrorKind::IntegrationFailure.into())
    }
}

use std::{
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, SystemTime},
};

use aws_credential_types::{Credentials, credential_fn::provide_credentials_fn, provider::error::CredentialsError};
use gateway_core::{ErrorKind, Function, Invocation, ManualClock, Random, Step, Trace, config::BackendConfig};
use http::HeaderMap;

use super::*;
use crate::aws::backend;

const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const TOKEN: &str = "session-token-that-nobody-must-see";

/// What was sent, and what is answered.
#[derive(Clone, Default)]
struct Wire {
    sent: Arc<Mutex<Vec<(http::request::Parts, Bytes)>>>,
    answer: Arc<Mutex<Option<Response>>>,
}

impl Wire {
    fn last(&self) -> (http::request::Parts, Bytes) {
        let mut sent = self.sent.lock().unwrap();
        sent.pop().unwrap()
    }

    fn answer(&self, status: u16, headers: &[(&'static str, &'static str)], body: &str) {
        let mut response = http::Response::builder().status(status);
        for (name, value) in headers {
            response = response.header(*name, *value);
        }
        *self.answer.lock().unwrap() = Some(response.body(Body::from(body.to_owned())).unwrap());
    }
}

#[async_trait]
impl HttpClient for Wire {
    async fn send(&self, request: gateway_core::Request) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await.unwrap();
        self.sent.lock().unwrap().push((parts, body));
        Ok(self.answer.lock().unwrap().take().unwrap_or_else(|| Response::new(Body::empty())))
    }
}

fn credentials() -> Credentials {
    Credentials::from_keys("AKIDEXAMPLE", SECRET, Some(TOKEN.to_owned()))
}

fn context(clock: &Arc<ManualClock>, trace: Option<&Arc<Trace>>) -> Context {
    let mut request = http::Request::get("/").body(()).unwrap();
    if let Some(trace) = trace {
        request.extensions_mut().insert(Arc::clone(trace));
    }
    let (parts, ()) = request.into_parts();
    Context::begin(&parts, Arc::clone(clock) as Arc<dyn gateway_core::Clock>, &Random::seeded(1))
}

fn clock() -> Arc<ManualClock> {
    Arc::new(ManualClock::at(SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160)))
}

fn call(service: &str, uri: &str, action: Option<&str>, role: Option<&str>) -> ServiceCall {
    let mut request = Request::new(Bytes::from_static(b"{}"));
    *request.method_mut() = http::Method::POST;
    *request.uri_mut() = uri.parse().unwrap();
    ServiceCall {
        service: service.to_owned(),
        subdomain: None,
        region: "us-east-1".to_owned(),
        credentials: role.map(str::to_owned),
        action: action.map(str::to_owned),
        request,
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[tokio::test]
async fn a_call_carries_its_signature_and_the_target_of_its_action() {
    let wire = Wire::default();
    let client = SignedClient::new(Arc::new(wire.clone()), credentials());
    let context = context(&clock(), None);
    let uri = "https://kinesis.us-east-1.amazonaws.com/?Action=PutRecord";
    let mut put = call("kinesis", uri, Some("PutRecord"), None);
    put.request.headers_mut().insert("x-amz-security-token", HeaderValue::from_static("of the client"));
    client.send(put, &context).await.unwrap();
    let (head, body) = wire.last();
    assert_eq!((head.uri.to_string().as_str(), &body[..]), (uri, &b"{}"[..]));
    assert_eq!(header(&head.headers, "x-amz-target"), "Kinesis_20131202.PutRecord");
    assert_eq!(header(&head.headers, "x-amz-date"), "20150830T123600Z");
    assert_eq!(header(&head.headers, "x-amz-security-token"), TOKEN);
    let authorization = header(&head.headers, "authorization");
    assert!(
        authorization.starts_with(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/kinesis/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token;x-amz-target, Signature="
        ),
        "{authorization}"
    );
    assert!(head.headers["authorization"].is_sensitive() && head.headers["x-amz-security-token"].is_sensitive());
}

#[tokio::test]
async fn services_are_signed_for_under_their_own_names() {
    let wire = Wire::default();
    let client = SignedClient::new(Arc::new(wire.clone()), credentials());
    let context = context(&clock(), None);
    for (service, subdomain, name) in
        [("iot", Some("data-ats"), "iotdata"), ("email", None, "ses"), ("sqs", None, "sqs"), ("s3", None, "s3")]
    {
        let mut call = call(service, "https://host/a%20b/../c", None, None);
        call.subdomain = subdomain.map(str::to_owned);
        client.send(call, &context).await.unwrap();
        let (head, _) = wire.last();
        let authorization = header(&head.headers, "authorization");
        assert!(authorization.contains(&format!("/us-east-1/{name}/aws4_request")), "{authorization}");
        assert_eq!(head.headers.contains_key("x-amz-content-sha256"), service == "s3");
    }
}

#[tokio::test]
async fn endpoints_stand_in_for_awss_own() {
    let wire = Wire::default();
    let client = SignedClient::new(Arc::new(wire.clone()), credentials());
    let client = client.endpoint("http://127.0.0.1:5000").unwrap().service_endpoint("sqs", "https://queue:1/").unwrap();
    let context = context(&clock(), None);
    for (service, expected) in [("sns", "http://127.0.0.1:5000/p?q=1"), ("sqs", "https://queue:1/p?q=1")] {
        let uri = format!("https://{service}.us-east-1.amazonaws.com/p?q=1");
        client.send(call(service, &uri, None, None), &context).await.unwrap();
        assert_eq!(wire.last().0.uri, expected);
    }
    for wrong in ["", "127.0.0.1", "ftp://host", "http://host/path", "http:///"] {
        assert_eq!(client.clone().endpoint(wrong).unwrap_err(), EndpointError, "{wrong}");
    }
}

#[tokio::test]
async fn a_body_is_never_copied() {
    let wire = Wire::default();
    let client = SignedClient::new(Arc::new(wire.clone()), credentials());
    let context = context(&clock(), None);
    let body = Bytes::from(vec![b'x'; 1 << 20]);
    let mut put = call("s3", "https://s3.us-east-1.amazonaws.com/b/k", None, None);
    *put.request.body_mut() = body.clone();
    client.send(put, &context).await.unwrap();
    assert_eq!(wire.last().1.as_ptr(), body.as_ptr());
    let invocation =
        Invocation { function: Some("arn:aws:lambda:us-east-1:1:function:f".into()), ..Invocation::new(body.clone()) };
    client.invoke(invocation, &context).await.unwrap();
    assert_eq!(wire.last().1.as_ptr(), body.as_ptr());
}

#[tokio::test]
async fn credentials_are_asked_for_when_they_are_about_to_expire() {
    let (asked, clock, broken) = (Arc::new(AtomicU32::new(0)), clock(), Arc::new(AtomicU32::new(0)));
    let provider = {
        let (asked, clock, broken) = (Arc::clone(&asked), Arc::clone(&clock), Arc::clone(&broken));
        provide_credentials_fn(move || {
            let number = asked.fetch_add(1, Ordering::SeqCst);
            let expiry = gateway_core::Clock::now(&*clock) + Duration::from_secs(3600);
            let fails = broken.load(Ordering::SeqCst) == 1;
            async move {
                match fails {
                    true => Err(CredentialsError::not_loaded("gone")),
                    false => Ok(Credentials::new(format!("AKID{number}"), SECRET, None, Some(expiry), "test")),
                }
            }
        })
    };
    let wire = Wire::default();
    let client = SignedClient::new(Arc::new(wire.clone()), provider);
    let context = context(&clock, None);
    let key = async || {
        client.send(call("sqs", "https://host/", None, None), &context).await.map(|_| {
            let authorization = header(&wire.last().0.headers, "authorization").to_owned();
            authorization.split(['=', '/']).nth(1).unwrap().to_owned()
        })
    };
    assert_eq!((key().await.unwrap(), key().await.unwrap()), ("AKID0".to_owned(), "AKID0".to_owned()));
    clock.advance(Duration::from_secs(3539));
    assert_eq!(key().await.unwrap(), "AKID0");
    clock.advance(Duration::from_secs(2));
    assert_eq!(key().await.unwrap(), "AKID1");
    broken.store(1, Ordering::SeqCst);
    clock.advance(Duration::from_secs(3590));
    assert_eq!(key().await.unwrap(), "AKID1", "the old ones still hold");
    clock.advance(Duration::from_secs(10));
    let error = key().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ApiConfigurationError);
    assert!(!format!("{error:?}").contains(SECRET));
}

#[tokio::test]
async fn a_role_has_its_own_credentials_or_none() {
    let wire = Wire::default();
    let asked = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&asked);
    let client = SignedClient::new(Arc::new(wire.clone()), credentials()).roles(move |role| {
        counted.fetch_add(1, Ordering::SeqCst);
        let key = Credentials::from_keys(format!("AKID-{}", role.rsplit('/').next()?), SECRET, None);
        role.ends_with("/writer").then(|| SharedCredentialsProvider::new(key))
    });
    let context = context(&clock(), None);
    let sent = async |role: &str| client.send(call("sqs", "https://host/", None, Some(role)), &context).await;
    for _ in 0..2 {
        sent("arn:aws:iam::1:role/writer").await.unwrap();
        assert!(header(&wire.last().0.headers, "authorization").contains("=AKID-writer/"));
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    let error = sent("arn:aws:iam::1:role/other").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ApiConfigurationError);
    assert!(wire.sent.lock().unwrap().is_empty());
}

#[tokio::test]
async fn credentials_are_shown_to_nobody() {
    let wire = Wire::default();
    let client = SignedClient::new(Arc::new(wire.clone()), credentials());
    let trace = Trace::new();
    let context = context(&clock(), Some(&trace));
    context.record(|| Step::EndpointRequest {
        uri: String::new(),
        method: String::new(),
        headers: HeaderMap::new(),
        body: String::new(),
    });
    client.send(call("sqs", "https://host/", None, None), &context).await.unwrap();
    let (head, _) = wire.last();
    let signature = header(&head.headers, "authorization").rsplit('=').next().unwrap().to_owned();
    let steps = serde_json::to_string(&trace.steps()).unwrap();
    assert!(steps.contains("x-amz-date") && steps.contains("\"authorization\":[\"****"), "{steps}");
    let shown = [steps, format!("{client:?}"), format!("{:?}", trace.steps()), format!("{:?}", head.headers)];
    for secret in [SECRET, TOKEN, &signature] {
        assert!(!shown.iter().any(|shown| shown.contains(secret)), "{shown:?}");
    }
    wire.answer(403, &[], &format!("The Canonical String should have been x-amz-security-token:{TOKEN}"));
    let error = client.send(call("sqs", "https://host/", None, None), &context).await.unwrap_err();
    assert!(error.kind() == ErrorKind::ApiConfigurationError && !format!("{error:?}").contains(TOKEN));
    wire.answer(403, &[], "<AccessDenied/>");
    let response = client.send(call("sqs", "https://host/", None, None), &context).await.unwrap();
    assert_eq!(response.into_body().collect().await.unwrap(), "<AccessDenied/>");
}

#[test]
fn the_callers_own_credentials_are_a_problem() {
    let client: Arc<dyn ServiceClient> = Arc::new(SignedClient::new(Arc::new(Wire::default()), credentials()));
    let config = BackendConfig {
        uri: "arn:aws:apigateway:us-east-1:sqs:path/q".to_owned(),
        http_method: Some("POST".to_owned()),
        credentials: Some("arn:aws:iam::*:user/*".to_owned()),
        ..BackendConfig::default()
    };
    assert_eq!(backend(&config, Some(&client)).unwrap_err().pointer, "/credentials");
    let uri = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:1:function:f/invocations";
    let function = BackendConfig { uri: uri.to_owned(), ..config };
    let problem = crate::lambda::proxy(&function, &gateway_core::Functions::new()).unwrap_err();
    assert_eq!(problem.pointer, "/credentials");
}

async fn invoked(wire: &Wire, asynchronous: bool, arn: &str) -> Result<gateway_core::Invoked, Error> {
    let client = SignedClient::new(Arc::new(wire.clone()), credentials());
    let invocation = Invocation { asynchronous, function: Some(arn.to_owned()), ..Invocation::new("{}") };
    client.invoke(invocation, &context(&clock(), None)).await
}

#[tokio::test]
async fn functions_are_called_on_lambda() {
    let wire = Wire::default();
    wire.answer(200, &[("x-amzn-requestid", "r-1")], "{\"a\":1}");
    let answer = invoked(&wire, false, "arn:aws:lambda:eu-west-1:1:function:f:$LATEST").await.unwrap();
    assert_eq!((answer.status.as_u16(), &answer.payload[..], &answer.error), (200, &b"{\"a\":1}"[..], &None));
    assert_eq!(header(&answer.headers, "x-amzn-requestid"), "r-1");
    let (head, _) = wire.last();
    let path = "/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:f:$LATEST/invocations";
    assert_eq!(head.uri.to_string(), format!("https://lambda.eu-west-1.amazonaws.com{path}"));
    assert!(header(&head.headers, "authorization").contains("/eu-west-1/lambda/aws4_request"));
    assert!(!head.headers.contains_key("x-amz-invocation-type"));

    wire.answer(202, &[], "");
    assert_eq!(invoked(&wire, true, "arn:aws-cn:lambda:cn-north-1:1:function:f").await.unwrap().status, 202);
    let (head, _) = wire.last();
    assert_eq!(head.uri.host(), Some("lambda.cn-north-1.amazonaws.com.cn"));
    assert_eq!(header(&head.headers, "x-amz-invocation-type"), "Event");

    wire.answer(200, &[("x-amz-function-error", "Unhandled")], r#"{"errorMessage":"x"}"#);
    let failed = invoked(&wire, false, "arn:aws:lambda:eu-west-1:1:function:a b?c/d").await.unwrap();
    assert_eq!(failed.error.as_deref(), Some("Unhandled"));
    assert_eq!(
        wire.last().0.uri.path(),
        "/2015-03-31/functions/arn:aws:lambda:eu-west-1:1:function:a%20b%3Fc%2Fd/invocations"
    );
}

#[tokio::test]
async fn roles_are_assumed_and_their_credentials_kept_until_they_expire() {
    let sts = Wire::default();
    let expires = "2015-08-30T13:36:00Z";
    let answer = |token: &str| {
        format!(
            "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>ASIAROLE</AccessKeyId><SecretAccessKey>\
             secret</SecretAccessKey><SessionToken>{token}</SessionToken><Expiration>{expires}</Expiration>"
        )
    };
    let client = SignedClient::new(Arc::new(sts.clone()), credentials()).assume_roles("eu-west-1");
    let client = client.service_endpoint("sts", "http://127.0.0.1:5000").unwrap();
    let (clock, role) = (clock(), "arn:aws:iam::123456789012:role/caller");
    let context = context(&clock, None);
    let send =
        async |role| client.send(call("sqs", "https://sqs.us-east-1.amazonaws.com/", None, Some(role)), &context).await;
    sts.answer(200, &[], &answer("first"));
    send(role).await.unwrap();
    let (head, _) = sts.last();
    assert!(header(&head.headers, "authorization").contains("Credential=ASIAROLE/20150830/us-east-1/sqs/"));
    assert_eq!(header(&head.headers, "x-amz-security-token"), "first");
    let (head, body) = sts.last();
    assert_eq!(head.uri, "http://127.0.0.1:5000/");
    assert!(header(&head.headers, "authorization").contains("Credential=AKIDEXAMPLE/20150830/eu-west-1/sts/"));
    let form = String::from_utf8(body.to_vec()).unwrap();
    assert!(form.contains("RoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fcaller&"), "{form}");
    send(role).await.unwrap();
    assert_eq!(sts.sent.lock().unwrap().drain(..).count(), 1, "the credentials are kept");
    clock.advance(Duration::from_secs(59 * 60 + 1));
    sts.answer(403, &[], "<Error><Code>AccessDenied</Code></Error>");
    send(role).await.unwrap();
    assert_eq!(header(&sts.last().0.headers, "x-amz-security-token"), "first", "they hold for some seconds more");
    clock.advance(Duration::from_secs(60));
    sts.answer(403, &[], "<Error><Code>AccessDenied</Code></Error>");
    let refused = send(role).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ApiConfigurationError);
    assert_eq!(
        send("arn:aws:iam::123456789012:user/alice").await.unwrap_err().kind(),
        ErrorKind::ApiConfigurationError
    );
}

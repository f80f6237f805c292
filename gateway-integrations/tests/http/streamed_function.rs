//! Functions on AWS that stream their answers, over a real socket: *InvokeWithResponseStream* of a server that speaks the
//! event stream.

use std::sync::{Arc, Mutex};

use aws_smithy_eventstream::frame::write_message_to;
use aws_smithy_types::event_stream::{Header, HeaderValue, Message};
use bytes::Bytes;
use gateway_core::{
    Api, Body, Definition, Functions, Response, Route, StageDefinition, config::BackendConfig, testing::TestGateway,
};
use gateway_integrations::{
    aws::{Credentials, SignedClient},
    http::PooledClient,
    lambda,
};
use http_body_util::channel::Channel;
use tokio::sync::Notify;

use crate::backend::{Backend, Speaks};

const ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:f";

/// A message of the event stream.
fn event(kind: &str, payload: &str) -> Bytes {
    let text = |text: &str| HeaderValue::String(text.to_owned().into());
    let message = Message::new(Bytes::from(payload.to_owned()))
        .add_header(Header::new(":message-type", text("event")))
        .add_header(Header::new(":event-type", text(kind)));
    let mut written = Vec::new();
    write_message_to(&message, &mut written).unwrap();
    written.into()
}

/// A gateway in front of the function, which the server at this address runs.
fn gateway(endpoint: &str) -> TestGateway {
    let client = Arc::new(PooledClient::builder().plain_only().build().unwrap());
    let signed = SignedClient::new(client, Credentials::from_keys("AKIDEXAMPLE", "secret", None));
    let signed = signed.endpoint(endpoint).unwrap();
    let functions = Functions::new().resolve_with(move |_| Some(Arc::new(signed.clone())));
    let uri =
        format!("arn:aws:apigateway:eu-west-1:lambda:path/2021-11-15/functions/{ARN}/response-streaming-invocations");
    let config = serde_json::json!({ "uri": uri, "httpMethod": "POST", "responseTransferMode": "STREAM" });
    let config: BackendConfig = serde_json::from_value(config).unwrap();
    let proxy = lambda::proxy(&config, &functions).unwrap();
    let api = Api::rest("pets").route("GET /x", Route::to(proxy)).stage(StageDefinition::new("prod"));
    TestGateway::new(Definition::new().api(api)).unwrap()
}

#[tokio::test]
async fn an_answer_reaches_the_client_while_the_function_still_makes_it() {
    let (seen, goes_on) = (Arc::new(Mutex::new(Vec::new())), Arc::new(Notify::new()));
    let (kept, waiting) = (Arc::clone(&seen), Arc::clone(&goes_on));
    let server = Backend::start(Speaks::Http1, move |request| {
        let signed = request
            .headers()
            .get("authorization")
            .is_some_and(|value| value.to_str().unwrap().starts_with("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/"));
        kept.lock().unwrap().push((request.uri().path().to_owned(), signed));
        let waiting = Arc::clone(&waiting);
        async move {
            let (mut sender, body) = Channel::<Bytes, std::convert::Infallible>::new(1);
            tokio::spawn(async move {
                let head = "{\"statusCode\":201,\"headers\":{\"x-own\":\"1\"}}\0\0\0\0\0\0\0\0";
                let first = event("PayloadChunk", &format!("{head}one, "));
                // Cut within a message, as a network may.
                for piece in [first.slice(..7), first.slice(7..)] {
                    sender.send_data(piece).await.unwrap();
                }
                waiting.notified().await;
                sender.send_data(event("PayloadChunk", "two")).await.unwrap();
                sender.send_data(event("InvokeComplete", "{}")).await.unwrap();
            });
            let mut response = Response::new(Body::new(body));
            let kind = http::HeaderValue::from_static("application/vnd.amazon.eventstream");
            response.headers_mut().insert("content-type", kind);
            response
        }
    })
    .await;
    let gateway = gateway(&server.uri(""));
    let request = http::Request::get("/prod/x").body(Body::empty()).unwrap();
    let mut service = gateway.gateway().clone();
    let Ok(response) = tower::Service::call(&mut service, request).await;
    assert_eq!((response.status().as_u16(), &response.headers()["x-own"]), (201, &http::HeaderValue::from_static("1")));
    let mut body = response.into_body();
    let next = async |body: &mut Body| {
        let frame = http_body_util::BodyExt::frame(body).await.unwrap().unwrap();
        frame.into_data().unwrap()
    };
    assert_eq!(next(&mut body).await, "one, ", "the function has not ended");
    goes_on.notify_one();
    assert_eq!(body.collect().await.unwrap(), "two");
    let path = "/2021-11-15/functions/arn:aws:lambda:eu-west-1:123456789012:function:f/response-streaming-invocations";
    assert_eq!(*seen.lock().unwrap(), [(path.to_owned(), true)]);
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_no_whole_answer() {
    let server = Backend::start(Speaks::Http1, |_| async {
        let head = "{\"statusCode\":200}\0\0\0\0\0\0\0\0";
        Response::new(Body::from(event("PayloadChunk", &format!("{head}one"))))
    })
    .await;
    let response = gateway(&server.uri("")).send(http::Request::get("/prod/x")).await;
    assert_eq!(response.status, 200);
    assert!(response.body.is_err(), "nobody said that it was complete");
}

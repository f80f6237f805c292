//! Functions behind gateways in memory.

#[cfg(feature = "mapping")]
mod backend;
mod definitions;
mod event;
mod http_api;
mod result;
mod streamed;

use std::{
    net::IpAddr,
    sync::{Arc, Mutex},
};

use async_trait::async_trait;
use gateway_core::{
    Api, Body, Context, Definition, Error, Function, Integration, Invocation, Invoked, Request, Route, StageDefinition,
    testing::{TestGateway, TestResponse},
};
use http::request::Builder;
use serde_json::Value;

use super::LambdaProxy;

/// A function that always gives the same, and keeps its calls.
#[derive(Clone)]
struct Script {
    outcome: Invoked,
    calls: Arc<Mutex<Vec<Invocation>>>,
}

impl Script {
    fn new(outcome: Invoked) -> Self {
        Self { outcome, calls: Arc::default() }
    }

    /// The one call that was made.
    fn call(&self) -> Invocation {
        let [call] = self.calls.lock().unwrap().clone().try_into().unwrap();
        call
    }

    fn event(&self) -> Value {
        serde_json::from_slice(&self.call().payload).unwrap()
    }
}

#[async_trait]
impl Function for Script {
    async fn invoke(&self, invocation: Invocation, _: &Context) -> Result<Invoked, Error> {
        self.calls.lock().unwrap().push(invocation);
        Ok(self.outcome.clone())
    }
}

/// An API with the routes `/` and `/{proxy+}`, with what a test changes of it.
fn definition(integration: impl Integration, change: impl FnOnce(Api, StageDefinition) -> Api) -> Definition {
    let integration = Arc::new(integration);
    let api = Api::rest("pets")
        .id("a1b2c3d4e5")
        .account("111111111111", "us-east-1")
        .route("ANY /", Route::to(Arc::clone(&integration)))
        .route("ANY /{proxy+}", Route::to(integration));
    Definition::new().api(change(api, StageDefinition::new("prod").deployment_id("d1")))
}

fn plain(api: Api, stage: StageDefinition) -> Api {
    api.stage(stage)
}

fn request(builder: Builder, body: impl Into<Body>) -> Request {
    let builder = builder.header("host", "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com");
    let mut request = builder.body(body.into()).unwrap();
    request.extensions_mut().insert(IpAddr::from([192, 0, 2, 7]));
    request
}

async fn send(definition: Definition, request: Request) -> TestResponse {
    TestGateway::new(definition).unwrap().send_request(request).await
}

/// The event of a request to an API that a test changes.
async fn event_of(change: impl FnOnce(Api, StageDefinition) -> Api, request: Request) -> Value {
    let script = Script::new(Invoked::new("{}"));
    let response = send(definition(LambdaProxy::new(script.clone()), change), request).await;
    assert_eq!(response.status, 200);
    script.event()
}

/// What the client sees of a function's outcome.
async fn answer_of(outcome: Invoked) -> TestResponse {
    let proxy = LambdaProxy::new(Script::new(outcome));
    send(definition(proxy, plain), request(http::Request::get("/prod/x"), "")).await
}

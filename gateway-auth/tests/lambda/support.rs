use std::{
    borrow::Cow,
    sync::{Arc, Mutex},
};

use gateway_auth::{LambdaAuthorizers, ResourcePolicies};
use gateway_core::{
    Definition, Error, Function, Functions, Invocation, Invoked,
    config::{Config, Registry},
    testing::{RecordingIntegration, TestGateway, TestResponse},
};
use serde_json::{Value, json};

pub(crate) const URI: &str = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/\
                              arn:aws:lambda:us-east-1:123456789012:function:guard/invocations";

/// What the function answers, by the event that it got.
type Answer = dyn Fn(&Value) -> Result<Invoked, Error> + Send + Sync;

/// A function that keeps the events that it got.
#[derive(Clone)]
pub(crate) struct Guard {
    events: Arc<Mutex<Vec<Value>>>,
    answer: Arc<Answer>,
}

impl Guard {
    pub(crate) fn new(answer: impl Fn(&Value) -> Result<Invoked, Error> + Send + Sync + 'static) -> Self {
        Self { events: Arc::default(), answer: Arc::new(answer) }
    }

    /// Always gives this.
    pub(crate) fn giving(answer: Value) -> Self {
        Self::new(move |_| Ok(Invoked::new(answer.to_string())))
    }

    /// Fails with this message.
    pub(crate) fn failing(message: &str) -> Self {
        let error = json!({ "errorMessage": message, "errorType": "Error" }).to_string();
        Self::new(move |_| Ok(Invoked::failed(error.clone())))
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn calls(&self) -> usize {
        self.events.lock().unwrap().len()
    }

    pub(crate) fn function(&self) -> impl Function {
        let guard = self.clone();
        move |call: Invocation| {
            let event: Value = serde_json::from_slice(&call.payload).unwrap();
            let answer = (guard.answer)(&event);
            guard.events.lock().unwrap().push(event);
            async move { answer }
        }
    }

    pub(crate) fn registry(&self, backend: &RecordingIntegration) -> Registry {
        let functions = Functions::new().with("guard", self.function());
        Registry::new()
            .authorizers(LambdaAuthorizers::new(functions))
            .policies(ResourcePolicies)
            .service("pets", backend.clone())
    }
}

/// An answer with one statement.
pub(crate) fn statement(effect: &str, resource: &str) -> Value {
    json!({
        "principalId": "alice",
        "policyDocument": { "Version": "2012-10-17", "Statement": [
            { "Effect": effect, "Action": "execute-api:Invoke", "Resource": resource },
        ] },
    })
}

pub(crate) fn allow_all() -> Value {
    statement("Allow", "*")
}

/// The same with more in it.
pub(crate) fn with(mut answer: Value, more: Value) -> Value {
    answer.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    answer
}

/// An API with two routes behind an authorizer, and with more settings.
pub(crate) fn api(protocol: &str, authorizer: Value, more: Value) -> Value {
    let route = |key: &str| json!({ "route": key, "authorizer": "guard", "integration": { "type": "service", "name": "pets" } });
    let api = json!({
        "name": "pets", "protocolType": protocol, "id": "a1b2c3", "accountId": "123456789012", "region": "us-east-1",
        "authorizers": { "guard": authorizer },
        "routes": [route("GET /pets/{id}"), route("POST /pets")],
        "stages": [{ "name": "prod", "variables": { "color": "blue" } }],
    });
    json!({ "apis": [with(api, more)] })
}

pub(crate) fn token() -> Value {
    json!({ "type": "token", "authorizerUri": URI, "identitySource": "method.request.header.Authorization" })
}

pub(crate) fn request(sources: &str) -> Value {
    json!({ "type": "request", "authorizerUri": URI, "identitySource": sources })
}

pub(crate) fn define(config: Value, registry: &Registry) -> Definition {
    Config::from_value(config).unwrap().define(registry)
}

/// A gateway with this API in front of a backend that says `ok`.
pub(crate) struct Scene {
    pub(crate) gateway: TestGateway,
    pub(crate) guard: Guard,
    pub(crate) backend: RecordingIntegration,
    pub(crate) registry: Registry,
}

impl Scene {
    pub(crate) fn new(guard: Guard, config: Value) -> Self {
        let backend = RecordingIntegration::answering("ok");
        let registry = guard.registry(&backend);
        let gateway = TestGateway::new(define(config, &registry)).unwrap();
        Self { gateway, guard, backend, registry }
    }

    pub(crate) async fn send(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> TestResponse {
        let request = http::Request::builder().method(method).uri(target).header("host", "api.example.com");
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.gateway.send(request).await
    }

    /// `GET /pets/6` with a token.
    pub(crate) async fn pet(&self, token: &str) -> TestResponse {
        self.send("GET", "/prod/pets/6", &[("authorization", token)]).await
    }

    /// What the backend's context says.
    pub(crate) fn seen(&self, name: &str) -> Option<String> {
        let calls = self.backend.calls();
        calls.last().unwrap().context.as_ref().unwrap().lookup(name).map(Cow::into_owned)
    }
}

/// Status, body and `x-amzn-ErrorType`.
pub(crate) fn told(response: &TestResponse) -> (u16, &str, &str) {
    (response.status.as_u16(), response.text(), response.header("x-amzn-errortype"))
}

pub(crate) const UNAUTHORIZED: (u16, &str, &str) = (401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException");
pub(crate) const FAILED: (u16, &str, &str) = (500, r#"{"message":null}"#, "AuthorizerConfigurationException");
pub(crate) const DENIED: (u16, &str, &str) =
    (403, r#"{"Message":"User is not authorized to access this resource"}"#, "AccessDeniedException");
pub(crate) const EXPLICITLY: (u16, &str, &str) = (
    403,
    r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#,
    "AccessDeniedException",
);

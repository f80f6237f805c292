//! The scripted backend of a case, which keeps what it was called with.

use std::sync::{Arc, Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway_core::{Body, Context, Error, ErrorKind, Function, Functions, HttpClient, Request, Response};
use gateway_integrations::{
    Integrations,
    aws::{Credentials, ServiceCall, ServiceClient, SharedCredentialsProvider, SignedClient},
};
use http::{HeaderName, HeaderValue, StatusCode};
use serde_json::Value;

use crate::answers::Call;

/// The scripted backend of a case.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backend(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    answer: Value,
    calls: Mutex<Vec<Call>>,
    asked: Mutex<Vec<String>>,
}

impl Backend {
    pub(crate) fn new(answer: &Value) -> Self {
        Self(Arc::new(Inner { answer: answer.clone(), ..Inner::default() }))
    }

    /// What it was called with.
    pub(crate) fn calls(&self) -> Vec<Call> {
        self.0.calls.lock().map(|calls| calls.clone()).unwrap_or_default()
    }

    /// The ARNs of the functions that were asked for.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.0.asked.lock().map(|asked| asked.clone()).unwrap_or_default()
    }

    /// Integrations that all call it.
    pub(crate) fn integrations(&self) -> Integrations {
        let (backend, service) = (self.clone(), self.clone());
        // A session's token is as long as those of AWS.
        let credentials = Credentials::from_keys("AKIDEXAMPLE", "secret", Some("t".repeat(1000)));
        let lambda: Arc<dyn Function> =
            Arc::new(SignedClient::new(Arc::new(Lambda(self.clone())), credentials).roles({
                let credentials = Credentials::from_keys("AKIDROLE", "secret", Some("t".repeat(1000)));
                move |_| Some(SharedCredentialsProvider::new(credentials.clone()))
            }));
        let function = move |arn: &str| {
            if let Ok(mut asked) = backend.0.asked.lock() {
                asked.push(arn.to_owned());
            }
            Some(Arc::clone(&lambda))
        };
        Integrations::new(Arc::new(self.clone()))
            .functions(Functions::new().resolve_with(function))
            .service_client(service)
    }

    fn keep(&self, call: Call) {
        if let Ok(mut calls) = self.0.calls.lock() {
            calls.push(call);
        }
    }

    /// A call over HTTP, of the kind `http` or `aws`.
    pub(crate) async fn answer(&self, kind: &'static str, request: Request) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        let sent =
            body.collect().await.map_err(|error| Error::new(ErrorKind::IntegrationFailure).with_source(error))?;
        let target = parts.uri.path_and_query().map(ToString::to_string).unwrap_or_default();
        let origin = match (parts.uri.scheme_str(), parts.uri.authority()) {
            (Some(scheme), Some(authority)) => format!("{scheme}://{authority}"),
            _ => String::new(),
        };
        let method = parts.method.to_string();
        self.keep(Call { kind, method, origin, target, headers: parts.headers, body: sent.clone() });
        let answer = &self.0.answer;
        if answer.is_null() {
            return Ok(status(StatusCode::INTERNAL_SERVER_ERROR, Bytes::new()));
        }
        let body = if answer["echo_body"] == true { sent } else { content(&answer["body"]) };
        let code = answer["status"].as_u64().and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
        let mut response = status(code.unwrap_or_default(), body);
        for (name, value) in answer["headers"].as_object().into_iter().flatten() {
            let values = value.as_array().map_or(std::slice::from_ref(value), Vec::as_slice);
            for value in values.iter().filter_map(Value::as_str) {
                if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
                    response.headers_mut().append(name, value);
                }
            }
        }
        Ok(response)
    }
}

fn status(status: StatusCode, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response
}

/// The bytes of `{"text": ...}`, `{"base64": ...}` or `{"empty": true}`.
pub(crate) fn content(body: &Value) -> Bytes {
    match (body["text"].as_str(), body["base64"].as_str()) {
        (Some(text), _) => Bytes::from(text.to_owned()),
        (None, Some(encoded)) => STANDARD.decode(encoded).unwrap_or_default().into(),
        (None, None) => Bytes::new(),
    }
}

#[async_trait::async_trait]
impl HttpClient for Backend {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        self.answer("http", request).await
    }
}

#[async_trait::async_trait]
impl ServiceClient for Backend {
    async fn send(&self, call: ServiceCall, _: &Context) -> Result<Response, Error> {
        self.answer("aws", call.request.map(Body::from)).await
    }
}

/// Lambda, as its callers see it.
struct Lambda(Backend);

#[async_trait::async_trait]
impl HttpClient for Lambda {
    async fn send(&self, request: Request) -> Result<Response, Error> {
        let (parts, body) = request.into_parts();
        let body =
            body.collect().await.map_err(|error| Error::new(ErrorKind::IntegrationFailure).with_source(error))?;
        let trace = parts.headers.get("x-amzn-trace-id").cloned();
        self.0.keep(Call { kind: "lambda", headers: parts.headers, body, ..Call::default() });
        let answer = &self.0.0.answer;
        let payload = match &answer["payload"] {
            Value::String(text) if text.is_empty() => Bytes::new(),
            payload => Bytes::from(answer["payloadText"].as_str().map_or_else(|| payload.to_string(), str::to_owned)),
        };
        let code = answer["status"].as_u64().and_then(|code| StatusCode::from_u16(u16::try_from(code).ok()?).ok());
        let length = payload.len();
        let mut response = status(code.unwrap_or_default(), payload);
        let headers = response.headers_mut();
        headers.insert("date", HeaderValue::from_static("Tue, 19 Aug 2025 17:04:50 GMT"));
        headers.insert("content-type", HeaderValue::from_static("application/json"));
        headers.insert("content-length", length.into());
        headers.insert("connection", HeaderValue::from_static("keep-alive"));
        headers.insert("x-amzn-requestid", HeaderValue::from_static("f0e4f5a6-0000-4000-8000-000000000000"));
        headers.insert("x-amzn-remapped-content-length", HeaderValue::from_static("0"));
        headers.insert("x-amz-executed-version", HeaderValue::from_static("$LATEST"));
        if let Some(trace) = trace {
            headers.insert("x-amzn-trace-id", trace);
        }
        if let Some(Ok(kind)) = answer["functionError"].as_str().map(HeaderValue::from_str) {
            headers.insert("x-amz-function-error", kind);
        }
        Ok(response)
    }
}

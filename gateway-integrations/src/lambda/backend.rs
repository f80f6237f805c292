//! `LambdaBackend`: a function behind a mapping.

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{
    Body, Context, Error, Functions, Integration, Invocation, Problem, Request, Response, config::BackendConfig,
};
use http::{HeaderName, HeaderValue, header};
use serde_json::Value;

use super::callee::Callee;
use crate::{
    aws::{self, ServiceUri, Target},
    failure::read_request,
    mapping::SelectionSubject,
};

static INVOCATION_TYPE: HeaderName = HeaderName::from_static("x-amz-invocation-type");

/// A function that gets what a mapping made of the request (`AWS`), to stand inside that mapping.
///
/// The answer is 200 with what the function gave, also where it failed; the `errorMessage` in it is what selection
/// patterns are held against. A mapped header `X-Amz-Invocation-Type: Event` calls it without waiting for its outcome, and
/// the answer is empty.
///
/// AWS developer guide: *Lambda custom integrations in API Gateway*.
#[derive(Clone, Debug)]
pub struct LambdaBackend {
    callee: Callee,
}

/// The function of a definition (`AWS`), to stand inside a mapping; `None` if the address names another service. It is
/// looked for among `functions` when it is called; where there is none, the answer is 500.
///
/// # Errors
/// When the address is none, or the method; the pointer starts at the integration.
pub fn backend(config: &BackendConfig, functions: &Functions) -> Result<Option<LambdaBackend>, Problem> {
    let uri: ServiceUri = aws::uri(config)?;
    match uri.target {
        Target::Function(_) => Ok(Some(LambdaBackend { callee: Callee::of(config, uri, functions)? })),
        Target::StreamingFunction(_) => {
            Err(Problem::new("/uri", "a function behind a mapping cannot stream its answer; call /invocations"))
        }
        Target::Path(_) | Target::Action(_) | Target::Variable(_) => Ok(None),
    }
}

#[async_trait]
impl Integration for LambdaBackend {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, mut body) = request.into_parts();
        let payload = read_request(&mut body).await?;
        let asynchronous =
            parts.headers.get(&INVOCATION_TYPE).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"Event"));
        let headers = self.callee.headers(&parts.headers, context);
        let invocation = Invocation { asynchronous, headers, ..Invocation::new(payload) };
        let invoked = self.callee.call(&parts.method, invocation, context).await?;
        let payload = if asynchronous { Bytes::new() } else { invoked.payload };
        let subject = SelectionSubject(error_message(&payload).unwrap_or_default());
        let mut response = Response::new(Body::from(payload));
        *response.headers_mut() = invoked.headers;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(subject);
        Ok(response)
    }
}

/// The `errorMessage` of an object, as text.
fn error_message(payload: &[u8]) -> Option<String> {
    let Ok(Value::Object(mut members)) = serde_json::from_slice(payload) else { return None };
    match members.remove("errorMessage")? {
        Value::String(text) => Some(text),
        Value::Null => None,
        other => Some(other.to_string()),
    }
}

//! `LambdaProxy`: hands a function the whole request.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use gateway_core::{
    Context, Error, Function, Functions, Integration, Invocation, Problem, Request, Response, Step,
    config::BackendConfig,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use super::{
    answer,
    callee::{Callee, failed},
    event,
    result::{Malformed, ProxyResult},
    streamed,
};
use crate::{
    aws::{self, Target},
    failure::{read_request, readable},
};

/// A function that gets the request as an event, and whose result is the answer (`AWS_PROXY`, payload format 1.0).
///
/// A result that is malformed, and a function that fails, are answered with 502.
///
/// AWS developer guide: *Lambda proxy integrations in API Gateway*.
///
/// # Example
/// ```
/// use gateway_core::{Error, Invocation, Invoked, Route};
/// use gateway_integrations::LambdaProxy;
///
/// let route = Route::to(LambdaProxy::new(|_: Invocation| async {
///     Ok::<_, Error>(Invoked::new(r#"{"statusCode": 200, "body": "hello"}"#))
/// }));
/// ```
#[derive(Clone, Debug)]
pub struct LambdaProxy {
    callee: Callee,
    streams: bool,
}

impl LambdaProxy {
    /// A proxy of `function`.
    #[must_use]
    pub fn new(function: impl Function) -> Self {
        Self { callee: Callee::new(Arc::new(function)), streams: false }
    }

    /// Hands the answer on while the function makes it: an object with `statusCode`, `headers`, `multiValueHeaders` and
    /// `cookies`, eight zero bytes, and the body as it is.
    ///
    /// AWS developer guide: *Set up a Lambda proxy integration with payload response streaming in API Gateway*.
    #[must_use]
    pub fn streaming(self) -> Self {
        Self { streams: true, ..self }
    }
}

/// The proxy of a definition (`AWS_PROXY`). Its function is looked for among `functions` when it is called; where there
/// is none, the answer is 500.
///
/// # Errors
/// When the address names no function, or the method is none; the pointer starts at the integration.
pub fn proxy(config: &BackendConfig, functions: &Functions) -> Result<LambdaProxy, Problem> {
    const OTHER: &str =
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
    let uri = aws::uri(config)?;
    match uri.target {
        Target::Function(_) if config.streams() => {
            let message = "to stream the answer, call /2021-11-15/functions/{arn}/response-streaming-invocations";
            return Err(Problem::new("/uri", message));
        }
        Target::StreamingFunction(_) if !config.streams() => {
            let message = "a function that is called to stream its answer needs the mode STREAM";
            return Err(Problem::new("/responseTransferMode", message));
        }
        Target::Function(_) | Target::StreamingFunction(_) => {}
        Target::Path(_) | Target::Action(_) if uri.service() == "firehose" => {
            return Err(Problem::new("/uri", "`AWS_PROXY` to Firehose is not supported; use `AWS`"));
        }
        Target::Path(_) | Target::Action(_) => return Err(Problem::new("/uri", OTHER)),
    }
    Ok(LambdaProxy { callee: Callee::of(config, uri, functions)?, streams: config.streams() })
}

#[async_trait]
impl Integration for LambdaProxy {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, mut body) = request.into_parts();
        let body = read_request(&mut body).await?;
        let mut invocation = Invocation::new(event::write(&parts, &body, context));
        invocation.headers = self.callee.headers(&HeaderMap::new(), context);
        let called = context.clock().elapsed();
        if self.streams {
            let invoked = self.callee.call_streaming(&parts.method, invocation, context).await?;
            context.set_service_status(invoked.status);
            let streamed = streamed::read(invoked).await.map_err(|malformed| useless(malformed, context))?;
            answered(StatusCode::OK, called, &streamed.prelude, context);
            let response = answer::streamed(streamed.result, streamed.body, context);
            given(&response, String::new(), context);
            return Ok(response);
        }
        let invoked = self.callee.call(&parts.method, invocation, context).await?;
        context.set_service_status(invoked.status);
        answered(invoked.status, called, &invoked.payload, context);
        let result = ProxyResult::read(&invoked).map_err(|malformed| useless(malformed, context))?;
        let (response, text) = answer::of(result, parts.headers.get(header::ACCEPT), context)?;
        given(&response, text.unwrap_or_default(), context);
        Ok(response)
    }
}

/// Writes down what the function gave.
fn answered(status: StatusCode, called: Duration, payload: &[u8], context: &Context) {
    context.record(|| Step::EndpointResponse {
        status,
        latency: context.clock().elapsed().saturating_sub(called),
        headers: HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))]),
        body: readable(payload),
    });
}

/// Writes down what the client gets.
fn given(response: &Response, body: String, context: &Context) {
    let (status, headers) = (response.status(), response.headers());
    context.record(|| Step::MethodResponse { status, headers: headers.clone(), body });
}

fn useless(malformed: Malformed, context: &Context) -> Error {
    context.record(|| Step::Failed { reason: "configuration error: Malformed Lambda proxy response".to_owned() });
    failed(StatusCode::BAD_GATEWAY, malformed)
}

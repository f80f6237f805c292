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
    format::{Format, PayloadFormat},
    result::{Malformed, ProxyResult},
    streamed,
};
use crate::{
    aws::{self, Target},
    failure::{late, read_request, readable},
};

/// A function that gets the request as an event, and whose result is the answer (`AWS_PROXY`).
///
/// REST APIs have payload format 1.0, HTTP APIs [2.0](PayloadFormat) unless told otherwise. A result that is malformed,
/// and a function that fails, are answered with 502 by REST APIs and with 500 by HTTP APIs.
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
    format: PayloadFormat,
    streams: bool,
}

impl LambdaProxy {
    /// A proxy of `function`.
    #[must_use]
    pub fn new(function: impl Function) -> Self {
        Self { callee: Callee::new(Arc::new(function)), format: PayloadFormat::default(), streams: false }
    }

    /// How events are written and answers read behind an HTTP API; a REST API knows one way.
    #[must_use]
    pub fn payload_format(mut self, format: PayloadFormat) -> Self {
        self.format = format;
        self
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
/// When the address names no function, or the method or the payload format is none; the pointer starts at the integration.
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
        Target::Path(_) | Target::Action(_) | Target::Variable(_) if uri.service() == "firehose" => {
            return Err(Problem::new("/uri", "`AWS_PROXY` to Firehose is not supported; use `AWS`"));
        }
        Target::Path(_) | Target::Action(_) | Target::Variable(_) => return Err(Problem::new("/uri", OTHER)),
    }
    let format = match config.payload_format_version.as_deref() {
        None | Some("2.0") => PayloadFormat::V2,
        Some("1.0") => PayloadFormat::V1,
        Some(other) => {
            let message = format_args!("`{other}` is neither 1.0 nor 2.0");
            return Err(Problem::new("/payloadFormatVersion", message));
        }
    };
    Ok(LambdaProxy { callee: Callee::of(config, uri, functions)?, format, streams: config.streams() })
}

#[async_trait]
impl Integration for LambdaProxy {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, mut body) = request.into_parts();
        let body = read_request(&mut body).await?;
        let format = Format::of(self.format, context);
        let mut invocation = Invocation::new(event::write(format, &parts, &body, context));
        invocation.headers = self.callee.headers(&HeaderMap::new(), context);
        let called = context.clock().elapsed();
        if self.streams {
            let invoked = self.callee.call_streaming(&parts.method, invocation, context).await?;
            context.set_service_status(invoked.status);
            let streamed = streamed::read(invoked).await.map_err(|malformed| useless(malformed, context))?;
            answered(StatusCode::OK, called, HeaderMap::new(), &streamed.prelude, context);
            let response = answer::streamed(streamed.result, streamed.body, format, context);
            given(&response, String::new(), context);
            return Ok(response);
        }
        let invoked = self.callee.call(&parts.method, invocation, context).await?;
        context.set_service_status(invoked.status);
        answered(invoked.status, called, invoked.headers.clone(), &invoked.payload, context);
        let result = match format {
            Format::HttpV2 => ProxyResult::read_v2(&invoked),
            Format::Rest | Format::HttpV1 => ProxyResult::read(&invoked),
        };
        let result = result.map_err(|malformed| useless(malformed, context))?;
        let (response, text) = answer::of(result, format, parts.headers.get(header::ACCEPT), context)?;
        given(&response, text.unwrap_or_default(), context);
        Ok(response)
    }

    fn late(&self) -> Error {
        late()
    }
}

/// Writes down what the function gave.
fn answered(status: StatusCode, called: Duration, mut headers: HeaderMap, payload: &[u8], context: &Context) {
    context.record(|| {
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        let latency = context.clock().elapsed().saturating_sub(called);
        Step::EndpointResponse { status, latency, headers, body: readable(payload) }
    });
}

/// Writes down what the client gets.
fn given(response: &Response, body: String, context: &Context) {
    let (status, headers) = (response.status(), response.headers());
    context.record(|| Step::MethodResponse { status, headers: headers.clone(), body });
}

fn useless(malformed: Malformed, context: &Context) -> Error {
    context.record(|| Step::Failed { reason: "configuration error: Malformed Lambda proxy response".to_owned() });
    failed(context, malformed)
}

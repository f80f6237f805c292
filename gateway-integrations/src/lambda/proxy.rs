//! `LambdaProxy`: hands a function the whole request.

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use gateway_core::{
    Body, Context, Error, Function, Functions, Integration, Invocation, Parts, Problem, Request, Response, Step,
    config::BackendConfig,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tower::BoxError;

use super::{
    answer,
    callee::{Callee, failed},
    event,
    format::{Format, PayloadFormat},
    prelude,
    result::ProxyResult,
};
use crate::{
    aws::{self, Target},
    failure::{read_request, readable},
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
        Self::to(Callee::new(Arc::new(function)))
    }

    fn to(callee: Callee) -> Self {
        Self { callee, format: PayloadFormat::default(), streams: false }
    }

    /// How events are written and answers read behind an HTTP API; a REST API knows one way.
    #[must_use]
    pub fn payload_format(mut self, format: PayloadFormat) -> Self {
        self.format = format;
        self
    }

    /// Hands the answer on while the function makes it (`responseTransferMode: STREAM`): JSON with `statusCode`,
    /// `headers`, `multiValueHeaders` and `cookies`, eight NUL bytes, and the body as it is.
    ///
    /// AWS developer guide: *Set up a Lambda proxy integration with payload response streaming in API Gateway*.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streams = true;
        self
    }

    /// Calls the function, and waits for all of its answer.
    async fn buffered(
        &self,
        format: Format,
        parts: &Parts,
        invocation: Invocation,
        context: &Context,
    ) -> Result<Response, Error> {
        let called = context.clock().elapsed();
        let invoked = self.callee.call(&parts.method, invocation, context).await?;
        let latency = context.clock().elapsed().saturating_sub(called);
        answered(invoked.status, latency, invoked.headers.clone(), &invoked.payload, context);
        let result = match format {
            Format::HttpV2 => ProxyResult::read_v2(&invoked),
            Format::Rest | Format::HttpV1 => ProxyResult::read(&invoked),
        };
        let result = result.map_err(|error| malformed(context, error))?;
        let (response, text) = answer::of(result, format, parts.headers.get(header::ACCEPT), context)?;
        record_answer(&response, text, context);
        Ok(response)
    }

    /// Calls the function, and waits for the head of its answer.
    async fn streamed(
        &self,
        format: Format,
        parts: &Parts,
        invocation: Invocation,
        context: &Context,
    ) -> Result<Response, Error> {
        let called = context.clock().elapsed();
        let invoked = self.callee.call_streaming(&parts.method, invocation, context).await?;
        if let Some(error) = invoked.error {
            return Err(malformed(context, format!("the function failed: {error}")));
        }
        let (head, body) = prelude::split(invoked.payload).await.map_err(|error| malformed(context, error))?;
        let latency = context.clock().elapsed().saturating_sub(called);
        answered(invoked.status, latency, HeaderMap::new(), &head, context);
        let result = ProxyResult::read_head(&head).map_err(|error| malformed(context, error))?;
        let mut response = Response::new(body);
        *response.status_mut() = result.status;
        *response.headers_mut() = answer::headers(result.headers, format, context);
        record_answer(&response, None, context);
        Ok(response)
    }
}

/// The proxy of a definition (`AWS_PROXY`). Its function is looked for among `functions` when it is called; where there
/// is none, the answer is 500.
///
/// # Errors
/// When the address names no function, or the method is none, or the payload format; the pointer starts at the
/// integration.
pub fn proxy(config: &BackendConfig, functions: &Functions) -> Result<LambdaProxy, Problem> {
    const OTHER: &str =
        "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.";
    const STREAM: &str = "a function streams its answer behind `2021-11-15/functions/.../response-streaming-invocations` \
                          and with `responseTransferMode` STREAM, or neither";
    let uri = aws::uri(config)?;
    let streams = match uri.target {
        Target::Function(_) => false,
        Target::StreamingFunction(_) => true,
        Target::Path(_) | Target::Action(_) if uri.service() == "firehose" => {
            return Err(Problem::new("/uri", "`AWS_PROXY` to Firehose is not supported; use `AWS`"));
        }
        Target::Path(_) | Target::Action(_) => return Err(Problem::new("/uri", OTHER)),
    };
    if config.streams() != streams {
        return Err(Problem::new("/responseTransferMode", STREAM));
    }
    let format = match config.payload_format_version.as_deref() {
        None | Some("2.0") => PayloadFormat::V2,
        Some("1.0") => PayloadFormat::V1,
        Some(other) => {
            let message = format_args!("`{other}` is neither 1.0 nor 2.0");
            return Err(Problem::new("/payloadFormatVersion", message));
        }
    };
    Ok(LambdaProxy { format, streams, ..LambdaProxy::to(Callee::of(config, uri, functions)?) })
}

#[async_trait]
impl Integration for LambdaProxy {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let (parts, mut body) = request.into_parts();
        let body = read_request(&mut body).await?;
        let format = Format::of(self.format, context);
        let mut invocation = Invocation::new(event::write(format, &parts, &body, context));
        invocation.headers = self.callee.headers(&HeaderMap::new(), context);
        if self.streams {
            self.streamed(format, &parts, invocation, context).await
        } else {
            self.buffered(format, &parts, invocation, context).await
        }
    }
}

/// Writes down how the function answered.
fn answered(status: StatusCode, latency: Duration, mut headers: HeaderMap, payload: &Bytes, context: &Context) {
    context.set_service_status(status);
    context.record(|| {
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        Step::EndpointResponse { status, latency, headers, body: readable(payload) }
    });
}

/// Writes down what the client gets.
fn record_answer(response: &http::Response<Body>, text: Option<String>, context: &Context) {
    context.record(|| Step::MethodResponse {
        status: response.status(),
        headers: response.headers().clone(),
        body: text.unwrap_or_default(),
    });
}

/// What the function gave cannot be used.
fn malformed(context: &Context, cause: impl Into<BoxError>) -> Error {
    context.record(|| Step::Failed { reason: "configuration error: Malformed Lambda proxy response".to_owned() });
    failed(context, cause)
}

//! The function behind an integration, and how it is called.

use std::{fmt, sync::Arc};

use gateway_core::{
    Context, Error, ErrorKind, Function, Functions, Invocation, Invoked, Problem, Step, config::BackendConfig,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use crate::aws::{self, PAYLOAD_LIMIT, ServiceUri, Target, fail};

/// A function, found anew for each call where stage variables name it.
#[derive(Clone)]
pub(super) struct Callee {
    found: Found,
    /// `None` is the client's own.
    method: Option<Method>,
    /// Whether a mapping sets a header that it must not.
    refuses: bool,
}

#[derive(Clone)]
enum Found {
    Here(Arc<dyn Function>),
    ByArn { uri: ServiceUri, functions: Functions },
}

impl Callee {
    /// A function that is there.
    pub(super) fn new(function: Arc<dyn Function>) -> Self {
        Self { found: Found::Here(function), method: Some(Method::POST), refuses: false }
    }

    /// The function of a definition, which is looked for when it is called: it may come later.
    pub(super) fn of(config: &BackendConfig, uri: ServiceUri, functions: &Functions) -> Result<Self, Problem> {
        Ok(Self {
            found: Found::ByArn { uri, functions: functions.clone() },
            method: aws::method(config)?,
            refuses: aws::names_refused_header(&config.request_parameters),
        })
    }

    /// The headers of a call, with those that a mapping set.
    pub(super) fn headers(&self, mapped: &HeaderMap, context: &Context) -> HeaderMap {
        let partition = match &self.found {
            Found::Here(_) => "aws",
            Found::ByArn { uri, .. } => uri.partition(),
        };
        let mut headers = aws::call_headers(mapped, true, partition, context);
        headers.entry(header::CONTENT_TYPE).or_insert(HeaderValue::from_static("application/json"));
        headers
    }

    /// Calls the function, for a request with the method `client`.
    pub(super) async fn call(
        &self,
        client: &Method,
        invocation: Invocation,
        context: &Context,
    ) -> Result<Invoked, Error> {
        let function = self.find(client, context).inspect_err(|(reason, _)| fail(context, reason));
        let function = function.map_err(|(_, error)| error)?;
        context.record(|| Step::EndpointRequest {
            uri: self.endpoint(context),
            method: Method::POST.to_string(),
            headers: invocation.headers.clone(),
            body: String::from_utf8_lossy(&invocation.payload).into_owned(),
        });
        let called = context.clock().elapsed();
        let invoked = match function.invoke(invocation, context).await {
            Ok(invoked) => invoked,
            Err(error) => {
                fail(context, "an internal error");
                return Err(error);
            }
        };
        context.record(|| Step::EndpointResponse {
            status: invoked.status,
            latency: context.clock().elapsed().saturating_sub(called),
            headers: HeaderMap::from_iter([
                (header::CONTENT_TYPE, HeaderValue::from_static("application/json")),
                (header::CONTENT_LENGTH, HeaderValue::from(invoked.payload.len())),
            ]),
            body: String::from_utf8_lossy(&invoked.payload).into_owned(),
        });
        check(&invoked).inspect_err(|_| fail(context, "an internal error"))?;
        Ok(invoked)
    }

    /// The function, or what the log says and the answer.
    fn find(&self, client: &Method, context: &Context) -> Result<Arc<dyn Function>, (&'static str, Error)> {
        let configuration =
            |reason, source: String| Err((reason, Error::new(ErrorKind::ApiConfigurationError).with_source(source)));
        if self.refuses {
            let source = "a mapping sets a header of the request that it must not".to_owned();
            return configuration("configuration error: Invalid mapping expression specified", source);
        }
        let method = self.method.as_ref().unwrap_or(client);
        if method != Method::POST {
            let source = format!("a function is called with POST, not with {method}");
            return configuration("configuration error: Invalid HTTP method for a Lambda function", source);
        }
        match &self.found {
            Found::Here(function) => Ok(Arc::clone(function)),
            Found::ByArn { uri, functions } => {
                let arn = arn(uri, context);
                functions.find(&arn).ok_or(()).or_else(|()| {
                    let source = format!("there is no function `{arn}`");
                    configuration("configuration error: Invalid permissions on Lambda function", source)
                })
            }
        }
    }

    /// The address that AWS would call.
    fn endpoint(&self, context: &Context) -> String {
        match &self.found {
            Found::Here(_) => "function:".to_owned(),
            Found::ByArn { uri, .. } => {
                format!("https://{}/2015-03-31/functions/{}/invocations", uri.host(), arn(uri, context))
            }
        }
    }
}

impl fmt::Debug for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Callee");
        if let Found::ByArn { uri, .. } = &self.found {
            debug.field("uri", uri);
        }
        debug.field("method", &self.method).finish_non_exhaustive()
    }
}

/// The ARN of the function for this request.
fn arn(uri: &ServiceUri, context: &Context) -> String {
    match &uri.target {
        Target::Function(arn) => arn.text(context).into_owned(),
        Target::StreamingFunction | Target::Path(_) | Target::Action(_) => String::new(),
    }
}

/// Whether the call itself went well, whatever the function did.
fn check(invoked: &Invoked) -> Result<(), Error> {
    let failed = |kind: ErrorKind, status, source: String| {
        Err(Error::new(kind).with_status(status).with_message("Internal server error").with_source(source))
    };
    match invoked.status {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            let source = format!("the call of the function was answered with {}", invoked.status);
            Err(Error::new(ErrorKind::ApiConfigurationError).with_source(source))
        }
        status if !status.is_success() => {
            let source = format!("the call of the function was answered with {status}");
            failed(ErrorKind::IntegrationFailure, StatusCode::BAD_GATEWAY, source)
        }
        _ if invoked.payload.len() > PAYLOAD_LIMIT => {
            let source = format!("the function's answer is larger than {PAYLOAD_LIMIT} bytes");
            failed(ErrorKind::IntegrationFailure, StatusCode::INTERNAL_SERVER_ERROR, source)
        }
        _ => Ok(()),
    }
}

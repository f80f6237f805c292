//! The function behind an integration, and how it is called.

use std::{fmt, sync::Arc};

use gateway_core::{
    ApiKind, Context, Error, ErrorKind, Function, Functions, Invocation, Invoked, InvokedStream, Problem, Step,
    config::BackendConfig,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use tower::BoxError;

use crate::{
    aws::{self, Pieces, ServiceUri, Target},
    failure::{PAYLOAD, misconfigured, no_answer, of_call, readable},
    headers::{Behind, Fate},
};

/// A function, found anew for each call where stage variables name it.
#[derive(Clone)]
pub(super) struct Callee {
    found: Found,
    /// `None` is the client's own.
    method: Option<Method>,
    /// A header that a mapping sets and must not.
    forbidden: Option<HeaderName>,
}

#[derive(Clone)]
enum Found {
    Here(Arc<dyn Function>),
    ByArn { uri: ServiceUri, functions: Functions, credentials: Option<Pieces> },
}

impl Callee {
    /// A function that is there.
    pub(super) fn new(function: Arc<dyn Function>) -> Self {
        Self { found: Found::Here(function), method: Some(Method::POST), forbidden: None }
    }

    /// The function of a definition, which is looked for when it is called: it may come later.
    pub(super) fn of(config: &BackendConfig, uri: ServiceUri, functions: &Functions) -> Result<Self, Problem> {
        // HTTP APIs name the function alone, and it is always called with POST.
        let is_function = config.uri.split(':').nth(2) == Some("lambda");
        let method = if is_function { Some(Method::POST) } else { aws::method(config)? };
        Ok(Self {
            found: Found::ByArn { uri, functions: functions.clone(), credentials: aws::role(config)? },
            method,
            forbidden: forbidden(config),
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
        let (function, invocation) = self.begin(client, invocation, context)?;
        let invoked = function.invoke(invocation, context).await.map_err(|error| no_answer(context, of_call(error)))?;
        check(invoked.status, context)?;
        if invoked.payload.len() as u64 > PAYLOAD {
            let cause = format!("the function gave more than {PAYLOAD} bytes");
            return Err(no_answer(context, failed_with(StatusCode::INTERNAL_SERVER_ERROR, context, cause)));
        }
        Ok(invoked)
    }

    /// The same for an answer that is handed on while it is made.
    pub(super) async fn call_streaming(
        &self,
        client: &Method,
        invocation: Invocation,
        context: &Context,
    ) -> Result<InvokedStream, Error> {
        let (function, invocation) = self.begin(client, invocation, context)?;
        let invoked =
            function.invoke_streaming(invocation, context).await.map_err(|error| no_answer(context, of_call(error)))?;
        check(invoked.status, context)?;
        Ok(invoked)
    }

    /// The function, and the call as it gets it.
    fn begin(
        &self,
        client: &Method,
        mut invocation: Invocation,
        context: &Context,
    ) -> Result<(Arc<dyn Function>, Invocation), Error> {
        let function = self.find(client, context)?;
        if let Found::ByArn { uri, credentials, .. } = &self.found {
            invocation.function = Some(arn(uri, context));
            invocation.credentials = credentials.as_ref().map(|role| role.text(context).into_owned());
        }
        context.record(|| Step::EndpointRequest {
            uri: self.endpoint(context),
            method: Method::POST.to_string(),
            headers: invocation.headers.clone(),
            body: readable(&invocation.payload),
        });
        Ok((function, with_event(invocation)))
    }

    /// The function, or why it cannot be called.
    fn find(&self, client: &Method, context: &Context) -> Result<Arc<dyn Function>, Error> {
        if let Some(name) = &self.forbidden {
            return Err(misconfigured(context, format!("the header `{name}` cannot be mapped")));
        }
        let method = self.method.as_ref().unwrap_or(client);
        if method != Method::POST && context.kind() == ApiKind::Rest {
            return Err(misconfigured(context, format!("a function is called with POST, not with {method}")));
        }
        match &self.found {
            Found::Here(function) => Ok(Arc::clone(function)),
            Found::ByArn { uri, functions, .. } => functions
                .find(&arn(uri, context))
                .ok_or_else(|| misconfigured(context, "Invalid permissions on Lambda function")),
        }
    }

    /// The address that AWS would call.
    fn endpoint(&self, context: &Context) -> String {
        match &self.found {
            Found::Here(_) => "function:".to_owned(),
            Found::ByArn { uri, .. } => {
                let (version, verb) = match uri.target {
                    Target::StreamingFunction(_) => ("2021-11-15", "response-streaming-invocations"),
                    _ => ("2015-03-31", "invocations"),
                };
                format!("https://{}/{version}/functions/{}/{verb}", uri.host(), arn(uri, context))
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

/// The call as Lambda hands it on: a function always gets an event, if only an empty one.
fn with_event(invocation: Invocation) -> Invocation {
    if invocation.payload.is_empty() { Invocation { payload: "{}".into(), ..invocation } } else { invocation }
}

/// A header that the parameters set and must not.
fn forbidden(config: &BackendConfig) -> Option<HeaderName> {
    let targets = config.request_parameters.keys();
    let names = targets.filter_map(|target| target.strip_prefix("integration.request.header.")?.parse().ok());
    names.into_iter().find(|name| Behind::Aws.fate(name) == Fate::Forbidden)
}

/// The ARN of the function for this request.
fn arn(uri: &ServiceUri, context: &Context) -> String {
    match &uri.target {
        Target::Function(arn) | Target::StreamingFunction(arn) => arn.text(context).into_owned(),
        Target::Path(_) | Target::Action(_) | Target::Variable(_) => String::new(),
    }
}

/// Whether the call itself went well, whatever the function did.
fn check(status: StatusCode, context: &Context) -> Result<(), Error> {
    match status {
        StatusCode::FORBIDDEN | StatusCode::NOT_FOUND => {
            Err(misconfigured(context, "Invalid permissions on Lambda function"))
        }
        StatusCode::PAYLOAD_TOO_LARGE => Err(no_answer(context, ErrorKind::RequestTooLarge.into())),
        status if !status.is_success() => {
            let cause = format!("the call of the function was answered with {status}");
            Err(no_answer(context, failed(context, cause)))
        }
        _ => Ok(()),
    }
}

/// A failure of the function or of its call, which clients cannot tell from others.
pub(super) fn failed(context: &Context, cause: impl Into<BoxError>) -> Error {
    failed_with(StatusCode::BAD_GATEWAY, context, cause)
}

/// The same with another status for clients of REST APIs; those of HTTP APIs always see 500.
fn failed_with(status: StatusCode, context: &Context, cause: impl Into<BoxError>) -> Error {
    match context.kind() {
        ApiKind::Http => Error::new(ErrorKind::ApiConfigurationError).with_source(cause),
        _ => Error::new(ErrorKind::IntegrationFailure)
            .with_status(status)
            .with_message("Internal server error")
            .with_source(cause),
    }
}

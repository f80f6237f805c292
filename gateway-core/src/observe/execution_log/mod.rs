//! Execution logs: what the gateway did with each request, line by line.

mod lines;

use std::sync::Arc;

use http::{Method, header};
use serde::Deserialize;

pub(crate) use self::lines::ExecutionLog;
use super::{LogSink, Observer};
use crate::{
    context::{ApiKeyFacts, Context, PathParams, StageFacts},
    service::Parts,
    source::query_pairs,
    trace::{Plain, Step, TracedStep},
};

/// Which requests the execution log tells of.
///
/// AWS API reference: *MethodSetting* (`loggingLevel`).
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum LoggingLevel {
    /// None.
    #[default]
    Off,
    /// Those that failed: what went wrong, and the status.
    Error,
    /// All of them.
    Info,
}

/// How much of a request is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct ExecutionLogging {
    pub(crate) level: LoggingLevel,
    /// All requests, with headers and bodies, whatever the level; but none if that is `OFF`.
    pub(crate) data: bool,
}

/// The execution log of a route.
///
/// AWS developer guide: *Set up CloudWatch logging for REST APIs in API Gateway*.
pub(crate) struct RouteExecutionLog {
    /// `API-Gateway-Execution-Logs_{apiId}/{stage}`.
    pub(crate) group: String,
    pub(crate) all: ExecutionLogging,
    /// Those of single methods of an `ANY` route.
    pub(crate) by_method: Vec<(Method, ExecutionLogging)>,
    pub(crate) sink: Option<Arc<dyn LogSink>>,
}

impl ExecutionLogging {
    pub(crate) fn is_on(self) -> bool {
        self.level != LoggingLevel::Off
    }
}

impl RouteExecutionLog {
    /// The name of a stage's group of logs.
    pub(crate) fn group(stage: &StageFacts) -> String {
        let canary = if stage.is_canary == Some(true) { "/Canary" } else { "" };
        format!("API-Gateway-Execution-Logs_{}/{}{canary}", stage.api_id, stage.stage)
    }

    /// Whether it tells of any request.
    pub(crate) fn is_on(&self) -> bool {
        self.all.is_on() || self.by_method.iter().any(|(_, own)| own.is_on())
    }

    /// How much of a request with `method` is told.
    pub(crate) fn of(&self, method: &Method) -> ExecutionLogging {
        self.by_method.iter().find(|(one, _)| one == method).map_or(self.all, |(_, own)| *own)
    }

    /// Sees to it that what is to be told of a request is written down.
    pub(crate) fn follow(&self, request: &Parts, context: &Context) {
        let logging = self.of(&request.method);
        if logging.is_on() {
            context.follow();
            if logging.data {
                context.set_headers(request.headers.clone());
            }
        }
    }

    fn write(&self, line: &str) {
        match &self.sink {
            Some(sink) => sink.write(line),
            None => tracing::info!(target: "gateway::execution", log_group = self.group, "{line}"),
        }
    }
}

impl Observer for RouteExecutionLog {
    fn finished(&self, context: &Context) {
        let logging = self.of(&context.request().method);
        let Some(trace) = context.trace().filter(|_| logging.is_on()) else { return };
        let steps = trace.steps();
        let id = context.request_id();
        let mut log = ExecutionLog::new(logging.data, |event| self.write(&format!("({id}) {}", Plain(event))));
        let all = logging.level == LoggingLevel::Info || logging.data;
        if all {
            begin(context, &steps, &mut log);
        }
        let failed = end(context, &steps, all, &mut log);
        match context.response().and_then(|response| response.status) {
            Some(status) if all || failed => {
                log.line(format_args!("Method completed with status: {}", status.as_u16()));
            }
            None if all => log.line(format_args!("The client left before there was an answer")),
            _ => {}
        }
    }
}

/// What was done, in order, up to the answer.
fn begin<W: FnMut(&str)>(context: &Context, steps: &[TracedStep], log: &mut ExecutionLog<W>) {
    let id = context.request_id();
    log.line(format_args!("Extended Request Id: {}", context.id().extended()));
    for TracedStep { step, .. } in steps {
        match step {
            Step::Authorizer { refused, .. } => {
                log.line(format_args!("Starting authorizer for request: {id}"));
                match refused {
                    None => log.line(format_args!("Successfully completed authorizer execution")),
                    Some(_) => log.line(format_args!("Unauthorized request: {id}")),
                }
            }
            Step::ApiKey { id: key, .. } => {
                let key = key.as_deref().unwrap_or_default();
                let stage = api_stage(context);
                log.line(format_args!("Verifying Usage Plan for request: {id}. API Key: {key} API Stage: {stage}"));
            }
            Step::Admitted => execution(context, log),
            Step::Failed { .. } => {}
            other => log.steps(std::iter::once(other)),
        }
    }
}

/// The execution starts: every check has let the request pass.
fn execution<W: FnMut(&str)>(context: &Context, log: &mut ExecutionLog<W>) {
    let request = context.request();
    if let Some(ApiKeyFacts { id: key, .. }) = context.api_key() {
        let stage = api_stage(context);
        log.line(format_args!("Usage Plan check succeeded for API Key {key} and API Stage {stage}"));
    }
    log.line(format_args!("Starting execution for request: {}", context.request_id()));
    log.line(format_args!("HTTP Method: {}, Resource Path: {}", request.method, request.uri.path()));
    log.map("Method request path", context.path_params().into_iter().flat_map(PathParams::iter));
    let query: Vec<_> = query_pairs(request.uri.query().unwrap_or_default()).collect();
    log.map("Method request query string", query.iter().map(|(name, value)| (&**name, &**value)));
    if let Some(headers) = context.headers() {
        log.headers("Method request headers", headers);
    }
    if let Some(body) = context.body() {
        log.body("Method request body before transformations", body);
    }
}

/// How it ended; whether it failed.
fn end<W: FnMut(&str)>(context: &Context, steps: &[TracedStep], all: bool, log: &mut ExecutionLog<W>) -> bool {
    let find = |wanted: fn(&Step) -> bool| steps.iter().map(|traced| &traced.step).rfind(|step| wanted(step));
    let reason = find(|step| matches!(step, Step::Failed { .. }));
    if reason.is_some() {
        log.steps(reason.into_iter());
        return true;
    }
    if let Some(error) = context.error() {
        let admitted = find(|step| matches!(step, Step::Admitted)).is_some();
        match find(|step| matches!(step, Step::GatewayResponse { .. })) {
            Some(Step::GatewayResponse { response_type, reason, .. }) if !admitted => {
                log.line(format_args!("{response_type}: {reason}"));
            }
            _ => {
                let content_type =
                    context.headers().and_then(|headers| headers.get(header::CONTENT_TYPE)?.to_str().ok());
                let content_type = content_type.unwrap_or("application/json");
                log.failed(error.kind, error.message.as_deref(), context, content_type);
            }
        }
        return true;
    }
    if all && context.response().is_some_and(|response| response.status.is_some()) {
        if let Some(Step::MethodResponse { headers, body, .. }) =
            find(|step| matches!(step, Step::MethodResponse { .. }))
        {
            log.body("Method response body after transformations", body.as_bytes());
            log.headers("Method response headers", headers);
        }
        log.line(format_args!("Successfully completed execution"));
    }
    false
}

fn api_stage(context: &Context) -> String {
    context.stage().map_or_else(String::new, |stage| format!("{}/{}", stage.api_id, stage.stage))
}

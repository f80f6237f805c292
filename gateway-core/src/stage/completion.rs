use std::{fmt, sync::Arc};

use http::{Method, StatusCode};
use http_body::Body as _;
use tracing::Span;

use super::Deployment;
use crate::{
    body::{BodyError, Tail},
    call_error::CallPhase,
    context::{CallFailure, Context, ResponseFacts},
    service::Response,
};

/// Waits for the end of a request: travels with the response's body, and closes span, metrics and access log when that
/// has ended or was dropped. Dropped earlier, it tells what was known then.
pub(super) struct Completion {
    context: Arc<Context>,
    deployment: Arc<Deployment>,
    span: Span,
    status: Option<StatusCode>,
    length: u64,
    /// How many bytes the body says that it has; the largest number where it does not.
    expected: u64,
    complete: bool,
    failure: Option<CallFailure>,
}

impl Completion {
    pub(super) fn new(context: Arc<Context>, deployment: Arc<Deployment>, span: Span) -> Box<Self> {
        Box::new(Self {
            context,
            deployment,
            span,
            status: None,
            length: 0,
            expected: u64::MAX,
            complete: false,
            failure: None,
        })
    }

    /// Begins to watch what the client is sent.
    pub(super) fn watch(mut self: Box<Self>, response: Response) -> Response {
        self.status = Some(response.status());
        self.expected = response.body().size_hint().exact().unwrap_or(u64::MAX);
        response.map(|body| body.with_tail(self))
    }

    /// What kept the client from its answer: what was wrong with that, or that nobody was there to take it.
    fn failure(&self) -> Option<CallFailure> {
        if self.complete || self.failure.is_some() {
            return self.failure;
        }
        let Some(status) = self.status else {
            // What panics is no client's doing.
            return (!std::thread::panicking()).then(|| CallFailure::client_left(CallPhase::Call));
        };
        // Servers read no body where none is sent.
        let has_body = self.context.request().method != Method::HEAD
            && !matches!(status, StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::NOT_MODIFIED);
        has_body.then(|| CallFailure::client_left(CallPhase::ResponseBody))
    }
}

impl Tail for Completion {
    fn data(&mut self, bytes: u64) {
        self.length += bytes;
    }

    fn fail(&mut self, error: &BodyError) {
        self.failure = Some(CallFailure::of_answer(error));
    }

    fn end(&mut self) {
        self.complete = true;
    }
}

impl Drop for Completion {
    fn drop(&mut self) {
        // Servers that have sent as much as they said do not ask for the end.
        self.complete |= self.length >= self.expected;
        let context = &*self.context;
        context.set_response(ResponseFacts {
            status: self.status,
            length: self.length,
            latency: context.age(),
            complete: self.complete,
            failure: self.failure(),
        });
        if !self.span.is_disabled() {
            if let Some(status) = self.status {
                self.span.record("http.response.status_code", status.as_u16());
            }
            if let Some(route) = context.route() {
                self.span.record("http.route", route.resource_path.as_str());
            }
            if let Some(error) = context.error() {
                self.span.record("error.type", error.kind.name());
            }
        }
        for observer in self.deployment.observers.iter().chain(self.deployment.route_observers(context)) {
            observer.finished(context);
        }
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Completion").field("status", &self.status).finish_non_exhaustive()
    }
}

use std::{fmt, sync::Arc};

use http::{Method, StatusCode};
use tracing::Span;

use super::Deployment;
use crate::{
    body::{BodyError, Tail},
    call_error::CallPhase,
    context::{CallFailure, Context, ResponseFacts},
};

/// Waits for the end of a request: travels with the response's body, and closes span, metrics and access log when that
/// has ended or was dropped. Dropped earlier, it tells what was known then.
pub(super) struct Completion {
    context: Arc<Context>,
    deployment: Arc<Deployment>,
    span: Span,
    pub(super) status: Option<StatusCode>,
    length: u64,
    complete: bool,
    failure: Option<CallFailure>,
}

impl Completion {
    pub(super) fn new(context: Arc<Context>, deployment: Arc<Deployment>, span: Span) -> Box<Self> {
        Box::new(Self { context, deployment, span, status: None, length: 0, complete: false, failure: None })
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

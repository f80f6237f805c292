//! One request to one target.

use std::sync::Arc;

use gateway_core::{CallCause, CallError, CallPhase, Error, ErrorKind, Request, Response};
use http::{StatusCode, header};

use super::{
    Inner, Live,
    breaker::Pass,
    failure::Failure,
    metrics::Event,
    shed::Shed,
    state::{TargetState, UnderWay},
};

/// What became of one request to one target.
pub(super) struct Attempt {
    pub(super) answer: Result<Response, Error>,
    /// How the target failed, if it did.
    pub(super) failure: Option<Failure>,
    /// The target is busy with it as long as its answer is read.
    pub(super) under_way: UnderWay,
}

impl Attempt {
    pub(super) fn status(&self) -> Option<StatusCode> {
        self.answer.as_ref().ok().map(Response::status)
    }
}

/// Sends `request` to `target`, and learns from the outcome.
pub(super) async fn attempt(
    inner: &Inner,
    live: &Live,
    target: Arc<TargetState>,
    mut request: Request,
) -> Result<Attempt, Shed> {
    let began = inner.clock.elapsed();
    let pass = match &live.settings.breaker {
        Some(config) => Some(inner.breaker.admit(config, began).ok_or_else(|| Shed::Open(inner.name.clone()))?),
        None => None,
    };
    if matches!(pass, Some(Pass::Trial(_))) {
        inner.metrics.breaker(inner.breaker.state());
    }
    let under_way = UnderWay::with(&target);
    target.metrics.request();
    let headers = request.headers_mut();
    if headers.get(header::HOST).is_none_or(|host| host == inner.name.as_str()) {
        headers.insert(header::HOST, target.target.host().clone());
    }
    if let Some(connections) = live.settings.connections {
        request.extensions_mut().insert(connections);
    }
    *request.uri_mut() = target.target.uri(std::mem::take(request.uri_mut()));
    let sending = inner.client.send(request);
    let answer = match live.settings.timeout {
        None => sending.await,
        Some(limit) => {
            let late = |_| {
                let call = CallError::new(CallPhase::Call, CallCause::Deadline).with_source("the target took too long");
                Err(Error::new(ErrorKind::IntegrationTimeout).with_source(call))
            };
            tokio::time::timeout(limit, sending).await.unwrap_or_else(late)
        }
    };
    let failure = match &answer {
        Ok(response) => response.status().is_server_error().then_some(Failure::Status),
        Err(error) => Failure::of(error),
    };
    let latency = inner.clock.elapsed().saturating_sub(began);
    if answer.is_ok() {
        target.metrics.answered(latency);
    }
    match (failure, &answer) {
        (Some(failure), _) => inner.failed(live, &target, pass, failure),
        (None, Ok(_)) => inner.succeeded(live, &target, pass, latency),
        // Not the target's fault, and no word on how it is.
        (None, Err(error)) => {
            if CallError::of(error).is_some_and(|call| call.phase() == CallPhase::Admission) {
                inner.metrics.count(Event::Rejected);
            }
            drop(pass);
        }
    }
    Ok(Attempt { answer, failure, under_way })
}

//! `Trace`: what one request went through, step by step, and why.

mod display;
mod json;
pub(crate) mod mask;

use std::{
    error::Error as StdError,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::{HeaderMap, StatusCode};
use serde::Serialize;

pub(crate) use self::display::Plain;

/// What one request went through. Only requests that are asked about have one, see
/// [`GatewayHandle::explain`](crate::GatewayHandle::explain).
#[derive(Debug, Default)]
pub struct Trace {
    steps: Mutex<Vec<TracedStep>>,
}

/// One step, and when it was over. As JSON it is the step with `at`, in milliseconds.
#[derive(Clone, Debug, Serialize)]
pub struct TracedStep {
    /// How long the request had been here.
    #[serde(serialize_with = "json::millis")]
    pub at: Duration,
    /// What was decided, and why.
    #[serde(flatten)]
    pub step: Step,
}

impl Trace {
    /// An empty trace, to be put into a request's extensions.
    #[must_use]
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Writes a step down, without the credentials in its headers.
    pub(crate) fn push(&self, at: Duration, mut step: Step) {
        if let Step::EndpointRequest { headers, .. }
        | Step::EndpointResponse { headers, .. }
        | Step::MethodResponse { headers, .. } = &mut step
        {
            mask::headers(headers);
        }
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).push(TracedStep { at, step });
    }

    /// Replaces the headers of the last call of a backend by those that it was sent with.
    pub(crate) fn sent(&self, mut headers: HeaderMap) {
        mask::headers(&mut headers);
        let mut steps = self.steps.lock().unwrap_or_else(PoisonError::into_inner);
        let last = steps.iter_mut().rev().find_map(|traced| match &mut traced.step {
            Step::EndpointRequest { headers, .. } => Some(headers),
            _ => None,
        });
        if let Some(last) = last {
            *last = headers;
        }
    }

    /// The steps so far.
    #[must_use]
    pub fn steps(&self) -> Vec<TracedStep> {
        self.steps.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// A step of a request: what it decided, and why.
///
/// `Display` tells it in a line of plain words, in which a long body is cut. As JSON it is an object of its fields, with
/// its name as `step`; times are in milliseconds and headers lists of values.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "step", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum Step {
    /// A custom domain found the stage.
    CustomDomain {
        /// The id of the API.
        api: String,
        /// The stage.
        stage: String,
        /// The base path of the mapping that matched.
        base_path: Option<String>,
        /// The id of the routing rule that matched.
        routing_rule_id: Option<String>,
    },
    /// The router looked for a route.
    Routed {
        /// Every route whose path could be meant, and what became of it.
        candidates: Vec<Candidate>,
    },
    /// A check in front of the authorizer: resource policies, the host's own.
    Guard {
        /// Its place among the route's checks.
        place: usize,
        /// Why it refused; `None` if it let the request pass.
        refused: Option<String>,
    },
    /// The API's resource policy.
    Policy {
        /// Whether the authorizer was asked already.
        after_authorizer: bool,
        /// What the policy says: `Allow`, `Deny` or `no statement`.
        effect: String,
        /// The statement that says so.
        statement: Option<String>,
        /// Why it refused, together with the authorizer's result; `None` if it let the request pass.
        refused: Option<String>,
    },
    /// The caller's own policies.
    CallerPolicy {
        /// What they say: `Allow`, `Deny` or `no statement`.
        effect: String,
        /// The statement that says so.
        statement: Option<String>,
    },
    /// The authorizer.
    Authorizer {
        /// Who calls, if it found out.
        principal_id: Option<String>,
        /// Why it refused.
        refused: Option<String>,
    },
    /// The function of a Lambda authorizer has answered.
    AuthorizerResult {
        /// With this, as text; without the API key in it.
        body: String,
    },
    /// The API key.
    ApiKey {
        /// The id of the key, if there is one.
        id: Option<String>,
        /// The plan that it was found in.
        plan: Option<String>,
        /// Why it was refused.
        refused: Option<String>,
    },
    /// A throttle.
    Throttle {
        /// Whose: `key`, `key and method`, `method`, `account`.
        bucket: String,
        /// Whether it had a token left.
        passed: bool,
        /// How many tokens it has after this request, if its store can tell.
        left: Option<u32>,
        /// How many tokens a second it gets.
        rate: f64,
        /// How many it holds.
        burst: u32,
    },
    /// The quota of the API key.
    Quota {
        /// How much of it is used up, with this request.
        used: Option<u64>,
        /// Its limit.
        limit: Option<u64>,
        /// Whether it held.
        passed: bool,
    },
    /// Every check let the request pass; validation and integration follow.
    Admitted,
    /// Request validation.
    Validation {
        /// What was wrong; `None` if nothing was.
        error: Option<String>,
    },
    /// The response cache.
    Cache {
        /// The entry's key, readable.
        key: String,
        /// `hit`, `miss`, `invalidated`, `bypassed`, and why.
        outcome: String,
    },
    /// A mapping template was rendered.
    Template {
        /// For the request or for the response.
        phase: Phase,
        /// The content type that it was chosen by.
        content_type: String,
        /// What it read.
        input: String,
        /// What it wrote.
        output: String,
        /// How many loops had more items than a loop may have rounds, and ended there.
        stopped_loops: usize,
    },
    /// The backend is called.
    EndpointRequest {
        /// Its address.
        uri: String,
        /// The method.
        method: String,
        /// The headers.
        #[serde(serialize_with = "json::headers")]
        headers: HeaderMap,
        /// The body, as text.
        body: String,
    },
    /// The backend has answered.
    EndpointResponse {
        /// With this status.
        #[serde(serialize_with = "json::status")]
        status: StatusCode,
        /// After this time.
        #[serde(serialize_with = "json::millis")]
        latency: Duration,
        /// With these headers.
        #[serde(serialize_with = "json::headers")]
        headers: HeaderMap,
        /// And this body, as text.
        body: String,
    },
    /// Which answer of the integration was taken.
    IntegrationResponse {
        /// What the patterns were held against: a status, or an error message.
        subject: String,
        /// The pattern that matched; `None` for the default.
        pattern: Option<String>,
        /// The status for the client.
        status: u16,
    },
    /// The answer for the client, before the gateway's own headers.
    MethodResponse {
        /// The status.
        #[serde(serialize_with = "json::status")]
        status: StatusCode,
        /// The headers.
        #[serde(serialize_with = "json::headers")]
        headers: HeaderMap,
        /// The body, as text.
        body: String,
    },
    /// The gateway itself answered, because a step refused or failed the request.
    GatewayResponse {
        /// The gateway response type, such as `THROTTLED`.
        response_type: String,
        /// Whose status, headers and body were taken: `explicit` (this type's own), `DEFAULT_4XX`, `DEFAULT_5XX`, `stock`.
        source: String,
        /// The status.
        #[serde(serialize_with = "json::status")]
        status: StatusCode,
        /// Why, with the causes, which the client does not see.
        reason: String,
    },
    /// The execution failed.
    Failed {
        /// Why, in AWS's words where it has some: `configuration error: Invalid endpoint address`.
        reason: String,
    },
}

/// Whether a template is for the request or for the response.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Phase {
    /// For the request to the backend.
    Request,
    /// For the answer to the client.
    Response,
}

/// A route that could have been meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Its key.
    pub route: String,
    /// Why it lost; `None` for the one that serves.
    pub lost: Option<String>,
}

/// An error with its causes.
pub(crate) fn reason(error: &(dyn StdError + 'static)) -> String {
    let mut told = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        told.push_str(": ");
        told.push_str(&cause.to_string());
        next = cause.source();
    }
    told
}

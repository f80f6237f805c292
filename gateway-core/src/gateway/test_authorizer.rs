use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::Method;
use serde_json::Value;

use super::{GatewayHandle, TestInvokeError, test_invoke};
use crate::{
    authorizer,
    body::Body,
    context::{Authorization, RouteFacts, Variables},
    error::{Error, ErrorKind},
    service::{Parts, Request},
    trace::{Step, Trace, TracedStep, mask, reason},
};

/// A call of one authorizer, without a method behind it.
///
/// API Gateway API reference: *TestInvokeAuthorizer*.
#[derive(Clone, Default)]
pub struct TestInvokeAuthorizer {
    /// Its name in the API: what `authorizers` of a definition or [`Api::authorizer`](crate::Api::authorizer) call it.
    pub authorizer: String,
    /// Path and query of the request; `/` unless given.
    pub path_with_query: Option<String>,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Bytes,
    /// The stage variables.
    pub stage_variables: Variables,
    /// What else the authorizer is told of the request: `httpMethod`, `identity.sourceIp`, `resourcePath`.
    pub additional_context: BTreeMap<String, String>,
}

/// What an authorizer found out, and the log of it.
#[non_exhaustive]
pub struct TestInvokedAuthorizer {
    /// 0 if it found out who calls, whatever his policy lets him do, unless that denies this very request; else the status
    /// that a client would get.
    pub client_status: u16,
    /// The execution log, in AWS's words; it ends with a line break.
    pub log: String,
    /// How long it took.
    pub latency: Duration,
    /// Who calls.
    pub principal_id: Option<String>,
    /// The policy that a Lambda authorizer's function gave, as JSON.
    pub policy: Option<String>,
    /// What was granted: `scope`, where a token has some.
    pub authorization: BTreeMap<String, Vec<String>>,
    /// The claims of a token.
    pub claims: BTreeMap<String, String>,
    /// The same as a route gets it.
    pub outcome: Result<Authorization, Error>,
    /// What was decided, in order.
    pub steps: Vec<TracedStep>,
}

impl GatewayHandle {
    /// Asks one authorizer of an API who calls: nothing else is asked, nothing is counted, and what it remembers of callers
    /// is neither used nor changed.
    ///
    /// `stage` chooses the deployment, the first by name if there is none; its name and variables are not seen.
    ///
    /// # Errors
    /// When there is no such authorizer, or the request cannot be.
    pub async fn test_invoke_authorizer(
        &self,
        api: &str,
        stage: Option<&str>,
        call: TestInvokeAuthorizer,
    ) -> Result<TestInvokedAuthorizer, TestInvokeError> {
        let deployment = self.tested(api, stage).map_err(|_| TestInvokeError::Authorizer)?;
        let found = deployment.authorizers.get(&call.authorizer).ok_or(TestInvokeError::Authorizer)?;
        let given = Given::read(&call.additional_context)?;
        let trace = Trace::new();
        let parts = parts(&call, given.method, &trace)?;
        let context = self.test_context(&parts, &deployment, &call.stage_variables, given.source_ip);
        if let Some(resource_path) = given.resource_path {
            let route_key = format!("{} {resource_path}", parts.method);
            context.set_route(Arc::new(RouteFacts { resource_path, route_key, ..RouteFacts::default() }));
        }
        context.set_body(call.body.clone());

        let mut text = String::new();
        let mut log = test_invoke::log(&mut text, &self.shared.runtime.clock, &context);
        log.line(format_args!("Starting authorizer: {} for request: {}", call.authorizer, context.request_id()));
        let outcome = authorizer::ask(&**found, &parts, &context).await;
        let latency = context.age();
        let steps = trace.steps();
        let body = steps.iter().find_map(|traced| match &traced.step {
            Step::AuthorizerResult { body } => Some(body),
            _ => None,
        });
        if let Some(body) = body {
            log.line(format_args!("Authorizer result body before parsing: {body}"));
        }
        match &outcome {
            Ok(caller) => {
                let principal = mask::value("authorization", caller.principal_id());
                log.line(format_args!("Using valid authorizer policy for principal: {principal}"));
                log.line(format_args!("Successfully completed authorizer execution"));
            }
            Err(error) if error.kind() == ErrorKind::Unauthorized => {
                log.line(format_args!("Unauthorized request: {}", context.request_id()));
            }
            Err(error) if error.kind() == ErrorKind::AccessDenied => {
                log.line(format_args!("{}", error.message().or(error.kind().message()).unwrap_or_default()));
            }
            Err(error) => {
                log.line(format_args!("Execution failed due to configuration error: {}", reason(error)));
                log.line(format_args!("{}", error.kind().exception()));
            }
        }
        drop(log);
        let client_status = match &outcome {
            Ok(_) => 0,
            Err(error) => deployment.responses.render(error.without_source(), &context).status().as_u16(),
        };
        let caller = outcome.as_ref().ok().or(context.authorization());
        let scopes = caller.map(Authorization::scopes).filter(|scopes| !scopes.is_empty());
        Ok(TestInvokedAuthorizer {
            client_status,
            log: text,
            latency,
            principal_id: caller.map(|caller| caller.principal_id().to_owned()),
            policy: body.and_then(|body| policy(body)),
            authorization: scopes.map(|scopes| ("scope".to_owned(), scopes.to_vec())).into_iter().collect(),
            claims: caller.map(|caller| caller.claims().clone()).unwrap_or_default(),
            outcome,
            steps,
        })
    }
}

/// The facts that a caller may give.
#[derive(Default)]
struct Given {
    method: Method,
    source_ip: Option<std::net::IpAddr>,
    resource_path: Option<String>,
}

impl Given {
    fn read(facts: &BTreeMap<String, String>) -> Result<Self, TestInvokeError> {
        let mut given = Self::default();
        for (name, value) in facts {
            let wrong = || TestInvokeError::Context(name.clone());
            match name.as_str() {
                "httpMethod" => given.method = value.parse().map_err(|_| wrong())?,
                "identity.sourceIp" => given.source_ip = Some(value.parse().map_err(|_| wrong())?),
                "resourcePath" => given.resource_path = Some(value.clone()),
                _ => return Err(wrong()),
            }
        }
        Ok(given)
    }
}

fn parts(call: &TestInvokeAuthorizer, method: Method, trace: &Arc<Trace>) -> Result<Parts, TestInvokeError> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = method;
    *request.uri_mut() = test_invoke::uri(call.path_with_query.as_deref().unwrap_or("/"))?;
    *request.headers_mut() = test_invoke::headers(&call.headers)?;
    request.extensions_mut().insert(Arc::clone(trace));
    Ok(request.into_parts().0)
}

/// The policy in a function's answer.
fn policy(answer: &str) -> Option<String> {
    let answer: Value = serde_json::from_str(answer).ok()?;
    answer.get("policyDocument").map(ToString::to_string)
}

/// Without the headers, which may hold credentials.
impl fmt::Debug for TestInvokeAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestInvokeAuthorizer").field("authorizer", &self.authorizer).finish_non_exhaustive()
    }
}

impl fmt::Debug for TestInvokedAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestInvokedAuthorizer")
            .field("client_status", &self.client_status)
            .field("outcome", &self.outcome)
            .finish_non_exhaustive()
    }
}

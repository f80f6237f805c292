//! Lambda authorizers: a function says who calls and what he may do.

mod builder;
mod callee;
mod event;
mod factory;
mod failure;
mod identity;
mod output;
mod uri;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use gateway_core::{
    Authorization, Authorizer, AuthorizerFacts, Context, Error, ErrorKind, Invocation, Parts, PolicyCombination,
    PolicyEffect, ResultCache, ResultKey, StageFacts, Step, execute_api_arn,
};

pub use self::{
    builder::{LambdaAuthorizerBuilder, LambdaAuthorizerError},
    event::AuthorizerEvent,
    factory::LambdaAuthorizers,
};
use self::{
    callee::Callee,
    failure::Failure,
    identity::{Identity, Sources},
    output::{Output, Verdict},
};
use crate::policy::{PolicyRequest, RequestKeys};

const INVOKE: &str = "execute-api:Invoke";

/// The longest resource that a function is asked about, in bytes.
const MAX_ARN: usize = 1600;

/// Asks a function who calls, and holds each request against the policy that it gave.
///
/// A request without one of the identity sources is refused (401), and nobody is asked. What the function gives is
/// remembered by their values, for the time to live: the whole of it, so that each request is held against the policy
/// anew. Of requests with the same new values that come together one asks, and all go by its answer. Failures are never
/// remembered.
///
/// | outcome | REST | HTTP |
/// |---|---|---|
/// | an identity source is missing, or the token does not match the expression | 401 | 401 |
/// | the function fails with the message `Unauthorized` | 401 | 401 |
/// | the policy denies, or allows nothing that is asked for; `isAuthorized` is `false` | 403 | 403 |
/// | the function fails otherwise, takes too long, or gives what cannot be used | 500 | 500 |
///
/// What it finds out is `$context.authorizer.*`; of a REST API all as text.
///
/// AWS developer guide: *Use API Gateway Lambda authorizers*; *Control access to HTTP APIs with AWS Lambda authorizers*;
/// *Create a Lambda REQUEST authorizer function* (WebSocket APIs).
///
/// # Example: one layer in an existing service
/// ```
/// use gateway_auth::{AuthorizerEvent, LambdaAuthorizer};
/// use gateway_core::{Authorizer, Error, Invocation, Invoked};
///
/// // Anything that is called as a Lambda function is; here one in this process.
/// let function = |call: Invocation| async move {
///     let event: serde_json::Value = serde_json::from_slice(&call.payload).unwrap_or_default();
///     let known = event["identitySource"][0] == "open sesame";
///     Ok::<_, Error>(Invoked::new(serde_json::json!({ "isAuthorized": known }).to_string()))
/// };
/// let authorizer = LambdaAuthorizer::builder(AuthorizerEvent::Version2, function)
///     .simple_responses(true)
///     .identity_sources(["$request.header.Authorization"])
///     .result_ttl(std::time::Duration::from_secs(300))
///     .build()?;
/// let layer = authorizer.into_layer(); // axum: `.layer(layer)`
/// # Ok::<(), gateway_auth::LambdaAuthorizerError>(())
/// ```
pub struct LambdaAuthorizer {
    event: AuthorizerEvent,
    callee: Callee,
    sources: Sources,
    simple: bool,
    ttl: Duration,
    timeout: Duration,
    cache: ResultCache,
    /// What sets its results apart from those of an authorizer that stood in its place before.
    mark: String,
    stage: Option<Arc<StageFacts>>,
    credentials: Option<String>,
}

impl LambdaAuthorizer {
    /// Whether results are remembered.
    fn remembers(&self) -> bool {
        !self.ttl.is_zero() && !self.sources.is_empty()
    }

    /// Who calls, as far as the request itself says; and the resource that is called.
    fn begin<'a>(&'a self, request: &'a Parts, context: &'a Context) -> Result<(Identity<'a>, String), Error> {
        if let Some(stage) = &self.stage {
            context.set_stage(Arc::clone(stage));
        }
        let arn = execute_api_arn(request, context);
        if arn.len() > MAX_ARN {
            return Err(ErrorKind::UriTooLong.into());
        }
        let identity = self.sources.identity(request, context).ok_or(ErrorKind::Unauthorized)?;
        Ok((identity, arn))
    }

    fn key(&self, identity: &Identity<'_>, context: &Context) -> ResultKey {
        ResultKey::new(context, [self.mark.as_str()].into_iter().chain(identity.all()))
    }

    /// Calls the function.
    async fn ask(
        &self,
        identity: &Identity<'_>,
        arn: &str,
        request: &Parts,
        context: &Context,
    ) -> Result<(Output, usize), Error> {
        let started = context.clock().elapsed();
        let (status, outcome) = self.call(identity, arn, request, context).await;
        let error = outcome.as_ref().err().map(Failure::text);
        let latency = context.clock().elapsed().saturating_sub(started);
        context.set_authorizer(AuthorizerFacts { status, latency, error });
        outcome.map_err(Error::from)
    }

    async fn call(
        &self,
        identity: &Identity<'_>,
        arn: &str,
        request: &Parts,
        context: &Context,
    ) -> (Option<http::StatusCode>, Result<(Output, usize), Failure>) {
        let Some((function, name)) = self.callee.find(context) else { return (None, Err(Failure::NoFunction)) };
        let payload = self.event.write(identity, arn, request, context);
        let mut invocation = Invocation::new(payload);
        invocation.function = name;
        invocation.credentials.clone_from(&self.credentials);
        let invoked = match tokio::time::timeout(self.timeout, function.invoke(invocation, context)).await {
            Ok(Ok(invoked)) => invoked,
            Ok(Err(error)) => return (None, Err(Failure::Call(error))),
            Err(_) => return (None, Err(Failure::Timeout)),
        };
        let size = invoked.payload.len();
        context.record(|| Step::AuthorizerResult { body: output::told(&invoked.payload) });
        let output = output::read(&invoked, self.event, self.simple);
        // What is compiled takes more room than its text.
        (Some(invoked.status), output.map(|output| (output, size.saturating_mul(4))))
    }

    /// What the function's answer means for this request.
    fn decide(&self, output: &Output, arn: &str, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        // Ignored where it was asked just now.
        context.set_authorizer(AuthorizerFacts { status: None, latency: Duration::ZERO, error: None });
        let caller = &output.authorization;
        let effect = match &output.verdict {
            Verdict::Simple(true) => PolicyEffect::Allow,
            Verdict::Simple(false) => PolicyEffect::Deny,
            Verdict::Policy(policy) => {
                let keys = RequestKeys::new(request, context);
                let decision = policy.evaluate(&PolicyRequest::new(INVOKE, arn).keys(&keys));
                context.record(|| Step::CallerPolicy {
                    effect: decision.effect().to_string(),
                    statement: decision.statement().map(str::to_owned),
                });
                decision.effect()
            }
        };
        match effect {
            PolicyEffect::Allow => Ok(caller.clone()),
            PolicyEffect::Deny => {
                context.set_authorization(caller.clone());
                let message = "User is not authorized to access this resource with an explicit deny";
                Err(Error::new(ErrorKind::AccessDenied).with_message(message))
            }
            _ => Ok(caller.clone().silent()),
        }
    }
}

#[async_trait]
impl Authorizer for LambdaAuthorizer {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let (identity, arn) = self.begin(request, context)?;
        let ask = self.ask(&identity, &arn, request, context);
        if self.remembers() {
            let key = self.key(&identity, context);
            let output = self.cache.find_or_ask(&key, self.ttl, &**context.clock(), ask).await?;
            self.decide(&output, &arn, request, context)
        } else {
            self.decide(&ask.await?.0, &arn, request, context)
        }
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        let (identity, arn) = match self.begin(request, context) {
            Ok(begun) => begun,
            Err(error) => return Some(Err(error)),
        };
        if !self.remembers() {
            return None;
        }
        let output = self.cache.find(&self.key(&identity, context), &**context.clock())?;
        Some(self.decide(&output, &arn, request, context))
    }

    fn policy_combination(&self) -> PolicyCombination {
        PolicyCombination::EitherAllows
    }
}

impl fmt::Debug for LambdaAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LambdaAuthorizer")
            .field("event", &self.event)
            .field("callee", &self.callee)
            .field("sources", &self.sources)
            .field("ttl", &self.ttl)
            .finish_non_exhaustive()
    }
}

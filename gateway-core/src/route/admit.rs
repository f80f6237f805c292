use std::sync::Arc;

use http::Method;

use crate::{
    authorizer::AuthorizerGuard,
    body::Body,
    context::{ApiKind, Authorization, Context},
    error::Error,
    guard::{Guard, ask, buffer},
    policy::{PolicyEffect, PolicyPhase, ResourcePolicy, access_denied, check_length},
    service::Parts,
    trace::{Step, reason},
    usage_plan::{Limiter, UsagePlans},
};

/// What a request must pass before its route serves it. The order is written down here, once.
pub(crate) struct Admission {
    pub(crate) kind: ApiKind,
    /// The API's guards, then the route's own.
    pub(crate) guards: Box<[Arc<dyn Guard>]>,
    pub(crate) policy: Option<Arc<dyn ResourcePolicy>>,
    /// Whether nobody may call without a policy: private APIs.
    pub(crate) needs_policy: bool,
    pub(crate) authorizer: Option<AuthorizerGuard>,
    pub(crate) plans: Option<Arc<UsagePlans>>,
    pub(crate) throttle: Option<Box<RouteThrottle>>,
    pub(crate) account: Option<Limiter>,
}

/// The stage's throttle of one route: each method of `ANY` may have its own.
#[derive(Debug, Default)]
pub(crate) struct RouteThrottle {
    pub(crate) all: Option<Limiter>,
    pub(crate) by_method: Vec<(Method, Limiter)>,
}

impl RouteThrottle {
    fn of(&self, method: &Method) -> Option<&Limiter> {
        let own = self.by_method.iter().find(|(single, _)| single == method);
        own.map(|(_, limiter)| limiter).or(self.all.as_ref())
    }
}

impl Admission {
    /// Lets the request pass, or refuses it: guards, policy, authorizer, policy, API key, throttles (key and method, key,
    /// method of the stage, account), quota. In an HTTP API the throttles of stage and account come after the guards.
    pub(crate) async fn admit(&self, request: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
        if self.guards.iter().any(Guard::reads_body) {
            // Boxed, as few requests are read here; the same below.
            Box::pin(buffer(body, context)).await?;
        }
        self.guard(request, context).await?;
        // An HTTP API throttles before it asks who calls.
        let throttles_first = self.kind == ApiKind::Http;
        if throttles_first {
            self.throttle(request, context).await?;
        }
        self.authorized(request, body, context).await?;
        let key = self.plans.as_ref().map(|plans| plans.identify(request, context)).transpose()?;
        if let Some(key) = &key {
            key.throttle(context).await?;
        }
        if !throttles_first {
            self.throttle(request, context).await?;
        }
        match key {
            Some(key) => key.count(context).await,
            None => Ok(()),
        }
    }

    /// Policy, authorizer, and policy with its result.
    async fn authorized(&self, request: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
        if self.policy.is_some() || (self.authorizer.is_some() && self.kind == ApiKind::Rest) {
            check_length(request, context)?;
        }
        match &self.policy {
            Some(policy) => self.authorize_with(&**policy, request, body, context).await,
            None if self.needs_policy => Err(unasked(request, context)),
            None => self.authorize_without(request, body, context).await,
        }
    }

    async fn guard(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        for (place, guard) in self.guards.iter().enumerate() {
            let answer = ask(&**guard, request, context).await;
            context.record(|| Step::Guard { place, refused: answer.as_ref().err().map(|error| reason(error)) });
            answer?;
        }
        Ok(())
    }

    async fn authorize(&self, request: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
        let Some(authorizer) = &self.authorizer else { return Ok(()) };
        if authorizer.reads_body() {
            Box::pin(buffer(body, context)).await?;
        }
        let answer = ask(authorizer, request, context).await;
        context.record(|| Step::Authorizer {
            principal_id: context.authorization().map(|caller| caller.principal_id().to_owned()),
            refused: answer.as_ref().err().map(|error| reason(error)),
        });
        answer
    }

    /// The authorizer where no resource policy can let in a caller of another account.
    async fn authorize_without(&self, request: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
        self.authorize(request, body, context).await?;
        let knows = |authorizer: &AuthorizerGuard| authorizer.0.policy_combination().knows_accounts();
        if self.authorizer.as_ref().is_some_and(knows) && !is_same_account(context) {
            return Err(access_denied(request, context, PolicyEffect::Silent));
        }
        Ok(())
    }

    /// The authorizer and the API's resource policy, together.
    async fn authorize_with(
        &self,
        policy: &dyn ResourcePolicy,
        request: &Parts,
        body: &mut Body,
        context: &Context,
    ) -> Result<(), Error> {
        let ask = |phase, decide: &dyn Fn(PolicyEffect) -> PolicyEffect| {
            let verdict = policy.evaluate(request, context, phase);
            let effect = decide(verdict.effect());
            let refused = (effect != PolicyEffect::Allow).then(|| access_denied(request, context, effect));
            context.record(|| Step::Policy {
                after_authorizer: phase == PolicyPhase::AfterAuthorizer,
                effect: verdict.effect().to_string(),
                statement: verdict.statement().map(str::to_owned),
                refused: refused.as_ref().map(|error| reason(error)),
            });
            refused.map_or(Ok(()), Err)
        };
        let Some(authorizer) = &self.authorizer else { return ask(PolicyPhase::BeforeAuthorizer, &|policy| policy) };
        let combination = authorizer.0.policy_combination();
        if combination.denies_first() {
            ask(PolicyPhase::BeforeAuthorizer, &|policy| match policy {
                PolicyEffect::Deny => PolicyEffect::Deny,
                _ => PolicyEffect::Allow,
            })?;
        }
        let answer = self.authorize(request, body, context).await;
        let caller = match answer {
            Ok(()) => PolicyEffect::Allow,
            Err(_)
                if combination.hears_the_silent() && context.authorization().is_some_and(Authorization::is_silent) =>
            {
                PolicyEffect::Silent
            }
            Err(error) => return Err(error),
        };
        let same = is_same_account(context);
        ask(PolicyPhase::AfterAuthorizer, &|policy| combination.decide(caller, policy, same))
    }

    async fn throttle(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        if let Some(limiter) = self.throttle.as_deref().and_then(|throttle| throttle.of(&request.method)) {
            limiter.take("method", context).await?;
        }
        match &self.account {
            Some(limiter) => limiter.take("account", context).await,
            None => Ok(()),
        }
    }
}

/// The refusal where a policy is needed and there is none.
fn unasked(request: &Parts, context: &Context) -> Error {
    let refused = access_denied(request, context, PolicyEffect::Silent);
    context.record(|| Step::Policy {
        after_authorizer: false,
        effect: PolicyEffect::Silent.to_string(),
        statement: None,
        refused: Some(reason(&refused)),
    });
    refused
}

/// Whether the caller is of the API's own account, or of none.
fn is_same_account(context: &Context) -> bool {
    let identity = context.authorization().and_then(Authorization::identity);
    identity.is_none_or(|caller| context.stage().is_some_and(|stage| stage.account_id == caller.account_id()))
}

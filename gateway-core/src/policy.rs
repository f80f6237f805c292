//! `ResourcePolicy`: what an API's own policy says of a call, and how that and the authorizer's result decide together.

use std::{fmt, sync::Arc};

use crate::{
    context::{Authorization, Context, StageFacts},
    error::{Error, ErrorKind},
    service::Parts,
};

/// A policy of an API: who may call what, from where.
///
/// AWS developer guide: *Control access to a REST API with API Gateway resource policies*.
///
/// # Example
/// ```
/// use gateway_core::{Api, Context, Parts, PolicyPhase, PolicyVerdict, ResourcePolicy};
///
/// /// Lets only the inner network call.
/// struct Inside;
///
/// impl ResourcePolicy for Inside {
///     fn evaluate(&self, _: &Parts, context: &Context, _: PolicyPhase) -> PolicyVerdict {
///         match context.request().source_ip {
///             Some(ip) if ip.is_loopback() => PolicyVerdict::allow().by("Loopback"),
///             _ => PolicyVerdict::silent(),
///         }
///     }
/// }
/// let api = Api::rest("inner").policy(Inside);
/// ```
pub trait ResourcePolicy: Send + Sync + 'static {
    /// Holds a call against the policy. Who calls is known in [`Context::authorization`] only after the authorizer.
    ///
    /// [`execute_api_arn`] is the resource that is called.
    fn evaluate(&self, request: &Parts, context: &Context, phase: PolicyPhase) -> PolicyVerdict;
}

impl<P: ResourcePolicy + ?Sized> ResourcePolicy for Arc<P> {
    fn evaluate(&self, request: &Parts, context: &Context, phase: PolicyPhase) -> PolicyVerdict {
        (**self).evaluate(request, context, phase)
    }
}

/// When a policy is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyPhase {
    /// Before the authorizer, or without one.
    BeforeAuthorizer,
    /// With the authorizer's result.
    AfterAuthorizer,
}

/// What a policy says of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyEffect {
    /// A statement allows it, and none denies it.
    Allow,
    /// A statement denies it.
    Deny,
    /// No statement is about it.
    #[default]
    Silent,
}

/// What a policy says of a call, and which of its statements says so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PolicyVerdict {
    effect: PolicyEffect,
    statement: Option<Arc<str>>,
}

impl PolicyVerdict {
    /// A statement allows it.
    #[must_use]
    pub fn allow() -> Self {
        Self { effect: PolicyEffect::Allow, statement: None }
    }

    /// A statement denies it.
    #[must_use]
    pub fn deny() -> Self {
        Self { effect: PolicyEffect::Deny, statement: None }
    }

    /// No statement is about it.
    #[must_use]
    pub fn silent() -> Self {
        Self::default()
    }

    /// The statement that decided: its `Sid`, or its place, for who asks why.
    #[must_use]
    pub fn by(mut self, statement: impl Into<Arc<str>>) -> Self {
        self.statement = Some(statement.into());
        self
    }

    /// What it says.
    #[must_use]
    pub fn effect(&self) -> PolicyEffect {
        self.effect
    }

    /// The statement that decided.
    #[must_use]
    pub fn statement(&self) -> Option<&str> {
        self.statement.as_deref()
    }
}

/// How an authorizer's result and the API's resource policy decide together.
///
/// AWS developer guide: *How API Gateway resource policies affect authorization workflow*.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyCombination {
    /// After the authorizer has passed the request the policy decides alone, and must allow it: Cognito user pools, JWT.
    #[default]
    PolicyAlone,
    /// An explicit denial counts before the authorizer is asked; then one of the two must allow, and none deny: Lambda
    /// authorizers.
    EitherAllows,
    /// After the authorizer one of the two must allow, and none deny; of a caller of another account both must: IAM.
    Iam,
    /// An explicit denial counts before the authorizer is asked; then both must allow: authorizers of several kinds that
    /// stand together.
    BothAllow,
}

impl PolicyCombination {
    /// Whether a caller whom no policy of his own allows to call may still be allowed.
    pub(crate) fn hears_the_silent(self) -> bool {
        matches!(self, Self::EitherAllows | Self::Iam)
    }

    /// Whether a caller of another account is let in only by a resource policy.
    pub(crate) fn knows_accounts(self) -> bool {
        matches!(self, Self::Iam | Self::BothAllow)
    }

    /// Whether an explicit denial counts before the authorizer is asked.
    pub(crate) fn denies_first(self) -> bool {
        matches!(self, Self::EitherAllows | Self::BothAllow)
    }

    /// What the authorizer's result and the policy's say together.
    pub(crate) fn decide(self, caller: PolicyEffect, policy: PolicyEffect, same_account: bool) -> PolicyEffect {
        use PolicyEffect::{Allow, Deny, Silent};
        match (self, caller, policy) {
            (_, Deny, _) | (_, _, Deny) => Deny,
            (Self::PolicyAlone, _, policy) => policy,
            (_, Allow, Allow) => Allow,
            (Self::Iam, _, _) if !same_account => Silent,
            (Self::BothAllow, _, _) | (_, Silent, Silent) => Silent,
            (_, Allow, Silent) | (_, Silent, Allow) => Allow,
        }
    }
}

/// The resource that a request calls, as policies name it:
/// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{METHOD}/{path}`, and `.../{stage}/$connect` where a connection is
/// opened. Empty before the stage is known.
#[must_use]
pub fn execute_api_arn(request: &Parts, context: &Context) -> String {
    context.stage().map_or_else(String::new, |stage| arn(request, context, stage, &stage.account_id))
}

/// The key of the route that opens a connection of a WebSocket API.
const CONNECT: &str = "$connect";

fn arn(request: &Parts, context: &Context, stage: &StageFacts, account: &str) -> String {
    let StageFacts { region, api_id, stage, .. } = stage;
    let path = request.uri.path().trim_start_matches('/');
    let is_connect = context.route().is_some_and(|route| route.route_key == CONNECT);
    let called = if is_connect { [CONNECT, "", ""] } else { [request.method.as_str(), "/", path] };
    let [first, slash, rest] = called;
    ["arn:aws:execute-api:", region, ":", account, ":", api_id, "/", stage, "/", first, slash, rest].concat()
}

/// The longest [`execute_api_arn`] that a policy or an authorizer is asked about, in bytes.
const MAX_ARN: usize = 1600;

/// Refuses a request whose resource has a longer name than policies can hold.
///
/// AWS developer guide: *Quotas for configuring and running a REST API in API Gateway*.
pub(crate) fn check_length(request: &Parts, context: &Context) -> Result<(), Error> {
    let length = context.stage().map_or(0, |stage| {
        let StageFacts { region, account_id, api_id, stage, .. } = &**stage;
        let path = request.uri.path().trim_start_matches('/');
        let names = [region, account_id, api_id, stage, request.method.as_str(), path];
        "arn:aws:execute-api".len() + names.iter().map(|name| name.len() + 1).sum::<usize>()
    });
    if length > MAX_ARN { Err(ErrorKind::UriTooLong.into()) } else { Ok(()) }
}

/// The refusal of a call that a policy does not allow, in AWS's words. It names the caller, if he signed, and the
/// resource; the account in that is masked as AWS masks it.
#[must_use]
pub fn access_denied(request: &Parts, context: &Context, effect: PolicyEffect) -> Error {
    let identity = context.authorization().and_then(Authorization::identity);
    let caller = identity.map_or("anonymous", |identity| identity.user_arn.as_str());
    let resource = context.stage().map_or_else(String::new, |stage| {
        let account = &stage.account_id;
        let last = account.char_indices().rev().nth(3).and_then(|(start, _)| account.get(start..));
        arn(request, context, stage, &format!("********{}", last.unwrap_or(account)))
    });
    let explicitly = if effect == PolicyEffect::Deny { " with an explicit deny" } else { "" };
    Error::new(ErrorKind::AccessDenied).with_message(format!(
        "User: {caller} is not authorized to perform: execute-api:Invoke on resource: {resource}{explicitly}"
    ))
}

impl fmt::Display for PolicyEffect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Allow => "Allow",
            Self::Deny => "Deny",
            Self::Silent => "no statement",
        })
    }
}

use std::{fmt, sync::Arc};

use gateway_core::{
    Authorization, Context, Parts, PolicyEffect, PolicyPhase, PolicyVerdict, Problem, ResourcePolicy, execute_api_arn,
};
use serde_json::Value;

use super::{PolicyRequest, RequestKeys, parse, statement::Statement};

/// The action that a call of a method or route is.
pub(crate) const INVOKE: &str = "execute-api:Invoke";

/// Where a policy document stands, which decides whether its statements name principals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PolicyType {
    /// With the caller: a policy of a user or role, or the result of a Lambda authorizer. It names no principal.
    Identity,
    /// With the API: each statement says whom it is about. A resource may be `execute-api:/STAGE/METHOD/path`, which is
    /// of the API that has the policy.
    Resource,
}

/// An IAM policy document, compiled.
///
/// As a [`ResourcePolicy`] it is the policy of a REST API. Other callers hold a [`PolicyRequest`] against it.
///
/// AWS: *IAM JSON policy element reference*; *Control access to a REST API with API Gateway resource policies*.
///
/// # Example
/// ```
/// use gateway_auth::{PolicyDocument, PolicyRequest, PolicyType};
/// use gateway_core::PolicyEffect;
/// use serde_json::json;
///
/// let document = json!({
///     "Version": "2012-10-17",
///     "Statement": [
///         { "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:*/prod/*" },
///         { "Sid": "NoDeletes", "Effect": "Deny", "Action": "execute-api:*", "Resource": "*/DELETE/*" },
///     ],
/// });
/// let policy = PolicyDocument::parse(&document, PolicyType::Identity)?;
/// let call = |resource| policy.evaluate(&PolicyRequest::new("execute-api:Invoke", resource));
/// let decision = call("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/GET/pets");
/// assert_eq!(decision.effect(), PolicyEffect::Allow);
/// let decision = call("arn:aws:execute-api:eu-west-1:123456789012:a1b2c3/prod/DELETE/pets");
/// assert_eq!((decision.effect(), decision.statement()), (PolicyEffect::Deny, Some("NoDeletes")));
/// # Ok::<(), gateway_core::Problem>(())
/// ```
#[derive(Clone)]
pub struct PolicyDocument {
    pub(super) denials: Box<[Statement]>,
    pub(super) allowances: Box<[Statement]>,
}

/// What a policy says of a request, and which of its statements says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Decision<'p> {
    effect: PolicyEffect,
    statement: Option<&'p Arc<str>>,
    delegates: bool,
}

impl<'p> Decision<'p> {
    /// What it says.
    #[must_use]
    pub fn effect(&self) -> PolicyEffect {
        self.effect
    }

    /// The statement that decided: its `Sid`, or its place, such as `Statement[2]`.
    #[must_use]
    pub fn statement(&self) -> Option<&'p str> {
        self.statement.map(|label| &**label)
    }

    /// The same, shared.
    #[must_use]
    pub fn shared_statement(&self) -> Option<&'p Arc<str>> {
        self.statement
    }

    /// Whether the policy allows the call to the caller's account only, which must allow it to the caller itself.
    #[must_use]
    pub fn delegates(&self) -> bool {
        self.delegates
    }
}

impl PolicyDocument {
    /// Reads and compiles a document.
    ///
    /// # Errors
    /// What is wrong with it, with its place in the document.
    pub fn parse(document: &Value, kind: PolicyType) -> Result<Self, Problem> {
        parse::document(document, kind)
    }

    /// The same of JSON text.
    ///
    /// # Errors
    /// When the text is no JSON, and as [`parse`](Self::parse).
    pub fn from_json(text: &str, kind: PolicyType) -> Result<Self, Problem> {
        let document = serde_json::from_str(text).map_err(|error| Problem::new("", format!("no JSON: {error}")))?;
        Self::parse(&document, kind)
    }

    /// A document that allows everything.
    #[must_use]
    pub fn allow_all() -> Self {
        Self { denials: Box::default(), allowances: Box::new([Statement::everything()]) }
    }

    /// Holds a request against the document: a denial stands above every allowance.
    ///
    /// Asks for no memory.
    #[must_use]
    pub fn evaluate(&self, request: &PolicyRequest<'_>) -> Decision<'_> {
        if let Some(denial) = self.denials.iter().find(|statement| statement.matches(request)) {
            return Decision { effect: PolicyEffect::Deny, statement: Some(&denial.label), delegates: false };
        }
        let mut delegated = Decision::default();
        for statement in self.allowances.iter().filter(|statement| statement.matches(request)) {
            let delegates = statement.delegates(request);
            let allowed = Decision { effect: PolicyEffect::Allow, statement: Some(&statement.label), delegates };
            if !delegates {
                return allowed;
            }
            delegated = allowed;
        }
        delegated
    }
}

/// Holds a request against several documents that count as one.
#[must_use]
pub fn evaluate_all<'p>(documents: &'p [PolicyDocument], request: &PolicyRequest<'_>) -> Decision<'p> {
    let mut allowed = Decision::default();
    for decision in documents.iter().map(|document| document.evaluate(request)) {
        match decision.effect {
            PolicyEffect::Deny => return decision,
            PolicyEffect::Allow if allowed.effect != PolicyEffect::Allow => allowed = decision,
            _ => {}
        }
    }
    allowed
}

impl ResourcePolicy for PolicyDocument {
    fn evaluate(&self, request: &Parts, context: &Context, _: PolicyPhase) -> PolicyVerdict {
        let caller = context.authorization();
        let (resource, keys) = (execute_api_arn(request, context), RequestKeys::new(request, context));
        let call = PolicyRequest::new(INVOKE, &resource).keys(&keys).caller(caller.and_then(Authorization::identity));
        let decision = self.evaluate(&call);
        let verdict = match decision.effect {
            PolicyEffect::Deny => PolicyVerdict::deny(),
            PolicyEffect::Allow if decision.delegates && caller.is_some_and(Authorization::is_silent) => {
                PolicyVerdict::silent()
            }
            PolicyEffect::Allow => PolicyVerdict::allow(),
            _ => PolicyVerdict::silent(),
        };
        match decision.statement {
            Some(label) => verdict.by(Arc::clone(label)),
            None => verdict,
        }
    }
}

impl fmt::Debug for PolicyDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let labels = |statements: &[Statement]| statements.iter().map(|one| Arc::clone(&one.label)).collect::<Vec<_>>();
        f.debug_struct("PolicyDocument")
            .field("denials", &labels(&self.denials))
            .field("allowances", &labels(&self.allowances))
            .finish()
    }
}

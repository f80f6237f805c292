//! What the function gave, read once.

use gateway_core::{Authorization, Invoked};
use serde_json::{Map, Value};

use super::{AuthorizerEvent, failure::Failure};
use crate::policy::{PolicyDocument, PolicyType};

/// AWS's longest resource of a returned policy, in characters.
const MAX_RESOURCE: usize = 512;

/// The longest answer for a connection, in bytes.
const MAX_OF_CONNECTION: usize = 8 * 1024;

/// An answer that can be gone by.
pub(super) struct Output {
    pub(super) authorization: Authorization,
    pub(super) verdict: Verdict,
}

/// What it says of calls.
pub(super) enum Verdict {
    Simple(bool),
    Policy(PolicyDocument),
}

/// Reads what came of a call.
pub(super) fn read(invoked: &Invoked, event: AuthorizerEvent, simple: bool) -> Result<Output, Failure> {
    if !invoked.status.is_success() {
        return Err(Failure::Status(invoked.status));
    }
    if invoked.error.is_some() {
        let error: Option<Value> = serde_json::from_slice(&invoked.payload).ok();
        let message = error.as_ref().and_then(|error| error.get("errorMessage")).and_then(Value::as_str);
        return Err(if message == Some("Unauthorized") { Failure::Unauthorized } else { Failure::Function });
    }
    if event == AuthorizerEvent::Connect && invoked.payload.len() > MAX_OF_CONNECTION {
        return Err(malformed("it is longer than 8192 bytes"));
    }
    let answer: Value = serde_json::from_slice(&invoked.payload).map_err(|_| Failure::NoJson)?;
    let Value::Object(mut answer) = answer else { return Err(malformed("it is no object")) };
    let context = answer.remove("context");
    let (authorization, verdict) = if simple { simple_answer(&answer)? } else { policy_answer(&answer)? };
    let authorization = match context {
        None | Some(Value::Null) => authorization,
        Some(Value::Object(context)) => with_context(authorization, context, event)?,
        Some(_) => return Err(malformed("`context` is no object")),
    };
    Ok(Output { authorization, verdict })
}

/// The answer as it may be written down: without the API key in it.
pub(super) fn told(payload: &[u8]) -> String {
    match serde_json::from_slice(payload) {
        Ok(Value::Object(mut answer)) => {
            if let Some(key) = answer.get_mut("usageIdentifierKey") {
                *key = "[redacted]".into();
            }
            Value::Object(answer).to_string()
        }
        _ => String::from_utf8_lossy(payload).into_owned(),
    }
}

fn malformed(why: impl Into<String>) -> Failure {
    Failure::Malformed(why.into())
}

/// `{"isAuthorized": ...}`.
fn simple_answer(answer: &Map<String, Value>) -> Result<(Authorization, Verdict), Failure> {
    match answer.get("isAuthorized") {
        Some(Value::Bool(authorized)) => Ok((Authorization::new(""), Verdict::Simple(*authorized))),
        _ => Err(malformed("`isAuthorized` is neither true nor false")),
    }
}

/// `{"principalId": ..., "policyDocument": ...}`.
fn policy_answer(answer: &Map<String, Value>) -> Result<(Authorization, Verdict), Failure> {
    let Some(Value::String(principal)) = answer.get("principalId") else {
        return Err(malformed("`principalId` is no text"));
    };
    let document = answer.get("policyDocument").ok_or_else(|| malformed("it has no `policyDocument`"))?;
    if resources(document).any(|resource| resource.chars().count() > MAX_RESOURCE) {
        return Err(malformed("a resource in `policyDocument` is longer than 512 characters"));
    }
    let policy = PolicyDocument::parse(document, PolicyType::Identity)
        .map_err(|problem| malformed(problem.below("/policyDocument").to_string()))?;
    let mut authorization = Authorization::new(principal);
    match answer.get("usageIdentifierKey") {
        None | Some(Value::Null) => {}
        Some(Value::String(key)) => authorization = authorization.with_usage_key(key),
        Some(_) => return Err(malformed("`usageIdentifierKey` is no text")),
    }
    Ok((authorization, Verdict::Policy(policy)))
}

/// The texts of `Resource` and `NotResource` in all statements.
fn resources(document: &Value) -> impl Iterator<Item = &str> {
    let statements = document.get("Statement").map(many).unwrap_or_default();
    let values = statements.iter().flat_map(|statement| [statement.get("Resource"), statement.get("NotResource")]);
    values.flatten().flat_map(many).filter_map(Value::as_str)
}

/// The values of a list; what is none is a list of one.
fn many(value: &Value) -> &[Value] {
    match value {
        Value::Array(all) => all,
        one => std::slice::from_ref(one),
    }
}

/// Adds `context`: of an HTTP API as it is, of others flat, and of a REST API as text.
fn with_context(
    mut authorization: Authorization,
    context: Map<String, Value>,
    event: AuthorizerEvent,
) -> Result<Authorization, Failure> {
    for (name, value) in context {
        let value = match (event, value) {
            (AuthorizerEvent::Version1, _) if name == "claims" => {
                return Err(malformed("`claims` is a reserved name in `context`"));
            }
            (_, Value::Null) => continue,
            (AuthorizerEvent::Version1 | AuthorizerEvent::Version2, value) => value,
            (_, Value::Array(_) | Value::Object(_)) => return Err(malformed("`context` holds a list or an object")),
            (AuthorizerEvent::Token | AuthorizerEvent::Request, value @ (Value::Number(_) | Value::Bool(_))) => {
                value.to_string().into()
            }
            (_, value) => value,
        };
        authorization = authorization.with_context(name, value);
    }
    Ok(authorization)
}

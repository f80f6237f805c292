//! Several authorizers as one.

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use super::{Authorizer, ask};
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
    policy::PolicyCombination,
    service::Parts,
};

type All = Box<[Arc<dyn Authorizer>]>;

/// Lets a caller in whom all of these let in, asked in their order.
///
/// The first refusal is the answer; who stands behind it is not asked. What was found out is put together: of two that
/// say the same thing differently, the first is right. Of none, it refuses everybody: that is a mistake.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{Authorization, Context, Error, ErrorKind, Parts, all_of};
///
/// fn badge(request: &Parts, _: &Context) -> Result<Authorization, Error> {
///     let badge = request.headers.get("x-badge").and_then(|badge| badge.to_str().ok());
///     badge.map(Authorization::new).ok_or_else(|| ErrorKind::Unauthorized.into())
/// }
/// fn not_mallory(request: &Parts, _: &Context) -> Result<Authorization, Error> {
///     match request.headers.get("x-badge").is_some_and(|badge| badge == "mallory") {
///         true => Err(ErrorKind::AccessDenied.into()),
///         false => Ok(Authorization::new("").with_context("floor", 3)),
///     }
/// }
/// let authorizer = all_of([Arc::new(badge) as _, Arc::new(not_mallory) as _]);
/// ```
#[must_use]
pub fn all_of(authorizers: impl IntoIterator<Item = Arc<dyn Authorizer>>) -> AllOf {
    AllOf(authorizers.into_iter().collect())
}

/// Lets a caller in whom one of these lets in, asked in their order; the first that does so says who calls.
///
/// If none does, the answer is that of the most telling refusal, the first among equals:
/// 1. an authorizer failed (5xx): nobody can say whether the caller may;
/// 2. the caller is known and may not ([`AccessDenied`](ErrorKind::AccessDenied));
/// 3. what he showed is not good;
/// 4. he is not known (401), or did not sign.
///
/// A caller whom one of them knows and denies *explicitly* is refused at once: another's leave would not outweigh it.
/// One whom no policy of his own allows (a [silent](Authorization::silent) result) is let in only if nobody else lets
/// him in, and then only if the API's resource policy does. Of none, it refuses everybody.
///
/// # Example
/// ```
/// use std::sync::Arc;
/// use gateway_core::{Authorizer, any_of};
///
/// fn either(tokens: impl Authorizer, keys: impl Authorizer) -> impl Authorizer {
///     any_of([Arc::new(tokens) as _, Arc::new(keys) as _])
/// }
/// ```
#[must_use]
pub fn any_of(authorizers: impl IntoIterator<Item = Arc<dyn Authorizer>>) -> AnyOf {
    AnyOf(authorizers.into_iter().collect())
}

/// See [`all_of`].
pub struct AllOf(All);

/// See [`any_of`].
pub struct AnyOf(All);

#[async_trait]
impl Authorizer for AllOf {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let mut found: Option<Authorization> = None;
        for authorizer in &self.0 {
            found = Some(joined(found, ask(&**authorizer, request, context).await?));
        }
        found.ok_or_else(nobody)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        let mut found: Option<Authorization> = None;
        for authorizer in &self.0 {
            match authorizer.authorize_now(request, context)? {
                Ok(authorization) => found = Some(joined(found, authorization)),
                Err(error) => return Some(Err(error)),
            }
        }
        Some(found.ok_or_else(nobody))
    }

    fn reads_body(&self) -> bool {
        self.0.iter().any(Authorizer::reads_body)
    }

    fn policy_combination(&self) -> PolicyCombination {
        combination(&self.0)
    }
}

#[async_trait]
impl Authorizer for AnyOf {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let mut round = Round::default();
        for authorizer in &self.0 {
            let answer = ask(&**authorizer, request, context).await;
            if let Some(decided) = round.hear(answer, context) {
                return decided;
            }
        }
        round.end()
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        let mut round = Round::default();
        for authorizer in &self.0 {
            let answer = authorizer.authorize_now(request, context)?;
            if let Some(decided) = round.hear(answer, context) {
                return Some(decided);
            }
        }
        Some(round.end())
    }

    fn reads_body(&self) -> bool {
        self.0.iter().any(Authorizer::reads_body)
    }

    fn policy_combination(&self) -> PolicyCombination {
        combination(&self.0)
    }
}

/// What was said so far where one is enough.
#[derive(Default)]
struct Round {
    silent: Option<Authorization>,
    refusal: Option<Error>,
}

impl Round {
    /// Takes in an answer; gives the decision, if it is one.
    fn hear(
        &mut self,
        answer: Result<Authorization, Error>,
        context: &Context,
    ) -> Option<Result<Authorization, Error>> {
        match answer {
            Ok(authorization) if authorization.is_silent() => {
                self.silent.get_or_insert(authorization);
            }
            Ok(authorization) => return Some(Ok(authorization)),
            // Who was written down as the caller cannot be taken back.
            Err(error) if context.authorization().is_some() => return Some(Err(error)),
            Err(error) => {
                if self.refusal.as_ref().is_none_or(|known| rank(&error) > rank(known)) {
                    self.refusal = Some(error);
                }
            }
        }
        None
    }

    fn end(self) -> Result<Authorization, Error> {
        match (self.silent, self.refusal) {
            (_, Some(error)) if error.status().is_server_error() => Err(error),
            (Some(silent), _) => Ok(silent),
            (None, refusal) => Err(refusal.unwrap_or_else(nobody)),
        }
    }
}

/// How much a refusal tells.
fn rank(error: &Error) -> u8 {
    match error.kind() {
        _ if error.status().is_server_error() => 3,
        ErrorKind::AccessDenied => 2,
        ErrorKind::Unauthorized | ErrorKind::MissingAuthenticationToken => 0,
        _ => 1,
    }
}

fn joined(found: Option<Authorization>, next: Authorization) -> Authorization {
    match found {
        Some(found) => found.and(&next),
        None => next,
    }
}

/// The refusal of a list without an authorizer.
fn nobody() -> Error {
    Error::new(ErrorKind::AuthorizerConfigurationError).with_source("there is no authorizer to ask")
}

/// What all of them say, or where they differ the strictest.
fn combination(authorizers: &[Arc<dyn Authorizer>]) -> PolicyCombination {
    let mut all = authorizers.iter().map(Authorizer::policy_combination);
    let Some(first) = all.next() else { return PolicyCombination::default() };
    if all.all(|other| other == first) { first } else { PolicyCombination::BothAllow }
}

impl fmt::Debug for AllOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AllOf").field(&self.0.len()).finish()
    }
}

impl fmt::Debug for AnyOf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyOf").field(&self.0.len()).finish()
    }
}

#[cfg(test)]
#[path = "combined_tests.rs"]
mod tests;

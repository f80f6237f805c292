//! `Authorizer`: who calls. The result cache, keyed by identity sources.

mod cache;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use self::cache::{CachedAuthorizer, ResultCache};
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
    guard::{Guard, GuardLayer},
    policy::PolicyCombination,
    service::Parts,
};

/// Finds out who calls, or refuses the request.
///
/// A closure `|request: &Parts, context: &Context| -> Result<Authorization, Error>` is an authorizer too.
///
/// # Example
/// ```
/// use async_trait::async_trait;
/// use gateway_core::{Authorization, Authorizer, Context, Error, ErrorKind, Parts};
///
/// struct Badge;
///
/// #[async_trait]
/// impl Authorizer for Badge {
///     async fn authorize(&self, request: &Parts, _: &Context) -> Result<Authorization, Error> {
///         match request.headers.get("x-badge").and_then(|badge| badge.to_str().ok()) {
///             Some(name) => Ok(Authorization::new(name)),
///             None => Err(ErrorKind::Unauthorized.into()),
///         }
///     }
/// }
/// let layer = Badge.into_layer(); // axum: `.layer(Badge.into_layer())`
/// ```
#[async_trait]
pub trait Authorizer: Send + Sync + 'static {
    /// Finds out who calls.
    ///
    /// # Errors
    /// [`Unauthorized`](crate::ErrorKind::Unauthorized) if the caller cannot be told,
    /// [`AccessDenied`](crate::ErrorKind::AccessDenied) if he may not,
    /// [`AuthorizerFailure`](crate::ErrorKind::AuthorizerFailure) if the authorizer itself failed.
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error>;

    /// The same without waiting, where that is possible: asked first, and [`authorize`](Authorizer::authorize) only
    /// if it gives `None`.
    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        let _ = (request, context);
        None
    }

    /// How its result and the API's resource policy decide together.
    fn policy_combination(&self) -> PolicyCombination {
        PolicyCombination::default()
    }

    /// Whether a caller whom it let pass may also renew kept answers with `Cache-Control: max-age=0`: on AWS, one that
    /// signs with credentials whose policies allow `execute-api:InvalidateCache`. Asked only where the stage wants to
    /// know; nobody may unless this says so, or [`StageCache::may_invalidate`](crate::StageCache::may_invalidate).
    fn may_invalidate_cache(&self, request: &Parts, context: &Context) -> bool {
        let _ = (request, context);
        false
    }

    /// This authorizer as a tower layer.
    fn into_layer(self) -> GuardLayer
    where
        Self: Sized,
    {
        AuthorizerGuard(Arc::new(self)).into_layer()
    }
}

#[async_trait]
impl<F> Authorizer for F
where
    F: Fn(&Parts, &Context) -> Result<Authorization, Error> + Send + Sync + 'static,
{
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        self(request, context)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        Some(self(request, context))
    }
}

#[async_trait]
impl<A: Authorizer + ?Sized> Authorizer for Arc<A> {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        (**self).authorize(request, context).await
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        (**self).authorize_now(request, context)
    }

    fn policy_combination(&self) -> PolicyCombination {
        (**self).policy_combination()
    }

    fn may_invalidate_cache(&self, request: &Parts, context: &Context) -> bool {
        (**self).may_invalidate_cache(request, context)
    }
}

/// An [`Authorizer`] as a [`Guard`]: writes what it found out into the context.
#[derive(Clone)]
pub struct AuthorizerGuard(pub Arc<dyn Authorizer>);

impl fmt::Debug for AuthorizerGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AuthorizerGuard").finish_non_exhaustive()
    }
}

#[async_trait]
impl Guard for AuthorizerGuard {
    async fn check(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        // The one in the `Arc`: the `Arc` itself would box a second future.
        accept((*self.0).authorize(request, context).await?, context)
    }

    fn check_now(&self, request: &Parts, context: &Context) -> Option<Result<(), Error>> {
        let answer = self.0.authorize_now(request, context)?;
        Some(answer.and_then(|authorization| accept(authorization, context)))
    }
}

/// Writes down who calls; a caller whom nothing allows to call is refused.
fn accept(authorization: Authorization, context: &Context) -> Result<(), Error> {
    let is_silent = authorization.is_silent();
    context.set_authorization(authorization);
    if is_silent { Err(ErrorKind::AccessDenied.into()) } else { Ok(()) }
}

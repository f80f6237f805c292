//! `Authorizer`: who calls. The result cache, keyed by identity sources; several authorizers as one.

mod cache;
mod combined;
mod results;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use self::{
    cache::CachedAuthorizer,
    combined::{AllOf, AnyOf, all_of, any_of},
    results::{ResultCache, ResultKey},
};
use crate::{
    context::{Authorization, Context},
    error::{Error, ErrorKind},
    guard::{Guard, GuardLayer},
    policy::{PolicyCombination, PolicyEffect, access_denied},
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

    /// Whether it reads [`Context::body`]: then the body is buffered before it is asked.
    fn reads_body(&self) -> bool {
        false
    }

    /// How its result and the API's resource policy decide together.
    fn policy_combination(&self) -> PolicyCombination {
        PolicyCombination::default()
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

    fn reads_body(&self) -> bool {
        (**self).reads_body()
    }

    fn policy_combination(&self) -> PolicyCombination {
        (**self).policy_combination()
    }
}

/// Asks an authorizer, without waiting where it can answer so.
pub(crate) async fn ask(
    authorizer: &dyn Authorizer,
    request: &Parts,
    context: &Context,
) -> Result<Authorization, Error> {
    match authorizer.authorize_now(request, context) {
        Some(answer) => answer,
        None => authorizer.authorize(request, context).await,
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
        accept((*self.0).authorize(request, context).await?, request, context)
    }

    fn check_now(&self, request: &Parts, context: &Context) -> Option<Result<(), Error>> {
        let answer = self.0.authorize_now(request, context)?;
        Some(answer.and_then(|authorization| accept(authorization, request, context)))
    }

    fn reads_body(&self) -> bool {
        self.0.reads_body()
    }
}

/// Writes down who calls; a caller whom nothing allows to call is refused.
fn accept(authorization: Authorization, request: &Parts, context: &Context) -> Result<(), Error> {
    let (is_silent, is_anonymous) = (authorization.is_silent(), authorization.identity().is_none());
    context.set_authorization(authorization);
    match (is_silent, is_anonymous) {
        (false, _) => Ok(()),
        (true, true) => Err(ErrorKind::AccessDenied.into()),
        (true, false) => Err(access_denied(request, context, PolicyEffect::Silent)),
    }
}

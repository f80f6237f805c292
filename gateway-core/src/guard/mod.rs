//! `Guard`: a check that a request must pass, and the one layer that makes a tower middleware of it.

mod layer;

use std::sync::Arc;

use async_trait::async_trait;

pub use self::layer::{GuardFuture, GuardLayer, GuardService};
use crate::{
    body::Body,
    context::Context,
    error::{Error, ErrorKind},
    service::Parts,
};

/// How many bytes of a body without a limit a guard that [reads it](Guard::reads_body) may see: AWS's payload limit.
pub(crate) const BODY_LIMIT: u64 = 10 * 1024 * 1024;

/// A check that a request must pass.
///
/// Authorizers, usage plans, throttles and policies are guards; a host adds its own by implementing this trait, or
/// with a closure `|request: &Parts, context: &Context| -> Result<(), Error>`.
///
/// # Example: one layer in an existing service
/// ```
/// use gateway_core::{Context, Error, ErrorKind, Guard, Parts};
/// use tower::Layer;
///
/// fn office_hours(request: &Parts, _: &Context) -> Result<(), Error> {
///     match request.headers.contains_key("x-badge") {
///         true => Ok(()),
///         false => Err(Error::new(ErrorKind::AccessDenied).with_message("show your badge")),
///     }
/// }
/// let layer = office_hours.into_layer(); // axum: `.layer(office_hours.into_layer())`
/// # fn check<S>(layer: impl Layer<S>, s: S) { layer.layer(s); }
/// # check(layer, ());
/// ```
#[async_trait]
pub trait Guard: Send + Sync + 'static {
    /// Passes the request (`Ok`) or refuses it.
    ///
    /// # Errors
    /// Whatever the answer should be: the kind decides status and body.
    async fn check(&self, request: &Parts, context: &Context) -> Result<(), Error>;

    /// The same without waiting, where that is possible: asked first, and [`check`](Guard::check) only if it gives
    /// `None`. It saves a guard that decides in memory an allocation.
    fn check_now(&self, request: &Parts, context: &Context) -> Option<Result<(), Error>> {
        let _ = (request, context);
        None
    }

    /// Whether the guard reads [`Context::body`]: then the body is buffered, once, before the guard is asked.
    fn reads_body(&self) -> bool {
        false
    }

    /// This guard as a tower layer.
    fn into_layer(self) -> GuardLayer
    where
        Self: Sized,
    {
        GuardLayer::new(Arc::new(self))
    }
}

#[async_trait]
impl<F> Guard for F
where
    F: Fn(&Parts, &Context) -> Result<(), Error> + Send + Sync + 'static,
{
    async fn check(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        self(request, context)
    }

    fn check_now(&self, request: &Parts, context: &Context) -> Option<Result<(), Error>> {
        Some(self(request, context))
    }
}

#[async_trait]
impl<G: Guard + ?Sized> Guard for Arc<G> {
    async fn check(&self, request: &Parts, context: &Context) -> Result<(), Error> {
        (**self).check(request, context).await
    }

    fn check_now(&self, request: &Parts, context: &Context) -> Option<Result<(), Error>> {
        (**self).check_now(request, context)
    }

    fn reads_body(&self) -> bool {
        (**self).reads_body()
    }
}

/// Asks a guard, without waiting where it can answer so.
pub(crate) async fn ask(guard: &dyn Guard, request: &Parts, context: &Context) -> Result<(), Error> {
    match guard.check_now(request, context) {
        Some(answer) => answer,
        None => guard.check(request, context).await,
    }
}

/// Buffers the body, once, and lets deciders see it.
pub(crate) async fn buffer(body: &mut Body, context: &Context) -> Result<(), Error> {
    if context.body().is_some() {
        return Ok(());
    }
    let unread = std::mem::take(body).with_default_limit(BODY_LIMIT);
    let bytes = unread.collect().await.map_err(|error| {
        let kind = if error.is_too_large() { ErrorKind::RequestTooLarge } else { ErrorKind::BadRequest };
        Error::new(kind).with_source(error)
    })?;
    context.set_body(bytes.clone());
    *body = Body::from(bytes);
    Ok(())
}

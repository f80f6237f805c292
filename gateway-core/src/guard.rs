//! `Guard`: a check that a request must pass, and the one layer that makes a tower middleware of it.

use std::{
    convert::Infallible,
    fmt,
    sync::Arc,
    task::{self, Poll},
};

use async_trait::async_trait;
use bytes::Bytes;
use tower::{BoxError, Layer, Service};

use crate::{
    body::Body,
    clock::Clock,
    context::Context,
    error::{Error, ErrorKind},
    responses,
    service::{Parts, Response, ResponseFuture},
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

/// The tower layer of any [`Guard`].
///
/// A request that passes goes on with its [`Context`] in its extensions, as `Arc<Context>`; one that is refused is
/// answered with the kind's stock answer, which carries the [`Error`] in its extensions as `Arc<Error>`.
#[derive(Clone)]
pub struct GuardLayer {
    guard: Arc<dyn Guard>,
    clock: Option<Arc<dyn Clock>>,
}

impl GuardLayer {
    /// A layer of a guard that is shared.
    #[must_use]
    pub fn new(guard: Arc<dyn Guard>) -> Self {
        Self { guard, clock: None }
    }

    /// The clock of the contexts that the layer begins, instead of the system's.
    #[must_use]
    pub fn with_clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = Some(clock);
        self
    }
}

impl fmt::Debug for GuardLayer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardLayer").finish_non_exhaustive()
    }
}

impl<S> Layer<S> for GuardLayer {
    type Service = GuardService<S>;

    fn layer(&self, inner: S) -> GuardService<S> {
        GuardService { inner, guard: Arc::clone(&self.guard), clock: self.clock.clone() }
    }
}

/// A service behind a [`Guard`].
#[derive(Clone)]
pub struct GuardService<S> {
    inner: S,
    guard: Arc<dyn Guard>,
    clock: Option<Arc<dyn Clock>>,
}

impl<S: fmt::Debug> fmt::Debug for GuardService<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardService").field("inner", &self.inner).finish_non_exhaustive()
    }
}

impl<S, B, R> Service<http::Request<B>> for GuardService<S>
where
    S: Service<http::Request<Body>, Response = http::Response<R>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = Infallible;
    type Future = ResponseFuture;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> ResponseFuture {
        // The inner service that was polled ready must be the one that is called.
        let clone = self.inner.clone();
        let mut inner = std::mem::replace(&mut self.inner, clone);
        let guard = Arc::clone(&self.guard);
        let clock = self.clock.clone();
        ResponseFuture::new(async move {
            let (mut parts, body) = request.into_parts();
            let mut body = Body::new(body);
            let context = Context::of(&mut parts, clock.as_ref());
            match admit(&*guard, &parts, &mut body, &context).await {
                Ok(()) => match inner.call(http::Request::from_parts(parts, body)).await {
                    Ok(response) => response.map(Body::new),
                    Err(never) => match never {},
                },
                Err(error) => responses::render_alone(error, &context),
            }
        })
    }
}

async fn admit(guard: &dyn Guard, parts: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
    if guard.reads_body() {
        buffer(body, context).await?;
    }
    ask(guard, parts, context).await
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

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{self, Poll, ready},
};

use bytes::Bytes;
use pin_project_lite::pin_project;
use tower::{BoxError, Layer, Service};

use super::{Guard, ask, buffer};
use crate::{
    body::Body,
    clock::Clock,
    context::Context,
    error::Error,
    responses,
    service::{Parts, Response},
};

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
    S: Service<http::Request<Body>, Response = http::Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: http_body::Body<Data = Bytes> + Send + 'static,
    B::Error: Into<BoxError>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Response = Response;
    type Error = S::Error;
    type Future = GuardFuture<S::Future, S::Error>;

    fn poll_ready(&mut self, cx: &mut task::Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        let (mut parts, body) = request.into_parts();
        let mut body = Body::new(body);
        let context = Context::of(&mut parts, self.clock.as_ref());
        if self.guard.reads_body() && body.as_bytes().is_some_and(<[u8]>::is_empty) {
            context.set_body(Bytes::new());
        }
        let waits = self.guard.reads_body() && context.body().is_none();
        let decided = if waits { None } else { self.guard.check_now(&parts, &context) };
        let state = match decided {
            Some(Ok(())) => State::Passed { future: self.inner.call(http::Request::from_parts(parts, body)) },
            Some(Err(error)) => State::Refused { response: Some(responses::render_alone(error, &context)) },
            None => {
                // The inner service that was polled ready must be the one that is called.
                let clone = self.inner.clone();
                let mut inner = std::mem::replace(&mut self.inner, clone);
                let guard = Arc::clone(&self.guard);
                let future = Box::pin(async move {
                    match admit(&*guard, &parts, &mut body, &context).await {
                        Ok(()) => Ok(inner.call(http::Request::from_parts(parts, body)).await?.map(Body::new)),
                        Err(error) => Ok(responses::render_alone(error, &context)),
                    }
                });
                State::Waiting { future }
            }
        };
        GuardFuture { state }
    }
}

async fn admit(guard: &dyn Guard, parts: &Parts, body: &mut Body, context: &Context) -> Result<(), Error> {
    if guard.reads_body() {
        buffer(body, context).await?;
    }
    ask(guard, parts, context).await
}

pin_project! {
    /// The future of a [`GuardService`]; boxed only where the guard must wait.
    pub struct GuardFuture<F, E> {
        #[pin]
        state: State<F, E>,
    }
}

type Waiting<E> = Pin<Box<dyn Future<Output = Result<Response, E>> + Send>>;

pin_project! {
    #[project = Step]
    enum State<F, E> {
        Passed { #[pin] future: F },
        Refused { response: Option<Response> },
        Waiting { future: Waiting<E> },
    }
}

impl<F, E, R> Future for GuardFuture<F, E>
where
    F: Future<Output = Result<http::Response<R>, E>>,
    R: http_body::Body<Data = Bytes> + Send + 'static,
    R::Error: Into<BoxError>,
{
    type Output = Result<Response, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            Step::Passed { future } => Poll::Ready(Ok(ready!(future.poll(cx))?.map(Body::new))),
            // Polled again after its end, which no caller does, it gives an empty answer.
            Step::Refused { response } => Poll::Ready(Ok(response.take().unwrap_or_default())),
            Step::Waiting { future } => future.as_mut().poll(cx),
        }
    }
}

impl<F, E> fmt::Debug for GuardFuture<F, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("GuardFuture").finish_non_exhaustive()
    }
}

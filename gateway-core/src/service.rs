//! Names that every module shares, and the one future of our tower services.

use std::{
    convert::Infallible,
    fmt,
    future::Future,
    pin::Pin,
    task::{self, Poll},
};

use crate::body::Body;

/// A request with the gateway's body.
pub type Request = http::Request<Body>;

/// A response with the gateway's body.
pub type Response = http::Response<Body>;

/// The head of a request, which is what deciders see: they cannot eat the body.
pub type Parts = http::request::Parts;

/// The future of every service here: one box at the edge, none within.
pub struct ResponseFuture(Pin<Box<dyn Future<Output = Response> + Send>>);

impl ResponseFuture {
    pub(crate) fn new(future: impl Future<Output = Response> + Send + 'static) -> Self {
        Self(Box::pin(future))
    }
}

impl Future for ResponseFuture {
    type Output = Result<Response, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(Ok)
    }
}

impl fmt::Debug for ResponseFuture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}

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

/// Makes a tower service of a type with `fn serve(&self, Parts, Body) -> ResponseFuture`. It is always ready: what is
/// too much is refused at once, and nothing waits in a queue.
macro_rules! tower_service {
    ($service:ty) => {
        impl<B> tower::Service<http::Request<B>> for $service
        where
            B: http_body::Body<Data = bytes::Bytes> + Send + 'static,
            B::Error: Into<tower::BoxError>,
        {
            type Response = crate::service::Response;
            type Error = std::convert::Infallible;
            type Future = crate::service::ResponseFuture;

            fn poll_ready(
                &mut self,
                _: &mut std::task::Context<'_>,
            ) -> std::task::Poll<Result<(), std::convert::Infallible>> {
                std::task::Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: http::Request<B>) -> Self::Future {
                let (parts, body) = request.into_parts();
                self.serve(parts, crate::body::Body::new(body))
            }
        }
    };
}

pub(crate) use tower_service;

#[cfg(test)]
mod tests {
    use tower::Service;

    use super::*;
    use crate::{Api, Context, Definition, Gateway, Route, StageDefinition};

    /// What is larger than 1 KiB is slow to allocate, and cold when it is used.
    #[test]
    fn a_request_takes_little_memory() {
        let answer = |_: Request| async { Ok::<_, crate::Error>(Response::default()) };
        let api = Api::http("api").route("$default", Route::to(answer)).stage(StageDefinition::new("$default"));
        let mut gateway = Gateway::new(Definition::new().api(api)).unwrap();
        let future = gateway.call(Request::default());
        assert!(size_of_val(&*future.0) <= 1_000, "{}", size_of_val(&*future.0));
        assert!(size_of::<Context>() <= 1_000, "{}", size_of::<Context>());
        assert!(size_of::<Route>() <= 320, "{}", size_of::<Route>());
    }
}

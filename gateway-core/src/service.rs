//! Names that every module shares.

use std::{future::Future, pin::Pin};

use crate::body::Body;

/// A request with the gateway's body.
pub type Request = http::Request<Body>;

/// A response with the gateway's body.
pub type Response = http::Response<Body>;

/// The head of a request, which is what deciders see: they cannot eat the body.
pub type Parts = http::request::Parts;

pub(crate) type BoxFuture<T> = Pin<Box<dyn Future<Output = T> + Send>>;

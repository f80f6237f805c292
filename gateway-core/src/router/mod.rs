//! `Router`: which route serves. Pure and synchronous.

mod candidates;
mod conflict;
mod http;
mod key;
mod method;
mod path;
mod rest;
mod tree;

#[cfg(test)]
mod oracle;

pub(crate) use self::candidates::candidates;
pub use self::{
    conflict::{ConflictReason, RouteConflict},
    http::HttpRouter,
    key::{RouteKey, RouteKeyError},
    method::RouteMethod,
    path::{PathError, PathSegment, PathTemplate},
    rest::RestRouter,
};

use crate::{context::PathParams, error::Error, service::Parts};

/// Finds the route for an input: the head of an HTTP request, or a WebSocket message.
///
/// The path of the request is the API's own: stage and base path are gone.
pub trait Router<Input: ?Sized = Parts>: Send + Sync + 'static {
    /// Finds the route.
    ///
    /// # Errors
    /// [`MissingAuthenticationToken`](crate::ErrorKind::MissingAuthenticationToken) if there is none, which a REST API
    /// answers with 403 and an HTTP API with 404.
    fn route(&self, input: &Input) -> Result<RouteMatch, Error>;
}

/// A route that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMatch {
    /// The route's place in the list that the router was built from.
    pub route: usize,
    /// The values of the path variables.
    pub params: PathParams,
}

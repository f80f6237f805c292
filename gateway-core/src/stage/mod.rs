//! `Stage`: which deployment serves, and the compiled deployment.

mod canary;
mod completion;
mod deployment;
mod fixed;
mod front;
mod service;

use std::sync::Arc;

pub(crate) use self::service::serve;
pub use self::{canary::CanaryStage, deployment::Deployment, fixed::FixedStage, service::StageService};
use crate::service::Parts;

/// A stage: it decides for each request which deployment serves it.
///
/// # Example: a canary by header
/// ```
/// use std::sync::Arc;
/// use gateway_core::{Deployment, Parts, Stage};
///
/// struct Canary {
///     stable: Arc<Deployment>,
///     next: Arc<Deployment>,
/// }
///
/// impl Stage for Canary {
///     fn name(&self) -> &str {
///         "prod"
///     }
///
///     fn deployment(&self, request: &Parts) -> &Arc<Deployment> {
///         if request.headers.contains_key("x-canary") { &self.next } else { &self.stable }
///     }
/// }
/// ```
pub trait Stage: Send + Sync + 'static {
    /// The stage's name.
    fn name(&self) -> &str;

    /// The deployment that serves this request.
    fn deployment(&self, request: &Parts) -> &Arc<Deployment>;

    /// This stage as a tower service: it serves the API's paths as they come, without stage or base path in front.
    ///
    /// Behind layers it goes on with the facts that they wrote down; behind another stage it begins its own.
    fn into_service(self) -> StageService
    where
        Self: Sized,
    {
        StageService::new(Arc::new(self))
    }
}

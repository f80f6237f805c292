use std::{fmt, sync::Arc};

use super::{Deployment, Stage};
use crate::{random::Random, service::Parts};

/// A stage with a canary: each request is drawn by itself.
///
/// AWS developer guide: *Set up an API Gateway canary release deployment*.
pub struct CanaryStage {
    stable: Arc<Deployment>,
    canary: Arc<Deployment>,
    /// Of the canary, 0.0 to 1.0.
    share: f64,
    random: Arc<Random>,
}

impl CanaryStage {
    /// The stage of two deployments: `percent` of a hundred requests are the canary's. Less than 0 counts as 0, more than
    /// 100 as 100, and what is no number as 0.
    #[must_use]
    pub fn new(stable: Arc<Deployment>, canary: Arc<Deployment>, percent: f64, random: Arc<Random>) -> Self {
        Self { stable, canary, share: percent / 100.0, random }
    }

    /// The deployment of a canary's requests.
    #[must_use]
    pub fn canary(&self) -> &Arc<Deployment> {
        &self.canary
    }

    /// Draws the deployment of one request.
    pub(crate) fn draw(&self) -> &Arc<Deployment> {
        // Below one, so that all of a hundred are all, and none is none.
        if self.random.next_unit() < self.share { &self.canary } else { &self.stable }
    }
}

impl Stage for CanaryStage {
    fn name(&self) -> &str {
        &self.stable.facts().stage
    }

    fn deployment(&self, _: &Parts) -> &Arc<Deployment> {
        self.draw()
    }
}

impl fmt::Debug for CanaryStage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CanaryStage")
            .field("stable", &self.stable)
            .field("canary", &self.canary)
            .field("share", &self.share)
            .finish_non_exhaustive()
    }
}

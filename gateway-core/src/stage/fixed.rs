use std::sync::Arc;

use super::{Deployment, Stage};
use crate::service::Parts;

/// A stage that serves one deployment.
#[derive(Debug)]
pub struct FixedStage {
    deployment: Arc<Deployment>,
}

impl FixedStage {
    /// The stage of `deployment`.
    #[must_use]
    pub fn new(deployment: Arc<Deployment>) -> Self {
        Self { deployment }
    }
}

impl Stage for FixedStage {
    fn name(&self) -> &str {
        &self.deployment.facts().stage
    }

    fn deployment(&self, _: &Parts) -> &Arc<Deployment> {
        &self.deployment
    }
}

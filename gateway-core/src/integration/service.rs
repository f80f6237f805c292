use std::{fmt, sync::Arc};

use super::Integration;
use crate::{
    body::Body,
    context::Context,
    responses,
    service::{Parts, Request, ResponseFuture, tower_service},
};

/// An [`Integration`] as a tower service of its own; its error is rendered as the stock answer.
#[derive(Clone)]
pub struct IntegrationService {
    integration: Arc<dyn Integration>,
}

impl IntegrationService {
    /// A service of an integration that is shared.
    #[must_use]
    pub fn new(integration: Arc<dyn Integration>) -> Self {
        Self { integration }
    }
}

impl fmt::Debug for IntegrationService {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntegrationService").finish_non_exhaustive()
    }
}

impl IntegrationService {
    fn serve(&self, mut parts: Parts, body: Body) -> ResponseFuture {
        let integration = Arc::clone(&self.integration);
        let context = Context::of(&mut parts, None);
        ResponseFuture::new(async move {
            let answer = integration.invoke(Request::from_parts(parts, body), &context).await;
            answer.unwrap_or_else(|error| responses::render_alone(error, &context))
        })
    }
}

tower_service!(IntegrationService);

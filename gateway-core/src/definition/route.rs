use std::{sync::Arc, time::Duration};

use crate::{authorizer::Authorizer, guard::Guard, integration::Integration};

/// One route as it is written down, made by [`Route::to`](crate::Route::to).
#[derive(Clone)]
pub struct RouteDefinition {
    pub(crate) integration: Arc<dyn Integration>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) guards: Vec<Arc<dyn Guard>>,
    pub(crate) authorizer: Option<Arc<dyn Authorizer>>,
    pub(crate) scopes: Vec<String>,
    pub(crate) api_key_required: bool,
}

impl RouteDefinition {
    pub(crate) fn new(integration: Arc<dyn Integration>) -> Self {
        Self {
            integration,
            timeout: None,
            guards: Vec::new(),
            authorizer: None,
            scopes: Vec::new(),
            api_key_required: false,
        }
    }

    /// How long to wait for the head of the backend's answer; 29 seconds for a REST API and 30 for an HTTP API unless
    /// given.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Adds a check before the authorizer, after the API's own.
    #[must_use]
    pub fn guard(mut self, guard: impl Guard) -> Self {
        self.guards.push(Arc::new(guard));
        self
    }

    /// Asks `authorizer` who calls. An `Arc` of one is shared by several routes.
    #[must_use]
    pub fn authorizer(mut self, authorizer: impl Authorizer) -> Self {
        self.authorizer = Some(Arc::new(authorizer));
        self
    }

    /// Of these scopes the caller's token must have one.
    #[must_use]
    pub fn scopes<S: Into<String>>(mut self, scopes: impl IntoIterator<Item = S>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Asks for an API key of a usage plan of the stage (REST APIs).
    #[must_use]
    pub fn api_key_required(mut self) -> Self {
        self.api_key_required = true;
        self
    }
}

impl std::fmt::Debug for RouteDefinition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RouteDefinition")
            .field("timeout", &self.timeout)
            .field("authorizer", &self.authorizer.is_some())
            .field("scopes", &self.scopes)
            .field("api_key_required", &self.api_key_required)
            .finish_non_exhaustive()
    }
}

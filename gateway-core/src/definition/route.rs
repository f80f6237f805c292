use std::{collections::BTreeMap, sync::Arc, time::Duration};

use crate::{authorizer::Authorizer, guard::Guard, integration::Integration, validate::RequestValidator};

/// One route as it is written down, made by [`Route::to`](crate::Route::to).
#[derive(Clone)]
pub struct RouteDefinition {
    pub(crate) integration: Arc<dyn Integration>,
    pub(crate) operation_name: Option<String>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) guards: Vec<Arc<dyn Guard>>,
    pub(crate) authorizer: Option<Arc<dyn Authorizer>>,
    pub(crate) scopes: Vec<String>,
    pub(crate) api_key_required: bool,
    pub(crate) validator: Option<RequestValidator>,
    pub(crate) request_parameters: BTreeMap<String, bool>,
    pub(crate) request_models: BTreeMap<String, String>,
    /// A digest of what the definition says of it, where it was read as data.
    pub(crate) digest: Option<[u8; 32]>,
    pub(crate) cache_key: Vec<String>,
    pub(crate) cache_namespace: Option<String>,
    pub(crate) streams: bool,
}

impl RouteDefinition {
    pub(crate) fn new(integration: Arc<dyn Integration>) -> Self {
        Self {
            integration,
            operation_name: None,
            timeout: None,
            guards: Vec::new(),
            authorizer: None,
            scopes: Vec::new(),
            api_key_required: false,
            validator: None,
            request_parameters: BTreeMap::new(),
            request_models: BTreeMap::new(),
            digest: None,
            cache_key: Vec::new(),
            cache_namespace: None,
            streams: false,
        }
    }

    /// Whether this is the same route as `other`, as far as can be told: of two that were read as data, what they say;
    /// of code, the same objects.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        if let (Some(own), Some(other)) = (self.digest, other.digest) {
            return own == other;
        }
        let guards = self.guards.iter().zip(&other.guards);
        let authorizers = match (&self.authorizer, &other.authorizer) {
            (Some(own), Some(other)) => Arc::ptr_eq(own, other),
            (own, other) => own.is_none() && other.is_none(),
        };
        Arc::ptr_eq(&self.integration, &other.integration)
            && authorizers
            && self.guards.len() == other.guards.len()
            && guards.into_iter().all(|(own, other)| Arc::ptr_eq(own, other))
            && self.operation_name == other.operation_name
            && self.timeout == other.timeout
            && self.streams == other.streams
            && self.scopes == other.scopes
            && self.api_key_required == other.api_key_required
            && self.validator == other.validator
            && self.request_parameters == other.request_parameters
            && self.request_models == other.request_models
    }

    /// Hands answers on as they come: they are never kept and never compressed, whatever the stage and the API say
    /// (`responseTransferMode: STREAM`).
    ///
    /// AWS developer guide: *Stream the integration response for your proxy integrations in API Gateway*.
    #[must_use]
    pub fn streaming(mut self) -> Self {
        self.streams = true;
        self
    }

    /// The route's name for people and functions (`operationName`; OpenAPI: `operationId`).
    #[must_use]
    pub fn operation_name(mut self, name: impl Into<String>) -> Self {
        self.operation_name = Some(name.into());
        self
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

    /// Asks for an API key of a usage plan of the stage.
    #[must_use]
    pub fn api_key_required(mut self) -> Self {
        self.api_key_required = true;
        self
    }

    /// What is validated of a request, in place of the API's default.
    #[must_use]
    pub fn validate(mut self, validator: RequestValidator) -> Self {
        self.validator = Some(validator);
        self
    }

    /// Declares a parameter, `method.request.{header|path|querystring}.NAME`, and whether it must be there: absent and
    /// blank are the same. Only a validator of parameters asks for it.
    #[must_use]
    pub fn request_parameter(mut self, name: impl Into<String>, required: bool) -> Self {
        self.request_parameters.insert(name.into(), required);
        self
    }

    /// The model, by its name, of bodies of a content type; `$default` takes all other types. A body without a model
    /// passes. Only a validator of bodies holds them against it.
    #[must_use]
    pub fn request_model(mut self, content_type: impl Into<String>, model: impl Into<String>) -> Self {
        self.request_models.insert(content_type.into(), model.into());
        self
    }

    /// What tells one kept answer from another: `method.request.{header|path|querystring}.NAME`, or any other
    /// [`ValueSource`](crate::ValueSource). Without one, **all requests of the route share one answer**, whatever their
    /// path and query.
    ///
    /// All values of a header or parameter count. Only stages with a [`StageCache`](crate::StageCache) keep answers.
    #[must_use]
    pub fn cache_key<S: Into<String>>(mut self, sources: impl IntoIterator<Item = S>) -> Self {
        self.cache_key = sources.into_iter().map(Into::into).collect();
        self
    }

    /// Shares kept answers with all routes of the API that have the same namespace and key; the resource unless given,
    /// so that its methods share them.
    #[must_use]
    pub fn cache_namespace(mut self, namespace: impl Into<String>) -> Self {
        self.cache_namespace = Some(namespace.into());
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

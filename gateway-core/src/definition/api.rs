use std::{collections::BTreeMap, sync::Arc};

use serde_json::Value;

use super::{RouteDefinition, Slots, StageDefinition, places};
use crate::{
    authorizer::Authorizer,
    context::{ApiKind, EndpointType},
    cors::Cors,
    guard::Guard,
    media::MediaTypes,
    policy::ResourcePolicy,
    responses::{GatewayResponse, GatewayResponses},
    usage_plan::ApiKeySource,
    validate::RequestValidator,
};

/// One API as it is written down: routes, and the stages that serve them.
///
/// # Example
/// ```
/// use gateway_core::{Api, Body, Error, Request, Response, Route, StageDefinition};
///
/// let hello = |_: Request| async { Ok::<_, Error>(Response::new(Body::from("hello"))) };
/// let api = Api::rest("greeter").route("GET /hello/{name}", Route::to(hello)).stage(StageDefinition::new("prod"));
/// ```
#[derive(Clone)]
pub struct Api {
    pub(crate) name: String,
    pub(crate) id: Option<String>,
    pub(crate) kind: ApiKind,
    pub(crate) account_id: String,
    pub(crate) region: String,
    pub(crate) key_source: ApiKeySource,
    pub(crate) endpoint: EndpointType,
    pub(crate) binary_media_types: MediaTypes,
    pub(crate) responses: GatewayResponses,
    pub(crate) guards: Vec<Arc<dyn Guard>>,
    pub(crate) policy: Option<Arc<dyn ResourcePolicy>>,
    pub(crate) cors: Option<Cors>,
    pub(crate) models: BTreeMap<String, Value>,
    pub(crate) validator: Option<RequestValidator>,
    pub(crate) routes: Slots<(String, RouteDefinition)>,
    pub(crate) stages: Slots<StageDefinition>,
    pub(crate) default_endpoint: bool,
    pub(crate) minimum_compression_size: Option<u64>,
    pub(crate) authorizers: NamedAuthorizers,
}

/// Authorizers by their names.
pub(crate) type NamedAuthorizers = Arc<BTreeMap<String, Arc<dyn Authorizer>>>;

impl Api {
    /// A REST API: resources and methods, API keys, gateway responses. Unknown routes are answered with 403.
    #[must_use]
    pub fn rest(name: impl Into<String>) -> Self {
        Self::new(name, ApiKind::Rest)
    }

    /// An HTTP API: route keys with `$default`. Unknown routes are answered with 404.
    #[must_use]
    pub fn http(name: impl Into<String>) -> Self {
        Self::new(name, ApiKind::Http)
    }

    pub(crate) fn new(name: impl Into<String>, kind: ApiKind) -> Self {
        Self {
            name: name.into(),
            id: None,
            kind,
            account_id: "000000000000".to_owned(),
            region: "local".to_owned(),
            key_source: ApiKeySource::default(),
            endpoint: EndpointType::default(),
            binary_media_types: MediaTypes::default(),
            responses: GatewayResponses::default(),
            guards: Vec::new(),
            policy: None,
            cors: None,
            models: BTreeMap::new(),
            validator: None,
            routes: Vec::new(),
            stages: Vec::new(),
            default_endpoint: true,
            minimum_compression_size: None,
            authorizers: NamedAuthorizers::default(),
        }
    }

    /// `$context.apiId`, the first label of its default host name, and what its state is kept under; the name unless
    /// given.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The account and region that ARNs and `$context` name.
    #[must_use]
    pub fn account(mut self, account_id: impl Into<String>, region: impl Into<String>) -> Self {
        self.account_id = account_id.into();
        self.region = region.into();
        self
    }

    /// Where API keys come from; the `x-api-key` header unless changed.
    #[must_use]
    pub fn api_key_source(mut self, source: ApiKeySource) -> Self {
        self.key_source = source;
        self
    }

    /// Which bodies are no text: `image/png`, `image/*`, `*/*` (REST APIs).
    #[must_use]
    pub fn binary_media_types<T: Into<Box<str>>>(mut self, types: impl IntoIterator<Item = T>) -> Self {
        self.binary_media_types = MediaTypes::new(types);
        self
    }

    /// Compresses answers of so many bytes and more, with gzip or deflate, for clients that like one of these best;
    /// nothing is compressed unless given. HTTP APIs of AWS compress nothing.
    ///
    /// An answer whose size is not known beforehand streams through as it is, and so does one that is coded already.
    /// Requests of REST APIs are decoded in any case, those of HTTP APIs never.
    ///
    /// AWS developer guide: *Payload compression for REST APIs in API Gateway*.
    #[must_use]
    pub fn minimum_compression_size(mut self, bytes: u64) -> Self {
        self.minimum_compression_size = Some(bytes);
        self
    }

    /// Behind what the API is reached, which decides how names of headers are spelled for functions.
    #[must_use]
    pub fn endpoint(mut self, endpoint: EndpointType) -> Self {
        self.endpoint = endpoint;
        self
    }

    /// What the gateway itself answers.
    #[must_use]
    pub fn gateway_responses(mut self, responses: GatewayResponses) -> Self {
        self.responses = responses;
        self
    }

    /// Gives an authorizer a name, under which
    /// [`test_invoke_authorizer`](crate::GatewayHandle::test_invoke_authorizer) finds it; routes are given theirs themselves.
    #[must_use]
    pub fn authorizer(mut self, name: impl Into<String>, authorizer: Arc<dyn Authorizer>) -> Self {
        Arc::make_mut(&mut self.authorizers).insert(name.into(), authorizer);
        self
    }

    /// Adds a check before every route's policy and authorizer.
    #[must_use]
    pub fn guard(mut self, guard: impl Guard) -> Self {
        self.guards.push(Arc::new(guard));
        self
    }

    /// The resource policy. A route without an authorizer is called only if it says so explicitly; what it and
    /// an authorizer decide together is the authorizer's [`PolicyCombination`](crate::PolicyCombination).
    ///
    /// AWS developer guide: *How API Gateway resource policies affect authorization workflow*.
    #[must_use]
    pub fn policy(mut self, policy: impl ResourcePolicy) -> Self {
        self.policy = Some(Arc::new(policy));
        self
    }

    /// Lets pages of other origins call the API from a browser.
    #[must_use]
    pub fn cors(mut self, cors: Cors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// Adds a model: a JSON Schema of draft 4 for bodies, under a name of letters and digits.
    ///
    /// Models refer to each other with `$ref`: `#/definitions/NAME`, or AWS's
    /// `https://apigateway.amazonaws.com/restapis/{id}/models/NAME`, in circles too. `Empty`, which takes anything, and
    /// `Error` are there unless given.
    ///
    /// # Example
    /// ```
    /// use gateway_core::Api;
    /// use serde_json::json;
    ///
    /// let api = Api::rest("petstore")
    ///     .model("Pet", json!({ "type": "object", "required": ["name"] }))
    ///     .model("Pets", json!({ "type": "array", "items": { "$ref": "#/definitions/Pet" } }));
    /// ```
    #[must_use]
    pub fn model(mut self, name: impl Into<String>, schema: impl Into<Value>) -> Self {
        self.models.insert(name.into(), schema.into());
        self
    }

    /// What is validated of the requests of each route without a validator of its own.
    #[must_use]
    pub fn validate(mut self, validator: RequestValidator) -> Self {
        self.validator = Some(validator);
        self
    }

    /// Adds a route: `GET /pets/{id}`, `ANY /admin/{proxy+}`, or `$default` for an HTTP API.
    #[must_use]
    pub fn route(mut self, key: impl Into<String>, route: RouteDefinition) -> Self {
        self.routes.push(Some((key.into(), route)));
        self
    }

    /// Adds a stage. A REST API's stage is the first segment of the path, unless a [`Domain`](super::Domain) maps to
    /// it; an HTTP API's `$default` stage has none.
    #[must_use]
    pub fn stage(mut self, stage: StageDefinition) -> Self {
        self.stages.push(Some(stage));
        self
    }

    /// Whether the API answers without a [`Domain`](super::Domain) (`disableExecuteApiEndpoint`, turned round).
    #[must_use]
    pub fn default_endpoint(mut self, enabled: bool) -> Self {
        self.default_endpoint = enabled;
        self
    }

    pub(crate) fn stable_id(&self) -> &str {
        self.id.as_deref().unwrap_or(&self.name)
    }

    pub(crate) fn set_response(&mut self, name: &str, response: GatewayResponse) -> bool {
        let responses = std::mem::take(&mut self.responses);
        let kind = crate::error::ErrorKind::from_name(name).filter(|kind| kind.is_customisable());
        self.responses = match (name, kind) {
            ("DEFAULT_4XX", _) => responses.with_default_4xx(response),
            ("DEFAULT_5XX", _) => responses.with_default_5xx(response),
            (_, Some(kind)) => responses.with(kind, response),
            (_, None) => {
                self.responses = responses;
                return false;
            }
        };
        true
    }
}

impl std::fmt::Debug for Api {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let routes: Vec<_> = places(&self.routes).map(|(_, (key, _))| key).collect();
        f.debug_struct("Api").field("name", &self.name).field("routes", &routes).finish_non_exhaustive()
    }
}

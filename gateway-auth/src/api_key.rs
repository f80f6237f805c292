//! API keys that say who calls.

use std::fmt;

use async_trait::async_trait;
use gateway_core::{ApiKey, Authorization, Authorizer, Context, Error, ErrorKind, Parts};
use http::HeaderName;

static API_KEY: HeaderName = HeaderName::from_static("x-api-key");

/// Lets in callers with one of these API keys; the principal is the key's id.
///
/// The key is in the header `x-api-key`, once. This is an identity and no usage plan: nothing is counted unless a plan of
/// the stage has the key too, which needs `apiKeySource: AUTHORIZER`. AWS warns that keys alone are weak proof; this is
/// for callers who have nothing better, or beside another authorizer in [`any_of`](gateway_core::any_of).
///
/// AWS developer guide: *Choose an API key source*.
///
/// # Errors
/// [`InvalidApiKey`](ErrorKind::InvalidApiKey): 403 `Forbidden`.
///
/// # Example
/// ```
/// use gateway_auth::ApiKeyAuthorizer;
/// use gateway_core::{ApiKey, Authorizer};
///
/// let keys = [ApiKey::new("alice", "b2c5f0e4a1d94f0b8c7e")?];
/// let layer = ApiKeyAuthorizer::new(keys).into_layer(); // axum: `.layer(layer)`
/// # Ok::<(), gateway_core::ApiKeyError>(())
/// ```
pub struct ApiKeyAuthorizer {
    keys: Vec<ApiKey>,
    header: HeaderName,
}

impl ApiKeyAuthorizer {
    /// An authorizer of the holders of these keys; one that is switched off lets nobody in.
    #[must_use]
    pub fn new(keys: impl IntoIterator<Item = ApiKey>) -> Self {
        let keys = keys.into_iter().filter(ApiKey::is_enabled).collect();
        Self { keys, header: API_KEY.clone() }
    }

    /// Which header the key is in.
    #[must_use]
    pub fn header(mut self, name: HeaderName) -> Self {
        self.header = name;
        self
    }

    fn decide(&self, request: &Parts) -> Result<Authorization, Error> {
        let mut values = request.headers.get_all(&self.header).iter();
        // Two keys are none: it would be a guess which one is meant.
        let (Some(given), None) = (values.next(), values.next()) else { return Err(ErrorKind::InvalidApiKey.into()) };
        let key = ApiKey::find(&self.keys, given.as_bytes()).ok_or(ErrorKind::InvalidApiKey)?;
        let authorization = Authorization::new(&**key.id());
        // A key is text, or it would be none of these.
        Ok(match given.to_str() {
            Ok(value) => authorization.with_usage_key(value),
            Err(_) => authorization,
        })
    }
}

#[async_trait]
impl Authorizer for ApiKeyAuthorizer {
    async fn authorize(&self, request: &Parts, _: &Context) -> Result<Authorization, Error> {
        self.decide(request)
    }

    fn authorize_now(&self, request: &Parts, _: &Context) -> Option<Result<Authorization, Error>> {
        Some(self.decide(request))
    }
}

impl fmt::Debug for ApiKeyAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ApiKeyAuthorizer").field("keys", &self.keys).field("header", &self.header).finish()
    }
}

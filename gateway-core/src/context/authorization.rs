//! What an authorizer found out about the caller.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::Value;

use super::Identity;

/// The result of an authorizer: who calls, and what later steps may know about him.
///
/// Cloning is cheap, so that a cached result costs nothing.
///
/// # Example
/// ```
/// use gateway_core::Authorization;
///
/// let alice = Authorization::new("alice").with_context("tier", "gold").with_usage_key("key-of-alice-0123456789");
/// assert_eq!(alice.principal_id(), "alice");
/// ```
#[derive(Clone)]
pub struct Authorization(Arc<Inner>);

#[derive(Clone, Default)]
struct Inner {
    principal_id: String,
    context: BTreeMap<String, Value>,
    claims: BTreeMap<String, String>,
    scopes: Vec<String>,
    usage_key: Option<String>,
    identity: Option<Arc<Identity>>,
    is_silent: bool,
    may_invalidate_cache: bool,
}

impl Authorization {
    /// A caller with this principal id (`$context.authorizer.principalId`).
    #[must_use]
    pub fn new(principal_id: impl Into<String>) -> Self {
        Self(Arc::new(Inner { principal_id: principal_id.into(), ..Inner::default() }))
    }

    /// Adds `$context.authorizer.NAME`.
    #[must_use]
    pub fn with_context(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        Arc::make_mut(&mut self.0).context.insert(name.into(), value.into());
        self
    }

    /// Adds the claims of a token (`$context.authorizer.claims.NAME`), each as text.
    #[must_use]
    pub fn with_claims(mut self, claims: BTreeMap<String, String>) -> Self {
        Arc::make_mut(&mut self.0).claims = claims;
        self
    }

    /// The scopes that the caller was granted.
    #[must_use]
    pub fn with_scopes(mut self, scopes: Vec<String>) -> Self {
        Arc::make_mut(&mut self.0).scopes = scopes;
        self
    }

    /// The API key that usage plans count by, where the API takes keys from its authorizers.
    #[must_use]
    pub fn with_usage_key(mut self, key: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).usage_key = Some(key.into());
        self
    }

    /// The AWS principal that the caller is: a resource policy must itself allow one of another account.
    #[must_use]
    pub fn with_identity(mut self, identity: impl Into<Arc<Identity>>) -> Self {
        Arc::make_mut(&mut self.0).identity = Some(identity.into());
        self
    }

    /// The caller may renew kept answers, where that needs an authorization (`execute-api:InvalidateCache`).
    #[must_use]
    pub fn with_cache_invalidation(mut self) -> Self {
        Arc::make_mut(&mut self.0).may_invalidate_cache = true;
        self
    }

    /// The caller is known, and no policy of his allows the call: only the API's resource policy can.
    #[must_use]
    pub fn silent(mut self) -> Self {
        Arc::make_mut(&mut self.0).is_silent = true;
        self
    }

    /// The AWS principal that the caller is, if he signed the request.
    #[must_use]
    pub fn identity(&self) -> Option<&Identity> {
        self.0.identity.as_deref()
    }

    /// Whether the caller may renew kept answers.
    #[must_use]
    pub fn may_invalidate_cache(&self) -> bool {
        self.0.may_invalidate_cache
    }

    /// Whether no policy of the caller's allows the call.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.0.is_silent
    }

    /// Who calls.
    #[must_use]
    pub fn principal_id(&self) -> &str {
        &self.0.principal_id
    }

    /// `$context.authorizer.NAME`.
    #[must_use]
    pub fn context(&self) -> &BTreeMap<String, Value> {
        &self.0.context
    }

    /// `$context.authorizer.claims.NAME`.
    #[must_use]
    pub fn claims(&self) -> &BTreeMap<String, String> {
        &self.0.claims
    }

    /// The granted scopes.
    #[must_use]
    pub fn scopes(&self) -> &[String] {
        &self.0.scopes
    }

    /// The API key to count by.
    #[must_use]
    pub fn usage_key(&self) -> Option<&str> {
        self.0.usage_key.as_deref()
    }
}

impl fmt::Debug for Authorization {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authorization")
            .field("principal_id", &self.0.principal_id)
            .field("context", &self.0.context.keys())
            .field("scopes", &self.0.scopes)
            .field("usage_key", &self.0.usage_key.as_ref().map(|_| "[redacted]"))
            .finish_non_exhaustive()
    }
}

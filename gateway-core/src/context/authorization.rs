//! What an authorizer found out about the caller.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::Value;

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
    account_id: Option<String>,
    is_silent: bool,
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

    /// The account of the caller, where he has one: a resource policy must itself allow one of another account.
    #[must_use]
    pub fn with_account(mut self, account_id: impl Into<String>) -> Self {
        Arc::make_mut(&mut self.0).account_id = Some(account_id.into());
        self
    }

    /// The caller is known, and no policy of his allows the call: only the API's resource policy can.
    #[must_use]
    pub fn silent(mut self) -> Self {
        Arc::make_mut(&mut self.0).is_silent = true;
        self
    }

    /// The account of the caller.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.0.account_id.as_deref()
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

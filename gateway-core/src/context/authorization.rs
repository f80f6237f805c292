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

    /// About how many bytes it holds.
    pub(crate) fn size(&self) -> usize {
        let context = self.0.context.iter().map(|(name, value)| name.len() + value_size(value) + ENTRY);
        let claims = self.0.claims.iter().map(|(name, claim)| name.len() + claim.len() + ENTRY);
        let scopes = self.0.scopes.iter().map(|scope| scope.len() + ENTRY);
        let all: usize = context.chain(claims).chain(scopes).sum();
        size_of::<Inner>() + self.0.principal_id.len() + all
    }

    /// What two authorizers found out of one caller: what the first says stands, the second adds to it.
    pub(crate) fn and(mut self, other: &Self) -> Self {
        let (own, other) = (Arc::make_mut(&mut self.0), &*other.0);
        for (name, value) in &other.context {
            own.context.entry(name.clone()).or_insert_with(|| value.clone());
        }
        for (name, claim) in &other.claims {
            own.claims.entry(name.clone()).or_insert_with(|| claim.clone());
        }
        for scope in other.scopes.iter().filter(|scope| !own.scopes.contains(scope)).cloned().collect::<Vec<_>>() {
            own.scopes.push(scope);
        }
        if own.principal_id.is_empty() {
            own.principal_id.clone_from(&other.principal_id);
        }
        own.usage_key = own.usage_key.take().or_else(|| other.usage_key.clone());
        own.identity = own.identity.take().or_else(|| other.identity.clone());
        own.is_silent |= other.is_silent;
        own.may_invalidate_cache |= other.may_invalidate_cache;
        self
    }

    /// The API key to count by.
    #[must_use]
    pub fn usage_key(&self) -> Option<&str> {
        self.0.usage_key.as_deref()
    }
}

/// What an entry of a map costs besides its text.
const ENTRY: usize = 64;

fn value_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(all) => all.iter().map(|one| value_size(one) + ENTRY).sum(),
        Value::Object(all) => all.iter().map(|(name, one)| name.len() + value_size(one) + ENTRY).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
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

use std::{
    fmt,
    sync::{Arc, OnceLock},
    time::SystemTime,
};

use async_trait::async_trait;
use gateway_core::{Authorization, BoxError, Identity, PolicyEffect};

use super::secret::Secret;
use crate::policy::{PolicyDocument, PolicyRequest, evaluate_all};

/// Looks up whose an access key is.
///
/// [`StaticCredentials`](super::StaticCredentials) has them in memory; a host implements this for its own store.
///
/// # Example
/// ```
/// use std::sync::Arc;
///
/// use async_trait::async_trait;
/// use gateway_auth::{Credential, Credentials, PolicyDocument};
/// use gateway_core::{BoxError, Identity};
///
/// struct Vault;
///
/// #[async_trait]
/// impl Credentials for Vault {
///     async fn credential(&self, access_key: &str, _: Option<&str>) -> Result<Option<Arc<Credential>>, BoxError> {
///         // ... asks a database ...
///         let alice = Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE");
///         let credential = Credential::new(access_key, "the secret access key", alice);
///         Ok(Some(Arc::new(credential.policy(PolicyDocument::allow_all()))))
///     }
/// }
/// ```
#[async_trait]
pub trait Credentials: Send + Sync + 'static {
    /// The credential of an access key; `None` if nobody has it, or it is disabled.
    ///
    /// The session token is the request's, for hosts that keep a session in it. What is found must say which token it
    /// belongs to: with another one, or without, the request is refused.
    ///
    /// # Errors
    /// Why it cannot be found out; the request is answered with 500.
    async fn credential(
        &self,
        access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Arc<Credential>>, BoxError>;

    /// The same without waiting, where that is possible: asked first, and [`credential`](Self::credential) only if it
    /// gives `None`.
    fn credential_now(
        &self,
        access_key: &str,
        session_token: Option<&str>,
    ) -> Option<Result<Option<Arc<Credential>>, BoxError>> {
        let _ = (access_key, session_token);
        None
    }
}

#[async_trait]
impl<C: Credentials + ?Sized> Credentials for Arc<C> {
    async fn credential(
        &self,
        access_key: &str,
        session_token: Option<&str>,
    ) -> Result<Option<Arc<Credential>>, BoxError> {
        (**self).credential(access_key, session_token).await
    }

    fn credential_now(
        &self,
        access_key: &str,
        session_token: Option<&str>,
    ) -> Option<Result<Option<Arc<Credential>>, BoxError>> {
        (**self).credential_now(access_key, session_token)
    }
}

/// An access key: its secret, whose it is, and what that principal may do.
pub struct Credential {
    pub(super) secret: Secret,
    pub(super) session_token: Option<Secret>,
    pub(super) expires: Option<SystemTime>,
    pub(super) identity: Arc<Identity>,
    pub(super) policies: Vec<PolicyDocument>,
    pub(super) boundaries: Vec<Vec<PolicyDocument>>,
    authorizations: OnceLock<Authorizations>,
}

/// What is found out about each request with this credential, made once.
struct Authorizations {
    allowed: Authorization,
    allowed_to_invalidate: Authorization,
    silent: Authorization,
}

impl Credential {
    /// A credential of this principal, who may do nothing yet.
    #[must_use]
    pub fn new(access_key: &str, secret: &str, mut identity: Identity) -> Self {
        identity.access_key = Some(access_key.to_owned());
        Self {
            secret: Secret::new(secret),
            session_token: None,
            expires: None,
            identity: Arc::new(identity),
            policies: Vec::new(),
            boundaries: Vec::new(),
            authorizations: OnceLock::new(),
        }
    }

    /// The token that requests must carry beside the signature: of temporary credentials.
    #[must_use]
    pub fn session_token(mut self, token: &str) -> Self {
        self.session_token = Some(Secret::new(token));
        self
    }

    /// When temporary credentials expire.
    #[must_use]
    pub fn expires(mut self, expires: SystemTime) -> Self {
        self.expires = Some(expires);
        self
    }

    /// Adds a policy of the principal.
    #[must_use]
    pub fn policy(mut self, policy: PolicyDocument) -> Self {
        self.policies.push(policy);
        self
    }

    /// Adds policies that grant nothing, and of which one must allow as well: a permissions boundary, a session's own
    /// policies, the service control policies of an organization.
    #[must_use]
    pub fn boundary(mut self, policies: Vec<PolicyDocument>) -> Self {
        self.boundaries.push(policies);
        self
    }

    /// Whose it is.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// What the boundaries say: each must allow, and one that denies is enough.
    pub(super) fn within_boundaries(&self, request: &PolicyRequest<'_>) -> PolicyEffect {
        let mut within = PolicyEffect::Allow;
        for boundary in &self.boundaries {
            match evaluate_all(boundary, request).effect() {
                PolicyEffect::Allow => {}
                PolicyEffect::Deny => return PolicyEffect::Deny,
                _ => within = PolicyEffect::Silent,
            }
        }
        within
    }

    fn authorizations(&self) -> &Authorizations {
        self.authorizations.get_or_init(|| {
            let identity = Arc::clone(&self.identity);
            let allowed = Authorization::new(identity.user_arn.as_str()).with_identity(identity);
            Authorizations {
                allowed_to_invalidate: allowed.clone().with_cache_invalidation(),
                silent: allowed.clone().silent(),
                allowed,
            }
        })
    }

    pub(super) fn allowed(&self, may_invalidate_cache: bool) -> Authorization {
        let made = self.authorizations();
        if may_invalidate_cache { made.allowed_to_invalidate.clone() } else { made.allowed.clone() }
    }

    pub(super) fn silent(&self) -> Authorization {
        self.authorizations().silent.clone()
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credential").field("identity", &self.identity).finish_non_exhaustive()
    }
}

//! Credentials, kept until they expire.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError},
};

/// Credentials that have less time left than this are renewed.
const LEFT: Duration = Duration::from_secs(60);
/// How many roles are remembered.
const ROLES: usize = 1000;

/// The credentials in the environment: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY` and, if there, `AWS_SESSION_TOKEN`;
/// none where one of the first two is missing.
#[must_use]
pub fn credentials_from_env() -> Option<Credentials> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    let (id, secret) = (variable("AWS_ACCESS_KEY_ID")?, variable("AWS_SECRET_ACCESS_KEY")?);
    Some(Credentials::new(id, secret, variable("AWS_SESSION_TOKEN"), None, "Environment"))
}

/// The credentials of one provider.
pub(super) struct Kept {
    provider: SharedCredentialsProvider,
    kept: tokio::sync::Mutex<Option<Credentials>>,
}

impl Kept {
    pub(super) fn new(provider: SharedCredentialsProvider) -> Self {
        Self { provider, kept: tokio::sync::Mutex::default() }
    }

    /// The credentials for `now`. They are asked for once, however many calls wait for them; where they cannot be
    /// renewed, the old ones serve as long as they hold.
    pub(super) async fn at(&self, now: SystemTime) -> Result<Credentials, CredentialsError> {
        let mut kept = self.kept.lock().await;
        let holds = |kept: &Credentials, left| kept.expiry().is_none_or(|expiry| now + left < expiry);
        if let Some(kept) = kept.as_ref().filter(|kept| holds(kept, LEFT)) {
            return Ok(kept.clone());
        }
        match self.provider.provide_credentials().await {
            Ok(new) => {
                *kept = Some(new.clone());
                Ok(new)
            }
            Err(error) => kept.clone().filter(|kept| holds(kept, Duration::ZERO)).ok_or(error),
        }
    }
}

type OfRole = dyn Fn(&str) -> Option<SharedCredentialsProvider> + Send + Sync;

/// Whose credentials a call is signed with.
pub(super) struct Callers {
    own: Arc<Kept>,
    of_role: Option<Box<OfRole>>,
    roles: Mutex<HashMap<String, Arc<Kept>>>,
}

impl Callers {
    pub(super) fn new(own: SharedCredentialsProvider) -> Self {
        Self { own: Arc::new(Kept::new(own)), of_role: None, roles: Mutex::default() }
    }

    pub(super) fn with_roles(&self, of_role: Box<OfRole>) -> Self {
        Self { own: Arc::clone(&self.own), of_role: Some(of_role), roles: Mutex::default() }
    }

    /// The gateway's own.
    pub(super) fn own(&self) -> &Arc<Kept> {
        &self.own
    }

    /// The credentials of `role`, or the gateway's own; `None` if nobody has those of the role. Who has them is asked when
    /// the role is first met: first the host, then `assume`.
    pub(super) fn of(
        &self,
        role: Option<&str>,
        assume: impl FnOnce(&str) -> Option<SharedCredentialsProvider>,
    ) -> Option<Arc<Kept>> {
        let Some(role) = role.filter(|role| !role.is_empty()) else { return Some(Arc::clone(&self.own)) };
        let mut roles = self.roles.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(kept) = roles.get(role) {
            return Some(Arc::clone(kept));
        }
        let given = self.of_role.as_ref().and_then(|of_role| of_role(role));
        let provider = given.or_else(|| assume(role))?;
        if roles.len() >= ROLES {
            roles.clear();
        }
        let kept = Arc::new(Kept::new(provider));
        roles.insert(role.to_owned(), Arc::clone(&kept));
        Some(kept)
    }
}

impl fmt::Debug for Callers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callers").field("has_roles", &self.of_role.is_some()).finish_non_exhaustive()
    }
}

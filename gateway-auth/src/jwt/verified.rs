//! Tokens that were verified: verifying the same one again would only cost time.
//!
//! The cache bounds how many there are. It judges nothing: times, scopes and whether the keys are still the issuer's
//! are looked at each time, so that a token is never good for longer than without it.

use std::sync::{Arc, OnceLock};

use gateway_core::Authorization;
use sha2::{Digest, Sha256};

use super::{
    claims::{Claims, Lists, Times},
    refusal::Refusal,
};

/// A token whose signature, issuer and audience are right; its times and scopes are judged for each request.
pub(super) struct Verified {
    pub(super) times: Times,
    keys: [u8; 32],
    scopes: Vec<String>,
    token_use: Option<String>,
    audience: Vec<String>,
    /// For routes without scopes.
    plain: Authorization,
    /// For routes with scopes, made when the first one asks.
    scoped: OnceLock<Authorization>,
}

impl Verified {
    /// `keys` is the fingerprint of the set that held the key.
    pub(super) fn new(claims: Claims, lists: Lists, keys: [u8; 32]) -> Self {
        let texts = claims.texts(lists);
        let token_use = claims.string("token_use").map(str::to_owned);
        let Claims { subject, scopes, times, audience, .. } = claims;
        let plain = Authorization::new(subject).with_claims(texts);
        let audience = audience.unwrap_or_default();
        Self { times, keys, scopes, token_use, audience, plain, scoped: OnceLock::new() }
    }

    /// `token_use`, where it is one text.
    pub(super) fn token_use(&self) -> Option<&str> {
        self.token_use.as_deref()
    }

    /// `aud`.
    pub(super) fn audience(&self) -> &[String] {
        &self.audience
    }

    /// The result for a route that wants one of these scopes. Without any, the token's scopes are not handed on: AWS
    /// shows `scopes` as `null` then.
    pub(super) fn grant(&self, wanted: &[String]) -> Result<Authorization, Refusal> {
        if wanted.is_empty() {
            return Ok(self.plain.clone());
        }
        if !self.scopes.iter().any(|scope| wanted.contains(scope)) {
            return Err(Refusal::Scope(wanted.to_vec()));
        }
        Ok(self.scoped.get_or_init(|| self.plain.clone().with_scopes(self.scopes.clone())).clone())
    }
}

/// The tokens verified last, by their SHA-256 digests; the tokens themselves are not kept.
pub(super) struct VerifiedTokens(Option<moka::sync::Cache<[u8; 32], Arc<Verified>>>);

/// Where a token is kept.
pub(super) struct Slot<'a> {
    cache: &'a moka::sync::Cache<[u8; 32], Arc<Verified>>,
    digest: [u8; 32],
}

impl VerifiedTokens {
    /// Keeps up to `capacity` tokens; none if it is 0.
    pub(super) fn new(capacity: u64) -> Self {
        Self((capacity > 0).then(|| moka::sync::Cache::new(capacity)))
    }

    /// Where `token` is kept, if tokens are kept at all.
    pub(super) fn slot(&self, token: &str) -> Option<Slot<'_>> {
        self.0.as_ref().map(|cache| Slot { cache, digest: Sha256::digest(token).into() })
    }
}

impl Slot<'_> {
    /// The token, if it was verified with the keys of this fingerprint: a key that was taken back verifies no more.
    pub(super) fn read(&self, keys: &[u8; 32]) -> Option<Arc<Verified>> {
        self.cache.get(&self.digest).filter(|verified| verified.keys == *keys)
    }

    /// Keeps a token, maybe instead of one that is older.
    pub(super) fn write(self, verified: Arc<Verified>) {
        self.cache.insert(self.digest, verified);
    }

    /// Forgets the token: it has expired.
    pub(super) fn clear(&self) {
        self.cache.invalidate(&self.digest);
    }
}

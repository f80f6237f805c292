//! Tokens that were verified: verifying the same one again would only cost time.
//!
//! The cache bounds how many there are. It judges nothing: times, scopes and whether the keys are still the issuer's
//! are looked at each time, so that a token is never good for longer than without it.

use std::sync::{Arc, OnceLock};

use gateway_core::{Authorization, Random};
use siphasher::sip128::SipHasher24;

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

/// The tokens verified last, by 128 bits that only this process can work out; the tokens themselves are not kept.
pub(super) struct VerifiedTokens(Option<Kept>);

struct Kept {
    tokens: moka::sync::Cache<u128, Arc<Verified>>,
    /// With a secret key: who cannot know it finds no token that passes for another one. It takes a fifteenth of the
    /// instructions of SHA-256 without a processor's help, and as many as with it.
    mark: SipHasher24,
}

/// Where a token is kept.
pub(super) struct Slot<'a> {
    tokens: &'a moka::sync::Cache<u128, Arc<Verified>>,
    mark: u128,
}

impl VerifiedTokens {
    /// Keeps up to `capacity` tokens; none if it is 0.
    pub(super) fn new(capacity: u64) -> Self {
        let kept = || {
            let random = Random::from_os();
            let mark = SipHasher24::new_with_keys(random.next_u64(), random.next_u64());
            Kept { tokens: moka::sync::Cache::new(capacity), mark }
        };
        Self((capacity > 0).then(kept))
    }

    /// Where `token` is kept, if tokens are kept at all.
    pub(super) fn slot(&self, token: &str) -> Option<Slot<'_>> {
        let kept = self.0.as_ref()?;
        Some(Slot { tokens: &kept.tokens, mark: kept.mark.hash(token.as_bytes()).as_u128() })
    }
}

impl Slot<'_> {
    /// The token, if it was verified with the keys of this fingerprint: a key that was taken back verifies no more.
    pub(super) fn read(&self, keys: &[u8; 32]) -> Option<Arc<Verified>> {
        self.tokens.get(&self.mark).filter(|verified| verified.keys == *keys)
    }

    /// Keeps a token, maybe instead of one that is older.
    pub(super) fn write(self, verified: Arc<Verified>) {
        self.tokens.insert(self.mark, verified);
    }

    /// Forgets the token: it has expired.
    pub(super) fn clear(&self) {
        self.tokens.invalidate(&self.mark);
    }
}

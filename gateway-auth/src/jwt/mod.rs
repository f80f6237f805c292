//! JSON Web Tokens: who signed them, for whom, until when.

mod algorithm;
mod builder;
mod claims;
mod cognito;
mod factory;
mod fetch;
mod issuers;
mod jws;
mod key;
mod key_set;
mod key_source;
mod refusal;
mod token_source;
mod verified;

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use gateway_core::{Authorization, Authorizer, Clock, Context, Error, Parts};
pub use jsonwebtoken::crypto::CryptoProvider;

pub use self::{
    algorithm::{SignatureAlgorithm, UnknownAlgorithm},
    builder::{JwtAuthorizerBuilder, JwtError},
    cognito::{CognitoAuthorizer, CognitoAuthorizerBuilder},
    factory::JwtAuthorizers,
    issuers::JwtIssuers,
    jws::JwsError,
    key_set::{KeySet, KeySetError},
    key_source::KeySource,
};
use self::{
    claims::{Claims, Lists, Rules},
    refusal::Refusal,
    token_source::TokenSource,
    verified::{Verified, VerifiedTokens},
};

/// Takes JSON Web Tokens, as JWT authorizers of HTTP APIs do.
///
/// A token must be signed with a key of the issuer, with an algorithm that is taken; its `iss` must equal the issuer,
/// its `aud` (or, if it has none, `client_id`) name a known audience, and its `exp`, `nbf` and `iat` agree with the
/// request's clock. If the route has scopes, one of them must be in `scope` or `scp`. All other claims are handed on
/// as text and not judged, `token_use` and `typ` neither: an ID token passes a route without scopes, as at AWS.
///
/// A token that was verified is remembered by its digest while its keys are the issuer's; its times and scopes are
/// judged each time.
///
/// AWS developer guide: *Controlling access to HTTP APIs with JWT authorizers*. Where the guide is silent:
/// - a token without `kid` is taken if exactly one key suits its algorithm;
/// - a missing `exp`, a claim of the wrong type or named twice, a critical header (`crit`) and a token over 16 KiB
///   are refused, and so is a token that comes in two headers;
/// - the keys' [source](KeySource) says when they are fetched; without any, callers are refused with 401.
///
/// # Errors
/// [`Unauthorized`](gateway_core::ErrorKind::Unauthorized), or
/// [`AccessDenied`](gateway_core::ErrorKind::AccessDenied) if only the scope is missing; both with `www-authenticate`.
///
/// # Example
/// ```
/// # #[cfg(feature = "jwt-aws-lc-rs")] {
/// # use std::sync::Arc;
/// # use gateway_core::HttpClient;
/// # fn example(client: Arc<dyn HttpClient>) -> Result<(), gateway_auth::JwtError> {
/// use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
///
/// let authorizer = JwtAuthorizer::builder("https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_example")
///     .audience(["2example3client4id"])
///     .client(client)
///     .algorithms([SignatureAlgorithm::Rs256])
///     .build()?;
/// # Ok(()) }
/// # }
/// ```
pub struct JwtAuthorizer {
    rules: Rules,
    lists: Lists,
    keys: Arc<KeySource>,
    scopes: Vec<String>,
    algorithms: Vec<SignatureAlgorithm>,
    source: TokenSource,
    clock_skew: Duration,
    tokens: VerifiedTokens,
    provider: &'static CryptoProvider,
}

impl JwtAuthorizer {
    /// Begins an authorizer that trusts `issuer`, which must equal a token's `iss` to the letter.
    pub fn builder(issuer: impl Into<String>) -> JwtAuthorizerBuilder {
        JwtAuthorizerBuilder::new(issuer.into())
    }

    /// What the route wants of a verified token.
    fn grant(&self, verified: &Verified, context: &Context) -> Result<Authorization, Refusal> {
        match context.route() {
            Some(route) if self.scopes.is_empty() => verified.grant(&route.authorization_scopes),
            _ => verified.grant(&self.scopes),
        }
    }

    /// The token; where its key is not known, the keys are fetched first.
    async fn fetched(&self, token: &str, clock: &Arc<dyn Clock>) -> Result<Arc<Verified>, Refusal> {
        let seen = self.keys.landings();
        let mut answer = self.verified(token, clock);
        if answer.as_ref().is_err_and(Refusal::is_about_keys) {
            if let Some(mut running) = self.keys.fetch(clock, seen) {
                // It never changes: it closes.
                let _ = running.changed().await;
            }
            // Also where nothing was started: a fetch may have ended since the keys were looked at.
            answer = self.verified(token, clock);
        }
        answer
    }

    /// The same without waiting, where that is possible.
    fn at_hand(&self, token: &str, clock: &Arc<dyn Clock>) -> Option<Result<Arc<Verified>, Refusal>> {
        let seen = self.keys.landings();
        let mut answer = self.verified(token, clock);
        if answer.as_ref().is_err_and(Refusal::is_about_keys) {
            if self.keys.can_fetch(clock, seen) {
                return None;
            }
            answer = self.verified(token, clock);
        }
        Some(answer)
    }

    /// Whether the token was verified before, with keys that still count.
    fn remembers(&self, token: &str, clock: &Arc<dyn Clock>) -> bool {
        let keys = self.keys.current(clock);
        let known = keys.as_ref().and_then(|keys| self.tokens.slot(token)?.read(keys.set()?.fingerprint()));
        known.is_some()
    }

    /// The token, whoever asks: remembered, or verified now.
    fn verified(&self, token: &str, clock: &Arc<dyn Clock>) -> Result<Arc<Verified>, Refusal> {
        let keys = self.keys.current(clock);
        let keys = keys.as_ref().and_then(|keys| keys.set());
        let keys = keys.ok_or_else(|| Refusal::NoKeys(self.keys.failure()))?;
        let slot = self.tokens.slot(token);
        if let Some((slot, known)) = slot.as_ref().and_then(|slot| Some((slot, slot.read(keys.fingerprint())?))) {
            return match known.times.check(clock.now(), self.clock_skew) {
                Ok(()) => Ok(known),
                Err(refusal) => {
                    slot.clear();
                    Err(refusal)
                }
            };
        }
        let claims = Claims::parse(&keys.verify(token, &self.algorithms, self.provider)?)?;
        claims.check(&self.rules)?;
        claims.times.check(clock.now(), self.clock_skew)?;
        let verified = Arc::new(Verified::new(claims, self.lists, *keys.fingerprint()));
        if let Some(slot) = slot {
            slot.write(Arc::clone(&verified));
        }
        Ok(verified)
    }
}

#[async_trait]
impl Authorizer for JwtAuthorizer {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let token = self.source.token(request)?;
        let verified = self.fetched(&token, context.clock()).await?;
        Ok(self.grant(&verified, context)?)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        let token = match self.source.token(request) {
            Ok(token) => token,
            Err(refusal) => return Some(Err(refusal.into())),
        };
        let verified = self.at_hand(&token, context.clock())?;
        Some(verified.and_then(|verified| self.grant(&verified, context)).map_err(Error::from))
    }
}

impl fmt::Debug for JwtAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthorizer")
            .field("issuer", &self.rules.issuer)
            .field("audience", &self.rules.audience)
            .field("keys", &self.keys)
            .field("algorithms", &self.algorithms)
            .finish_non_exhaustive()
    }
}

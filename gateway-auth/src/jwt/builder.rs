use std::{fmt, sync::Arc, time::Duration};

use gateway_core::HttpClient;
use jsonwebtoken::crypto::CryptoProvider;
use serde_json::Value;

use super::{
    JwtAuthorizer, KeySet, KeySetError, KeySource, SignatureAlgorithm,
    claims::{Audience, ClaimRule, Lists, Rules},
    token_source::TokenSource,
    verified::VerifiedTokens,
};

/// How many verified tokens are remembered unless told otherwise.
const TOKENS: u64 = 10_000;

/// AWS's limits.
const MAX_ISSUER: usize = 2048;
const MAX_AUDIENCE: usize = 50;

/// What is wrong with the settings of a [`JwtAuthorizer`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JwtError {
    /// The issuer is empty or too long, or its keys are to be discovered and it is no web address.
    #[error("the issuer must be a text of 1 to 2048 characters, and an https address if its keys are to be discovered")]
    Issuer,
    /// The audience is empty, or too long.
    #[error("the audience must be 1 to 50 texts, none of them empty")]
    Audience,
    /// The identity source names no header and no query parameter.
    #[error("`{0}` is no place for a token: use $request.header.NAME or $request.querystring.NAME")]
    IdentitySource(String),
    /// No algorithm is taken.
    #[error("at least one signature algorithm is needed")]
    Algorithms,
    /// The keys given are no JWK set.
    #[error("the keys are {0}")]
    Keys(#[from] KeySetError),
    /// None of the keys given can verify anything.
    #[error("none of the keys can be used with the signature algorithms that are taken")]
    NoUsableKey,
    /// The address of the keys is none.
    #[error("the address of the keys must be an absolute https or http address, without user and password")]
    JwksUri,
    /// Keys are to be fetched, and there is nothing to fetch them with.
    #[error("an HTTP client is needed to fetch the keys; or give the keys themselves")]
    NoClient,
    /// A text is no user pool's ARN.
    #[error("`{0}` is no user pool: write arn:aws:cognito-idp:REGION:ACCOUNT:userpool/POOL")]
    Pool(String),
    /// Nobody is trusted, or one issuer twice.
    #[error("at least one issuer is needed, and none of them twice")]
    Issuers,
    /// The expression cannot be read.
    #[error("the expression cannot be read: {0}")]
    Expression(String),
    /// There is no cryptography.
    #[error("a crypto provider is needed: pass one, or turn on the feature jwt-aws-lc-rs")]
    NoCryptoProvider,
}

/// Settings of a [`JwtAuthorizer`]; see [`JwtAuthorizer::builder`].
///
/// Only the audience is needed, and either keys or a client to fetch them with. Everything else is as at AWS unless it
/// is set. Of the ways to give keys, the last one called counts.
///
/// # Example: keys at hand, elliptic curves, a token in the query
/// ```
/// # #[cfg(feature = "jwt-aws-lc-rs")] {
/// use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
///
/// let x = "04N0xi21hshyvBp7I167sbE_bXqyqkAPfefdklMO7wY";
/// let y = "UI8exy-C06a7DUnjIdENkxeFtHM4-l_41LqEw9nVgmw";
/// let authorizer = JwtAuthorizer::builder("my issuer")
///     .audience(["pets"])
///     .keys(serde_json::json!({ "keys": [{ "kty": "EC", "crv": "P-256", "x": x, "y": y }] }))
///     .algorithms([SignatureAlgorithm::Es256])
///     .identity_source("$request.querystring.token")
///     .clock_skew(std::time::Duration::from_secs(30))
///     .build()?;
/// # }
/// # Ok::<(), gateway_auth::JwtError>(())
/// ```
#[must_use]
pub struct JwtAuthorizerBuilder {
    rules: Rules,
    lists: Lists,
    keys: KeysFrom,
    client: Option<Arc<dyn HttpClient>>,
    scopes: Vec<String>,
    algorithms: Vec<SignatureAlgorithm>,
    identity_source: Option<String>,
    clock_skew: Duration,
    tokens: u64,
    provider: Option<&'static CryptoProvider>,
}

enum KeysFrom {
    Discovery,
    Uri(String),
    Set(Value),
    Source(Arc<KeySource>),
}

impl JwtAuthorizerBuilder {
    pub(super) fn new(issuer: String) -> Self {
        Self {
            rules: Rules {
                issuer,
                audience: Audience::Either { known: Vec::new(), optional: false },
                claims: Vec::new(),
            },
            lists: Lists::Bracketed,
            keys: KeysFrom::Discovery,
            client: None,
            scopes: Vec::new(),
            algorithms: SignatureAlgorithm::DEFAULT.to_vec(),
            identity_source: None,
            clock_skew: Duration::ZERO,
            tokens: TOKENS,
            provider: default_provider(),
        }
    }

    /// One of them must be in a token's `aud`, or equal its `client_id` if it has no `aud`. Needed.
    pub fn audience<T: Into<String>>(mut self, audience: impl IntoIterator<Item = T>) -> Self {
        let named = audience.into_iter().map(Into::into).collect();
        match &mut self.rules.audience {
            Audience::Either { known, .. } | Audience::Named(known) => *known = named,
            Audience::Any => {}
        }
        self
    }

    /// Takes tokens that name no audience at all, too; one that names others is refused all the same (RFC 7519
    /// §4.1.3). AWS refuses both. For an issuer whose every token is meant for this service.
    pub fn audience_optional(mut self) -> Self {
        if let Audience::Either { optional, .. } = &mut self.rules.audience {
            *optional = true;
        }
        self
    }

    /// The keys themselves, as a JWK set; nothing is fetched then.
    pub fn keys(mut self, jwks: Value) -> Self {
        self.keys = KeysFrom::Set(jwks);
        self
    }

    /// Where the keys are; found by discovery from the issuer unless given.
    pub fn jwks_uri(mut self, uri: impl Into<String>) -> Self {
        self.keys = KeysFrom::Uri(uri.into());
        self
    }

    /// Keys that others use too, or that outlive this authorizer.
    pub fn key_source(mut self, source: Arc<KeySource>) -> Self {
        self.keys = KeysFrom::Source(source);
        self
    }

    /// What keys and discovery document are fetched with. It should not follow redirects: only the issuer's own word
    /// counts.
    pub fn client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.client = Some(client);
        self
    }

    /// Of these scopes a token must have one, whatever the route says; the route's own unless given. This is for an
    /// authorizer that stands alone.
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Which signature algorithms are taken; [`SignatureAlgorithm::DEFAULT`] unless given.
    pub fn algorithms(mut self, algorithms: impl IntoIterator<Item = SignatureAlgorithm>) -> Self {
        self.algorithms = algorithms.into_iter().collect();
        self
    }

    /// For a REST API: what else the claims must say, and lists with commas.
    pub(super) fn rest(mut self, audience: Audience, claims: Vec<ClaimRule>) -> Self {
        (self.rules.audience, self.rules.claims, self.lists) = (audience, claims, Lists::Commas);
        self
    }

    /// Where the token is: `$request.header.NAME` or `$request.querystring.NAME`; the header `Authorization` unless
    /// given.
    pub fn identity_source(mut self, source: impl Into<String>) -> Self {
        self.identity_source = Some(source.into());
        self
    }

    /// How far the issuer's clock may be off; 0 unless given. It counts for `exp`, `nbf` and `iat`.
    pub fn clock_skew(mut self, skew: Duration) -> Self {
        self.clock_skew = skew;
        self
    }

    /// How many verified tokens are remembered, so that they need not be verified again; 10 000 unless given, 0: none.
    pub fn token_cache(mut self, capacity: u64) -> Self {
        self.tokens = capacity;
        self
    }

    /// The cryptography; aws-lc-rs unless given, with the feature `jwt-aws-lc-rs`. Without it this is needed.
    pub fn crypto_provider(mut self, provider: &'static CryptoProvider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// Checks the settings. Nothing is fetched yet.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn build(self) -> Result<JwtAuthorizer, JwtError> {
        let issuer = &self.rules.issuer;
        if issuer.is_empty() || issuer.len() > MAX_ISSUER {
            return Err(JwtError::Issuer);
        }
        if let Audience::Either { known, .. } | Audience::Named(known) = &self.rules.audience
            && (known.is_empty() || known.len() > MAX_AUDIENCE || known.iter().any(String::is_empty))
        {
            return Err(JwtError::Audience);
        }
        if self.algorithms.is_empty() {
            return Err(JwtError::Algorithms);
        }
        let source = match self.identity_source {
            None => TokenSource::default(),
            Some(text) => TokenSource::parse(&text).ok_or(JwtError::IdentitySource(text))?,
        };
        let client = self.client.ok_or(JwtError::NoClient);
        let keys = match self.keys {
            KeysFrom::Source(source) => source,
            KeysFrom::Discovery => Arc::new(KeySource::discovered(issuer, client?)?),
            KeysFrom::Uri(uri) => Arc::new(KeySource::at(&uri, client?)?),
            KeysFrom::Set(jwks) => {
                let set = KeySet::from_value(jwks)?;
                if !set.is_usable_with(&self.algorithms) {
                    return Err(JwtError::NoUsableKey);
                }
                Arc::new(KeySource::fixed(set))
            }
        };
        Ok(JwtAuthorizer {
            rules: self.rules,
            lists: self.lists,
            keys,
            scopes: self.scopes,
            algorithms: self.algorithms,
            source,
            clock_skew: self.clock_skew,
            tokens: VerifiedTokens::new(self.tokens),
            provider: self.provider.ok_or(JwtError::NoCryptoProvider)?,
        })
    }
}

#[cfg(feature = "jwt-aws-lc-rs")]
#[expect(clippy::unnecessary_wraps, reason = "there is none without the feature")]
fn default_provider() -> Option<&'static CryptoProvider> {
    Some(&jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER)
}

#[cfg(not(feature = "jwt-aws-lc-rs"))]
fn default_provider() -> Option<&'static CryptoProvider> {
    None
}

impl fmt::Debug for JwtAuthorizerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthorizerBuilder").field("rules", &self.rules).finish_non_exhaustive()
    }
}

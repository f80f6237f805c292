use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway_core::{
    Authorizer, HttpClient, Problem,
    config::{
        AuthorizerConfig, AuthorizerFactory, AuthorizerPlace, CognitoAuthorizerConfig, JwtAuthorizerConfig,
        JwtIssuerConfig,
    },
};
use jsonwebtoken::crypto::CryptoProvider;

use serde_json::Value;

use super::{
    CognitoAuthorizer, JwtAuthorizer, JwtAuthorizerBuilder, JwtError, JwtIssuers, KeySource, SignatureAlgorithm,
    claims::{Audience, ClaimRule},
    cognito::{issuer_of, jwks_of},
    fetch::web_address,
};

/// From this many on, what no authorizer uses any more is forgotten.
const KEPT: usize = 256;

/// Makes [`JwtAuthorizer`]s, [`JwtIssuers`] and [`CognitoAuthorizer`]s of what a definition says (`type: jwt` with one
/// issuer or several, `type: cognito_user_pools`).
///
/// It outlives reloads: an authorizer whose definition did not change stays the same, with the tokens that it
/// verified, and all authorizers with the same issuer and address share its keys. So a gateway needs one factory, and
/// hands it to each snapshot; two factories share nothing.
///
/// # Example
/// ```
/// use gateway_auth::JwtAuthorizers;
///
/// let factory = JwtAuthorizers::new(); // and `.with_client(client)`, where keys are to be fetched
/// ```
#[derive(Default)]
pub struct JwtAuthorizers {
    client: Option<Arc<dyn HttpClient>>,
    provider: Option<&'static CryptoProvider>,
    made: Mutex<Made>,
}

#[derive(Default)]
struct Made {
    authorizers: Vec<(AuthorizerConfig, Arc<dyn Authorizer>)>,
    sources: Vec<(Origin, Arc<KeySource>)>,
}

/// How long keys of REST APIs are fresh.
const REST_MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// An issuer, and the address of its keys if they are not to be discovered.
type Origin = (String, Option<String>);

impl JwtAuthorizers {
    /// A factory that cannot fetch keys: definitions must hold them.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fetches keys and discovery documents with `client`.
    #[must_use]
    pub fn with_client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.client = Some(client);
        self
    }

    /// The cryptography; aws-lc-rs unless given, with the feature `jwt-aws-lc-rs`. Without it this is needed.
    #[must_use]
    pub fn with_crypto_provider(mut self, provider: &'static CryptoProvider) -> Self {
        self.provider = Some(provider);
        self
    }

    /// The authorizer of a definition: the one that was made of the same before, or a new one.
    fn make(&self, config: &AuthorizerConfig) -> Result<Arc<dyn Authorizer>, Problem> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, same)) = made.authorizers.iter().find(|(known, _)| known == config) {
            return Ok(Arc::clone(same));
        }
        let authorizer: Arc<dyn Authorizer> = match config {
            AuthorizerConfig::CognitoUserPools(pools) => Arc::new(self.cognito(&mut made, pools)?),
            AuthorizerConfig::Jwt(jwt) if !jwt.issuers.is_empty() => Arc::new(self.issuers(&mut made, jwt)?),
            AuthorizerConfig::Jwt(jwt) => Arc::new(self.one_issuer(&mut made, jwt)?),
            _ => return Err(Problem::new("/type", "it is no authorizer of tokens")),
        };
        made.keep(config, &authorizer);
        Ok(authorizer)
    }

    fn one_issuer(&self, made: &mut Made, config: &JwtAuthorizerConfig) -> Result<JwtAuthorizer, Problem> {
        let mut builder = self
            .builder(&config.issuer)
            .audience(&config.audience)
            .clock_skew(Duration::from_secs(config.clock_skew_in_seconds));
        if let Some(source) = &config.identity_source {
            builder = builder.identity_source(source);
        }
        if !config.algorithms.is_empty() {
            builder = builder.algorithms(algorithms(&config.algorithms)?);
        }
        let keys = (config.jwks.as_ref(), config.jwks_uri.as_ref());
        builder = self.with_keys(made, builder, &config.issuer, keys, false)?;
        builder.build().map_err(|error| problem(&error))
    }

    /// Several issuers, with the stricter rules of REST APIs.
    fn issuers(&self, made: &mut Made, config: &JwtAuthorizerConfig) -> Result<JwtIssuers, Problem> {
        if !config.issuer.is_empty() || !config.audience.is_empty() {
            return Err(Problem::new("/issuer", "name one issuer, or several in `issuers`, and not both"));
        }
        if config.jwks.is_some() || config.jwks_uri.is_some() {
            return Err(Problem::new("/jwksUri", "each of several issuers has its own keys; write them there"));
        }
        let algorithms = algorithms(&config.algorithms)?;
        let mut issuers = Vec::with_capacity(config.issuers.len());
        for (place, issuer) in config.issuers.iter().enumerate() {
            let pointer = format!("/issuers/{place}");
            let rules = claim_rules(issuer).map_err(|problem| problem.below(&pointer))?;
            if !is_plain_https(&issuer.issuer) {
                let message = "an issuer is an https address without user, query and fragment";
                return Err(Problem::new(format!("{pointer}/issuer"), message));
            }
            let mut builder = self
                .builder(&issuer.issuer)
                .rest(Audience::Named(issuer.audiences.clone()), rules)
                .algorithms(algorithms.iter().copied())
                .clock_skew(Duration::from_secs(config.clock_skew_in_seconds));
            let keys = (issuer.jwks.as_ref(), issuer.jwks_uri.as_ref());
            builder =
                self.with_keys(made, builder, &issuer.issuer, keys, true).map_err(|problem| problem.below(&pointer))?;
            issuers.push(builder.build().map_err(|error| match error {
                JwtError::Algorithms => problem(&error),
                JwtError::Audience => Problem::new(format!("{pointer}/audiences"), error),
                error => problem(&error).below(&pointer),
            })?);
        }
        let source = config.identity_source.as_deref().unwrap_or_default();
        if !source.starts_with("method.request.header.") {
            return Err(Problem::new("/identitySource", "the token is in one header: method.request.header.NAME"));
        }
        JwtIssuers::new(issuers).and_then(|issuers| issuers.identity_source(source)).map_err(|error| problem(&error))
    }

    fn cognito(&self, made: &mut Made, config: &CognitoAuthorizerConfig) -> Result<CognitoAuthorizer, Problem> {
        let mut builder = CognitoAuthorizer::builder();
        for (place, arn) in config.provider_arns.iter().enumerate() {
            let wrong = |error: JwtError| Problem::new(format!("/providerARNs/{place}"), error);
            let issuer = issuer_of(arn).ok_or_else(|| wrong(JwtError::Pool(arn.clone())))?;
            let keys = self.source(made, (issuer.clone(), Some(jwks_of(&issuer))), false).map_err(wrong)?;
            builder = builder.user_pool_with_keys(arn, keys);
        }
        if let Some(source) = &config.identity_source {
            builder = builder.identity_source(source);
        }
        if let Some(expression) = &config.identity_validation_expression {
            builder = builder.identity_validation(expression);
        }
        if let Some(provider) = self.provider {
            builder = builder.crypto_provider(provider);
        }
        builder.build().map_err(|error| match error {
            JwtError::Issuers => Problem::new("/providerARNs", error),
            error => problem(&error),
        })
    }

    fn builder(&self, issuer: &str) -> JwtAuthorizerBuilder {
        let builder = JwtAuthorizer::builder(issuer);
        match self.provider {
            Some(provider) => builder.crypto_provider(provider),
            None => builder,
        }
    }

    /// The keys given, or those at an address, or those that the issuer names.
    fn with_keys(
        &self,
        made: &mut Made,
        builder: JwtAuthorizerBuilder,
        issuer: &str,
        keys: (Option<&Value>, Option<&String>),
        rest: bool,
    ) -> Result<JwtAuthorizerBuilder, Problem> {
        match keys {
            (Some(_), Some(_)) => Err(Problem::new("/jwksUri", "give the keys or their address, not both")),
            (Some(jwks), None) => Ok(builder.keys(jwks.clone())),
            (None, uri) => {
                let source = self.source(made, (issuer.to_owned(), uri.cloned()), rest);
                Ok(builder.key_source(source.map_err(|error| problem(&error))?))
            }
        }
    }

    /// The keys of the issuer: those that are known, or new ones.
    fn source(&self, made: &mut Made, origin: Origin, rest: bool) -> Result<Arc<KeySource>, JwtError> {
        if let Some((_, known)) = made.sources.iter().find(|(known, _)| *known == origin) {
            return Ok(Arc::clone(known));
        }
        let client = self.client.clone().ok_or(JwtError::NoClient)?;
        let source = match &origin {
            (_, Some(uri)) => KeySource::at(uri, client)?,
            (issuer, None) => KeySource::discovered(issuer, client)?,
        };
        let source = Arc::new(if rest { source.with_max_age(REST_MAX_AGE) } else { source });
        made.sources.push((origin, Arc::clone(&source)));
        Ok(source)
    }
}

/// What a token of this issuer must say besides.
fn claim_rules(issuer: &JwtIssuerConfig) -> Result<Vec<ClaimRule>, Problem> {
    let mut rules: Vec<ClaimRule> = Vec::with_capacity(issuer.additional_claims.len());
    for (place, claim) in issuer.additional_claims.iter().enumerate() {
        let pointer = format!("/additionalClaims/{place}");
        let name = &claim.claim_name;
        let judged = ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"].contains(&name.as_str());
        if name.is_empty() || judged || rules.iter().any(|rule| rule.name == *name) {
            let message = "a claim is named once, and is none of iss, aud, exp, nbf, iat, scope and scp";
            return Err(Problem::new(format!("{pointer}/claimName"), message));
        }
        if claim.format.as_ref().is_some_and(|format| format != "SINGLE_STRING") {
            return Err(Problem::new(format!("{pointer}/format"), "it is SINGLE_STRING"));
        }
        let expected = claim.expected_values.clone();
        rules.push(ClaimRule { name: name.clone(), required: claim.required, expected });
    }
    Ok(rules)
}

fn is_plain_https(issuer: &str) -> bool {
    web_address(issuer).is_some_and(|uri| uri.scheme_str() == Some("https")) && !issuer.contains(['?', '#'])
}

impl Made {
    fn keep(&mut self, config: &AuthorizerConfig, authorizer: &Arc<dyn Authorizer>) {
        if self.authorizers.len() >= KEPT {
            self.authorizers.retain(|(_, made)| Arc::strong_count(made) > 1);
        }
        if self.sources.len() >= KEPT {
            self.sources.retain(|(_, made)| Arc::strong_count(made) > 1);
        }
        self.authorizers.push((config.clone(), Arc::clone(authorizer)));
    }
}

impl AuthorizerFactory for JwtAuthorizers {
    fn authorizer(
        &self,
        config: &AuthorizerConfig,
        _: AuthorizerPlace<'_>,
    ) -> Option<Result<Arc<dyn Authorizer>, Problem>> {
        match config {
            AuthorizerConfig::Jwt(_) | AuthorizerConfig::CognitoUserPools(_) => Some(self.make(config)),
            _ => None,
        }
    }
}

impl fmt::Debug for JwtAuthorizers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtAuthorizers").finish_non_exhaustive()
    }
}

fn algorithms(names: &[String]) -> Result<Vec<SignatureAlgorithm>, Problem> {
    let parse = |(index, name): (usize, &String)| {
        name.parse().map_err(|error| Problem::new(format!("/algorithms/{index}"), error))
    };
    names.iter().enumerate().map(parse).collect()
}

/// Where in the definition a setting stands.
fn problem(error: &JwtError) -> Problem {
    let pointer = match error {
        JwtError::Issuer => "/issuer",
        JwtError::Audience => "/audience",
        JwtError::IdentitySource(_) => "/identitySource",
        JwtError::Algorithms => "/algorithms",
        JwtError::Keys(_) | JwtError::NoUsableKey => "/jwks",
        JwtError::JwksUri => "/jwksUri",
        JwtError::Issuers => "/issuers",
        JwtError::Pool(_) => "/providerARNs",
        JwtError::Expression(_) => "/identityValidationExpression",
        JwtError::NoClient | JwtError::NoCryptoProvider => "",
    };
    Problem::new(pointer, error)
}

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use gateway_core::{
    Authorizer, HttpClient, Problem,
    config::{AuthorizerConfig, AuthorizerFactory, JwtAuthorizerConfig},
};
use jsonwebtoken::crypto::CryptoProvider;

use super::{JwtAuthorizer, JwtError, KeySource, SignatureAlgorithm};

/// From this many on, what no authorizer uses any more is forgotten.
const KEPT: usize = 256;

/// Makes [`JwtAuthorizer`]s of what a definition says (`type: jwt`).
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
    authorizers: Vec<(JwtAuthorizerConfig, Arc<JwtAuthorizer>)>,
    sources: Vec<(Origin, Arc<KeySource>)>,
}

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
    fn make(&self, config: &JwtAuthorizerConfig) -> Result<Arc<JwtAuthorizer>, Problem> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, same)) = made.authorizers.iter().find(|(known, _)| known == config) {
            return Ok(Arc::clone(same));
        }
        let mut builder = JwtAuthorizer::builder(&config.issuer)
            .audience(&config.audience)
            .clock_skew(Duration::from_secs(config.clock_skew_in_seconds));
        if let Some(source) = &config.identity_source {
            builder = builder.identity_source(source);
        }
        if !config.algorithms.is_empty() {
            builder = builder.algorithms(algorithms(&config.algorithms)?);
        }
        if let Some(provider) = self.provider {
            builder = builder.crypto_provider(provider);
        }
        builder = match (&config.jwks, &config.jwks_uri) {
            (Some(_), Some(_)) => return Err(Problem::new("/jwksUri", "give the keys or their address, not both")),
            (Some(jwks), None) => builder.keys(jwks.clone()),
            (None, _) => builder.key_source(self.source(&mut made, config).map_err(|error| problem(&error))?),
        };
        let authorizer = Arc::new(builder.build().map_err(|error| problem(&error))?);
        made.keep(config, &authorizer);
        Ok(authorizer)
    }

    /// The keys of the issuer: those that are known, or new ones.
    fn source(&self, made: &mut Made, config: &JwtAuthorizerConfig) -> Result<Arc<KeySource>, JwtError> {
        let origin = (config.issuer.clone(), config.jwks_uri.clone());
        if let Some((_, known)) = made.sources.iter().find(|(known, _)| *known == origin) {
            return Ok(Arc::clone(known));
        }
        let client = self.client.clone().ok_or(JwtError::NoClient)?;
        let source = Arc::new(match &config.jwks_uri {
            Some(uri) => KeySource::at(uri, client)?,
            None => KeySource::discovered(&config.issuer, client)?,
        });
        made.sources.push((origin, Arc::clone(&source)));
        Ok(source)
    }
}

impl Made {
    fn keep(&mut self, config: &JwtAuthorizerConfig, authorizer: &Arc<JwtAuthorizer>) {
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
    fn authorizer(&self, config: &AuthorizerConfig) -> Option<Result<Arc<dyn Authorizer>, Problem>> {
        match config {
            AuthorizerConfig::Jwt(config) => Some(self.make(config).map(|made| made as Arc<dyn Authorizer>)),
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
        JwtError::NoClient | JwtError::NoCryptoProvider => "",
    };
    Problem::new(pointer, error)
}

//! Cognito user pools.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{Authorization, Authorizer, Context, Error, ErrorKind, HttpClient, Parts};
use jsonwebtoken::crypto::CryptoProvider;
use regex::Regex;

use super::{
    JwtAuthorizer, JwtError, JwtIssuers, KeySource, SignatureAlgorithm, Verified, claims::Audience, refusal::Refusal,
};
use crate::expression::whole;

/// Takes ID and access tokens of Cognito user pools, as REST APIs do.
///
/// A method without scopes takes ID tokens; one with scopes takes access tokens that have one of them. The pool must have
/// signed the token and be its issuer, and it must not have expired. For which app client it is counts only if there is
/// an expression for it. Claims are `$context.authorizer.claims.*`, as text, lists with commas.
///
/// | outcome | answer |
/// |---|---|
/// | no token, a wrong one, one of the other kind, or without a scope | 401 `Unauthorized` |
/// | an expired token | 401 `The incoming token has expired` |
/// | the pool's keys cannot be had | 500 |
///
/// AWS developer guide: *Control access to REST APIs using Amazon Cognito user pools as an authorizer*.
///
/// # Example
/// ```
/// # #[cfg(feature = "jwt-aws-lc-rs")] {
/// # use std::sync::Arc;
/// # use gateway_auth::JwtError;
/// # fn example(client: Arc<dyn gateway_core::HttpClient>) -> Result<(), JwtError> {
/// use gateway_auth::CognitoAuthorizer;
///
/// let authorizer = CognitoAuthorizer::builder()
///     .user_pool("arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_example")
///     .client(client)
///     .build()?;
/// # Ok(()) }
/// # }
/// ```
pub struct CognitoAuthorizer {
    pools: JwtIssuers,
    /// What the whole `aud` must match.
    expression: Option<Regex>,
    scopes: Vec<String>,
}

/// Settings of a [`CognitoAuthorizer`]; see [`CognitoAuthorizer::builder`].
#[must_use]
#[derive(Default)]
pub struct CognitoAuthorizerBuilder {
    pools: Vec<(String, Option<Arc<KeySource>>)>,
    client: Option<Arc<dyn HttpClient>>,
    identity_source: Option<String>,
    expression: Option<String>,
    scopes: Vec<String>,
    provider: Option<&'static CryptoProvider>,
}

/// Where tokens of a pool say that they come from: `https://cognito-idp.{region}.amazonaws.com/{pool}`.
pub(super) fn issuer_of(arn: &str) -> Option<String> {
    let fields: Vec<_> = arn.split(':').collect();
    let ["arn", partition, "cognito-idp", region, _, pool] = *fields else { return None };
    let pool = pool.strip_prefix("userpool/")?;
    let plain = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    let suffix = if partition == "aws-cn" { ".cn" } else { "" };
    (plain(region) && plain(pool)).then(|| format!("https://cognito-idp.{region}.amazonaws.com{suffix}/{pool}"))
}

/// Where the keys of such an issuer are.
pub(super) fn jwks_of(issuer: &str) -> String {
    format!("{issuer}/.well-known/jwks.json")
}

impl CognitoAuthorizer {
    /// Begins an authorizer without user pools.
    pub fn builder() -> CognitoAuthorizerBuilder {
        CognitoAuthorizerBuilder::default()
    }

    /// What the method wants of a verified token.
    fn grant(&self, verified: &Verified, context: &Context) -> Result<Authorization, Refusal> {
        let wanted = match context.route() {
            Some(route) if self.scopes.is_empty() => &route.authorization_scopes,
            _ => &self.scopes,
        };
        let kind = if wanted.is_empty() { "id" } else { "access" };
        if verified.token_use() != Some(kind) {
            return Err(Refusal::TokenUse);
        }
        if let Some(expression) = &self.expression
            && !verified.audience().iter().any(|audience| expression.is_match(audience))
        {
            return Err(Refusal::Audience);
        }
        verified.grant(wanted)
    }

    fn answer(
        &self,
        verified: Result<(Arc<Verified>, &JwtAuthorizer), Refusal>,
        context: &Context,
    ) -> Result<Authorization, Error> {
        let granted = verified.and_then(|(verified, _)| self.grant(&verified, context));
        granted.map_err(|refusal| refusal.rest(ErrorKind::Unauthorized))
    }
}

impl CognitoAuthorizerBuilder {
    /// Trusts a user pool, by its ARN. At least one is needed.
    pub fn user_pool(mut self, arn: impl Into<String>) -> Self {
        self.pools.push((arn.into(), None));
        self
    }

    /// The same with keys that others use too, or that are given.
    pub fn user_pool_with_keys(mut self, arn: impl Into<String>, keys: Arc<KeySource>) -> Self {
        self.pools.push((arn.into(), Some(keys)));
        self
    }

    /// What keys are fetched with.
    pub fn client(mut self, client: Arc<dyn HttpClient>) -> Self {
        self.client = Some(client);
        self
    }

    /// Where the token is: `method.request.header.NAME`; the header `Authorization` unless given.
    pub fn identity_source(mut self, source: impl Into<String>) -> Self {
        self.identity_source = Some(source.into());
        self
    }

    /// What the whole `aud` of a token must match. Access tokens have none, and are refused then.
    pub fn identity_validation(mut self, expression: impl Into<String>) -> Self {
        self.expression = Some(expression.into());
        self
    }

    /// Of these scopes an access token must have one, whatever the method says; the method's own unless given. This is
    /// for an authorizer that stands alone.
    pub fn scopes<T: Into<String>>(mut self, scopes: impl IntoIterator<Item = T>) -> Self {
        self.scopes = scopes.into_iter().map(Into::into).collect();
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
    pub fn build(self) -> Result<CognitoAuthorizer, JwtError> {
        let mut pools = Vec::with_capacity(self.pools.len());
        for (arn, keys) in self.pools {
            let issuer = issuer_of(&arn).ok_or(JwtError::Pool(arn))?;
            let keys = match keys {
                Some(keys) => keys,
                None => Arc::new(KeySource::at(&jwks_of(&issuer), self.client.clone().ok_or(JwtError::NoClient)?)?),
            };
            let mut pool = JwtAuthorizer::builder(issuer)
                .rest(Audience::Any, Vec::new())
                .algorithms([SignatureAlgorithm::Rs256])
                .key_source(keys);
            if let Some(provider) = self.provider {
                pool = pool.crypto_provider(provider);
            }
            pools.push(pool.build()?);
        }
        let mut pools = JwtIssuers::new(pools)?;
        if let Some(source) = &self.identity_source {
            pools = pools.identity_source(source)?;
        }
        let expression = self.expression.filter(|expression| !expression.is_empty());
        let expression = expression.map(|text| whole(&text)).transpose();
        let expression = expression.map_err(|error| JwtError::Expression(error.to_string()))?;
        Ok(CognitoAuthorizer { pools, expression, scopes: self.scopes })
    }
}

#[async_trait]
impl Authorizer for CognitoAuthorizer {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        self.answer(self.pools.verified(request, context).await, context)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        Some(self.answer(self.pools.verified_now(request, context)?, context))
    }
}

impl fmt::Debug for CognitoAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CognitoAuthorizer").field("pools", &self.pools).finish_non_exhaustive()
    }
}

impl fmt::Debug for CognitoAuthorizerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pools: Vec<_> = self.pools.iter().map(|(arn, _)| arn).collect();
        f.debug_struct("CognitoAuthorizerBuilder").field("pools", &pools).finish_non_exhaustive()
    }
}

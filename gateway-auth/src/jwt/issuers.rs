//! Several issuers that are trusted alike.

use std::{borrow::Cow, fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{Authorization, Authorizer, Clock, Context, Error, ErrorKind, Parts};

use super::{
    JwtAuthorizer, JwtError, Verified, jws::claimed_issuer, refusal::MALFORMED, refusal::Refusal,
    token_source::TokenSource,
};

/// Takes tokens of several issuers, as JWT authorizers of REST APIs do.
///
/// The token's `iss` says whose it must be; that issuer's keys and rules then decide. Refusals are those of a REST API:
/// 401 without a challenge, 403 where only the scope is missing, 500 where the keys cannot be had. Lists become text with
/// commas.
///
/// AWS developer guide: *Control access to REST APIs with JWT authorizers*.
///
/// # Example
/// ```
/// # #[cfg(feature = "jwt-aws-lc-rs")] {
/// # use gateway_auth::JwtError;
/// # fn example(ours: serde_json::Value, theirs: serde_json::Value) -> Result<(), JwtError> {
/// use gateway_auth::{JwtAuthorizer, JwtIssuers, SignatureAlgorithm};
///
/// let issuer = |name: &str, keys| {
///     JwtAuthorizer::builder(name).audience(["pets"]).algorithms([SignatureAlgorithm::Es256]).keys(keys).build()
/// };
/// let authorizer = JwtIssuers::new([issuer("https://ours.example", ours)?, issuer("https://theirs.example", theirs)?])?
///     .identity_source("method.request.header.Authorization")?;
/// # Ok(()) }
/// # }
/// ```
pub struct JwtIssuers {
    issuers: Box<[JwtAuthorizer]>,
    source: TokenSource,
}

impl JwtIssuers {
    /// An authorizer that trusts these issuers, each with its own audience, keys and algorithms.
    ///
    /// # Errors
    /// [`JwtError::Issuers`] if there is none, or one twice.
    pub fn new(issuers: impl IntoIterator<Item = JwtAuthorizer>) -> Result<Self, JwtError> {
        let issuers: Box<[JwtAuthorizer]> = issuers.into_iter().collect();
        let mut names: Vec<_> = issuers.iter().map(|issuer| issuer.rules.issuer.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        if issuers.is_empty() || names.len() < issuers.len() {
            return Err(JwtError::Issuers);
        }
        Ok(Self { issuers, source: TokenSource::default() })
    }

    /// Where the token is; the header `Authorization` unless given.
    ///
    /// # Errors
    /// [`JwtError::IdentitySource`] if the text names no header and no query parameter.
    pub fn identity_source(mut self, source: &str) -> Result<Self, JwtError> {
        self.source = TokenSource::parse(source).ok_or_else(|| JwtError::IdentitySource(source.to_owned()))?;
        Ok(self)
    }

    /// The token, and whose it says that it is.
    fn begin<'a>(&self, request: &'a Parts, clock: &Arc<dyn Clock>) -> Result<(Cow<'a, str>, &JwtAuthorizer), Refusal> {
        let token = self.source.token(request)?;
        if let [only] = &*self.issuers {
            return Ok((token, only));
        }
        if let Some(known) = self.issuers.iter().find(|issuer| issuer.remembers(&token, clock)) {
            return Ok((token, known));
        }
        let claimed = claimed_issuer(&token).ok_or(MALFORMED)?;
        let issuer = self.issuers.iter().find(|issuer| issuer.rules.issuer == claimed);
        Ok((token, issuer.ok_or(Refusal::Issuer)?))
    }

    /// The verified token, with who verified it.
    pub(super) async fn verified(
        &self,
        request: &Parts,
        context: &Context,
    ) -> Result<(Arc<Verified>, &JwtAuthorizer), Refusal> {
        let (token, issuer) = self.begin(request, context.clock())?;
        Ok((issuer.fetched(&token, context.clock()).await?, issuer))
    }

    /// The same without waiting, where that is possible.
    pub(super) fn verified_now(
        &self,
        request: &Parts,
        context: &Context,
    ) -> Option<Result<(Arc<Verified>, &JwtAuthorizer), Refusal>> {
        let (token, issuer) = match self.begin(request, context.clock()) {
            Ok(begun) => begun,
            Err(refusal) => return Some(Err(refusal)),
        };
        Some(issuer.at_hand(&token, context.clock())?.map(|verified| (verified, issuer)))
    }
}

/// The answer of a REST API.
fn answer(
    verified: Result<(Arc<Verified>, &JwtAuthorizer), Refusal>,
    context: &Context,
) -> Result<Authorization, Error> {
    let granted = verified.and_then(|(verified, issuer)| issuer.grant(&verified, context));
    granted.map_err(|refusal| refusal.rest(ErrorKind::AccessDenied))
}

#[async_trait]
impl Authorizer for JwtIssuers {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        answer(self.verified(request, context).await, context)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        Some(answer(self.verified_now(request, context)?, context))
    }
}

impl fmt::Debug for JwtIssuers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JwtIssuers").field("issuers", &self.issuers).finish_non_exhaustive()
    }
}

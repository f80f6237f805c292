use std::{borrow::Cow, fmt, sync::Arc};

use async_trait::async_trait;
use gateway_core::{
    ApiKind, Authorization, Authorizer, Context, Error, ErrorKind, Parts, PolicyCombination, PolicyEffect, StageFacts,
    Step, access_denied, execute_api_arn,
};
use http::{HeaderMap, HeaderName, HeaderValue, header};

use super::{
    credential::{Credential, Credentials},
    signed_request::SignedRequest,
    verifier::SigV4Verifier,
};
use crate::policy::{INVOKE, PolicyRequest, RequestKeys, evaluate_all};

static METHOD_OVERRIDE: HeaderName = HeaderName::from_static("x-http-method-override");

const INVALIDATE: &str = "execute-api:InvalidateCache";

/// Lets in callers that sign their requests with AWS credentials, and whose policies allow the call (`AWS_IAM`).
///
/// The signature must be right, for the API's region and for now; then the caller's policies are asked about
/// `execute-api:Invoke` on the method that is called. A REST API's resource policy decides with them: of the API's own
/// account either may allow, of another account both must. On other APIs a caller of another account is refused.
///
/// The body is read before the caller is let in, as the signature covers it.
///
/// AWS developer guide: *Control access to a REST API with IAM permissions*; *Control access to HTTP APIs with IAM
/// authorization*.
///
/// # Example: one layer in an existing service
/// ```
/// use gateway_auth::{Credential, IamAuthorizer, PolicyDocument, StaticCredentials};
/// use gateway_core::{Authorizer, Identity, StageFacts};
///
/// let alice = Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE");
/// let credential = Credential::new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", alice);
/// let credentials = StaticCredentials::new().with("AKIDEXAMPLE", credential.policy(PolicyDocument::allow_all()));
///
/// let mut stage = StageFacts::default(); // what ARNs name: a gateway knows it by itself
/// stage.region = "eu-west-1".to_owned();
/// let layer = IamAuthorizer::new(credentials).for_stage(stage).into_layer(); // axum: `.layer(layer)`
/// ```
pub struct IamAuthorizer {
    verifier: SigV4Verifier,
    region: Option<String>,
    stage: Option<Arc<StageFacts>>,
}

impl IamAuthorizer {
    /// An authorizer of callers with these credentials.
    #[must_use]
    pub fn new(credentials: impl Credentials) -> Self {
        Self::with_verifier(SigV4Verifier::new(credentials))
    }

    /// The same with a verifier that has settings of its own.
    #[must_use]
    pub fn with_verifier(verifier: SigV4Verifier) -> Self {
        Self { verifier, region: None, stage: None }
    }

    /// The region that requests are signed for; the API's own unless given.
    #[must_use]
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Which API and stage it stands for where no gateway says so: as a layer alone. Policies name its account, region,
    /// id and stage.
    #[must_use]
    pub fn for_stage(mut self, stage: StageFacts) -> Self {
        self.stage = Some(Arc::new(stage));
        self
    }

    /// What is signed, and for which region.
    fn signed<'a>(
        &'a self,
        headers: &'a HeaderMap,
        context: &'a Context,
    ) -> Result<(SignedRequest<'a>, &'a str), Error> {
        if let Some(stage) = &self.stage {
            context.set_stage(Arc::clone(stage));
        }
        let own = context.stage().map(|stage| stage.region.as_str());
        let region = self.region.as_deref().or(own).ok_or(ErrorKind::AuthorizerConfigurationError)?;
        let facts = context.request();
        let signed = SignedRequest {
            method: context.overridden_method().unwrap_or(&facts.method).as_str(),
            path: facts.uri.path(),
            query: facts.uri.query(),
            headers,
            authority: facts.uri.authority().map(http::uri::Authority::as_str),
            body: context.body().map_or(&[], |body| body),
        };
        Ok((signed, region))
    }

    /// What the caller's policies say.
    fn decide(&self, credential: &Credential, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let (resource, keys) = (execute_api_arn(request, context), RequestKeys::new(request, context));
        let invoke = PolicyRequest::new(INVOKE, &resource).keys(&keys).caller(Some(credential.identity()));
        let decision = evaluate_all(&credential.policies, &invoke);
        context.record(|| Step::CallerPolicy {
            effect: decision.effect().to_string(),
            statement: decision.statement().map(str::to_owned),
        });
        if self.stage.as_ref().is_some_and(|own| own.account_id != credential.identity().account_id()) {
            // No gateway, no resource policy that could let in another account.
            return Err(refused(credential, request, context, PolicyEffect::Silent));
        }
        let within = credential.within_boundaries(&invoke);
        match (decision.effect(), within) {
            (PolicyEffect::Deny, _) | (_, PolicyEffect::Deny) => {
                Err(refused(credential, request, context, PolicyEffect::Deny))
            }
            (_, PolicyEffect::Silent) => Err(refused(credential, request, context, PolicyEffect::Silent)),
            (PolicyEffect::Allow, _) => {
                let invalidates = request.headers.contains_key(header::CACHE_CONTROL) && {
                    let invalidate = invoke.action(INVALIDATE);
                    evaluate_all(&credential.policies, &invalidate).effect() == PolicyEffect::Allow
                        && credential.within_boundaries(&invalidate) == PolicyEffect::Allow
                };
                Ok(credential.allowed(invalidates))
            }
            _ => Ok(credential.silent()),
        }
    }

    fn finish(
        &self,
        verified: Result<Arc<Credential>, Error>,
        request: &Parts,
        context: &Context,
    ) -> Result<Authorization, Error> {
        let outcome = verified.and_then(|credential| self.decide(&credential, request, context));
        outcome.map_err(|error| match (context.kind(), error.kind()) {
            // An HTTP API answers this kind as an unknown route.
            (ApiKind::Http, ErrorKind::MissingAuthenticationToken) => {
                Error::new(ErrorKind::AccessDenied).with_source(error)
            }
            _ => error,
        })
    }
}

/// The headers as they arrived: the gateway has taken off the one that named the method.
fn sent_headers<'a>(request: &'a Parts, context: &Context) -> Cow<'a, HeaderMap> {
    let mut headers = Cow::Borrowed(&request.headers);
    if context.overridden_method().is_some()
        && let Ok(method) = HeaderValue::from_str(context.request().method.as_str())
    {
        headers.to_mut().insert(&METHOD_OVERRIDE, method);
    }
    headers
}

/// A refusal that names the caller. He is no silent one: no resource policy may let him in.
fn refused(credential: &Credential, request: &Parts, context: &Context, effect: PolicyEffect) -> Error {
    context.set_authorization(credential.allowed(false));
    access_denied(request, context, effect)
}

#[async_trait]
impl Authorizer for IamAuthorizer {
    async fn authorize(&self, request: &Parts, context: &Context) -> Result<Authorization, Error> {
        let verified = match self.signed(&sent_headers(request, context), context) {
            Ok((signed, region)) => self.verifier.verify(&signed, region, context.clock().now()).await,
            Err(error) => Err(error),
        };
        self.finish(verified, request, context)
    }

    fn authorize_now(&self, request: &Parts, context: &Context) -> Option<Result<Authorization, Error>> {
        let verified = match self.signed(&sent_headers(request, context), context) {
            Ok((signed, region)) => self.verifier.verify_now(&signed, region, context.clock().now())?,
            Err(error) => Err(error),
        };
        Some(self.finish(verified, request, context))
    }

    fn reads_body(&self) -> bool {
        true
    }

    fn policy_combination(&self) -> PolicyCombination {
        PolicyCombination::Iam
    }
}

impl fmt::Debug for IamAuthorizer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IamAuthorizer").field("region", &self.region).finish_non_exhaustive()
    }
}

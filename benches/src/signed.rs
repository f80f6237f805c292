//! A signed request, how long it takes to verify it, and to sign it with the SDK's own signer; a policy of 20 statements.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4::SigningParams,
};
use gateway_auth::{
    Credential, IamAuthorizer, PolicyDocument, PolicyRequest, PolicyType, RequestKeys, SigV4Verifier, SignedRequest,
    StaticCredentials,
};
use gateway_core::{Authorizer, BoxError, Clock, Context, Identity, ManualClock, Parts, Random, StageFacts};
use serde_json::json;

const KEY: &str = "AKIDEXAMPLE";
const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const REGION: &str = "eu-west-1";
const HOST: &str = "a1b2c3d4e5.execute-api.eu-west-1.amazonaws.com";
const TARGET: &str = "/prod/pets/42?limit=10&type=dog%20food";
const BODY: &[u8] = br#"{"name":"rex","type":"dog"}"#;

/// A request that the SDK signed, and an authorizer that knows its signer.
#[derive(Debug)]
pub struct SignedCall {
    head: Parts,
    context: Context,
    now: SystemTime,
    authorizer: IamAuthorizer,
    verifier: SigV4Verifier,
    policy: PolicyDocument,
    identity: Identity,
}

fn request() -> Result<http::Request<()>, BoxError> {
    Ok(http::Request::post(TARGET).header("host", HOST).header("content-type", "application/json").body(())?)
}

/// Signs the request once.
///
/// # Errors
/// None that is not a mistake here.
pub fn sign_once(now: SystemTime) -> Result<http::Request<()>, BoxError> {
    let mut request = request()?;
    let identity = aws_credential_types::Credentials::new(KEY, SECRET, None, None, "bench").into();
    let parameters = SigningParams::builder().identity(&identity).region(REGION).name("execute-api").time(now);
    let parameters = parameters.settings(SigningSettings::default()).build()?.into();
    let pairs = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap_or_default()));
    let uri = format!("https://{HOST}{TARGET}");
    let signable = SignableRequest::new("POST", uri, pairs, SignableBody::Bytes(BODY))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    instructions.apply_to_request_http1x(&mut request);
    Ok(request)
}

/// 20 statements, of which the last one allows.
fn policy() -> Result<PolicyDocument, BoxError> {
    let statement = |number: usize| {
        json!({
            "Effect": if number.is_multiple_of(4) { "Deny" } else { "Allow" },
            "Action": ["execute-api:Invoke", "execute-api:InvalidateCache"],
            "Resource": [
                format!("arn:aws:execute-api:{REGION}:123456789012:a1b2c3d4e5/prod/*/orders/{number}/*"),
                format!("arn:aws:execute-api:*:*:a1b2c3d4e5/*/GET/users/${{aws:username}}/{number}"),
            ],
            "Condition": { "IpAddress": { "aws:SourceIp": ["192.0.2.0/24", "2001:db8::/32"] } },
        })
    };
    let mut statements: Vec<_> = (1..20).map(statement).collect();
    statements.push(json!({
        "Effect": "Allow", "Action": "execute-api:*", "Resource": "arn:aws:execute-api:*:*:a1b2c3d4e5/prod/*/pets/*",
        "Condition": {
            "StringEquals": { "aws:PrincipalAccount": "123456789012" }, "Bool": { "aws:SecureTransport": "false" },
        },
    }));
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDocument::parse(&document, PolicyType::Identity).map_err(|problem| problem.to_string().into())
}

impl SignedCall {
    /// A request that was signed now.
    ///
    /// # Errors
    /// None that is not a mistake here.
    pub fn new() -> Result<Self, BoxError> {
        let clock = Arc::new(ManualClock::default());
        let now = clock.now();
        let (mut head, ()) = sign_once(now)?.into_parts();
        head.uri = TARGET.parse()?;
        let context = Context::begin(&head, clock, &Random::seeded(1));
        let stage = StageFacts {
            account_id: "123456789012".to_owned(),
            region: REGION.to_owned(),
            api_id: "a1b2c3d4e5".to_owned(),
            stage: "prod".to_owned(),
            ..StageFacts::default()
        };
        context.set_stage(Arc::new(stage));
        context.set_body(bytes::Bytes::from_static(BODY));
        // A gateway takes the stage off the path.
        head.uri = TARGET.trim_start_matches("/prod").parse()?;
        let identity = Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE");
        let credential = || Credential::new(KEY, SECRET, identity.clone());
        let store = |credential| StaticCredentials::new().with(KEY, credential);
        Ok(Self {
            authorizer: IamAuthorizer::new(store(credential().policy(policy()?))),
            verifier: SigV4Verifier::new(store(credential())),
            policy: policy()?,
            head,
            context,
            now,
            identity,
        })
    }

    /// When it was signed.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.now + Duration::from_secs(1)
    }

    /// Verifies the signature.
    #[must_use]
    pub fn verify(&self) -> bool {
        let target = &self.context.request().uri;
        let request = SignedRequest {
            method: "POST",
            path: target.path(),
            query: target.query(),
            headers: &self.head.headers,
            authority: None,
            body: BODY,
        };
        self.verifier.verify_now(&request, REGION, self.now()).is_some_and(|verified| verified.is_ok())
    }

    /// Verifies the signature, and asks the caller's policy of 20 statements.
    #[must_use]
    pub fn authorize(&self) -> bool {
        self.authorizer.authorize_now(&self.head, &self.context).is_some_and(|found| found.is_ok())
    }

    /// Asks the policy alone; whether it allows.
    #[must_use]
    pub fn evaluate(&self) -> bool {
        let keys = RequestKeys::new(&self.head, &self.context);
        let resource = "arn:aws:execute-api:eu-west-1:123456789012:a1b2c3d4e5/prod/POST/pets/42";
        let request = PolicyRequest::new("execute-api:Invoke", resource).caller(Some(&self.identity)).keys(&keys);
        self.policy.evaluate(&request).effect() == gateway_core::PolicyEffect::Allow
    }
}

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use aws_sigv4::{
    http_request::{PayloadChecksumKind, SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign},
    sign::v4,
};
use gateway_auth::{
    Credential, IamAuthorizer, PolicyDocument, PolicyType, SigV4Verifier, SignedRequest, StaticCredentials,
};
use gateway_core::{Body, Error, Identity, Request};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "AKIDEXAMPLE";
pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
pub(crate) const HOST: &str = "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com";
pub(crate) const REGION: &str = "us-east-1";

/// 2015-08-30T12:36:00Z
pub(crate) fn then() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160)
}

pub(crate) fn alice() -> Identity {
    Identity::new("arn:aws:iam::123456789012:user/alice", "AIDAALICE")
}

pub(crate) fn identity_policy(statements: Value) -> PolicyDocument {
    let document = json!({ "Version": "2012-10-17", "Statement": statements });
    PolicyDocument::parse(&document, PolicyType::Identity).unwrap()
}

pub(crate) fn credential() -> Credential {
    Credential::new(KEY, SECRET, alice())
}

pub(crate) fn store(credential: Credential) -> StaticCredentials {
    StaticCredentials::new().with(KEY, credential)
}

/// An authorizer that lets this caller do everything.
pub(crate) fn open_to_alice() -> IamAuthorizer {
    IamAuthorizer::new(store(credential().policy(PolicyDocument::allow_all()))).region(REGION)
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> HeaderMap {
    let pair =
        |(name, value): &(&str, &str)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
    let mut headers = HeaderMap::new();
    for (name, value) in pairs.iter().map(pair) {
        headers.append(name, value);
    }
    headers
}

/// A request of a vector.
pub(crate) struct Sent {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) query: Option<String>,
    pub(crate) headers: HeaderMap,
    pub(crate) body: &'static str,
}

impl Sent {
    pub(crate) fn get(target: &str, pairs: &[(&str, &str)]) -> Self {
        let (path, query) =
            target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query.to_owned())));
        Self { method: "GET", path: path.to_owned(), query, headers: headers(pairs), body: "" }
    }

    pub(crate) fn post(target: &str, pairs: &[(&str, &str)], body: &'static str) -> Self {
        Self { method: "POST", body, ..Self::get(target, pairs) }
    }

    /// With the `Authorization` of a signature for `execute-api`.
    pub(crate) fn authorized(mut self, signed_headers: &str, signature: &str) -> Self {
        let value = authorization("execute-api", signed_headers, signature);
        self.headers.insert("authorization", HeaderValue::from_str(&value).unwrap());
        self
    }

    pub(crate) fn as_signed(&self) -> SignedRequest<'_> {
        SignedRequest {
            method: self.method,
            path: &self.path,
            query: self.query.as_deref(),
            headers: &self.headers,
            authority: None,
            body: self.body.as_bytes(),
        }
    }
}

pub(crate) fn authorization(service: &str, signed_headers: &str, signature: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={KEY}/20150830/us-east-1/{service}/aws4_request, SignedHeaders={signed_headers}, \
         Signature={signature}"
    )
}

pub(crate) fn verify_at(verifier: &SigV4Verifier, sent: &Sent, now: SystemTime) -> Result<Arc<Credential>, Error> {
    verifier.verify_now(&sent.as_signed(), REGION, now).expect("at hand")
}

/// How the SDK's signer is to sign.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Signing {
    /// In the query.
    pub(crate) presigned: bool,
    /// With the hash of the body in a header.
    pub(crate) body_hash: bool,
    pub(crate) token: Option<&'static str>,
}

/// A request, signed by the SDK's signer.
pub(crate) fn signed(
    request: http::request::Builder,
    body: &str,
    at: SystemTime,
    how: Signing,
) -> http::Request<String> {
    let mut request = request.body(body.to_owned()).unwrap();
    if !request.headers().contains_key("host") {
        request.headers_mut().insert("host", HeaderValue::from_static(HOST));
    }
    let mut settings = SigningSettings::default();
    if how.presigned {
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(60));
    }
    if how.body_hash {
        settings.payload_checksum_kind = PayloadChecksumKind::XAmzSha256;
    }
    let token = how.token.map(str::to_owned);
    let identity = aws_credential_types::Credentials::new(KEY, SECRET, token, None, "test").into();
    let parameters = v4::SigningParams::builder().identity(&identity).region(REGION).name("execute-api").time(at);
    let parameters = parameters.settings(settings).build().unwrap().into();
    let uri = format!("https://{HOST}{}", request.uri());
    let pairs = request.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap()));
    let signable =
        SignableRequest::new(request.method().as_str(), uri, pairs, SignableBody::Bytes(body.as_bytes())).unwrap();
    let (instructions, _) = sign(signable, &parameters).unwrap().into_parts();
    instructions.apply_to_request_http1x(&mut request);
    // The signer makes the target absolute; servers see it without scheme and host.
    let target = request.uri().path_and_query().unwrap().as_str().parse().unwrap();
    *request.uri_mut() = target;
    request
}

/// The same with a body that a gateway takes.
pub(crate) fn signed_now(request: http::request::Builder, body: &str, at: SystemTime) -> Request {
    signed(request, body, at, Signing::default()).map(Body::from)
}

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use gateway_core::{BoxError, Error, ErrorKind};
use sha2::{Digest, Sha256};

use super::{
    canonical::{self, Form, Shown},
    carrier::{Carrier, Scope, TOKEN_PARAMETER},
    credential::{Credential, Credentials},
    key::{SigningKey, SigningKeys, hex},
    refusal,
    signed_request::SignedRequest,
    time::AmzDate,
};

/// How far a caller's clock may be off.
const SKEW: Duration = Duration::from_secs(5 * 60);

const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

/// Verifies signatures of Signature Version 4 (and 4a, with the feature `iam-sigv4a`), in the `Authorization` header or in the query.
///
/// Derived keys of the last 10 000 credentials are remembered. The body's own hash counts: `UNSIGNED-PAYLOAD` is refused
/// unless it is allowed, and so are the `STREAMING-...` forms, which are S3's.
///
/// AWS: *AWS Signature Version 4 for API requests*.
pub struct SigV4Verifier {
    credentials: Arc<dyn Credentials>,
    service: String,
    unsigned_payload: bool,
    keys: SigningKeys,
}

impl SigV4Verifier {
    /// A verifier of signatures for `execute-api`.
    #[must_use]
    pub fn new(credentials: impl Credentials) -> Self {
        let service = "execute-api".to_owned();
        Self { credentials: Arc::new(credentials), service, unsigned_payload: false, keys: SigningKeys::default() }
    }

    /// The service that signatures must be for; `execute-api` unless given.
    #[must_use]
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = service.into();
        self
    }

    /// Takes requests whose signature leaves the body out, if they say so (`x-amz-content-sha256: UNSIGNED-PAYLOAD`,
    /// itself signed). Whoever sees such a request can change its body.
    #[must_use]
    pub fn allow_unsigned_payload(mut self) -> Self {
        self.unsigned_payload = true;
        self
    }

    /// Whose request it is, signed for this region.
    ///
    /// # Errors
    /// Why it is refused, in AWS's words; [`AuthorizerFailure`](ErrorKind::AuthorizerFailure) if the credentials cannot
    /// be looked up.
    pub async fn verify(
        &self,
        request: &SignedRequest<'_>,
        region: &str,
        now: SystemTime,
    ) -> Result<Arc<Credential>, Error> {
        let carrier = self.claim(request, region, now)?;
        let (access_key, token) = (carrier.access_key(), carrier.token.as_deref());
        let found = match self.credentials.credential_now(access_key, token) {
            Some(found) => found,
            None => self.credentials.credential(access_key, token).await,
        };
        self.prove(request, &carrier, found, now)
    }

    /// The same without waiting, where the credentials are at hand.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_now(
        &self,
        request: &SignedRequest<'_>,
        region: &str,
        now: SystemTime,
    ) -> Option<Result<Arc<Credential>, Error>> {
        let carrier = match self.claim(request, region, now) {
            Ok(carrier) => carrier,
            Err(refused) => return Some(Err(refused)),
        };
        let found = self.credentials.credential_now(carrier.access_key(), carrier.token.as_deref())?;
        Some(self.prove(request, &carrier, found, now))
    }

    /// The signature, whose place and time are right; what remains is to find its secret.
    fn claim<'a>(&self, request: &SignedRequest<'a>, region: &str, now: SystemTime) -> Result<Carrier<'a>, Error> {
        let carrier = Carrier::find(request)?;
        carrier.check_scope(region, &self.service)?;
        let now = AmzDate::of(now);
        let good_for = carrier.expires.map_or(SKEW, Duration::from_secs);
        if carrier.date < now.minus(good_for) {
            return Err(refusal::too_old(carrier.date, now, good_for));
        }
        if carrier.date > now.plus(SKEW) {
            return Err(refusal::too_new(carrier.date, now, SKEW));
        }
        if !carrier.signs("host") {
            let message = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.";
            return Err(refusal::invalid(message.to_owned()));
        }
        Ok(carrier)
    }

    /// Compares the signature with what the secret makes of the request.
    fn prove(
        &self,
        request: &SignedRequest<'_>,
        carrier: &Carrier<'_>,
        found: Result<Option<Arc<Credential>>, BoxError>,
        now: SystemTime,
    ) -> Result<Arc<Credential>, Error> {
        let found = found.map_err(|error| Error::new(ErrorKind::AuthorizerFailure).with_source(error))?;
        let credential = found.ok_or_else(refusal::unrecognized)?;
        let token = carrier.token.as_deref().map(str::as_bytes);
        let is_own = match (&credential.session_token, token) {
            (Some(own), Some(token)) => own.is(token),
            (None, None) => true,
            _ => false,
        };
        if !is_own {
            return Err(refusal::unrecognized());
        }
        if credential.expires.is_some_and(|expires| expires <= now) {
            return Err(refusal::expired_session());
        }
        let scope = carrier.scope().ok_or_else(refusal::unrecognized)?;
        let (key, known) = self.keys.find(&credential.secret, carrier, &scope).ok_or_else(refusal::unrecognized)?;
        let payload = self.payload_hash(request, carrier);
        if !forms(request, carrier).any(|form| is_signed(request, carrier, &scope, &key, payload.as_ref(), form)) {
            return Err(mismatch(request, carrier, &scope, payload.as_ref()));
        }
        if !known {
            self.keys.keep(&carrier.credential, &credential.secret, key);
        }
        Ok(credential)
    }

    fn payload_hash(&self, request: &SignedRequest<'_>, carrier: &Carrier<'_>) -> PayloadHash {
        const HASH: &str = "x-amz-content-sha256";
        let says = request.headers.get(HASH).is_some_and(|hash| hash.as_bytes() == UNSIGNED.as_bytes());
        if self.unsigned_payload && says && carrier.signs(HASH) {
            return PayloadHash::Unsigned;
        }
        PayloadHash::Of(hex(&Sha256::digest(request.body).into()))
    }
}

enum PayloadHash {
    Of([u8; 64]),
    Unsigned,
}

impl AsRef<[u8]> for PayloadHash {
    fn as_ref(&self) -> &[u8] {
        match self {
            Self::Of(hash) => hash,
            Self::Unsigned => UNSIGNED.as_bytes(),
        }
    }
}

/// The forms in which the request may have been signed, the usual one first.
fn forms(request: &SignedRequest<'_>, carrier: &Carrier<'_>) -> impl Iterator<Item = Form> {
    let other_path = canonical::normalized(request.path) != request.path;
    let query = request.query.unwrap_or_default();
    let token = carrier.expires.is_some() && query.contains(TOKEN_PARAMETER);
    let all = [(false, false), (true, false), (false, true), (true, true)];
    let usable = all.into_iter().filter(move |(normal, bare)| (other_path || !normal) && (token || !bare));
    let presigned = carrier.expires.is_some();
    usable.map(move |(normalized, without_token)| Form { presigned, normalized, without_token })
}

fn is_signed(
    request: &SignedRequest<'_>,
    carrier: &Carrier<'_>,
    scope: &Scope<'_>,
    key: &SigningKey,
    payload_hash: &[u8],
    form: Form,
) -> bool {
    let mut digest = Sha256::new();
    let written = canonical::write(&mut digest, request, &carrier.signed_headers, payload_hash, form);
    let digest = hex(&digest.finalize().into());
    written.is_some() && key.verifies(&carrier.signature, &string_to_sign(carrier, scope, &digest))
}

/// The parts of the string to sign.
fn string_to_sign<'a>(carrier: &'a Carrier<'_>, scope: &Scope<'a>, digest: &'a [u8; 64]) -> [&'a [u8]; 7] {
    let line = b"\n".as_slice();
    let [name, date, scope] = [carrier.algorithm.name(), &carrier.date_text, scope.text].map(str::as_bytes);
    [name, line, date, line, scope, line, digest]
}

/// The refusal, with what should have been signed.
fn mismatch(request: &SignedRequest<'_>, carrier: &Carrier<'_>, scope: &Scope<'_>, payload_hash: &[u8]) -> Error {
    let (mut shown, mut digest) = (Shown::default(), Sha256::new());
    let form = Form { presigned: carrier.expires.is_some(), ..Form::default() };
    let headers = &carrier.signed_headers;
    if canonical::write(&mut shown, request, headers, payload_hash, form).is_none() {
        return ErrorKind::InvalidSignature.into();
    }
    let _ = canonical::write(&mut digest, request, headers, payload_hash, form);
    let digest = hex(&digest.finalize().into());
    let to_sign = string_to_sign(carrier, scope, &digest).concat();
    refusal::mismatch(shown.as_str(), &String::from_utf8_lossy(&to_sign))
}

/// Without query, headers and body, which may hold credentials.
impl fmt::Debug for SignedRequest<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedRequest").field("method", &self.method).field("path", &self.path).finish_non_exhaustive()
    }
}

impl fmt::Debug for SigV4Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigV4Verifier").field("service", &self.service).finish_non_exhaustive()
    }
}

//! Tokens of about 700 bytes, and the keys that they are signed with.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_auth::{JwtAuthorizer, SignatureAlgorithm};
use serde_json::{Value, json};
use tower::BoxError;

const ISSUER: &str = "https://issuer.example/";
const AUDIENCE: &str = "bench";

/// A key and a token that it signed.
#[derive(Clone, Debug)]
pub struct Signed {
    /// How it is signed.
    pub algorithm: SignatureAlgorithm,
    /// The public key.
    pub jwk: Value,
    /// The token.
    pub token: String,
}

impl Signed {
    /// A token signed with RSA and SHA-256.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn rs256() -> Result<Self, BoxError> {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048)?;
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        let token = token("RS256", 260, |message| {
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature)?;
            Ok(signature)
        })?;
        let jwk = json!({ "kty": "RSA", "n": encode(&public.n), "e": encode(&public.e) });
        Ok(Self { algorithm: SignatureAlgorithm::Rs256, jwk, token })
    }

    /// A token signed with ECDSA on P-256 and SHA-256.
    ///
    /// # Errors
    /// When there is no randomness.
    pub fn es256() -> Result<Self, BoxError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)?;
        let (x, y) = pair.public_key().as_ref().split_at(33);
        let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encode(x.get(1..).unwrap_or_default()), "y": encode(y) });
        let token = token("ES256", 440, |message| Ok(pair.sign(&SystemRandom::new(), message)?.as_ref().to_vec()))?;
        Ok(Self { algorithm: SignatureAlgorithm::Es256, jwk, token })
    }

    /// An authorizer that takes the token, and remembers up to `capacity` of them.
    ///
    /// # Errors
    /// None that is not a mistake here.
    pub fn authorizer(&self, capacity: u64) -> Result<JwtAuthorizer, BoxError> {
        let settings = JwtAuthorizer::builder(ISSUER).audience([AUDIENCE]).keys(json!({ "keys": [self.jwk] }));
        Ok(settings.algorithms([self.algorithm]).token_cache(capacity).build()?)
    }

    /// The value of `Authorization`.
    #[must_use]
    pub fn bearer(&self) -> String {
        format!("Bearer {}", self.token)
    }
}

fn token(
    algorithm: &str,
    padding: usize,
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, BoxError>,
) -> Result<String, BoxError> {
    let header = json!({ "alg": algorithm }).to_string();
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": 4_102_444_800_u64, "pad": "p".repeat(padding)
    });
    let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = encode(&sign(message.as_bytes())?);
    Ok(format!("{message}.{signature}"))
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

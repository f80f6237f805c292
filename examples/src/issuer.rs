use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_core::{Clock, SystemClock, epoch_seconds};
use serde_json::{Value, json};

use crate::Failure;

/// An issuer of JSON Web Tokens with a key of its own, made when the program starts.
#[derive(Debug)]
pub struct Issuer {
    name: String,
    key: EcdsaKeyPair,
}

impl Issuer {
    /// An issuer with a new key, whose tokens say `name` in `iss`.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn named(name: &str) -> Result<Self, Failure> {
        Ok(Self { name: name.to_owned(), key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING)? })
    }

    /// Its public key, as a JWK set.
    #[must_use]
    pub fn jwks(&self) -> Value {
        // An uncompressed point: a byte 4, then both coordinates.
        let (x, y) = self.key.public_key().as_ref().split_at(33);
        let x = URL_SAFE_NO_PAD.encode(x.get(1..).unwrap_or_default());
        let y = URL_SAFE_NO_PAD.encode(y);
        json!({ "keys": [{ "kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": "demo", "x": x, "y": y }] })
    }

    /// A token for `subject` with these scopes, good for one hour.
    ///
    /// # Errors
    /// When it cannot be signed.
    pub fn token(&self, subject: &str, audience: &str, scope: &str) -> Result<String, Failure> {
        let now = epoch_seconds(SystemClock::new().now());
        let header = json!({ "alg": "ES256", "kid": "demo" });
        let claims = json!({
            "iss": self.name, "aud": audience, "sub": subject, "scope": scope, "iat": now, "exp": now + 3600,
        });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(&header), encode(&claims));
        let signature = self.key.sign(&SystemRandom::new(), message.as_bytes())?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }
}

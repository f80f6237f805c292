//! Tokens of about 700 bytes, and the keys that they are signed with.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents,
    },
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use gateway_auth::SignatureAlgorithm;
use serde_json::{Value, json};

pub(crate) const ISSUER: &str = "https://issuer.example/";
pub(crate) const AUDIENCE: &str = "bench";

/// One key and a token that it signed.
pub(crate) struct Signed {
    pub(crate) algorithm: SignatureAlgorithm,
    pub(crate) jwk: Value,
    pub(crate) token: String,
}

pub(crate) fn rs256() -> Signed {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).expect("a key");
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
    let token = token("RS256", 260, |message| {
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).expect("a signature");
        signature
    });
    let jwk = json!({ "kty": "RSA", "n": encode(&public.n), "e": encode(&public.e) });
    Signed { algorithm: SignatureAlgorithm::Rs256, jwk, token }
}

pub(crate) fn es256() -> Signed {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).expect("a key");
    let (x, y) = pair.public_key().as_ref().split_at(33);
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": encode(x.get(1..).unwrap_or_default()), "y": encode(y) });
    let token =
        token("ES256", 440, |message| pair.sign(&SystemRandom::new(), message).expect("a signature").as_ref().to_vec());
    Signed { algorithm: SignatureAlgorithm::Es256, jwk, token }
}

fn token(algorithm: &str, padding: usize, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> String {
    let header = json!({ "alg": algorithm }).to_string();
    let claims = json!({
        "iss": ISSUER, "aud": AUDIENCE, "sub": "alice", "exp": 4_102_444_800_u64, "pad": "p".repeat(padding)
    });
    let message = format!("{}.{}", encode(header.as_bytes()), encode(claims.to_string().as_bytes()));
    let signature = encode(&sign(message.as_bytes()));
    format!("{message}.{signature}")
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

//! One public key: what it may verify, decided once.
//!
//! A token must not choose how it is verified. So a key answers only for the algorithms of its own type, and only for
//! its own `alg` if it has one; an RSA key taken for the secret of an HMAC is the oldest trick of all.

use std::fmt;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{
    DecodingKey,
    crypto::CryptoProvider,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{SignatureAlgorithm, jws::Jws};

/// RSA moduli outside of 2048 to 8192 bits are not taken, whatever the backend thinks of them.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;

/// A public key of a JWK set that may verify signatures.
#[derive(Clone)]
pub(super) struct Key {
    kid: Option<String>,
    /// Never empty.
    algorithms: Vec<SignatureAlgorithm>,
    public: Public,
    fingerprint: [u8; 32],
}

/// A public key, for whom verifies with it.
#[derive(Clone)]
enum Public {
    Provided(DecodingKey),
    /// On P-521, which the providers do not know: an uncompressed point.
    #[cfg(feature = "jwt-aws-lc-rs")]
    P521(Vec<u8>),
}

impl Key {
    /// The key, if it is one for signatures with algorithms that are known: no secret (`oct`), not meant for
    /// encryption (`use`, `key_ops`), and with an `alg`, if any, that suits its type.
    pub(super) fn from_value(jwk: &Value) -> Option<Self> {
        // Read as text: an algorithm that the library does not know may be known here.
        let alg = jwk.get("alg").and_then(Value::as_str);
        let jwk = Jwk::deserialize(jwk).ok()?;
        let common = &jwk.common;
        let for_signatures = matches!(common.public_key_use, None | Some(PublicKeyUse::Signature));
        let may_verify = common.key_operations.as_ref().is_none_or(|all| all.contains(&KeyOperations::Verify));
        if !for_signatures || !may_verify {
            return None;
        }
        let (suited, public, material) = material(&jwk.algorithm)?;
        let algorithms: Vec<_> =
            suited.iter().copied().filter(|one| alg.is_none_or(|alg| is_same(alg, *one))).collect();
        if algorithms.is_empty() {
            return None;
        }
        let mut digest = Sha256::new();
        digest.update([u8::from(common.key_id.is_some())]);
        for part in [common.key_id.as_deref().unwrap_or_default().as_bytes(), &*material] {
            digest.update((part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        for algorithm in &algorithms {
            digest.update(algorithm.name());
        }
        let fingerprint = digest.finalize().into();
        Some(Self { kid: common.key_id.clone(), algorithms, public, fingerprint })
    }

    /// Whether the key is the one that a token's header means. A header without a `kid` may mean any key.
    pub(super) fn suits(&self, jws: &Jws<'_>) -> bool {
        self.algorithms.contains(&jws.algorithm) && (jws.kid.is_none() || self.kid == jws.kid)
    }

    /// Whether the key can be used with one of the algorithms.
    pub(super) fn suits_any(&self, algorithms: &[SignatureAlgorithm]) -> bool {
        self.algorithms.iter().any(|algorithm| algorithms.contains(algorithm))
    }

    /// Whether the token was signed with the private half of this key.
    pub(super) fn verifies(&self, jws: &Jws<'_>, provider: &CryptoProvider) -> bool {
        if !self.algorithms.contains(&jws.algorithm) {
            return false;
        }
        match &self.public {
            Public::Provided(key) => {
                let Some(algorithm) = jws.algorithm.backend() else { return false };
                let verifier = (provider.verifier_factory)(&algorithm, key);
                verifier.is_ok_and(|verifier| verifier.verify(jws.signed, &jws.signature).is_ok())
            }
            #[cfg(feature = "jwt-aws-lc-rs")]
            Public::P521(point) => {
                use aws_lc_rs::signature::{ECDSA_P521_SHA512_FIXED, UnparsedPublicKey};

                UnparsedPublicKey::new(&ECDSA_P521_SHA512_FIXED, point).verify(jws.signed, &jws.signature).is_ok()
            }
        }
    }

    /// What makes this key different from others.
    pub(super) fn fingerprint(&self) -> &[u8; 32] {
        &self.fingerprint
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("kid", &self.kid).field("algorithms", &self.algorithms).finish_non_exhaustive()
    }
}

/// Whether a JWK's `alg` is this algorithm; one for encryption, or an unknown one, is none of ours.
fn is_same(alg: &str, algorithm: SignatureAlgorithm) -> bool {
    // Some write it after the curve, P-521, whose keys have but this one algorithm.
    let alg = if alg == "ES521" { "ES512" } else { alg };
    alg == algorithm.name()
}

/// What keys of this type can be used with, the key, and its bytes.
fn material(parameters: &AlgorithmParameters) -> Option<(&'static [SignatureAlgorithm], Public, Vec<u8>)> {
    match parameters {
        AlgorithmParameters::RSA(rsa) => {
            let (modulus, exponent) = (integer(&rsa.n)?, integer(&rsa.e)?);
            // An exponent of 1 makes every message its own signature; an even one cannot be RSA.
            let is_odd = exponent.last().is_some_and(|last| last % 2 == 1);
            let sound = RSA_MODULUS_BYTES.contains(&modulus.len()) && is_odd && exponent != [1] && exponent.len() <= 8;
            let key = sound.then(|| DecodingKey::from_rsa_raw_components(&modulus, &exponent))?;
            Some((SignatureAlgorithm::RSA, Public::Provided(key), [modulus, exponent].concat()))
        }
        AlgorithmParameters::EllipticCurve(ec) => {
            let (suited, length): (&[_], _) = match ec.curve {
                EllipticCurve::P256 => (&[SignatureAlgorithm::Es256], 32),
                EllipticCurve::P384 => (&[SignatureAlgorithm::Es384], 48),
                #[cfg(feature = "jwt-aws-lc-rs")]
                EllipticCurve::P521 => (&[SignatureAlgorithm::Es512], 66),
                _ => return None,
            };
            let (x, y) = (bytes(&ec.x)?, bytes(&ec.y)?);
            if x.len() != length || y.len() != length {
                return None;
            }
            let material = [x, y].concat();
            #[cfg(feature = "jwt-aws-lc-rs")]
            if ec.curve == EllipticCurve::P521 {
                return Some((suited, Public::P521([&[4], &*material].concat()), material));
            }
            Some((suited, Public::Provided(DecodingKey::from_ec_components(&ec.x, &ec.y).ok()?), material))
        }
        AlgorithmParameters::OctetKeyPair(pair) if pair.curve == EllipticCurve::Ed25519 => {
            let x = bytes(&pair.x).filter(|x| x.len() == 32)?;
            Some((&[SignatureAlgorithm::EdDsa], Public::Provided(DecodingKey::from_ed_components(&pair.x).ok()?), x))
        }
        _ => None,
    }
}

/// Base64url, as all numbers of a JWK are written.
fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// A big-endian number; some issuers write leading zeros, which backends refuse.
fn integer(text: &str) -> Option<Vec<u8>> {
    let bytes = bytes(text)?;
    let start = bytes.iter().position(|byte| *byte != 0)?;
    bytes.get(start..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[expect(clippy::needless_pass_by_value, reason = "made for the call")]
    fn key(jwk: Value) -> Option<Key> {
        Key::from_value(&jwk)
    }

    fn rsa(extra: &Value) -> Option<Key> {
        let mut jwk = json!({ "kty": "RSA", "n": URL_SAFE_NO_PAD.encode([0x81; 256]), "e": "AQAB", "kid": "a" });
        jwk.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        key(jwk)
    }

    #[test]
    fn type_and_alg_restrict_a_key() {
        assert_eq!(rsa(&json!({})).unwrap().algorithms, SignatureAlgorithm::RSA);
        assert_eq!(rsa(&json!({ "alg": "PS384" })).unwrap().algorithms, [SignatureAlgorithm::Ps384]);
        assert!(rsa(&json!({ "use": "sig", "key_ops": ["verify"] })).is_some());
        for unfit in [
            json!({ "alg": "ES256" }),
            json!({ "alg": "HS256" }),
            json!({ "alg": "RSA-OAEP" }),
            json!({ "alg": "invented" }),
            json!({ "use": "enc" }),
            json!({ "use": "other" }),
            json!({ "key_ops": ["encrypt"] }),
            json!({ "key_ops": [] }),
            json!({ "e": "AQ" }),
            json!({ "e": "AAAAAQ" }),
            json!({ "e": "Ag" }),
            json!({ "e": "" }),
            json!({ "n": URL_SAFE_NO_PAD.encode([0x81; 255]) }),
            json!({ "n": URL_SAFE_NO_PAD.encode([0x81; 1025]) }),
            json!({ "n": "+" }),
        ] {
            assert!(rsa(&unfit).is_none(), "{unfit}");
        }
        let mut padded = vec![0];
        padded.extend([0x81; 256]);
        assert!(rsa(&json!({ "n": URL_SAFE_NO_PAD.encode(padded) })).is_some(), "leading zeros are not counted");
    }

    #[test]
    fn secrets_and_strange_curves_are_no_keys() {
        let x = URL_SAFE_NO_PAD.encode([1; 32]);
        for jwk in [
            json!({ "kty": "oct", "k": x, "alg": "HS256" }),
            json!({ "kty": "oct", "k": x, "alg": "RS256" }),
            json!({ "kty": "EC", "crv": "P-521", "x": x, "y": x }),
            json!({ "kty": "EC", "crv": "P-384", "x": x, "y": x }),
            json!({ "kty": "EC", "crv": "Ed25519", "x": x, "y": x }),
            json!({ "kty": "OKP", "crv": "P-256", "x": x }),
            json!({ "kty": "OKP", "crv": "Ed25519", "x": "AAAA" }),
            json!({ "kty": "AKP", "pub": x }),
        ] {
            assert!(key(jwk.clone()).is_none(), "{jwk}");
        }
        let ec = key(json!({ "kty": "EC", "crv": "P-256", "x": x, "y": x })).unwrap();
        assert_eq!(ec.algorithms, [SignatureAlgorithm::Es256]);
        let ed = key(json!({ "kty": "OKP", "crv": "Ed25519", "x": x })).unwrap();
        assert_eq!(ed.algorithms, [SignatureAlgorithm::EdDsa]);
        assert_ne!(ec.fingerprint(), ed.fingerprint());
    }
}

//! Signature Version 4a: a signature for several regions, by a key pair that both sides derive of the secret.

use aws_lc_rs::{
    agreement::{ECDH_P256, PrivateKey},
    signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey},
};
use hmac::Mac;

use super::{
    carrier::ECDSA,
    secret::{Secret, keyed},
};

/// The order of P-256, less two: the largest candidate that makes a private key.
const LARGEST: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
    0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x4f,
];

/// The public key of an access key, as a point.
#[derive(Clone)]
pub(super) struct PublicKey(Box<[u8]>);

impl PublicKey {
    /// Derives it; `None` if no candidate will do, which does not happen.
    pub(super) fn derive(access_key: &str, secret: &Secret) -> Option<Self> {
        let private = private_key(access_key, secret)?;
        let public = PrivateKey::from_private_key(&ECDH_P256, &private).ok()?.compute_public_key().ok()?;
        Some(Self(public.as_ref().into()))
    }

    /// Whether `signature`, as DER, is of `message`.
    pub(super) fn verifies(&self, signature: &[u8], message: &[u8]) -> bool {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &self.0).verify(message, signature).is_ok()
    }
}

/// NIST SP 800-108 in counter mode; candidates are tried until one is in range.
fn private_key(access_key: &str, secret: &Secret) -> Option<[u8; 32]> {
    let seed = secret.after(b"AWS4A");
    (1..=254u8).find_map(|counter| {
        let mac = keyed(&seed).chain_update(1u32.to_be_bytes()).chain_update(ECDSA).chain_update([0]);
        let mac = mac.chain_update(access_key).chain_update([counter]).chain_update(256u32.to_be_bytes());
        let candidate: [u8; 32] = mac.finalize().into_bytes().into();
        (candidate <= LARGEST).then(|| plus_one(candidate))
    })
}

fn plus_one(mut number: [u8; 32]) -> [u8; 32] {
    for byte in number.iter_mut().rev() {
        let (sum, carries) = byte.overflowing_add(1);
        *byte = sum;
        if !carries {
            break;
        }
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// The pair of AWS's own example.
    #[test]
    fn the_key_pair_is_derived_as_aws_does() {
        let (access_key, secret) = ("AKISORANDOMAASORANDOM", Secret::new("q+jcrXGc+0zWN6uzclKVhvMmUsIfRPa4rlRandom"));
        let private = private_key(access_key, &secret).unwrap();
        assert_eq!(hex(&private), "7fd3bd010c0d9c292141c2b77bfbde1042c92e6836fff749d1269ec890fca1bd");
        let public = PublicKey::derive(access_key, &secret).unwrap();
        let (x, y) = public.0[1..].split_at(32);
        assert_eq!(hex(x), "15d242ceebf8d8169fd6a8b5a746c41140414c3b07579038da06af89190fffcb");
        assert_eq!(hex(y), "0515242cedd82e94799482e4c0514b505afccf2c0c98d6a553bf539f424c5ec0");
    }

    #[test]
    fn one_more_carries() {
        let mut number = [0; 32];
        number[31] = 0xff;
        assert_eq!(plus_one(number)[30..], [1, 0]);
    }
}

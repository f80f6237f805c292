use std::{fmt, str::FromStr};

use jsonwebtoken::Algorithm;

/// A signature algorithm that a token may use: public keys only.
///
/// There is no `none` and no `HS256` here, so that no configuration can let a token in that anyone could have made.
/// AWS takes `RS256`, `RS384` and `RS512`, which are the default; the others must be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SignatureAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
    /// RSASSA-PKCS1-v1_5 with SHA-384.
    Rs384,
    /// RSASSA-PKCS1-v1_5 with SHA-512.
    Rs512,
    /// RSASSA-PSS with SHA-256.
    Ps256,
    /// RSASSA-PSS with SHA-384.
    Ps384,
    /// RSASSA-PSS with SHA-512.
    Ps512,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// ECDSA on P-384 with SHA-384.
    Es384,
    /// ECDSA on P-521 with SHA-512; by aws-lc-rs, whatever other provider is passed.
    #[cfg(feature = "jwt-aws-lc-rs")]
    Es512,
    /// EdDSA on Ed25519.
    EdDsa,
}

/// A name that is no [`SignatureAlgorithm`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not supported: use RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512 (with the feature jwt-aws-lc-rs) or EdDSA"
)]
pub struct UnknownAlgorithm(String);

impl SignatureAlgorithm {
    /// Every algorithm that can be asked for.
    pub const ALL: &'static [Self] = &[
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        #[cfg(feature = "jwt-aws-lc-rs")]
        Self::Es512,
        Self::EdDsa,
    ];

    /// What AWS takes (developer guide: *Controlling access to HTTP APIs with JWT authorizers*).
    pub const DEFAULT: &'static [Self] = &[Self::Rs256, Self::Rs384, Self::Rs512];

    /// What an RSA key can be used with.
    pub(super) const RSA: &'static [Self] =
        &[Self::Rs256, Self::Rs384, Self::Rs512, Self::Ps256, Self::Ps384, Self::Ps512];

    /// The name in a token's header (`alg`).
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Rs256 => "RS256",
            Self::Rs384 => "RS384",
            Self::Rs512 => "RS512",
            Self::Ps256 => "PS256",
            Self::Ps384 => "PS384",
            Self::Ps512 => "PS512",
            Self::Es256 => "ES256",
            Self::Es384 => "ES384",
            #[cfg(feature = "jwt-aws-lc-rs")]
            Self::Es512 => "ES512",
            Self::EdDsa => "EdDSA",
        }
    }

    /// The same in the backend's terms, if it has one.
    pub(super) fn backend(self) -> Option<Algorithm> {
        Some(match self {
            Self::Rs256 => Algorithm::RS256,
            Self::Rs384 => Algorithm::RS384,
            Self::Rs512 => Algorithm::RS512,
            Self::Ps256 => Algorithm::PS256,
            Self::Ps384 => Algorithm::PS384,
            Self::Ps512 => Algorithm::PS512,
            Self::Es256 => Algorithm::ES256,
            Self::Es384 => Algorithm::ES384,
            #[cfg(feature = "jwt-aws-lc-rs")]
            Self::Es512 => return None,
            Self::EdDsa => Algorithm::EdDSA,
        })
    }
}

impl FromStr for SignatureAlgorithm {
    type Err = UnknownAlgorithm;

    fn from_str(name: &str) -> Result<Self, UnknownAlgorithm> {
        let found = Self::ALL.iter().copied().find(|algorithm| algorithm.name() == name);
        found.ok_or_else(|| UnknownAlgorithm(name.to_owned()))
    }
}

impl fmt::Display for SignatureAlgorithm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact_and_nothing_symmetric_has_one() {
        for algorithm in SignatureAlgorithm::ALL {
            assert_eq!(algorithm.name().parse(), Ok(*algorithm));
            let backend = algorithm.backend().map(|backend| format!("{backend:?}"));
            assert!(backend.is_none_or(|backend| backend == algorithm.name()));
        }
        for name in ["none", "None", "HS256", "HS384", "HS512", "rs256", "ES521", "RSA1_5", "", " RS256"] {
            assert_eq!(name.parse::<SignatureAlgorithm>(), Err(UnknownAlgorithm(name.to_owned())));
        }
    }
}

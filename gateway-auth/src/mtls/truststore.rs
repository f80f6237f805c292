use std::{
    fmt,
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use gateway_core::{BoxError, CertificateCheck, ClientCertificate};
use rustls_pki_types::{CertificateDer, SignatureVerificationAlgorithm, TrustAnchor, UnixTime, pem::PemObject};
use webpki::{EndEntityCert, KeyUsage, anchor_from_trusted_cert};
use x509_parser::{certificate::X509Certificate, prelude::FromDer, time::ASN1Time};

use super::certificate::fields;

/// AWS's longest chain: the client's certificate, two between, and the root.
const MAX_CHAIN: usize = 4;

/// How many certificates a client may send, and how long each may be in bytes: more is not looked at.
const MAX_SENT: usize = 16;
const MAX_CERTIFICATE: usize = 64 * 1024;

/// Whose certificates are trusted: the roots, as a bundle in PEM.
///
/// A client's certificate must chain to one of them, be valid now, be signed with SHA-256 or better by an RSA key of 2048
/// bits or more or an elliptic curve of 256, and not be forbidden for clients. A chain has at most four certificates. One
/// that is in the bundle itself is trusted as it is. Revocation is not looked at.
///
/// The host's TLS must ask for a certificate, and prove that the client holds its key; it may leave all else to this. A
/// domain has one ([`Domain::mutual_tls`](gateway_core::Domain::mutual_tls), `mutualTlsAuthentication` of a definition), or
/// the host checks once a connection itself, and puts the [`ClientCertificate`] into the extensions of each of its requests.
///
/// AWS developer guide: *Configuring mutual TLS authentication for a REST API*.
///
/// # Example
/// ```
/// # #[cfg(feature = "mtls-aws-lc-rs")] {
/// use std::time::SystemTime;
/// use gateway_auth::{MutualTls, Truststore};
/// use gateway_core::Guard;
///
/// # fn accept(pem: &[u8], chain: &[rustls_pki_types::CertificateDer<'_>]) -> Result<(), Box<dyn std::error::Error>> {
/// let truststore = Truststore::from_pem(pem)?;
/// // With each connection, once its handshake has ended; `chain` is what rustls calls `peer_certificates`:
/// let certificate = truststore.check(chain, SystemTime::now()).ok();
/// let mut request = http::Request::new(());
/// if let Some(certificate) = certificate {
///     request.extensions_mut().insert(certificate); // of each of its requests
/// }
/// // And before everything else, for all that have none:
/// let layer = MutualTls.into_layer();
/// # Ok(()) }
/// # }
/// ```
pub struct Truststore {
    anchors: Vec<TrustAnchor<'static>>,
    certificates: Vec<CertificateDer<'static>>,
    algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
}

/// Why a bundle is no truststore.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TruststoreError {
    /// It is no PEM.
    #[error("the truststore is no PEM")]
    Pem,
    /// It holds no certificate.
    #[error("the truststore holds no certificate")]
    Empty,
    /// A certificate cannot be read; counted from zero.
    #[error("certificate {0} of the truststore cannot be read")]
    Certificate(usize),
}

/// Why a client's certificate is not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The client sent none.
    #[error("Access denied. Reason: No client certificate")]
    Missing,
    /// It cannot be read.
    #[error("Access denied. Reason: Client cert cannot be read")]
    Malformed,
    /// Nobody in the truststore issued it, nor whoever did.
    #[error("Access denied. Reason: Could not find issuer for certificate")]
    Issuer,
    /// It is not valid yet, or any more.
    #[error("Access denied. Reason: Client cert is not valid at this time")]
    Time,
    /// It, or one above it, is signed in a way that is not safe.
    #[error("Access denied. Reason: Client cert using an insecure Signature Algorithm")]
    Algorithm,
    /// It may not be used so.
    #[error("Access denied. Reason: Client cert is not for clients")]
    Usage,
}

impl Truststore {
    /// Reads a bundle; signatures are checked with aws-lc-rs.
    ///
    /// # Errors
    /// What is wrong with it.
    #[cfg(feature = "mtls-aws-lc-rs")]
    pub fn from_pem(pem: &[u8]) -> Result<Self, TruststoreError> {
        Self::with_algorithms(pem, webpki::ALL_VERIFICATION_ALGS)
    }

    /// Reads a bundle; these check signatures.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn with_algorithms(
        pem: &[u8],
        algorithms: &'static [&'static dyn SignatureVerificationAlgorithm],
    ) -> Result<Self, TruststoreError> {
        let certificates = CertificateDer::pem_slice_iter(pem).collect::<Result<Vec<_>, _>>();
        let certificates = certificates.map_err(|_| TruststoreError::Pem)?;
        if certificates.is_empty() {
            return Err(TruststoreError::Empty);
        }
        let anchor = |(place, certificate)| {
            let anchor = anchor_from_trusted_cert(certificate).map_err(|_| TruststoreError::Certificate(place))?;
            Ok(anchor.to_owned())
        };
        let anchors = certificates.iter().enumerate().map(anchor).collect::<Result<_, _>>()?;
        Ok(Self { anchors, certificates, algorithms })
    }

    /// Checks the certificates that a client sent, its own first, and gives what that says.
    ///
    /// # Errors
    /// Why it is not taken.
    pub fn check(&self, chain: &[CertificateDer<'_>], now: SystemTime) -> Result<ClientCertificate, CertificateError> {
        let [own, between @ ..] = chain else { return Err(CertificateError::Missing) };
        if chain.len() > MAX_SENT || chain.iter().any(|certificate| certificate.len() > MAX_CERTIFICATE) {
            return Err(CertificateError::Malformed);
        }
        let (rest, parsed) = X509Certificate::from_der(own).map_err(|_| CertificateError::Malformed)?;
        if !rest.is_empty() {
            return Err(CertificateError::Malformed);
        }
        if self.certificates.iter().any(|trusted| trusted == own) {
            let now = i64::try_from(since_epoch(now).as_secs()).ok();
            let now = now.and_then(|now| ASN1Time::from_timestamp(now).ok()).ok_or(CertificateError::Time)?;
            return if parsed.validity().is_valid_at(now) {
                Ok(fields(own, &parsed))
            } else {
                Err(CertificateError::Time)
            };
        }
        let end = EndEntityCert::try_from(own).map_err(refused)?;
        let is_short = |path: &webpki::VerifiedPath<'_>| {
            let length = path.intermediate_certificates().count() + 2;
            if length > MAX_CHAIN { Err(webpki::Error::UnknownIssuer) } else { Ok(()) }
        };
        end.verify_for_usage(
            self.algorithms,
            &self.anchors,
            between,
            UnixTime::since_unix_epoch(since_epoch(now)),
            KeyUsage::client_auth(),
            None,
            Some(&is_short),
        )
        .map_err(refused)?;
        Ok(fields(own, &parsed))
    }
}

impl CertificateCheck for Truststore {
    fn check(&self, chain: &[Bytes], now: SystemTime) -> Result<ClientCertificate, BoxError> {
        // Of more than are looked at, it is told that they are more.
        let chain: Vec<_> = chain.iter().take(MAX_SENT + 1).map(|der| CertificateDer::from(&**der)).collect();
        Ok(self.check(&chain, now)?)
    }
}

fn since_epoch(now: SystemTime) -> Duration {
    now.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "it is what `map_err` gives")]
fn refused(error: webpki::Error) -> CertificateError {
    use webpki::Error as Why;
    match error {
        Why::CertExpired { .. } | Why::CertNotValidYet { .. } | Why::InvalidCertValidity => CertificateError::Time,
        Why::UnsupportedSignatureAlgorithmContext(_) | Why::UnsupportedSignatureAlgorithmForPublicKeyContext(_) => {
            CertificateError::Algorithm
        }
        Why::RequiredEkuNotFoundContext(_) | Why::CaUsedAsEndEntity | Why::EndEntityUsedAsCa => CertificateError::Usage,
        Why::BadDer | Why::BadDerTime | Why::UnsupportedCertVersion | Why::MalformedExtensions => {
            CertificateError::Malformed
        }
        _ => CertificateError::Issuer,
    }
}

impl fmt::Debug for Truststore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Truststore").field("certificates", &self.certificates.len()).finish_non_exhaustive()
    }
}

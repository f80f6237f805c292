//! The certificate that a client proved to hold.

use std::{fmt, sync::Arc};

/// What the client's certificate says (`$context.identity.clientCert.*`), where the host's TLS asked for one.
///
/// The host puts it into the request's extensions; nothing in the request itself is ever taken for it. `gateway_auth`
/// reads it from a certificate (feature `mtls`). Cloning is cheap.
///
/// AWS developer guide: *Configuring mutual TLS authentication for a REST API*.
#[derive(Clone, PartialEq, Eq)]
pub struct ClientCertificate(Arc<ClientCertificateFields>);

/// The fields of a [`ClientCertificate`], as AWS writes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCertificateFields {
    /// The certificate, PEM-encoded.
    pub pem: String,
    /// The name of whom it is for: `CN=www.example.com`, ...
    pub subject_dn: String,
    /// The name of who issued it.
    pub issuer_dn: String,
    /// Its number, in hexadecimal with colons: `a1:a1:...`.
    pub serial_number: String,
    /// From when on it is valid: `May 28 12:30:02 2019 GMT`.
    pub not_before: String,
    /// Until when it is valid: `Aug  5 09:36:04 2021 GMT`.
    pub not_after: String,
}

impl ClientCertificate {
    /// A certificate that says this.
    #[must_use]
    pub fn new(fields: ClientCertificateFields) -> Self {
        Self(Arc::new(fields))
    }

    /// What it says.
    #[must_use]
    pub fn fields(&self) -> &ClientCertificateFields {
        &self.0
    }

    /// The value of `$context.identity.clientCert.NAME`.
    pub(crate) fn value(&self, field: CertificateField) -> &str {
        let fields = self.fields();
        match field {
            CertificateField::Pem => &fields.pem,
            CertificateField::Subject => &fields.subject_dn,
            CertificateField::Issuer => &fields.issuer_dn,
            CertificateField::Serial => &fields.serial_number,
            CertificateField::NotBefore => &fields.not_before,
            CertificateField::NotAfter => &fields.not_after,
        }
    }
}

impl fmt::Debug for ClientCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.fields();
        f.debug_struct("ClientCertificate")
            .field("subject_dn", &fields.subject_dn)
            .field("issuer_dn", &fields.issuer_dn)
            .field("serial_number", &fields.serial_number)
            .finish_non_exhaustive()
    }
}

/// A variable of `$context.identity.clientCert`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CertificateField {
    Pem,
    Subject,
    Issuer,
    Serial,
    NotBefore,
    NotAfter,
}

impl CertificateField {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "clientCertPem" => Self::Pem,
            "subjectDN" => Self::Subject,
            "issuerDN" => Self::Issuer,
            "serialNumber" => Self::Serial,
            "validity.notBefore" => Self::NotBefore,
            "validity.notAfter" => Self::NotAfter,
            _ => return None,
        })
    }
}

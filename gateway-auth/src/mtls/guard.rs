use async_trait::async_trait;
use gateway_core::{Context, Error, ErrorKind, Guard, Parts};

use super::CertificateError;

/// Refuses requests without a certificate that was checked (403 `Forbidden`), before any authorizer.
///
/// It believes only the [`ClientCertificate`](gateway_core::ClientCertificate) in the request's extensions, which the
/// host puts there, see [`Truststore`](super::Truststore); what it says is `$context.identity.clientCert.*`.
///
/// # Example
/// ```
/// use gateway_auth::MutualTls;
/// use gateway_core::{Api, Guard};
///
/// let api = Api::rest("pets").guard(MutualTls); // or alone: `.layer(MutualTls.into_layer())`
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct MutualTls;

#[async_trait]
impl Guard for MutualTls {
    async fn check(&self, _: &Parts, context: &Context) -> Result<(), Error> {
        passes(context)
    }

    fn check_now(&self, _: &Parts, context: &Context) -> Option<Result<(), Error>> {
        Some(passes(context))
    }
}

fn passes(context: &Context) -> Result<(), Error> {
    match context.client_certificate() {
        Some(_) => Ok(()),
        None => Err(Error::new(ErrorKind::AccessDenied)
            .with_message("Forbidden")
            .with_exception("ForbiddenException")
            .with_source(CertificateError::Missing)),
    }
}

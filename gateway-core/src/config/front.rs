//! Who is who: custom domains, whose word counts of who the client is, and what backends see of us.

use std::sync::Arc;

use super::{DomainConfig, MutualTlsConfig, define::Scribe};
use crate::{
    client::{CertificateCheck, Proxies},
    context::ApiKind,
    definition::Domain,
    problem::Problem,
};

/// Makes the trusted proxies of the addresses and ranges that a definition lists.
///
/// A closure `|ranges: &[String]| -> Result<Arc<dyn Proxies>, Problem>` is a factory too; `gateway_auth` has one,
/// `TrustedProxies::define`.
pub trait ProxiesFactory: Send + Sync + 'static {
    /// Makes them.
    ///
    /// # Errors
    /// What is wrong with them; the pointer starts at the list.
    fn proxies(&self, ranges: &[String]) -> Result<Arc<dyn Proxies>, Problem>;
}

impl<F> ProxiesFactory for F
where
    F: Fn(&[String]) -> Result<Arc<dyn Proxies>, Problem> + Send + Sync + 'static,
{
    fn proxies(&self, ranges: &[String]) -> Result<Arc<dyn Proxies>, Problem> {
        self(ranges)
    }
}

/// Makes the truststore of a domain of what a definition says.
///
/// A closure `|config: &MutualTlsConfig| -> Result<Arc<dyn CertificateCheck>, Problem>` is a factory too; `gateway_auth`
/// has one, `Truststore::define`.
pub trait TruststoreFactory: Send + Sync + 'static {
    /// Makes it.
    ///
    /// # Errors
    /// What is wrong with it; the pointer starts at `mutualTlsAuthentication`.
    fn truststore(&self, config: &MutualTlsConfig) -> Result<Arc<dyn CertificateCheck>, Problem>;
}

impl<F> TruststoreFactory for F
where
    F: Fn(&MutualTlsConfig) -> Result<Arc<dyn CertificateCheck>, Problem> + Send + Sync + 'static,
{
    fn truststore(&self, config: &MutualTlsConfig) -> Result<Arc<dyn CertificateCheck>, Problem> {
        self(config)
    }
}

impl Scribe<'_> {
    /// The certificate that a stage shows to backends.
    pub(super) fn client_certificate(&mut self, pointer: &str, id: &str, kind: ApiKind) -> Option<Arc<str>> {
        let message = match kind {
            ApiKind::Rest if self.registry.has_client_certificate(id) => return Some(id.into()),
            ApiKind::Rest => {
                format!("there is no client certificate `{id}`; give it to the integrations, with its key")
            }
            ApiKind::Http => "an HTTP API shows no certificate to its backends".to_owned(),
        };
        self.problems.push(Problem::new(format!("{pointer}/clientCertificateId"), message));
        None
    }

    pub(super) fn domain(&mut self, pointer: &str, config: &DomainConfig) -> Domain {
        let domain = Domain::from(config);
        let Some(mutual_tls) = config.mutual_tls_authentication.as_ref() else { return domain };
        if mutual_tls.truststore_uri.is_empty() {
            return domain;
        }
        let truststore = self.registry.make_truststore(mutual_tls);
        let found = |problem: Problem| self.problems.push(problem.below(&format!("{pointer}/mutualTlsAuthentication")));
        Domain { truststore: truststore.map_err(found).ok(), ..domain }
    }

    pub(super) fn proxies(&mut self, ranges: &[String]) -> Option<Arc<dyn Proxies>> {
        if ranges.is_empty() {
            return None;
        }
        let proxies = self.registry.make_proxies(ranges);
        proxies.map_err(|problem| self.problems.push(problem.below("/trustedProxies"))).ok()
    }
}

//! What an HTTP integration calls: an address, or an upstream.

use std::{borrow::Cow, collections::BTreeMap, sync::Arc};

use gateway_core::{
    HttpClient, Integration, Problem, Problems,
    config::{BackendConfig, UpstreamConfig, UpstreamsReady},
};

#[cfg(feature = "upstream")]
use super::{Integrations, shared};
#[cfg(feature = "upstream")]
use crate::upstream::{Upstream, Upstreams, WithAffinity};

/// The upstreams that integrations name.
#[derive(Clone)]
pub(super) struct Named {
    #[cfg(feature = "upstream")]
    upstreams: Upstreams,
}

/// What one integration calls.
pub(super) struct Called<'a> {
    pub(super) uri: Cow<'a, str>,
    pub(super) client: Arc<dyn HttpClient>,
    #[cfg(feature = "upstream")]
    upstream: Option<Upstream>,
}

#[cfg(feature = "upstream")]
impl Integrations {
    /// The upstreams that integrations name in `upstream`: a host keeps a clone to look after them. With ones of their
    /// own unless given.
    #[must_use]
    pub fn upstreams(mut self, upstreams: Upstreams) -> Self {
        self.upstreams = Named { upstreams };
        self
    }
}

#[cfg(feature = "upstream")]
impl Named {
    pub(super) fn new(client: &Arc<dyn HttpClient>) -> Self {
        Self { upstreams: Upstreams::new(Arc::clone(client)) }
    }

    pub(super) fn define(&self, configs: &BTreeMap<&str, &UpstreamConfig>) -> Result<UpstreamsReady, Problems> {
        self.upstreams.define(configs)
    }

    pub(super) fn called<'a>(
        &self,
        config: &'a BackendConfig,
        client: &Arc<dyn HttpClient>,
    ) -> Result<Called<'a>, Problem> {
        let Some(name) = config.upstream.as_ref().or_else(|| self.linked(config)) else {
            return Ok(Called { uri: Cow::from(&config.uri), client: Arc::clone(client), upstream: None });
        };
        let message = || format!("there is no upstream `{name}`; add it to `upstreams`");
        let upstream = self.upstreams.named(name).ok_or_else(|| Problem::new("/upstream", message()))?;
        if config
            .tls_config
            .as_ref()
            .is_some_and(|tls| tls.insecure_skip_verification || tls.server_name_to_verify.is_some())
        {
            return Err(Problem::new(
                "/tlsConfig",
                "the targets of an upstream are called by its own client; set that up",
            ));
        }
        let is_path = config.uri.is_empty() || config.uri.starts_with('/');
        let uri = if super::is_private(config) {
            // The upstream stands for the load balancer or the service as well.
            format!("http://{name}").into()
        } else if is_path {
            format!("http://{name}{}", config.uri).into()
        } else {
            Cow::from(&config.uri)
        };
        Ok(Called { uri, client: Arc::new(upstream.clone()), upstream: Some(upstream) })
    }
}

#[cfg(feature = "upstream")]
impl Named {
    /// The VPC link of an integration, where an upstream stands for it.
    fn linked<'a>(&self, config: &'a BackendConfig) -> Option<&'a String> {
        let link = config.connection_id.as_ref().filter(|_| config.connection_type.as_deref() == Some("VPC_LINK"));
        link.filter(|link| self.upstreams.named(link).is_some())
    }
}

#[cfg(feature = "upstream")]
impl Called<'_> {
    /// `integration`, which calls this.
    pub(super) fn integration(&self, integration: Arc<dyn Integration>) -> Arc<dyn Integration> {
        match &self.upstream {
            Some(upstream) => shared(WithAffinity::new(integration, upstream.clone())),
            None => integration,
        }
    }
}

#[cfg(not(feature = "upstream"))]
impl Named {
    pub(super) fn new(_: &Arc<dyn HttpClient>) -> Self {
        Self {}
    }

    pub(super) fn define(&self, configs: &BTreeMap<&str, &UpstreamConfig>) -> Result<UpstreamsReady, Problems> {
        match configs.keys().next() {
            Some(_) => Err(Problem::new("", "upstreams need the feature `upstream` of gateway-integrations").into()),
            None => Ok(Arc::new(|| {})),
        }
    }

    pub(super) fn called<'a>(
        &self,
        config: &'a BackendConfig,
        client: &Arc<dyn HttpClient>,
    ) -> Result<Called<'a>, Problem> {
        match &config.upstream {
            Some(_) => Err(Problem::new("/upstream", "this needs the feature `upstream` of gateway-integrations")),
            None => Ok(Called { uri: Cow::from(&config.uri), client: Arc::clone(client) }),
        }
    }
}

#[cfg(not(feature = "upstream"))]
impl Called<'_> {
    #[expect(clippy::unused_self, reason = "with the feature it is used")]
    pub(super) fn integration(&self, integration: Arc<dyn Integration>) -> Arc<dyn Integration> {
        integration
    }
}

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
        let Some(name) = config.upstream.as_ref().or(self.linked(config)?) else {
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
        let uri = if is_path { format!("http://{name}{}", config.uri).into() } else { Cow::from(&config.uri) };
        Ok(Called { uri, client: Arc::new(upstream.clone()), upstream: Some(upstream) })
    }
}

#[cfg(feature = "upstream")]
impl Named {
    /// The upstream that stands for the VPC link of an integration: the one with the link's id for a name.
    fn linked<'a>(&self, config: &'a BackendConfig) -> Result<Option<&'a String>, Problem> {
        let Some(link) = link(config)? else { return Ok(None) };
        match self.upstreams.named(link) {
            Some(_) => Ok(Some(link)),
            None => Err(Problem::new("/connectionId", no_link(link))),
        }
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
        if let Some(link) = link(config)? {
            return Err(Problem::new("/connectionId", no_link(link)));
        }
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

/// The VPC link of an integration that names no upstream itself.
fn link(config: &BackendConfig) -> Result<Option<&String>, Problem> {
    let kind = config.connection_type.as_deref().filter(|kind| *kind != "INTERNET");
    match (kind, &config.connection_id) {
        _ if config.upstream.is_some() => Ok(None),
        (None, _) => Ok(None),
        (Some("VPC_LINK"), Some(link)) => Ok(Some(link)),
        (Some("VPC_LINK"), None) => Err(Problem::new("/connectionId", "a VPC link has an id; write it")),
        (Some(kind), _) => {
            Err(Problem::new("/connectionType", format_args!("`{kind}` is neither INTERNET nor VPC_LINK")))
        }
    }
}

fn no_link(link: &str) -> String {
    format!("nothing stands for the VPC link `{link}`; add an upstream of this name, with the targets behind the link")
}

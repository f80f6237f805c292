//! A VPC link that stage variables name: another one for each stage.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use async_trait::async_trait;
use gateway_core::{
    Context, Error, Integration, Problems, Request, Response,
    config::{ApiConfig, BackendConfig},
};

use super::{Made, shared};
use crate::{aws::Pieces, failure::misconfigured};

/// Calls behind the link of the stage that serves.
struct ByLink {
    link: Pieces,
    behind: BTreeMap<String, Arc<dyn Integration>>,
}

/// The integration of `config`, made by `make`; one for each link that the stages of `api` name, where variables name it.
pub(super) fn by_link(config: &BackendConfig, api: &ApiConfig, make: impl Fn(&BackendConfig) -> Made) -> Made {
    let named = config.connection_id.as_deref().filter(|_| config.upstream.is_none()).map(Pieces::fixed_paths);
    let Some(link) = named.filter(Pieces::has_variables) else { return make(config) };
    let mut behind = BTreeMap::new();
    let mut problems = Vec::new();
    for id in links(&link, api) {
        let config = BackendConfig { connection_id: Some(id.clone()), ..config.clone() };
        match make(&config) {
            Ok(made) => drop(behind.insert(id, made)),
            Err(found) => problems.extend(found),
        }
    }
    if problems.is_empty() { Ok(shared(ByLink { link, behind })) } else { Err(Problems::from_iter(problems)) }
}

/// The links that stages and their canaries name.
fn links(link: &Pieces, api: &ApiConfig) -> BTreeSet<String> {
    let stages = api.stages.iter().filter_map(|stage| stage.get().ok());
    let ids = stages.flat_map(|stage| {
        let own = link.filled(|name| stage.variables.get(name).map(String::as_str));
        let canary = stage.canary_settings.as_ref().map(|canary| {
            let overridden = |name: &str| canary.stage_variable_overrides.get(name).or(stage.variables.get(name));
            link.filled(|name| overridden(name).map(String::as_str))
        });
        canary.into_iter().chain([own])
    });
    ids.collect()
}

#[async_trait]
impl Integration for ByLink {
    async fn invoke(&self, request: Request, context: &Context) -> Result<Response, Error> {
        let link = self.link.text(context);
        let behind = self.behind.get(&*link);
        let behind =
            behind.ok_or_else(|| misconfigured(context, format!("nothing stands for the VPC link `{link}`")))?;
        behind.invoke(request, context).await
    }
}

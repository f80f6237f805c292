//! What tells kept answers from those of other deployments.

use std::{collections::BTreeMap, fmt::Write as _};

use sha2::{Digest, Sha256};

use super::routes::CompiledRoutes;
use crate::{
    definition::{Api, RouteDefinition},
    router::RouteKey,
};

/// What tells the kept answers of a deployment from those of others.
#[derive(Default)]
pub(super) struct CacheScopes {
    id: String,
    /// Of a deployment without an id of its own.
    by_namespace: BTreeMap<String, String>,
}

impl CacheScopes {
    /// By the deployment's id, if somebody gave it one.
    ///
    /// Else by what the routes of each namespace say of themselves: a reload then forgets the answers of what has
    /// changed, and no others.
    pub(super) fn new(own_id: Option<&str>, api: &Api, routes: &CompiledRoutes) -> Self {
        if let Some(id) = own_id {
            return Self { id: id.to_owned(), by_namespace: BTreeMap::new() };
        }
        let mut digests: BTreeMap<String, Sha256> = BTreeMap::new();
        let defined = api.routes.iter().flatten().map(|(_, route)| route);
        for (key, route) in routes.keys.iter().flatten().zip(defined) {
            let (Some(namespace), Some(said)) = (namespace(key, route), route.digest) else { continue };
            let digest = digests.entry(namespace).or_default();
            digest.update(key.to_string());
            digest.update(said);
        }
        let binary = format!("{:?}", api.binary_media_types);
        let scope = |digest: Sha256| {
            digest.chain_update(&binary).finalize().iter().fold(String::new(), |mut text, byte| {
                // Writing to a String cannot fail.
                let _ = write!(text, "{byte:02x}");
                text
            })
        };
        let by_namespace = digests.into_iter().map(|(namespace, digest)| (namespace, scope(digest)));
        Self { id: String::new(), by_namespace: by_namespace.collect() }
    }

    /// The scope of a namespace.
    pub(super) fn of(&self, namespace: &str) -> &str {
        self.by_namespace.get(namespace).unwrap_or(&self.id)
    }
}

/// What the routes that share entries have in common: the resource, unless they name something else.
pub(super) fn namespace(key: &RouteKey, route: &RouteDefinition) -> Option<String> {
    let path = key.path()?;
    let named = route.cache_namespace.as_ref().map(|name| format!("namespace {name}"));
    Some(named.unwrap_or_else(|| format!("resource {path}")))
}

//! The answers to preflights: `OPTIONS` methods of REST APIs, and what an HTTP API answers where no route matches.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use http::HeaderValue;
use sha2::{Digest, Sha256};

use crate::{
    context::{ApiKind, Context},
    cors::CompiledCors,
    definition::{Api, RouteDefinition},
    error::Error,
    integration::Integration,
    problem::Problem,
    router::{RouteKey, RouteMethod},
    service::{Request, Response},
};

/// Answers preflights of one resource.
struct Preflight {
    cors: Arc<CompiledCors>,
    methods: Option<HeaderValue>,
}

#[async_trait]
impl Integration for Preflight {
    async fn invoke(&self, request: Request, _: &Context) -> Result<Response, Error> {
        let (request, _) = request.into_parts();
        Ok(self.cors.preflight(&request, self.methods.as_ref()))
    }
}

/// What answers the preflights of an HTTP API that no route matches.
pub(super) fn unrouted(cors: &Arc<CompiledCors>) -> RouteDefinition {
    RouteDefinition::new(Arc::new(Preflight { cors: Arc::clone(cors), methods: None }))
}

/// Compiles the API's CORS; the methods that a REST API needs are added to its routes, behind them.
pub(super) fn add(api: &mut Api, pointer: &str, problems: &mut Vec<Problem>) -> Option<Arc<CompiledCors>> {
    let cors = api.cors.as_ref()?;
    let pointer = format!("{pointer}/cors");
    let cors = Arc::new(cors.compile(api.kind, &pointer, problems));
    if api.kind == ApiKind::Http {
        return Some(cors);
    }
    let mut resources: BTreeMap<String, Vec<RouteMethod>> = BTreeMap::new();
    for key in api.routes.iter().flatten().filter_map(|(text, _)| RouteKey::parse(text, api.kind).ok()) {
        if let (Some(method), Some(path)) = (key.method(), key.path()) {
            resources.entry(path.to_string()).or_default().push(method);
        }
    }
    for (path, methods) in resources.into_iter().filter(|(_, methods)| !methods.contains(&RouteMethod::Options)) {
        let serves = |method: &RouteMethod| {
            let any = methods.contains(&RouteMethod::Any);
            *method != RouteMethod::Any && (any || *method == RouteMethod::Options || methods.contains(method))
        };
        let names: Vec<_> = RouteMethod::ALL.iter().filter(|method| serves(method)).map(|one| one.as_str()).collect();
        let Ok(methods) = HeaderValue::from_str(&names.join(",")) else { continue };
        let digest = Sha256::digest(format!("{cors:?} {methods:?}"));
        let mut route = RouteDefinition::new(Arc::new(Preflight { cors: Arc::clone(&cors), methods: Some(methods) }));
        route.digest = Some(digest.into());
        api.routes.push(Some((format!("OPTIONS {path}"), route)));
    }
    Some(cors)
}

//! The `OPTIONS` methods that CORS adds.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use http::{HeaderValue, StatusCode};
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
    methods: HeaderValue,
}

#[async_trait]
impl Integration for Preflight {
    async fn invoke(&self, request: Request, _: &Context) -> Result<Response, Error> {
        let (request, _) = request.into_parts();
        Ok(self.cors.preflight(&request, StatusCode::OK, &self.methods))
    }
}

/// Compiles the API's CORS; the methods that it needs are added to the API's routes, behind them.
pub(super) fn add(api: &mut Api, pointer: &str, problems: &mut Vec<Problem>) -> Option<Arc<CompiledCors>> {
    let cors = api.cors.as_ref()?;
    let pointer = format!("{pointer}/cors");
    if api.kind == ApiKind::Http {
        problems.push(Problem::new(&pointer, "CORS of HTTP APIs is not there yet; make it a REST API"));
        return None;
    }
    let cors = Arc::new(cors.compile(&pointer, problems));
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
        let mut route = RouteDefinition::new(Arc::new(Preflight { cors: Arc::clone(&cors), methods }));
        route.digest = Some(digest.into());
        api.routes.push(Some((format!("OPTIONS {path}"), route)));
    }
    Some(cors)
}

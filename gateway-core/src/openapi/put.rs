//! Putting a document to an API that exists.

use std::collections::{BTreeMap, HashMap};

use super::{
    documentation::merged,
    error::ImportError,
    import::{Given, Imported, Tree, read, second_variable},
    options::ImportOptions,
    resources::method_and_path,
};
use crate::{
    config::{ApiConfig, ProtocolType, RouteConfig, Tried},
    context::ApiKind,
    problem::{Problem, pointer_token},
    router::{HttpRouter, RouteConflict, RouteKey},
};

/// What becomes of what an API has and the document has not.
///
/// AWS developer guide: *Import an OpenAPI file to update an existing API definition*.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum PutMode {
    /// It stays.
    Merge,
    /// It goes; but the stages, the kind of endpoint and the resource policy stay.
    Overwrite,
}

/// Puts a document to an API, and gives the new one back: `api` stays as it is, whatever is wrong with the document.
///
/// The document is read as one of the API's kind. The id, account and region of `api` count unless the options name
/// others. No stage changes what it serves before the new API is put into a gateway.
///
/// AWS always overwrites HTTP APIs, which replaces routes, authorizers, CORS and tags. What a document says of them only
/// where [`beyond_aws`](ImportOptions::beyond_aws) is asked for stays unless it is.
///
/// AWS API reference: *PutRestApi*, *ReimportApi*.
///
/// # Errors
/// What AWS refuses, all errors at once.
///
/// # Example
/// ```
/// use gateway_core::openapi::{self, ImportOptions, PutMode};
///
/// let options = ImportOptions::new();
/// let pets = r#"{ "swagger": "2.0", "info": { "title": "pets" }, "paths": { "/pets": {} } }"#;
/// let toys = r#"{ "swagger": "2.0", "info": { "title": "toys" }, "paths": { "/toys": {} } }"#;
/// let api = openapi::import(pets, &options)?.api;
/// let api = openapi::put(&api, toys, PutMode::Merge, &options)?.api;
/// assert_eq!((api.name.as_str(), api.resource_paths().len()), ("toys", 3));
/// # Ok::<(), openapi::ImportError>(())
/// ```
pub fn put(api: &ApiConfig, text: &str, mode: PutMode, options: &ImportOptions) -> Result<Imported, ImportError> {
    let mut options = options.clone().protocol_type(api.protocol_type);
    let own = |option: &mut Option<String>, field: &Option<String>| *option = option.take().or_else(|| field.clone());
    own(&mut options.api_id, &api.id);
    own(&mut options.account_id, &api.account_id);
    own(&mut options.region, &api.region);
    let mut given = read(text, &options)?;
    if options.ignore_documentation {
        given.api.documentation.clone_from(&api.documentation);
    }
    let (report, warnings) = (given.report.clone(), given.warnings.clone());
    let api = match mode {
        PutMode::Merge => merge(api, given, &options)?,
        PutMode::Overwrite => kept(api, given, &options),
    };
    Ok(Imported { api, report, warnings })
}

/// What no document changes.
fn kept(existing: &ApiConfig, given: Given, options: &ImportOptions) -> ApiConfig {
    let mut api = given.api;
    let endpoint = &existing.endpoint_configuration;
    api.id.clone_from(&existing.id);
    api.account_id.clone_from(&existing.account_id);
    api.region.clone_from(&existing.region);
    api.stages.clone_from(&existing.stages);
    api.unknown.clone_from(&existing.unknown);
    api.endpoint_configuration = given.endpoint.map_or_else(
        || endpoint.clone(),
        |mut given| {
            given.r#type = endpoint.r#type;
            given
        },
    );
    api.disable_execute_api_endpoint =
        given.default_endpoint.map_or(existing.disable_execute_api_endpoint, |enabled| !enabled);
    // An API must not open itself to everybody because a document is silent.
    api.policy = api.policy.or_else(|| existing.policy.clone());
    match api.protocol_type {
        ProtocolType::Rest => {
            api.cors.clone_from(&existing.cors);
            api.tags.clone_from(&existing.tags);
        }
        ProtocolType::Http => kept_of_http(existing, &mut api, options),
    }
    api
}

/// What no document of an HTTP API speaks of, or none that is read as AWS reads it.
fn kept_of_http(existing: &ApiConfig, api: &mut ApiConfig, options: &ImportOptions) {
    api.binary_media_types.clone_from(&existing.binary_media_types);
    api.minimum_compression_size = existing.minimum_compression_size;
    api.documentation.clone_from(&existing.documentation);
    if !options.beyond_aws {
        api.api_key_source = existing.api_key_source;
        api.gateway_responses.clone_from(&existing.gateway_responses);
        api.models.clone_from(&existing.models);
        api.request_validators.clone_from(&existing.request_validators);
        api.request_validator.clone_from(&existing.request_validator);
    }
}

fn merge(existing: &ApiConfig, given: Given, options: &ImportOptions) -> Result<ApiConfig, ImportError> {
    let warnings = given.warnings.clone();
    let has_key_source = given.api_key_source;
    let mut api = kept(existing, given, options);
    api.cors = api.cors.or_else(|| existing.cors.clone());
    keep(&mut api.tags, &existing.tags);
    api.description = api.description.or_else(|| existing.description.clone());
    if !has_key_source {
        api.api_key_source = existing.api_key_source;
    }
    let mut types = existing.binary_media_types.clone();
    types.extend(api.binary_media_types.into_iter().filter(|kind| !existing.binary_media_types.contains(kind)));
    api.binary_media_types = types;
    api.minimum_compression_size = api.minimum_compression_size.or(existing.minimum_compression_size);
    api.request_validator = api.request_validator.or_else(|| existing.request_validator.clone());
    keep(&mut api.authorizers, &existing.authorizers);
    keep(&mut api.gateway_responses, &existing.gateway_responses);
    keep(&mut api.models, &existing.models);
    keep(&mut api.request_validators, &existing.request_validators);
    api.documentation = match (existing.documentation.clone(), api.documentation) {
        (Some(existing), Some(given)) => Some(merged(existing, given)),
        (existing, given) => given.or(existing),
    };
    api.routes = routes(&existing.routes, api.routes);
    let mut resources = existing.resources.clone();
    resources.extend(api.resources.into_iter().filter(|path| !existing.resources.contains(path)));
    api.resources = resources;
    check(&api).map_err(|errors| ImportError::Errors { errors, warnings })?;
    Ok(api)
}

fn keep<T: Clone>(given: &mut BTreeMap<String, T>, existing: &BTreeMap<String, T>) {
    for (name, part) in existing {
        given.entry(name.clone()).or_insert_with(|| part.clone());
    }
}

/// The existing routes in their places, replaced where the document has the same method, and then the new ones.
fn routes(existing: &[Tried<RouteConfig>], given: Vec<Tried<RouteConfig>>) -> Vec<Tried<RouteConfig>> {
    let mut routes = existing.to_vec();
    let keys = routes.iter().enumerate().filter_map(|(place, route)| Some((route.get().ok()?.route.clone(), place)));
    let places: HashMap<String, usize> = keys.collect();
    for route in given {
        let place = route.get().ok().and_then(|route| places.get(&route.route));
        match place.and_then(|place| routes.get_mut(*place)) {
            Some(other) => *other = route,
            None => routes.push(route),
        }
    }
    routes
}

/// Whether the routes of both can stand beside each other.
fn check(api: &ApiConfig) -> Result<(), Vec<Problem>> {
    if api.protocol_type == ProtocolType::Http {
        return check_keys(api);
    }
    let mut tree = Tree::default();
    let routes = api.routes.iter().filter_map(|route| Some(method_and_path(route.get().ok()?)?.1));
    let mut errors = Vec::new();
    for path in routes.chain(api.resources.iter().map(String::as_str)) {
        if let Err(sibling) = tree.add(path) {
            let pointer = format!("/paths/{}", pointer_token(path));
            errors.push(Problem::new(pointer, second_variable(path, &sibling)));
        }
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn check_keys(api: &ApiConfig) -> Result<(), Vec<Problem>> {
    let keys = api.routes.iter().filter_map(|route| RouteKey::parse(&route.get().ok()?.route, ApiKind::Http).ok());
    let wrong = |conflicts: Vec<RouteConflict>| {
        let problem = |conflict: RouteConflict| {
            let path = conflict.second_key.path().map(ToString::to_string).unwrap_or_default();
            Problem::new(format!("/paths/{}", pointer_token(&path)), conflict)
        };
        conflicts.into_iter().map(problem).collect()
    };
    HttpRouter::new(keys).map(|_| ()).map_err(wrong)
}

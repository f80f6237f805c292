//! An imported API as the control plane of AWS describes it.

use std::collections::BTreeMap;

use gateway_core::config::{ApiConfig, AuthorizerConfig, BackendConfig, IntegrationConfig, RouteConfig};
use serde_json::{Map, Value, json};

/// The resources of an API: every path with its ancestors, and the methods of each.
pub(crate) fn resources(api: &ApiConfig) -> BTreeMap<String, Vec<&RouteConfig>> {
    let mut resources = BTreeMap::from([("/".to_owned(), Vec::new())]);
    let mut add = |path: &str| {
        for (at, _) in path.match_indices('/').skip(1) {
            resources.entry(path[..at].to_owned()).or_default();
        }
        resources.entry(path.to_owned()).or_default();
    };
    api.resources.iter().for_each(|path| add(path));
    let routes = || api.routes.iter().filter_map(|route| route.get().ok());
    routes().for_each(|route| add(split(&route.route).1));
    for route in routes() {
        resources.entry(split(&route.route).1.to_owned()).or_default().push(route);
    }
    resources
}

/// The method and the path of a route.
pub(crate) fn split(route: &str) -> (&str, &str) {
    route.split_once(' ').unwrap_or(("ANY", route))
}

pub(crate) fn method(api: &ApiConfig, route: &RouteConfig, resource: &str, ids: &BTreeMap<String, String>) -> Value {
    let (verb, _) = split(&route.route);
    let mut method = object(json!({
        "httpMethod": verb,
        "apiKeyRequired": route.api_key_required,
        "authorizationType": authorization(api, route),
    }));
    if let Some(name) = &route.authorizer {
        method.insert("authorizerId".into(), ids.get(&format!("authorizer {name}")).cloned().into());
    }
    if !route.authorization_scopes.is_empty() {
        method.insert("authorizationScopes".into(), json!(route.authorization_scopes));
    }
    if let Some(name) = &route.operation_name {
        method.insert("operationName".into(), json!(name));
    }
    let validator = route.request_validator.as_ref().or(api.request_validator.as_ref());
    if let Some(name) = validator {
        method.insert("requestValidatorId".into(), ids.get(&format!("validator {name}")).cloned().into());
    }
    filled(&mut method, "requestParameters", json!(route.request_parameters));
    filled(&mut method, "requestModels", json!(route.request_models));
    let responses =
        route.method_responses.keys().filter_map(|status| Some((status.to_string(), method_response(route, *status)?)));
    filled(&mut method, "methodResponses", Value::Object(responses.collect()));
    if let Some(integration) = &route.integration {
        method.insert("methodIntegration".into(), self::integration(integration, resource));
    }
    Value::Object(method)
}

fn authorization(api: &ApiConfig, route: &RouteConfig) -> &'static str {
    let authorizer = route.authorizer.as_ref().and_then(|name| api.authorizers.get(name)?.get().ok());
    match authorizer {
        Some(AuthorizerConfig::CognitoUserPools(_)) => "COGNITO_USER_POOLS",
        Some(_) => "CUSTOM",
        None if route.iam_authorization => "AWS_IAM",
        None => "NONE",
    }
}

pub(crate) fn method_response(route: &RouteConfig, status: u16) -> Option<Value> {
    let response = route.method_responses.get(&status)?;
    let mut described = object(json!({ "statusCode": status.to_string() }));
    filled(&mut described, "responseParameters", json!(response.response_parameters));
    filled(&mut described, "responseModels", json!(response.response_models));
    Some(Value::Object(described))
}

pub(crate) fn integration(config: &IntegrationConfig, resource: &str) -> Value {
    let (Some(kind), Some(backend)) = (config.aws_type(), config.backend()) else { return Value::Null };
    let mut described = object(json!({
        "type": kind,
        "passthroughBehavior": backend.passthrough_behavior.as_str(),
        "timeoutInMillis": backend.timeout_in_millis.unwrap_or(29_000),
        "cacheNamespace": backend.cache_namespace.as_deref().unwrap_or(resource),
        "cacheKeyParameters": backend.cache_key_parameters,
    }));
    if kind.starts_with("HTTP") {
        described.insert("connectionType".into(), json!(backend.connection_type.as_deref().unwrap_or("INTERNET")));
    }
    for (field, value) in [
        ("uri", Some(&backend.uri).filter(|uri| !uri.is_empty())),
        ("httpMethod", backend.http_method.as_ref().filter(|_| kind != "MOCK")),
        ("credentials", backend.credentials.as_ref()),
        ("connectionId", backend.connection_id.as_ref()),
    ] {
        if let Some(value) = value {
            described.insert(field.into(), json!(value));
        }
    }
    if let Some(handling) = backend.content_handling {
        described.insert("contentHandling".into(), json!(handling.as_str()));
    }
    filled(&mut described, "requestParameters", json!(backend.request_parameters));
    filled(&mut described, "requestTemplates", templates(&backend.request_templates));
    let responses = backend.responses.iter().filter_map(|response| {
        Some((response.status_code.to_string(), integration_response(backend, response.status_code)?))
    });
    filled(&mut described, "integrationResponses", Value::Object(responses.collect()));
    Value::Object(described)
}

pub(crate) fn integration_response(backend: &BackendConfig, status: u16) -> Option<Value> {
    let response = backend.responses.iter().rev().find(|response| response.status_code == status)?;
    let mut described = object(json!({ "statusCode": status.to_string() }));
    if let Some(pattern) = &response.selection_pattern {
        described.insert("selectionPattern".into(), json!(pattern));
    }
    if let Some(handling) = response.content_handling {
        described.insert("contentHandling".into(), json!(handling.as_str()));
    }
    filled(&mut described, "responseParameters", json!(response.response_parameters));
    filled(&mut described, "responseTemplates", templates(&response.response_templates));
    Some(Value::Object(described))
}

/// An empty template is none to AWS.
fn templates(templates: &BTreeMap<String, String>) -> Value {
    let shown = |text: &String| if text.is_empty() { Value::Null } else { json!(text) };
    Value::Object(templates.iter().map(|(media, text)| (media.clone(), shown(text))).collect())
}

pub(crate) fn authorizer(name: &str, id: &str, config: &AuthorizerConfig) -> Value {
    let mut described = object(json!({ "id": id, "name": name }));
    let mut set = |field: &str, value: Option<Value>| {
        if let Some(value) = value {
            described.insert(field.into(), value);
        }
    };
    match config {
        AuthorizerConfig::Token(lambda) | AuthorizerConfig::Request(lambda) => {
            let kind = if matches!(config, AuthorizerConfig::Token(_)) { "TOKEN" } else { "REQUEST" };
            set("type", Some(json!(kind)));
            set("authorizerUri", Some(json!(lambda.authorizer_uri)));
            set("authorizerCredentials", lambda.authorizer_credentials.as_ref().map(|role| json!(role)));
            set("identitySource", lambda.identity_source.as_ref().map(|source| json!(source)));
            let expression = lambda.identity_validation_expression.as_ref();
            set("identityValidationExpression", expression.map(|expression| json!(expression)));
            set("authorizerResultTtlInSeconds", lambda.authorizer_result_ttl_in_seconds.map(|ttl| json!(ttl)));
            set("authType", lambda.auth_type.as_ref().map(|kind| json!(kind)));
        }
        AuthorizerConfig::CognitoUserPools(cognito) => {
            set("type", Some(json!("COGNITO_USER_POOLS")));
            set("providerARNs", Some(json!(cognito.provider_arns)));
            set("identitySource", cognito.identity_source.as_ref().map(|source| json!(source)));
            set("authorizerResultTtlInSeconds", cognito.authorizer_result_ttl_in_seconds.map(|ttl| json!(ttl)));
            set("authType", cognito.auth_type.as_ref().map(|kind| json!(kind)));
        }
        _ => {}
    }
    Value::Object(described)
}

pub(crate) fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// Adds a field, unless it is an empty object.
fn filled(to: &mut Map<String, Value>, field: &str, value: Value) {
    if value.as_object().is_some_and(|object| !object.is_empty()) {
        to.insert(field.to_owned(), value);
    }
}

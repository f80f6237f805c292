//! Models and security schemes.

use serde_json::{Map, Value, json};

use super::{Export, ExportError, put};
use crate::{
    config::{AuthorizerConfig, JwtIssuerConfig, LambdaAuthorizerConfig, RouteConfig},
    openapi::import::{MODELS, model_name},
};

impl Export<'_> {
    pub(super) fn components(&self, document: &mut Map<String, Value>) -> Result<(), ExportError> {
        let models = self.api.models.iter().map(|(name, schema)| {
            let mut schema = schema.clone();
            self.localize(&mut schema);
            (name.clone(), schema)
        });
        let models: Map<_, _> = models.collect();
        let schemes = self.schemes()?;
        let add = |to: &mut Map<String, Value>, field: &str, part: Map<String, Value>| {
            if !part.is_empty() {
                to.insert(field.to_owned(), Value::Object(part));
            }
        };
        if self.swagger() {
            add(document, "definitions", models);
            add(document, "securityDefinitions", schemes);
        } else {
            let mut components = Map::new();
            add(&mut components, "schemas", models);
            add(&mut components, "securitySchemes", schemes);
            document.insert("components".to_owned(), Value::Object(components));
        }
        Ok(())
    }

    /// References as a document has them.
    fn localize(&self, schema: &mut Value) {
        match schema {
            Value::Array(items) => items.iter_mut().for_each(|item| self.localize(item)),
            Value::Object(fields) => {
                if let Some(Value::String(reference)) = fields.get_mut("$ref")
                    && reference.starts_with(MODELS)
                    && let Some((name, pointer)) = model_name(reference)
                {
                    let place = if self.swagger() { "definitions" } else { "components/schemas" };
                    *reference = format!("#/{place}/{name}{pointer}");
                }
                fields.values_mut().for_each(|field| self.localize(field));
            }
            _ => {}
        }
    }

    /// What a method asks for, one requirement each.
    pub(super) fn security(&self, route: &RouteConfig) -> Vec<Value> {
        let mut requirements = Vec::new();
        let mut require = |name: &str, scopes: &[String]| {
            let requirement = Map::from_iter([(name.to_owned(), json!(scopes))]);
            requirements.push(Value::Object(requirement));
        };
        if let Some(name) = &route.authorizer {
            require(name, &route.authorization_scopes);
        }
        if route.iam_authorization {
            require(&self.free_name(SIGV4), &[]);
        }
        if route.api_key_required {
            require(&self.free_name(API_KEY), &[]);
        }
        requirements
    }

    /// The name of a scheme that no authorizer has.
    fn free_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.api.authorizers.contains_key(&name) {
            name.push('_');
        }
        name
    }

    fn schemes(&self) -> Result<Map<String, Value>, ExportError> {
        let mut schemes = Map::new();
        let routes = || self.api.routes.iter().filter_map(|route| route.get().ok());
        if routes().any(|route| route.api_key_required) {
            schemes.insert(self.free_name(API_KEY), json!({ "type": "apiKey", "name": "x-api-key", "in": "header" }));
        }
        if routes().any(|route| route.iam_authorization) {
            let scheme = json!({ "type": "apiKey", "name": "Authorization", "in": "header", AUTHTYPE: "awsSigv4" });
            schemes.insert(self.free_name(SIGV4), scheme);
        }
        for (name, authorizer) in &self.api.authorizers {
            let Ok(authorizer) = authorizer.get() else { continue };
            let unknown = || ExportError::Unknown(name.clone());
            let scheme = match self.scheme(authorizer) {
                Some(scheme) if self.options.authorizers => scheme,
                Some(scheme) => Scheme { auth_type: None, extension: None, ..scheme },
                None if self.options.authorizers => return Err(unknown()),
                None => continue,
            };
            schemes.insert(name.clone(), scheme.write());
        }
        Ok(schemes)
    }

    /// The scheme of an authorizer, if AWS has such a one for this kind of API.
    fn scheme(&self, authorizer: &AuthorizerConfig) -> Option<Scheme> {
        let mut scheme = scheme(authorizer)?;
        match (authorizer, self.is_http()) {
            (AuthorizerConfig::Jwt(_), true) => scheme.is_oauth = true,
            (AuthorizerConfig::Token(_) | AuthorizerConfig::CognitoUserPools(_), true) => return None,
            _ => {}
        }
        Some(scheme)
    }
}

const API_KEY: &str = "api_key";
const SIGV4: &str = "sigv4";
const AUTHTYPE: &str = "x-amazon-apigateway-authtype";

struct Scheme {
    /// Whether it is the flows of OAuth 2.0 that give the credential.
    is_oauth: bool,
    name: String,
    position: &'static str,
    auth_type: Option<String>,
    extension: Option<Map<String, Value>>,
}

impl Scheme {
    /// The scheme whose credential is where the identity is, if that is one place.
    fn at(identity_source: Option<&str>) -> Self {
        let source = identity_source.unwrap_or_default().trim();
        let place = [
            ("method.request.header.", "header"),
            ("method.request.querystring.", "query"),
            ("$request.header.", "header"),
            ("$request.querystring.", "query"),
        ];
        let found = place.iter().find_map(|(start, position)| Some((source.strip_prefix(start)?, *position)));
        let (name, position) = found.filter(|(name, _)| !name.contains(',')).unwrap_or(("Unused", "header"));
        Self { is_oauth: false, name: name.to_owned(), position, auth_type: None, extension: None }
    }

    fn write(self) -> Value {
        let mut written = Map::new();
        if self.is_oauth {
            written.insert("type".to_owned(), json!("oauth2"));
            written.insert("flows".to_owned(), json!({}));
        } else {
            written.insert("type".to_owned(), json!("apiKey"));
            written.insert("name".to_owned(), json!(self.name));
            written.insert("in".to_owned(), json!(self.position));
        }
        put(&mut written, AUTHTYPE, self.auth_type.as_ref());
        if let Some(extension) = self.extension {
            written.insert("x-amazon-apigateway-authorizer".to_owned(), Value::Object(extension));
        }
        Value::Object(written)
    }
}

/// The scheme of an authorizer, if AWS has such a one.
fn scheme(authorizer: &AuthorizerConfig) -> Option<Scheme> {
    let mut extension = Map::new();
    let (kind, auth_type, source) = match authorizer {
        AuthorizerConfig::Token(lambda) => {
            write_lambda(lambda, &mut extension);
            ("token", lambda.auth_type.clone(), lambda.identity_source.as_deref())
        }
        AuthorizerConfig::Request(lambda) => {
            write_lambda(lambda, &mut extension);
            ("request", lambda.auth_type.clone(), lambda.identity_source.as_deref())
        }
        AuthorizerConfig::CognitoUserPools(cognito) => {
            extension.insert("providerARNs".to_owned(), json!(cognito.provider_arns));
            put(&mut extension, IDENTITY_SOURCE, cognito.identity_source.as_ref());
            put(&mut extension, "identityValidationExpression", cognito.identity_validation_expression.as_ref());
            put(&mut extension, TTL, cognito.authorizer_result_ttl_in_seconds.as_ref());
            ("cognito_user_pools", cognito.auth_type.clone(), cognito.identity_source.as_deref())
        }
        AuthorizerConfig::Jwt(jwt) => {
            let configuration = match &*jwt.issuers {
                [] => json!({ "issuer": jwt.issuer, "audience": jwt.audience }),
                issuers => json!({
                    "issuers": issuers.iter().map(issuer).collect::<Vec<_>>(), "defaultAlgorithms": jwt.algorithms,
                }),
            };
            extension.insert("jwtConfiguration".to_owned(), configuration);
            put(&mut extension, IDENTITY_SOURCE, jwt.identity_source.as_ref());
            ("jwt", None, None)
        }
        AuthorizerConfig::AwsIam | AuthorizerConfig::Custom(_) => return None,
    };
    extension.insert("type".to_owned(), json!(kind));
    // The scheme itself says which header it is.
    if kind != "request"
        && source.is_some_and(|source| source == format!("method.request.header.{}", Scheme::at(Some(source)).name))
    {
        extension.remove(IDENTITY_SOURCE);
    }
    Some(Scheme { auth_type, extension: Some(extension), ..Scheme::at(source) })
}

fn issuer(issuer: &JwtIssuerConfig) -> Value {
    let claims = issuer.additional_claims.iter().map(|claim| {
        let mut written = Map::new();
        written.insert("claimName".to_owned(), json!(claim.claim_name));
        put(&mut written, "format", claim.format.as_ref());
        put(&mut written, "required", claim.required.then_some(&true));
        put(&mut written, "expectedValues", Some(&claim.expected_values).filter(|values| !values.is_empty()));
        Value::Object(written)
    });
    let mut written = Map::new();
    written.insert("issuer".to_owned(), json!(issuer.issuer));
    written.insert("audiences".to_owned(), json!(issuer.audiences));
    let claims: Vec<_> = claims.collect();
    put(&mut written, "additionalClaims", Some(&claims).filter(|claims| !claims.is_empty()));
    Value::Object(written)
}

fn write_lambda(lambda: &LambdaAuthorizerConfig, extension: &mut Map<String, Value>) {
    extension.insert("authorizerUri".to_owned(), json!(lambda.authorizer_uri));
    put(extension, "authorizerCredentials", lambda.authorizer_credentials.as_ref());
    put(extension, IDENTITY_SOURCE, lambda.identity_source.as_ref());
    put(extension, "identityValidationExpression", lambda.identity_validation_expression.as_ref());
    put(extension, TTL, lambda.authorizer_result_ttl_in_seconds.as_ref());
    let version = lambda.authorizer_payload_format_version.as_ref();
    put(extension, "authorizerPayloadFormatVersion", version);
    put(extension, "enableSimpleResponses", lambda.enable_simple_responses.then_some(&true));
}

const IDENTITY_SOURCE: &str = "identitySource";
const TTL: &str = "authorizerResultTtlInSeconds";

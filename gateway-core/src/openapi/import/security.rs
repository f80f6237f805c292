//! Security: schemes become authorizers, API keys and signatures; requirements become what a method asks for.

use super::{
    Import, OWN_CREDENTIALS, Shape,
    http_api::{BEYOND_AWS, HTTP_AUTHORIZER_FIELDS, HTTP_AUTHORIZER_IGNORED},
};
use crate::{
    config::{
        AuthorizerConfig, CognitoAuthorizerConfig, JwtAuthorizerConfig, JwtClaimConfig, JwtIssuerConfig,
        LambdaAuthorizerConfig, RouteConfig,
    },
    openapi::document::{Node, Object, Place},
};

/// What a security scheme is.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Scheme {
    /// An authorizer; whether its tokens have scopes.
    Authorizer { scoped: bool },
    /// An API key.
    ApiKey,
    /// Signatures with AWS credentials.
    Iam,
    /// Nothing that this kind of API knows.
    Unknown,
}

/// What a list of requirements asks for.
#[derive(Clone, Default)]
pub(super) struct Security {
    authorizer: Option<String>,
    scopes: Vec<String>,
    iam: bool,
    api_key: bool,
    /// How many requirements there are of which an HTTP API takes one.
    exclusive: usize,
}

const AUTHORIZER: &str = "x-amazon-apigateway-authorizer";
const AUTHTYPE: &str = "x-amazon-apigateway-authtype";
const AUTH: &str = "x-amazon-apigateway-auth";

const AUTHORIZER_FIELDS: &[&str] = &[
    "type",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "identityValidationExpression",
    "authorizerResultTtlInSeconds",
    "providerARNs",
    "jwtConfiguration",
];
const AUTHORIZER_SHAPES: &[(&str, Shape)] = &[
    ("authorizerUri", Shape::Text),
    ("authorizerCredentials", Shape::Text),
    ("identitySource", Shape::Text),
    ("identityValidationExpression", Shape::Text),
    ("providerARNs", Shape::List),
    ("jwtConfiguration", Shape::Object),
];
const NO_API_KEY: &str = "a REST API knows schemes of the type apiKey only; add an authorizer to it";
const NO_AUTHORIZER: &str = "an HTTP API knows schemes with an authorizer and signatures only; add an authorizer to it";
const HTTP_ONLY: &[(&str, &str)] =
    &[("authorizerPayloadFormatVersion", "of HTTP APIs only"), ("enableSimpleResponses", "of HTTP APIs only")];

impl<'d> Import<'d> {
    pub(super) fn security_schemes(&mut self) {
        let components = Place::ROOT.field("components");
        let (schemes, place) = if self.swagger {
            (self.document.get("securityDefinitions"), Place::ROOT.field("securityDefinitions"))
        } else {
            let schemes = self.document.get("components").and_then(|part| part.get("securitySchemes"));
            (schemes, components.field("securitySchemes"))
        };
        for (name, written) in schemes.and_then(Node::object).into_iter().flat_map(Object::iter) {
            let place = place.field(name);
            let Some(scheme) = self.resolve(place, written) else { continue };
            let kind = self.scheme(place, name, scheme);
            self.schemes.insert(name, kind);
        }
        if let Some(security) = self.document.get("security") {
            let place = Place::ROOT.field("security");
            self.security = self.requirements(place, security);
            self.report.exact(place);
        }
    }

    fn scheme(&mut self, place: Place<'_>, name: &str, scheme: &'d Node) -> Scheme {
        let auth_type = scheme.get(AUTHTYPE).and_then(Node::str);
        if let Some(written) = scheme.get(AUTHORIZER) {
            let place = place.field(AUTHORIZER);
            let Some(written) = written.object() else {
                self.error(place, format_args!("Unable to create authorizer '{name}': it is no object"));
                return Scheme::Unknown;
            };
            if self.is_http() {
                self.others(place, written, HTTP_AUTHORIZER_FIELDS, HTTP_AUTHORIZER_IGNORED);
            } else {
                self.others(place, written, AUTHORIZER_FIELDS, HTTP_ONLY);
            }
            self.misshapen(place, written, AUTHORIZER_SHAPES);
            if written.get("authorizerCredentials").and_then(Node::str).is_some_and(|role| !role.is_empty()) {
                self.report.approximate(place.field("authorizerCredentials"), OWN_CREDENTIALS);
            }
            let made = if self.is_http() {
                self.http_authorizer(place, name, scheme, written)
            } else {
                self.authorizer(place, scheme, written, auth_type).map(Some)
            };
            return match made {
                // A route that asks for it cannot be deployed, so that nobody comes in without it.
                Ok(None) => Scheme::Authorizer { scoped: false },
                Ok(Some(authorizer)) => {
                    let scoped = matches!(authorizer, AuthorizerConfig::CognitoUserPools(_) | AuthorizerConfig::Jwt(_));
                    self.report.exact(place);
                    self.api.authorizers.insert(name.to_owned(), authorizer.into());
                    Scheme::Authorizer { scoped }
                }
                Err(what) => {
                    self.error(place, format_args!("Unable to create authorizer '{name}': {what}"));
                    Scheme::Unknown
                }
            };
        }
        let is_key = scheme.get("type").and_then(Node::str) == Some("apiKey");
        if auth_type.is_some_and(|label| label.eq_ignore_ascii_case("awsSigv4")) {
            self.report.exact(place);
            return Scheme::Iam;
        }
        if !is_key {
            self.report.ignore(place, if self.is_http() { NO_AUTHORIZER } else { NO_API_KEY });
            return Scheme::Unknown;
        }
        if !self.has_rest_parts() {
            self.report.ignore(place, BEYOND_AWS);
            return Scheme::Unknown;
        }
        let place_of_key = (scheme.get("in").and_then(Node::str), scheme.get("name").and_then(Node::str));
        match place_of_key {
            (Some("header"), Some(header)) if header.eq_ignore_ascii_case("x-api-key") => self.report.exact(place),
            _ => self.report.approximate(place, "the key is where `x-amazon-apigateway-api-key-source` says"),
        }
        Scheme::ApiKey
    }

    fn authorizer(
        &mut self,
        place: Place<'_>,
        scheme: &Node,
        written: &Object,
        auth_type: Option<&str>,
    ) -> Result<AuthorizerConfig, String> {
        let text = |field| written.get(field).and_then(Node::str).filter(|text| !text.is_empty()).map(str::to_owned);
        let kind = text("type").unwrap_or_default().to_ascii_lowercase();
        let header = scheme.get("name").and_then(Node::str).map(|name| format!("method.request.header.{name}"));
        let ttl = ttl(written)?;
        let auth_type = auth_type.map(str::to_owned);
        match kind.as_str() {
            "token" | "request" => {
                let own = text("identitySource");
                let authorizer = LambdaAuthorizerConfig {
                    authorizer_uri: text("authorizerUri").ok_or("Invalid Authorizer URI")?,
                    authorizer_credentials: text("authorizerCredentials"),
                    identity_source: if kind == "token" { own.or(header) } else { own },
                    identity_validation_expression: text("identityValidationExpression"),
                    authorizer_result_ttl_in_seconds: ttl,
                    auth_type,
                    ..LambdaAuthorizerConfig::default()
                };
                Ok(if kind == "token" {
                    AuthorizerConfig::Token(authorizer)
                } else {
                    AuthorizerConfig::Request(authorizer)
                })
            }
            "cognito_user_pools" => {
                let arns = written.get("providerARNs").and_then(Node::list).unwrap_or_default();
                let provider_arns: Vec<_> = arns.iter().filter_map(Node::str).map(str::to_owned).collect();
                if provider_arns.is_empty() {
                    return Err("At least one provider ARN is required".to_owned());
                }
                Ok(AuthorizerConfig::CognitoUserPools(CognitoAuthorizerConfig {
                    provider_arns,
                    identity_source: text("identitySource").or(header),
                    identity_validation_expression: text("identityValidationExpression"),
                    authorizer_result_ttl_in_seconds: ttl,
                    auth_type,
                }))
            }
            "jwt" => {
                let jwt = written.get("jwtConfiguration").ok_or("A JWT authorizer needs a jwtConfiguration")?;
                if let Some(issuers) = jwt.get("issuers").and_then(Node::list) {
                    return Ok(AuthorizerConfig::Jwt(JwtAuthorizerConfig {
                        issuers: issuers.iter().map(issuer).collect::<Result<_, _>>()?,
                        algorithms: texts(jwt.get("defaultAlgorithms")),
                        identity_source: text("identitySource").or(header),
                        ..JwtAuthorizerConfig::default()
                    }));
                }
                self.report.approximate(place, "a JWT authorizer as HTTP APIs have it");
                Ok(AuthorizerConfig::Jwt(JwtAuthorizerConfig {
                    issuer: jwt.get("issuer").and_then(Node::str).ok_or("A JWT authorizer needs an issuer")?.to_owned(),
                    audience: texts(jwt.get("audience")),
                    identity_source: text("identitySource"),
                    ..JwtAuthorizerConfig::default()
                }))
            }
            other => Err(format!("Invalid authorizer type specified: '{other}'")),
        }
    }

    /// All requirements together: they add up.
    fn requirements(&mut self, place: Place<'_>, written: &'d Node) -> Security {
        let mut security = Security::default();
        for (number, requirement) in written.list().unwrap_or_default().iter().enumerate() {
            for (name, scopes) in requirement.object().into_iter().flat_map(Object::iter) {
                let place = place.item(number);
                self.requirement(place.field(name), name, scopes, &mut security);
            }
        }
        security
    }

    fn requirement(&mut self, place: Place<'_>, name: &str, scopes: &Node, security: &mut Security) {
        security.exclusive += usize::from(self.schemes.get(name) != Some(&Scheme::ApiKey));
        match self.schemes.get(name) {
            Some(Scheme::Authorizer { .. }) if security.authorizer.is_some() => {
                self.report.ignore(place, "a method has one authorizer, which is the first");
            }
            Some(Scheme::Authorizer { scoped }) => {
                let scopes = scopes.list().unwrap_or_default().iter().filter_map(Node::str);
                let scopes: Vec<_> = scopes.map(str::to_owned).collect();
                security.authorizer = Some(name.to_owned());
                if *scoped {
                    security.scopes = scopes;
                } else if !scopes.is_empty() {
                    self.report.ignore(place, "a Lambda authorizer grants no scopes");
                }
            }
            Some(Scheme::ApiKey) => security.api_key = true,
            Some(Scheme::Iam) => security.iam = true,
            Some(Scheme::Unknown) => self.report.ignore(place, "the scheme means nothing to this kind of API"),
            None => {
                self.warn(format_args!("Security scheme '{name}' not found. Ignoring."));
                self.report.ignore(place, "there is no such security scheme");
            }
        }
    }

    pub(super) fn route_security(&mut self, place: Place<'_>, operation: &'d Object, route: &mut RouteConfig) {
        let security = match operation.get("security") {
            Some(written) => {
                let place = place.field("security");
                let security = self.requirements(place, written);
                self.one_requirement(place, security.exclusive);
                security
            }
            None if self.grow(self.security.weight()) => {
                let exclusive = std::mem::take(&mut self.security.exclusive);
                self.one_requirement(Place::ROOT.field("security"), exclusive);
                self.security.clone()
            }
            None => return,
        };
        route.api_key_required = security.api_key;
        let own = operation.get(AUTH).and_then(|auth| auth.get("type")).and_then(Node::str);
        match own {
            Some(auth) if auth.eq_ignore_ascii_case("AWS_IAM") => route.iam_authorization = true,
            Some(auth) if auth.eq_ignore_ascii_case("NONE") => {}
            other => {
                if other.is_some() {
                    self.report.ignore(place.field(AUTH), "it is neither NONE nor AWS_IAM");
                }
                if security.iam && security.authorizer.is_some() {
                    let place = place.field("security");
                    self.report.approximate(place, "a method has one kind of authorization, which is the authorizer");
                }
                route.iam_authorization = security.iam && security.authorizer.is_none();
                route.authorizer = security.authorizer;
                route.authorization_scopes = security.scopes;
            }
        }
    }
}

/// How long results are remembered, if that is said.
pub(super) fn ttl(written: &Object) -> Result<Option<u32>, String> {
    match written.get("authorizerResultTtlInSeconds") {
        None | Some(Node::Null) => Ok(None),
        Some(ttl) => {
            let ttl = ttl.whole().and_then(|ttl| u32::try_from(ttl).ok()).filter(|ttl| *ttl <= 3600);
            ttl.map(Some).ok_or_else(|| "Invalid Authorizer result TTL: it is 0 to 3600 seconds".to_owned())
        }
    }
}

/// The texts of a list.
pub(super) fn texts(list: Option<&Node>) -> Vec<String> {
    list.and_then(Node::list).unwrap_or_default().iter().filter_map(Node::str).map(str::to_owned).collect()
}

/// One of the issuers of a JWT authorizer.
fn issuer(written: &Node) -> Result<JwtIssuerConfig, String> {
    let claim = |written: &Node| {
        let text = |name| written.get(name).and_then(Node::str).map(str::to_owned);
        Ok(JwtClaimConfig {
            claim_name: text("claimName").ok_or("An additional claim needs a claimName")?,
            format: text("format"),
            required: matches!(written.get("required"), Some(Node::Bool(true))),
            expected_values: texts(written.get("expectedValues")),
        })
    };
    let claims = written.get("additionalClaims").and_then(Node::list).unwrap_or_default();
    Ok(JwtIssuerConfig {
        issuer: written.get("issuer").and_then(Node::str).ok_or("A JWT authorizer needs an issuer")?.to_owned(),
        audiences: texts(written.get("audiences")),
        additional_claims: claims.iter().map(claim).collect::<Result<_, String>>()?,
        ..JwtIssuerConfig::default()
    })
}

impl Security {
    fn weight(&self) -> usize {
        let scopes: usize = self.scopes.iter().map(String::len).sum();
        scopes + self.authorizer.as_ref().map_or(0, String::len)
    }
}

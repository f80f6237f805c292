//! `x-amazon-apigateway-authorizer` of HTTP APIs.

use crate::{
    config::{AuthorizerConfig, JwtAuthorizerConfig, LambdaAuthorizerConfig},
    openapi::{
        document::{Node, Object, Place},
        import::{
            Import,
            security::{texts, ttl},
        },
    },
};

const DISCOVERY: &str = "/.well-known/openid-configuration";

impl<'d> Import<'d> {
    /// The authorizer of a scheme; none, with a warning, if only REST APIs have such a one.
    pub(in crate::openapi::import) fn http_authorizer(
        &mut self,
        place: Place<'_>,
        name: &str,
        scheme: &'d Node,
        written: &Object,
    ) -> Result<Option<AuthorizerConfig>, String> {
        let text = |field| written.get(field).and_then(Node::str).filter(|text| !text.is_empty()).map(str::to_owned);
        let identity_source = text("identitySource");
        match text("type").unwrap_or_default().to_ascii_lowercase().as_str() {
            "jwt" => {
                let jwt = written.get("jwtConfiguration").ok_or("A JWT authorizer needs a jwtConfiguration")?;
                let issuer = match jwt.get("issuer").and_then(Node::str) {
                    Some(issuer) => issuer.to_owned(),
                    None => discovered(scheme)?,
                };
                let audience = texts(jwt.get("audience"));
                if audience.is_empty() {
                    return Err("A JWT authorizer needs an audience".to_owned());
                }
                self.others(place.field("jwtConfiguration"), jwt.object().unwrap_or(written), JWT_FIELDS, &[]);
                Ok(Some(AuthorizerConfig::Jwt(JwtAuthorizerConfig {
                    issuer,
                    audience,
                    identity_source,
                    ..JwtAuthorizerConfig::default()
                })))
            }
            "request" => Ok(Some(AuthorizerConfig::Request(LambdaAuthorizerConfig {
                authorizer_uri: text("authorizerUri").ok_or("Invalid Authorizer URI")?,
                authorizer_credentials: text("authorizerCredentials"),
                identity_source,
                authorizer_result_ttl_in_seconds: ttl(written)?,
                authorizer_payload_format_version: Some(self.event_version(place, written)?),
                enable_simple_responses: written.get("enableSimpleResponses").and_then(Node::truth).unwrap_or(false),
                auth_type: scheme.get("x-amazon-apigateway-authtype").and_then(Node::str).map(str::to_owned),
                ..LambdaAuthorizerConfig::default()
            }))),
            kind @ ("token" | "cognito_user_pools") => {
                self.warn(format_args!(
                    "Unable to create authorizer '{name}': HTTP APIs have no type '{kind}'. Ignoring."
                ));
                let why =
                    "an HTTP API has the types `jwt` and `request` only; routes that ask for it cannot be deployed";
                self.report.ignore(place, why);
                Ok(None)
            }
            other => Err(format!("Invalid authorizer type specified: '{other}'")),
        }
    }

    /// The form of a function's event.
    fn event_version(&mut self, place: Place<'_>, written: &Object) -> Result<String, String> {
        match written.get("authorizerPayloadFormatVersion").and_then(Node::scalar).as_deref() {
            None => {
                self.report.approximate(place, "it says no `authorizerPayloadFormatVersion`, so that it is 1.0");
                Ok("1.0".to_owned())
            }
            Some("1.0" | "1") => Ok("1.0".to_owned()),
            Some("2.0" | "2") => Ok("2.0".to_owned()),
            Some(other) => Err(format!("Invalid payload format version specified: '{other}'")),
        }
    }
}

/// The issuer whose configuration the scheme names.
fn discovered(scheme: &Node) -> Result<String, String> {
    let url = scheme.get("openIdConnectUrl").and_then(Node::str).ok_or("A JWT authorizer needs an issuer")?;
    let issuer = url.strip_suffix(DISCOVERY).filter(|issuer| issuer.starts_with("https://"));
    let wrong = || format!("The openIdConnectUrl must be complete, from https:// to {DISCOVERY}: '{url}'");
    issuer.map(str::to_owned).ok_or_else(wrong)
}

const JWT_FIELDS: &[&str] = &["issuer", "audience"];

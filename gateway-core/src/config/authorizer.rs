use std::collections::BTreeMap;

use serde::Deserialize;

/// An authorizer, by its type.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum AuthorizerConfig {
    /// JSON Web Tokens; built by `gateway_auth`.
    Jwt(JwtAuthorizerConfig),
    /// A Lambda function that gets one token (REST APIs).
    Token(LambdaAuthorizerConfig),
    /// A Lambda function that gets the head of the request.
    Request(LambdaAuthorizerConfig),
    /// Tokens of Cognito user pools (REST APIs).
    CognitoUserPools(CognitoAuthorizerConfig),
    /// Signatures with AWS credentials.
    AwsIam,
    /// An authorizer that the host registers under a name.
    Custom(CustomAuthorizerConfig),
}

/// A Lambda authorizer.
///
/// AWS developer guide: *Use API Gateway Lambda authorizers*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct LambdaAuthorizerConfig {
    /// The function, as API Gateway's ARN of its invocation.
    pub authorizer_uri: String,
    /// The role that it is called with.
    pub authorizer_credentials: Option<String>,
    /// Where the identity is, separated by commas: `method.request.header.Authorization`.
    pub identity_source: Option<String>,
    /// What the whole token must match for the function to be asked (REST APIs, of the type `token`).
    pub identity_validation_expression: Option<String>,
    /// How long results are remembered, in seconds, up to 3600; unless given 300 for a REST API, and not at all for an
    /// HTTP API.
    pub authorizer_result_ttl_in_seconds: Option<u32>,
    /// The form of the event, `1.0` or `2.0`; 1.0 unless given (HTTP APIs).
    pub authorizer_payload_format_version: Option<String>,
    /// Whether the function answers `isAuthorized` instead of a policy; only with `2.0` (HTTP APIs).
    pub enable_simple_responses: bool,
    /// A label of the scheme (`x-amazon-apigateway-authtype`).
    pub auth_type: Option<String>,
}

/// An authorizer of Cognito user pools.
///
/// AWS developer guide: *Control access to REST APIs using Amazon Cognito user pools as an authorizer*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub struct CognitoAuthorizerConfig {
    /// The ARNs of the user pools.
    #[serde(rename = "providerARNs")]
    pub provider_arns: Vec<String>,
    /// Where the token is: `method.request.header.Authorization`.
    pub identity_source: Option<String>,
    /// What the whole `aud` of a token must match.
    pub identity_validation_expression: Option<String>,
    /// How long results are remembered, in seconds. Tokens that were verified are remembered as long as they and their
    /// keys are good, whatever this says.
    pub authorizer_result_ttl_in_seconds: Option<u32>,
    /// A label of the scheme (`x-amazon-apigateway-authtype`).
    pub auth_type: Option<String>,
}

/// A JWT authorizer.
///
/// AWS developer guide: *Controlling access to HTTP APIs with JWT authorizers*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JwtAuthorizerConfig {
    /// Must equal the token's `iss`.
    #[serde(default)]
    pub issuer: String,
    /// One of them must be in the token's `aud` (or equal its `client_id`).
    #[serde(default)]
    pub audience: Vec<String>,
    /// Several issuers that are trusted alike, in place of one (REST APIs).
    #[serde(default)]
    pub issuers: Vec<JwtIssuerConfig>,
    /// Where the token is; `$request.header.Authorization` unless given.
    #[serde(default)]
    pub identity_source: Option<String>,
    /// Where the keys are; found by discovery from the issuer unless given.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// The keys themselves, as a JWK set.
    #[serde(default)]
    pub jwks: Option<serde_json::Value>,
    /// Which signature algorithms are taken; `RS256`, `RS384` and `RS512` unless given.
    #[serde(default)]
    pub algorithms: Vec<String>,
    /// How far the issuer's clock may be off, in seconds; 0 unless given.
    #[serde(default)]
    pub clock_skew_in_seconds: u64,
}

/// One of several issuers of a JWT authorizer.
///
/// AWS developer guide: *Control access to REST APIs with JWT authorizers*.
#[derive(Clone, Debug, Default, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JwtIssuerConfig {
    /// Must equal the token's `iss`.
    pub issuer: String,
    /// One of them must be in the token's `aud`.
    pub audiences: Vec<String>,
    /// What else a token of this issuer must say.
    #[serde(default)]
    pub additional_claims: Vec<JwtClaimConfig>,
    /// Where the keys are; found by discovery from the issuer unless given.
    #[serde(default)]
    pub jwks_uri: Option<String>,
    /// The keys themselves, as a JWK set.
    #[serde(default)]
    pub jwks: Option<serde_json::Value>,
}

/// A claim that a token must have.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct JwtClaimConfig {
    /// Its name.
    pub claim_name: String,
    /// `SINGLE_STRING`, which is all that there is.
    #[serde(default)]
    pub format: Option<String>,
    /// Whether it must be there at all.
    #[serde(default)]
    pub required: bool,
    /// If it is there it must be one of these; anything, if none is given.
    #[serde(default)]
    pub expected_values: Vec<String>,
}

/// An authorizer that the host registers.
#[derive(Clone, Debug, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct CustomAuthorizerConfig {
    /// The name that it is registered under.
    pub name: String,
    /// The values that its results are remembered by: `method.request.header.Authorization`, ...
    #[serde(default)]
    pub identity_sources: Vec<String>,
    /// How long its results are remembered, in seconds, up to 3600; 0 (the default): not at all.
    #[serde(default)]
    pub result_ttl_in_seconds: u64,
    /// What the host's factory wants to know besides.
    #[serde(default)]
    pub settings: BTreeMap<String, serde_json::Value>,
}

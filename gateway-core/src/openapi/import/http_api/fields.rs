//! The fields of a document that becomes an HTTP API: which are read, and why the others are not.

use crate::openapi::import::REST_ONLY;

/// Why a field is not read that could be.
pub(in crate::openapi::import) const BEYOND_AWS: &str =
    "AWS has it for REST APIs only; `ImportOptions::beyond_aws` reads it for HTTP APIs too";
const FOR_PEOPLE: &str = "it is for people";
const NOT_STORED: &str = "AWS stores no such thing";
const NO_CALLS: &str = "an HTTP API calls nobody";

pub(super) const ROOT_FIELDS: &[&str] = &[
    "openapi",
    "info",
    "paths",
    "components",
    "security",
    "servers",
    "tags",
    "x-amazon-apigateway-cors",
    "x-amazon-apigateway-endpoint-access-mode",
    "x-amazon-apigateway-endpoint-configuration",
    "x-amazon-apigateway-importexport-version",
    "x-amazon-apigateway-security-policy",
];
pub(super) const ROOT_BEYOND: &[&str] = &[
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-request-validators",
];
pub(super) const ROOT_IGNORED: &[(&str, &str)] = &[
    ("externalDocs", FOR_PEOPLE),
    ("webhooks", NO_CALLS),
    ("jsonSchemaDialect", "models are JSON Schemas of draft 4"),
    ("x-amazon-apigateway-binary-media-types", "an HTTP API takes every body that is no text as binary"),
    ("x-amazon-apigateway-documentation", REST_ONLY),
    ("x-amazon-apigateway-minimum-compression-size", REST_ONLY),
];

pub(in crate::openapi::import) const INFO_IGNORED: &[(&str, &str)] =
    &[("summary", FOR_PEOPLE), ("termsOfService", FOR_PEOPLE), ("contact", FOR_PEOPLE), ("license", FOR_PEOPLE)];

pub(super) const COMPONENT_FIELDS: &[&str] =
    &["securitySchemes", "parameters", "pathItems", "x-amazon-apigateway-integrations"];
pub(super) const COMPONENT_BEYOND: &[&str] = &["schemas", "requestBodies"];
pub(super) const COMPONENT_IGNORED: &[(&str, &str)] = &[
    ("responses", NO_ANSWERS),
    ("headers", NO_ANSWERS),
    ("examples", FOR_PEOPLE),
    ("links", NOT_STORED),
    ("callbacks", NO_CALLS),
];

pub(super) const TAG_FIELDS: &[&str] = &["name", "x-amazon-apigateway-tag-value"];
pub(super) const TAG_IGNORED: &[(&str, &str)] = &[("description", FOR_PEOPLE), ("externalDocs", FOR_PEOPLE)];

pub(super) const ITEM_IGNORED: &[(&str, &str)] = &[
    ("trace", "an HTTP API has no such method"),
    ("summary", FOR_PEOPLE),
    ("description", FOR_PEOPLE),
    ("servers", NOT_STORED),
];

pub(super) const OPERATION_FIELDS: &[&str] = &[
    "operationId",
    "parameters",
    "responses",
    "security",
    "isDefaultRoute",
    "x-amazon-apigateway-auth",
    "x-amazon-apigateway-integration",
];
pub(super) const OPERATION_BEYOND: &[&str] = &["requestBody", "x-amazon-apigateway-request-validator"];
pub(super) const OPERATION_IGNORED: &[(&str, &str)] = &[
    ("tags", FOR_PEOPLE),
    ("summary", FOR_PEOPLE),
    ("description", FOR_PEOPLE),
    ("externalDocs", FOR_PEOPLE),
    ("deprecated", NOT_STORED),
    ("callbacks", NO_CALLS),
    ("servers", NOT_STORED),
];
pub(super) const NO_ANSWERS: &str = "an HTTP API declares no answers";

pub(super) const INTEGRATION_FIELDS: &[&str] = &[
    "type",
    "uri",
    "httpMethod",
    "credentials",
    "connectionType",
    "connectionId",
    "timeoutInMillis",
    "tlsConfig",
    "payloadFormatVersion",
    "integrationSubtype",
    "requestParameters",
    "responseParameters",
];
pub(super) const INTEGRATION_BEYOND: &[&str] = &["cacheNamespace", "cacheKeyParameters"];
pub(super) const INTEGRATION_IGNORED: &[(&str, &str)] = &[
    ("integrationTarget", REST_ONLY),
    ("responseTransferMode", REST_ONLY),
    ("requestTemplates", REST_ONLY),
    ("passthroughBehavior", REST_ONLY),
    ("contentHandling", REST_ONLY),
    ("responses", REST_ONLY),
];

pub(in crate::openapi::import) const HTTP_AUTHORIZER_FIELDS: &[&str] = &[
    "type",
    "authorizerUri",
    "authorizerCredentials",
    "identitySource",
    "authorizerResultTtlInSeconds",
    "authorizerPayloadFormatVersion",
    "enableSimpleResponses",
    "jwtConfiguration",
];
pub(in crate::openapi::import) const HTTP_AUTHORIZER_IGNORED: &[(&str, &str)] =
    &[("identityValidationExpression", REST_ONLY), ("providerARNs", REST_ONLY)];

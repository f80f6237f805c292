//! The fields at the root of a document: which are read, and why the others are not.

pub(super) const OWN_CREDENTIALS: &str =
    "it is kept, but no role is assumed here: the host calls with credentials of its own";
pub(super) const NOT_STORED: &str = "AWS stores no such thing";
/// Why an HTTP API does not read what no API of its kind has, here neither.
pub(super) const REST_ONLY: &str = "of REST APIs only";
pub(super) const FOR_PEOPLE: &str = "it is for people; say it in x-amazon-apigateway-documentation";

pub(super) const ROOT_FIELDS: &[&str] = &[
    "swagger",
    "openapi",
    "info",
    "paths",
    "components",
    "definitions",
    "securityDefinitions",
    "security",
    "basePath",
    "servers",
    "consumes",
    "produces",
    "parameters",
    "responses",
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-documentation",
    "x-amazon-apigateway-endpoint-access-mode",
    "x-amazon-apigateway-endpoint-configuration",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-security-policy",
];

pub(super) const ROOT_IGNORED: &[(&str, &str)] = &[
    ("host", NOT_STORED),
    ("schemes", NOT_STORED),
    ("tags", FOR_PEOPLE),
    ("externalDocs", FOR_PEOPLE),
    ("webhooks", "a REST API calls nobody"),
    ("jsonSchemaDialect", "models are JSON Schemas of draft 4"),
    ("x-amazon-apigateway-cors", "of HTTP APIs only"),
    ("x-amazon-apigateway-importexport-version", "of HTTP APIs only"),
];

pub(super) const COMPONENT_FIELDS: &[&str] =
    &["schemas", "securitySchemes", "parameters", "responses", "requestBodies", "headers", "pathItems"];

pub(super) const COMPONENT_IGNORED: &[(&str, &str)] = &[
    ("examples", FOR_PEOPLE),
    ("links", NOT_STORED),
    ("callbacks", "a REST API calls nobody"),
    ("x-amazon-apigateway-integrations", "of HTTP APIs only"),
];

pub(super) const INFO_IGNORED: &[(&str, &str)] =
    &[("summary", FOR_PEOPLE), ("termsOfService", FOR_PEOPLE), ("contact", FOR_PEOPLE), ("license", FOR_PEOPLE)];

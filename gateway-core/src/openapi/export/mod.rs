//! From an API to a document.

mod components;
mod documented;
mod extensions;
mod http_api;
mod integration;
mod operation;

use std::fmt;

use serde_json::{Map, Value, json};

use super::resources::method_and_path;
use crate::config::{ApiConfig, ProtocolType};

/// Which kind of document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Specification {
    /// OpenAPI 3.0 (`oas30`).
    #[default]
    Oas30,
    /// Swagger 2.0 (`swagger`).
    Swagger,
}

impl fmt::Display for Specification {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Oas30 => "oas30",
            Self::Swagger => "swagger",
        })
    }
}

/// How the text of a document is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// JSON (`application/json`).
    #[default]
    Json,
    /// YAML (`application/yaml`).
    #[cfg(feature = "yaml")]
    Yaml,
}

/// How an API is exported.
///
/// # Example
/// ```
/// use gateway_core::openapi::{self, ExportOptions, ImportOptions, Specification};
///
/// let document = r#"{ "swagger": "2.0", "info": { "title": "pets", "version": "1" }, "paths": {} }"#;
/// let api = openapi::import(document, &ImportOptions::new())?.api;
/// let exported = openapi::export(&api, &ExportOptions::new(Specification::Oas30, "prod").extensions(true))?;
/// assert_eq!(exported["info"]["title"], "pets");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ExportOptions {
    specification: Specification,
    stage: String,
    integrations: bool,
    authorizers: bool,
    format: Format,
    documentation: bool,
    host: Option<String>,
    version: Option<String>,
}

impl ExportOptions {
    /// Plain OpenAPI, for clients of this stage.
    #[must_use]
    pub fn new(specification: Specification, stage: impl Into<String>) -> Self {
        let stage = stage.into();
        Self {
            specification,
            stage,
            integrations: false,
            authorizers: false,
            format: Format::Json,
            documentation: false,
            host: None,
            version: None,
        }
    }

    /// Whether all `x-amazon-apigateway-*` extensions are written, with which a document can be imported again
    /// (`extensions=apigateway`; for HTTP APIs `includeExtensions`).
    #[must_use]
    pub fn extensions(self, extensions: bool) -> Self {
        self.integrations(extensions).authorizers(extensions)
    }

    /// Whether integrations are written, and the extensions of the API (`extensions=integrations`).
    #[must_use]
    pub fn integrations(mut self, integrations: bool) -> Self {
        self.integrations = integrations;
        self
    }

    /// Whether authorizers are written (`extensions=authorizers`).
    #[must_use]
    pub fn authorizers(mut self, authorizers: bool) -> Self {
        self.authorizers = authorizers;
        self
    }

    /// How the text of [`export_text`] is written (`Accept`).
    #[must_use]
    pub fn format(mut self, format: Format) -> Self {
        self.format = format;
        self
    }

    /// Whether the documentation is written, as AWS does for a stage with a documentation version: its parts with the
    /// extensions, and what OpenAPI has a place for, such as descriptions, in that place.
    #[must_use]
    pub fn documentation(mut self, documentation: bool) -> Self {
        self.documentation = documentation;
        self
    }

    /// The host that clients call; the API's own on AWS unless given.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// `info.version` of an API without a version: AWS writes when it was made.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// The name that AWS gives the file: `oas30_1.0.0.json`.
    #[must_use]
    pub fn file_name(&self, api: &ApiConfig) -> String {
        let ending = match self.format {
            Format::Json => "json",
            #[cfg(feature = "yaml")]
            Format::Yaml => "yaml",
        };
        format!("{}_{}.{ending}", self.specification, self.version_of(api))
    }

    fn version_of<'a>(&'a self, api: &'a ApiConfig) -> &'a str {
        api.version.as_deref().or(self.version.as_deref()).unwrap_or_default()
    }
}

/// Why an API cannot be exported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ExportError {
    /// A method has models for its request, and none is JSON.
    #[error("Only found non-JSON body models for {0}")]
    Models(String),
    /// A route's integration, or an authorizer, is one that AWS has not.
    #[error("`{0}` is nothing that AWS has; export the API without extensions, or change it")]
    Unknown(String),
    /// The document could not be written as text: why.
    #[error("the document could not be written: {0}")]
    Text(String),
    /// A route asks for an authorizer that the API has not: without it the document would open the route.
    #[error("`{route}` asks for the authorizer `{authorizer}`, which the API has not")]
    Authorizer {
        /// The route's key.
        route: String,
        /// The authorizer's name.
        authorizer: String,
    },
    /// An HTTP API was to be written as Swagger 2.0.
    #[error("an HTTP API is exported as OpenAPI 3.0 only")]
    Swagger,
}

/// Writes an API as a document. What cannot be read of the API is left out.
///
/// AWS developer guide: *Export a REST API from API Gateway*; *Exporting an HTTP API from API Gateway*, which writes
/// extensions unless told otherwise.
///
/// # Errors
/// When a part of the API has no place in such a document.
pub fn export(api: &ApiConfig, options: &ExportOptions) -> Result<Value, ExportError> {
    if api.protocol_type == ProtocolType::Http && options.specification == Specification::Swagger {
        return Err(ExportError::Swagger);
    }
    let export = Export { api, options };
    let mut document = export.head();
    let tags = http_api::tags(api, options.integrations);
    put(&mut document, "tags", Some(&tags).filter(|tags| export.is_http() && !tags.is_empty()));
    document.insert("paths".to_owned(), export.paths()?);
    export.components(&mut document)?;
    export.documented(&mut document);
    if options.integrations {
        export.extensions(&mut document);
    }
    Ok(Value::Object(document))
}

/// Writes an API as the text of a document, in the format that the options name.
///
/// # Errors
/// As [`export`].
///
/// # Example
/// ```
/// use gateway_core::openapi::{self, ExportOptions, ImportOptions, Specification};
///
/// let document = r#"{ "swagger": "2.0", "info": { "title": "pets", "version": "1" }, "paths": {} }"#;
/// let api = openapi::import(document, &ImportOptions::new())?.api;
/// let text = openapi::export_text(&api, &ExportOptions::new(Specification::Oas30, "prod"))?;
/// assert!(text.contains("\"openapi\": \"3.0.1\""));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn export_text(api: &ApiConfig, options: &ExportOptions) -> Result<String, ExportError> {
    let document = export(api, options)?;
    match options.format {
        Format::Json => serde_json::to_string_pretty(&document).map_err(|error| ExportError::Text(error.to_string())),
        #[cfg(feature = "yaml")]
        Format::Yaml => serde_saphyr::to_string(&document).map_err(|error| ExportError::Text(error.to_string())),
    }
}

struct Export<'a> {
    api: &'a ApiConfig,
    options: &'a ExportOptions,
}

impl Export<'_> {
    fn swagger(&self) -> bool {
        self.options.specification == Specification::Swagger
    }

    fn is_http(&self) -> bool {
        self.api.protocol_type == ProtocolType::Http
    }

    fn head(&self) -> Map<String, Value> {
        let Self { api, options } = self;
        let mut info = Map::new();
        info.insert("title".to_owned(), json!(api.name));
        put(&mut info, "description", api.description.as_ref());
        info.insert("version".to_owned(), json!(options.version_of(api)));
        let host = options.host.clone().unwrap_or_else(|| {
            let region = api.region.as_deref().unwrap_or("us-east-1");
            format!("{}.execute-api.{region}.amazonaws.com", api.id.as_ref().unwrap_or(&api.name))
        });
        let head = if self.swagger() {
            let base_path = format!("/{}", options.stage);
            json!({ "swagger": "2.0", "info": info, "host": host, "basePath": base_path, "schemes": ["https"] })
        } else {
            // The stage without a name has no path.
            let base_path = Some(&*options.stage).filter(|stage| *stage != "$default").unwrap_or_default();
            let mut server = json!({
                "url": format!("https://{host}/{{basePath}}"),
                "variables": { "basePath": { "default": base_path } },
            });
            if let (Some(endpoint), Some(server)) = (self.endpoint(), server.as_object_mut()) {
                server.insert(extensions::ENDPOINT.to_owned(), endpoint);
            }
            json!({ "openapi": "3.0.1", "info": info, "servers": [server] })
        };
        match head {
            Value::Object(head) => head,
            _ => Map::new(),
        }
    }

    fn paths(&self) -> Result<Value, ExportError> {
        let mut paths = Map::new();
        for route in self.api.routes.iter().filter_map(|route| route.get().ok()) {
            let (method, path) = match method_and_path(route) {
                Some(parts) => parts,
                None if self.is_http() => ("ANY", http_api::DEFAULT),
                None => continue,
            };
            if let Some(name) = route.authorizer.as_ref().filter(|name| !self.api.authorizers.contains_key(*name)) {
                return Err(ExportError::Authorizer { route: route.route.clone(), authorizer: name.clone() });
            }
            let operation = if self.is_http() { self.http_operation(route)? } else { self.operation(route)? };
            let field = match method {
                "ANY" => "x-amazon-apigateway-any-method".to_owned(),
                method => method.to_ascii_lowercase(),
            };
            let item = paths.entry(path).or_insert_with(|| self.item(path));
            if let Some(item) = item.as_object_mut() {
                item.insert(field, operation);
            }
        }
        Ok(Value::Object(paths))
    }

    /// What a path has before its operations.
    fn item(&self, path: &str) -> Value {
        if self.is_http() { http_api::item(path) } else { json!({}) }
    }
}

/// Writes a field that is there.
fn put<T: Into<Value> + Clone>(to: &mut Map<String, Value>, field: &str, value: Option<&T>) {
    if let Some(value) = value {
        to.insert(field.to_owned(), value.clone().into());
    }
}

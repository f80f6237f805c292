//! From a document to an API: one concern a file, all of them write into [`Import`].

mod extensions;
mod fields;
mod http_api;
mod integration;
mod mapping;
mod messages;
mod models;
mod operation;
mod parts;
mod paths;
mod reference;
mod responses;
mod schema;
mod security;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use self::{
    fields::{
        COMPONENT_FIELDS, COMPONENT_IGNORED, FOR_PEOPLE, INFO_IGNORED, NOT_STORED, OWN_CREDENTIALS, REST_ONLY,
        ROOT_FIELDS, ROOT_IGNORED,
    },
    http_api::HttpParts,
    security::{Scheme, Security},
};
pub(super) use self::{
    operation::JSON,
    paths::{Tree, second_variable},
    reference::{MODELS, model_name},
};
use super::{
    document::{self, Node, Object, Place, Variables},
    error::ImportError,
    options::ImportOptions,
    report::Report,
};
use crate::{
    config::{ApiConfig, Config, EndpointConfig, ProtocolType, StageConfig},
    context::EndpointType,
    problem::Problem,
};

/// What an import gave.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The API, without stages.
    pub api: ApiConfig,
    /// What became of each part of the document.
    pub report: Report,
    /// What AWS warns of.
    pub warnings: Vec<String>,
}

impl Imported {
    /// The definition of a gateway with this API alone, served by these stages.
    ///
    /// # Example
    /// ```
    /// use gateway_core::openapi::{self, ImportOptions};
    ///
    /// let document = r#"{ "openapi": "3.0.1", "info": { "title": "empty" }, "paths": {} }"#;
    /// let config = openapi::import(document, &ImportOptions::new())?.into_config(["test", "prod"]);
    /// assert_eq!(config.apis.len(), 1);
    /// # Ok::<(), openapi::ImportError>(())
    /// ```
    #[must_use]
    pub fn into_config<S: Into<StageConfig>>(mut self, stages: impl IntoIterator<Item = S>) -> Config {
        self.api.stages = stages.into_iter().map(|stage| stage.into().into()).collect();
        Config { apis: vec![self.api.into()], ..Config::default() }
    }
}

/// Imports a document as a new API, of the kind that the options name.
///
/// AWS API reference: *ImportRestApi*, *ImportApi*.
///
/// # Errors
/// What AWS refuses, all errors at once.
///
/// # Example
/// ```
/// use gateway_core::{config::ProtocolType, openapi::{self, ImportOptions}};
///
/// let document = r#"{ "openapi": "3.0.1", "info": { "title": "pets" }, "paths": { "/$default": {
///   "x-amazon-apigateway-any-method": { "isDefaultRoute": true, "x-amazon-apigateway-integration":
///     { "type": "HTTP_PROXY", "httpMethod": "ANY", "uri": "https://pets.example.com", "payloadFormatVersion": "1.0" } }
/// } } }"#;
/// let imported = openapi::import(document, &ImportOptions::new().protocol_type(ProtocolType::Http))?;
/// assert_eq!(imported.api.routes[0].get().map(|route| route.route.as_str()), Ok("$default"));
/// # Ok::<(), openapi::ImportError>(())
/// ```
pub fn import(text: &str, options: &ImportOptions) -> Result<Imported, ImportError> {
    let given = read(text, options)?;
    Ok(Imported { api: given.api, report: given.report, warnings: given.warnings })
}

/// What a document says, and which of the fields of an API it names.
pub(super) struct Given {
    pub(super) api: ApiConfig,
    pub(super) report: Report,
    pub(super) warnings: Vec<String>,
    pub(super) api_key_source: bool,
    pub(super) endpoint: Option<EndpointConfig>,
    pub(super) default_endpoint: Option<bool>,
}

pub(super) fn read(text: &str, options: &ImportOptions) -> Result<Given, ImportError> {
    let mut root = document::parse(text).map_err(|error| ImportError::Input(error.0))?;
    let variables = Variables {
        account_id: options.account_id.as_deref(),
        region: options.region.as_deref(),
        partition: options.partition_name(),
    };
    let mut left = BTreeSet::new();
    variables.replace(&mut root, &mut left);
    let mut import = Import::start(&root, options)?;
    for name in left {
        import
            .report
            .approximate(Place::ROOT, format!("`{name}` is left as it is: the import was told no value for it"));
    }
    import.root();
    import.finish()
}

/// How many bytes a document may grow by where it says a thing once and means it often.
const MAX_GROWTH: usize = 64 * 1024 * 1024;
/// How many errors are told, and how many warnings.
const MAX_SAID: usize = 1000;
/// How many references may follow on each other.
const MAX_HOPS: usize = 16;

struct Import<'d> {
    document: &'d Node,
    swagger: bool,
    options: &'d ImportOptions,
    api: ApiConfig,
    report: Report,
    warnings: Vec<String>,
    errors: Vec<Problem>,
    growth: usize,
    base_path: String,
    schemas: Option<&'d Object>,
    schemes: BTreeMap<&'d str, Scheme>,
    security: Security,
    request_validator: Option<String>,
    tree: Tree,
    /// What only an HTTP API has.
    http: HttpParts<'d>,
    api_key_source: bool,
    endpoint: Option<EndpointConfig>,
    default_endpoint: Option<bool>,
}

impl<'d> Import<'d> {
    fn start(document: &'d Node, options: &'d ImportOptions) -> Result<Self, ImportError> {
        let wrong = |why: &str| ImportError::Input(why.to_owned());
        let version = |field| document.get(field).and_then(Node::scalar);
        let mut report = Report::default();
        let swagger = match (version("swagger").as_deref(), version("openapi").as_deref()) {
            (Some("2.0" | "2"), None) if options.protocol_type == ProtocolType::Http => {
                let message = "An HTTP API is imported from OpenAPI 3.0, and this is Swagger 2.0";
                let errors = vec![Problem::new("/swagger", message)];
                return Err(ImportError::Errors { errors, warnings: Vec::new() });
            }
            (Some("2.0" | "2"), None) => true,
            (None, Some(version)) if version == "3.0" || version.starts_with("3.0.") => false,
            (None, Some(version)) if version == "3.1" || version.starts_with("3.1.") => {
                report.approximate("/openapi", "OpenAPI 3.1 is read as 3.0, which AWS takes; what differs is listed");
                false
            }
            _ => return Err(wrong("it says neither `swagger: 2.0` nor `openapi: 3.0.x` or `3.1.x`")),
        };
        for field in ["info", "paths"] {
            if document.get(field).is_some_and(|part| part.object().is_none()) {
                return Err(wrong(&format!("`{field}` is no object")));
            }
        }
        // HTTP APIs have one kind of endpoint.
        let endpoint = match options.protocol_type {
            ProtocolType::Rest => options.endpoint,
            ProtocolType::Http => EndpointType::default(),
        };
        let api = ApiConfig {
            id: options.api_id.clone(),
            protocol_type: options.protocol_type,
            account_id: options.account_id.clone(),
            region: options.region.clone(),
            endpoint_configuration: EndpointConfig { r#type: endpoint, ..EndpointConfig::default() },
            ..ApiConfig::default()
        };
        Ok(Self {
            document,
            swagger,
            options,
            api,
            report,
            warnings: Vec::new(),
            errors: Vec::new(),
            growth: 0,
            base_path: String::new(),
            schemas: None,
            schemes: BTreeMap::new(),
            security: Security::default(),
            request_validator: None,
            tree: Tree::default(),
            http: HttpParts::default(),
            api_key_source: false,
            endpoint: None,
            default_endpoint: None,
        })
    }

    fn root(&mut self) {
        let Some(document) = self.document.object() else { return };
        self.information();
        self.extensions(document);
        if self.has_rest_parts() {
            self.models();
        }
        if self.is_http() {
            self.shared_integrations();
        }
        self.security_schemes();
        self.paths();
        if self.is_http() {
            return self.rest_of_http(document);
        }
        self.documentation();
        self.others(Place::ROOT, document, ROOT_FIELDS, ROOT_IGNORED);
        if let Some(components) = self.document.get("components").and_then(Node::object) {
            self.others(Place::ROOT.field("components"), components, COMPONENT_FIELDS, COMPONENT_IGNORED);
        }
    }

    fn finish(self) -> Result<Given, ImportError> {
        let Self { api, report, warnings, errors, api_key_source, endpoint, default_endpoint, .. } = self;
        if !errors.is_empty() {
            return Err(ImportError::Errors { errors, warnings });
        }
        if self.options.fail_on_warnings && !warnings.is_empty() {
            return Err(ImportError::Warnings { warnings });
        }
        Ok(Given { api, report, warnings, api_key_source, endpoint, default_endpoint })
    }

    fn error(&mut self, place: Place<'_>, message: impl fmt::Display) {
        if self.errors.len() < MAX_SAID && self.grow(0) {
            let problem = Problem::new(place.to_string(), message);
            self.growth += problem.pointer.len() + problem.message.len();
            self.errors.push(problem);
        }
    }

    fn warn(&mut self, message: impl fmt::Display) {
        if self.warnings.len() < MAX_SAID && self.growth <= MAX_GROWTH {
            let message = message.to_string();
            self.growth += message.len();
            self.warnings.push(message);
        }
    }

    /// Whether there is room for `bytes` that do not stand in the document as often as they will be held.
    fn grow(&mut self, bytes: usize) -> bool {
        let had_room = self.growth <= MAX_GROWTH;
        self.growth = self.growth.saturating_add(bytes);
        let has_room = self.growth <= MAX_GROWTH;
        if had_room && !has_room {
            let message = "The document is too large with its references resolved";
            self.errors.push(Problem::new("", message));
        }
        has_room
    }

    /// The node itself, or what it refers to.
    fn resolve(&mut self, place: Place<'_>, mut node: &'d Node) -> Option<&'d Node> {
        for _ in 0..MAX_HOPS {
            let Some(reference) = node.get("$ref").and_then(Node::str) else { return Some(node) };
            let Some(target) = self.document.target(reference) else {
                self.warn(format_args!("Reference '{reference}' not found. Ignoring."));
                self.report.ignore(place, "the reference leads nowhere");
                return None;
            };
            if !self.grow(weight(target, MAX_GROWTH - self.growth.min(MAX_GROWTH))) {
                return None;
            }
            node = target;
        }
        self.warn(format_args!("Reference at '{place}' leads back to itself. Ignoring."));
        self.report.ignore(place, "the reference leads back to itself");
        None
    }

    /// Reports the fields that are neither known nor, for a reason of their own, ignored.
    fn others(&mut self, place: Place<'_>, object: &Object, known: &[&str], ignored: &[(&str, &'static str)]) {
        for (name, _) in object.iter().filter(|(name, _)| !known.contains(name)) {
            let why: &'static str = match ignored.iter().find(|(field, _)| *field == name) {
                Some((_, why)) => why,
                None if name.starts_with("x-") => "an extension without a meaning here",
                None => "a field without a meaning here",
            };
            self.report.ignore(place.field(name), why);
        }
    }

    /// Reports the fields that are not of their shape, which count for nothing.
    fn misshapen(&mut self, place: Place<'_>, object: &Object, shapes: &[(&str, Shape)]) {
        for (field, shape) in shapes {
            let why = match (shape, object.get(field)) {
                (_, None | Some(Node::Null))
                | (Shape::Text, Some(Node::Text(_)))
                | (Shape::List, Some(Node::List(_)))
                | (Shape::Object, Some(Node::Object(_))) => continue,
                (Shape::Text, _) => "it is no text",
                (Shape::List, _) => "it is no list",
                (Shape::Object, _) => "it is no object",
            };
            self.report.ignore(place.field(field), why);
        }
    }

    fn information(&mut self) {
        let Some(info) = self.document.get("info").and_then(Node::object) else {
            return self.error(Place::ROOT.field("info"), "The document needs an `info` with a `title`");
        };
        let text = |field| info.get(field).and_then(Node::scalar);
        let place = Place::ROOT.field("info");
        match text("title").filter(|title| !title.is_empty()) {
            Some(title) => self.api.name = title,
            None => self.error(place.field("title"), "The document needs an `info` with a `title`"),
        }
        self.api.description = text("description");
        self.api.version = text("version");
        self.report.exact(place);
        let ignored = if self.is_http() { http_api::INFO_IGNORED } else { INFO_IGNORED };
        self.others(place, info, &["title", "description", "version"], ignored);
    }
}

/// What a field must be.
#[derive(Clone, Copy)]
enum Shape {
    Text,
    List,
    Object,
}

/// About how many bytes a node takes; counting stops above `most`.
fn weight(node: &Node, most: usize) -> usize {
    let own = size_of::<Node>();
    match node {
        Node::Null | Node::Bool(_) | Node::Number(_) => own,
        Node::Text(text) => own + text.len(),
        Node::List(items) => {
            items.iter().fold(own, |sum, item| if sum > most { sum } else { sum + weight(item, most - sum) })
        }
        Node::Object(object) => object.iter().fold(own, |sum, (name, field)| {
            let sum = sum + name.len();
            if sum > most { sum } else { sum + weight(field, most - sum) }
        }),
    }
}

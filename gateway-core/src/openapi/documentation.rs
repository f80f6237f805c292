//! Documentation parts: `x-amazon-apigateway-documentation`.
//!
//! AWS developer guide: *Representation of API documentation in API Gateway*.

use std::collections::BTreeMap;

use super::{
    document::{self, Node},
    error::ImportError,
    put::PutMode,
};
use crate::{
    config::{ApiConfig, DocumentationConfig, DocumentationPart},
    problem::Problem,
};

pub(super) const EXTENSION: &str = "x-amazon-apigateway-documentation";

/// Reads the documentation of a document alone.
///
/// AWS API reference: *ImportDocumentationParts*.
///
/// # Errors
/// When the text is no document, or a part of the documentation is about nothing that has documentation.
pub fn import_documentation(text: &str) -> Result<DocumentationConfig, ImportError> {
    let root = document::parse(text).map_err(|error| ImportError::Documentation(error.0))?;
    let Some(root) = root.object() else {
        return Err(ImportError::Documentation("it is no object".to_owned()));
    };
    if root.get("swagger").or_else(|| root.get("openapi")).is_none() {
        return Err(ImportError::Documentation("it says neither `swagger` nor `openapi`".to_owned()));
    }
    let Some(written) = root.get(EXTENSION) else { return Ok(DocumentationConfig::default()) };
    read(written).map_err(|errors| ImportError::Errors { errors, warnings: Vec::new() })
}

/// Puts the documentation of a document alone to that of an API, which is given back: `api` stays as it is.
///
/// # Errors
/// As [`import_documentation`].
pub fn put_documentation(api: &ApiConfig, text: &str, mode: PutMode) -> Result<DocumentationConfig, ImportError> {
    let given = import_documentation(text)?;
    Ok(match (mode, &api.documentation) {
        (PutMode::Merge, Some(existing)) => merged(existing.clone(), given),
        _ => given,
    })
}

/// Both; of two parts about the same thing the given one counts.
pub(super) fn merged(mut existing: DocumentationConfig, given: DocumentationConfig) -> DocumentationConfig {
    existing.version = given.version.or(existing.version);
    let mut places: BTreeMap<_, _> = (0..)
        .zip(&existing.documentation_parts)
        .map(|(place, part): (usize, _)| (part.location.clone(), place))
        .collect();
    for part in given.documentation_parts {
        let place = places.get(&part.location).and_then(|place| existing.documentation_parts.get_mut(*place));
        if let Some(other) = place {
            *other = part;
        } else {
            places.insert(part.location.clone(), existing.documentation_parts.len());
            existing.documentation_parts.push(part);
        }
    }
    existing
}

/// Reads the extension; the pointers of errors start at the document.
pub(super) fn read(written: &Node) -> Result<DocumentationConfig, Vec<Problem>> {
    let parts = written.get("documentationParts").and_then(Node::list).unwrap_or_default();
    let mut errors = Vec::new();
    let mut documentation_parts = Vec::with_capacity(parts.len());
    for (number, part) in parts.iter().enumerate() {
        match read_part(part) {
            Ok(part) => documentation_parts.push(part),
            Err(what) => {
                errors.push(Problem::new(format!("/{EXTENSION}/documentationParts/{number}/location"), what));
            }
        }
    }
    let version = written.get("version").and_then(Node::scalar);
    if errors.is_empty() { Ok(DocumentationConfig { version, documentation_parts }) } else { Err(errors) }
}

fn read_part(part: &Node) -> Result<DocumentationPart, String> {
    let location = part.get("location").and_then(Node::object).ok_or("Documentation needs a location")?;
    let kind = location.get("type").and_then(Node::str).unwrap_or_default();
    let (fields, needs_name) = match kind {
        "API" => (&[][..], false),
        "AUTHORIZER" | "MODEL" => (&["name"][..], true),
        "RESOURCE" => (&["path"][..], false),
        "METHOD" | "REQUEST_BODY" => (&["path", "method"][..], false),
        "PATH_PARAMETER" | "QUERY_PARAMETER" | "REQUEST_HEADER" => (&["path", "method", "name"][..], true),
        "RESPONSE" | "RESPONSE_BODY" => (&["path", "method", "statusCode"][..], false),
        "RESPONSE_HEADER" => (&["path", "method", "statusCode", "name"][..], true),
        _ => return Err(format!("Invalid location type specified: '{kind}'")),
    };
    let mut read = BTreeMap::from([("type".to_owned(), kind.to_owned())]);
    for field in fields {
        let written = location.get(field).and_then(Node::scalar).filter(|text| !text.is_empty());
        let value = match (*field, written) {
            (_, Some(written)) => written,
            ("path", None) => "/".to_owned(),
            ("name", None) if needs_name => return Err(format!("Documentation of a {kind} needs the name of one")),
            (_, None) => "*".to_owned(),
        };
        read.insert((*field).to_owned(), value);
    }
    if let Some((field, _)) = location.iter().find(|(field, _)| *field != "type" && !fields.contains(field)) {
        return Err(format!("Documentation of a {kind} has no field '{field}' in its location"));
    }
    let properties = part.get("properties").map(Node::to_value).unwrap_or_default();
    Ok(DocumentationPart { location: read, properties })
}

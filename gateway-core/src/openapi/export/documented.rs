//! What documentation parts say, where OpenAPI has a place for it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Export;
use crate::config::DocumentationPart;

/// What OpenAPI has at an operation.
const OF_OPERATIONS: &[&str] = &["description", "summary", "tags", "externalDocs"];
/// What OpenAPI has anywhere.
const DESCRIPTION: &[&str] = &["description"];

impl Export<'_> {
    /// Writes what the documentation says into the fields of `document`.
    pub(super) fn documented(&self, document: &mut Map<String, Value>) {
        let Some(documentation) = self.api.documentation.as_ref().filter(|_| self.options.documentation) else {
            return;
        };
        // What is about more is written first, so that what is about less replaces it.
        let mut parts: Vec<_> = documentation.documentation_parts.iter().collect();
        parts.sort_by_key(|part| closeness(&part.location));
        for part in parts {
            self.document_part(part, document);
        }
    }

    fn document_part(&self, part: &DocumentationPart, document: &mut Map<String, Value>) {
        let DocumentationPart { location, properties } = part;
        let name = location.get("name").map(String::as_str);
        let kind = location.get("type").map(String::as_str).unwrap_or_default();
        match kind {
            "API" => {
                copy(properties, &["tags", "externalDocs"], Some(document));
                let info = document.get_mut("info").and_then(Value::as_object_mut);
                let own = properties.get("info").unwrap_or(&Value::Null);
                copy(own, &["description", "termsOfService", "contact", "license"], info);
            }
            "MODEL" | "AUTHORIZER" => {
                let (swagger, oas) = if kind == "MODEL" {
                    ("definitions", "schemas")
                } else {
                    ("securityDefinitions", "securitySchemes")
                };
                let parts = if self.swagger() {
                    document.get_mut(swagger)
                } else {
                    document.get_mut("components").and_then(|components| components.get_mut(oas))
                };
                let fields: &[_] = if kind == "MODEL" { &["description", "title"] } else { DESCRIPTION };
                copy(
                    properties,
                    fields,
                    parts.zip(name).and_then(|(parts, name)| parts.get_mut(name)?.as_object_mut()),
                );
            }
            _ => {
                let items = document.get_mut("paths").and_then(Value::as_object_mut);
                for (path, item) in items.into_iter().flatten() {
                    if kind == "RESOURCE" {
                        let item = item.as_object_mut().filter(|_| location.get("path") == Some(path));
                        copy(properties, &["description", "summary"], item);
                    } else if is_at(location, path) {
                        self.document_item(kind, part, item);
                    }
                }
            }
        }
    }

    /// One path: all its operations that the part is about.
    fn document_item(&self, kind: &str, part: &DocumentationPart, item: &mut Value) {
        let DocumentationPart { location, properties } = part;
        let wanted = |field: &str, value: &str| {
            matches!(location.get(field).map(String::as_str), None | Some("*"))
                || location.get(field).is_some_and(|own| own == value)
        };
        let operations = item.as_object_mut().into_iter().flatten();
        for (verb, operation) in operations {
            let method = if verb.starts_with("x-") { "ANY".to_owned() } else { verb.to_ascii_uppercase() };
            if !wanted("method", &method) {
                continue;
            }
            let named = |list: &Value, position: &str| {
                let is = |field: &str, value: Option<&str>| list.get(field).and_then(Value::as_str) == value;
                is("in", Some(position)) && (position == "body" || is("name", location.get("name").map(String::as_str)))
            };
            let mut parameter = |position: &str| {
                let list = operation.get_mut("parameters").and_then(Value::as_array_mut);
                for parameter in list.into_iter().flatten().filter(|parameter| named(parameter, position)) {
                    copy(properties, DESCRIPTION, parameter.as_object_mut());
                }
            };
            match kind {
                "METHOD" => copy(properties, OF_OPERATIONS, operation.as_object_mut()),
                "PATH_PARAMETER" => parameter("path"),
                "QUERY_PARAMETER" => parameter("query"),
                "REQUEST_HEADER" => parameter("header"),
                "REQUEST_BODY" if self.swagger() => parameter("body"),
                "REQUEST_BODY" => {
                    copy(properties, DESCRIPTION, operation.get_mut("requestBody").and_then(Value::as_object_mut));
                }
                _ => {
                    let answers = operation.get_mut("responses").and_then(Value::as_object_mut);
                    for (_, answer) in answers.into_iter().flatten().filter(|(status, _)| wanted("statusCode", status))
                    {
                        let name = location.get("name").map(String::as_str);
                        let to = match (kind, name) {
                            ("RESPONSE", _) => answer.as_object_mut(),
                            ("RESPONSE_HEADER", Some(name)) => {
                                answer.get_mut("headers").and_then(|headers| headers.get_mut(name)?.as_object_mut())
                            }
                            _ => None,
                        };
                        copy(properties, DESCRIPTION, to);
                    }
                }
            }
        }
    }
}

/// Whether a part is about this path or one above it.
fn is_at(location: &BTreeMap<String, String>, path: &str) -> bool {
    let above = location.get("path").map(|above| above.trim_end_matches('/')).unwrap_or_default();
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// How little a part is about: the path counts first, then the method and the status.
fn closeness(location: &BTreeMap<String, String>) -> (usize, usize) {
    let segments = location.get("path").map_or(0, |path| path.split('/').filter(|part| !part.is_empty()).count());
    let named = ["method", "statusCode"].iter().filter(|field| location.get(**field).is_some_and(|value| value != "*"));
    (segments, named.count())
}

fn copy(from: &Value, fields: &[&str], to: Option<&mut Map<String, Value>>) {
    let Some(to) = to else { return };
    for field in fields {
        if let Some(value) = from.get(field) {
            to.insert((*field).to_owned(), value.clone());
        }
    }
}

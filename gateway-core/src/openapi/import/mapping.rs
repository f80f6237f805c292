//! Parameter mappings: what a document may map, and to what.

use std::{collections::BTreeMap, fmt};

use super::Import;
use crate::{
    config::{MethodResponseConfig, RouteConfig},
    openapi::document::{Node, Object, Place},
};

impl<'d> Import<'d> {
    /// A map of texts of `owner`; what is no text is left out with a warning.
    pub(super) fn texts(
        &mut self,
        place: Place<'_>,
        owner: &dyn fmt::Display,
        field: &str,
        map: Option<&'d Object>,
    ) -> BTreeMap<String, String> {
        let mut texts = BTreeMap::new();
        for (name, value) in map.into_iter().flat_map(Object::iter) {
            match value {
                Node::Text(text) => {
                    texts.insert(name.to_owned(), text.to_string());
                }
                // AWS stores an empty template as null.
                Node::Null if field.ends_with("Templates") => {
                    texts.insert(name.to_owned(), String::new());
                }
                _ => {
                    let found = value.scalar().unwrap_or_else(|| value.to_value().to_string());
                    self.warn(format_args!(
                        "Invalid format for '{field}'. Expected type string for property '{name}' of {owner} but got \
                         '{found}'"
                    ));
                    self.report.ignore(place.field(field).field(name), "it is no text");
                }
            }
        }
        texts
    }
}

/// Whether a request can be mapped to this: `integration.request.header.NAME`.
pub(super) fn is_request_target(target: &str) -> bool {
    let rest = target.strip_prefix("integration.request.").and_then(|rest| rest.split_once('.'));
    rest.is_some_and(|(position, name)| matches!(position, "header" | "querystring" | "path") && !name.is_empty())
}

/// Whether a request to an HTTP API can be changed so: `append:header.NAME`, `overwrite:path`.
pub(super) fn is_request_change(target: &str) -> bool {
    let changed = target.split_once(':').filter(|(how, _)| matches!(*how, "append" | "overwrite" | "remove"));
    changed.is_some_and(|(how, what)| match what.split_once('.') {
        Some((position, name)) => matches!(position, "header" | "querystring") && !name.is_empty(),
        None => (how, what) == ("overwrite", "path"),
    })
}

/// Whether an answer of an HTTP API can be changed so: `append:header.NAME`, `overwrite:statuscode`.
pub(super) fn is_response_change(target: &str) -> bool {
    let is_header = target.split_once(":header.").is_some_and(|(_, name)| !name.is_empty());
    target == "overwrite:statuscode" || (is_header && is_request_change(target))
}

/// Whether a request can be mapped from this: a parameter of the method must be declared.
pub(super) fn is_request_source(source: &str, route: &RouteConfig) -> bool {
    let Some(parameter) = source.strip_prefix("method.request.") else {
        return is_text(source) || source.starts_with("context.") || source.starts_with("stageVariables.");
    };
    if parameter == "body" || parameter.starts_with("body.") || parameter.starts_with("body[") {
        return true;
    }
    let Some((position, name)) = parameter.split_once('.') else { return false };
    let position = position.strip_prefix("multivalue").unwrap_or(position);
    let wanted = format!("method.request.{position}.{name}");
    let same =
        |declared: &String| *declared == wanted || (position == "header" && declared.eq_ignore_ascii_case(&wanted));
    route.request_parameters.contains_key(&wanted) || route.request_parameters.keys().any(same)
}

/// Whether an answer can be mapped to this: a header of the method response must be declared.
pub(super) fn is_response_target(target: &str, response: Option<&MethodResponseConfig>) -> bool {
    target.starts_with("method.response.header.")
        && response.is_some_and(|response| response.response_parameters.contains_key(target))
}

/// Whether an answer can be mapped from this.
pub(super) fn is_response_source(source: &str) -> bool {
    let starts = ["integration.response.", "context.", "stageVariables."];
    is_text(source) || starts.iter().any(|start| source.starts_with(start))
}

fn is_text(source: &str) -> bool {
    source.len() > 1 && source.starts_with('\'') && source.ends_with('\'')
}

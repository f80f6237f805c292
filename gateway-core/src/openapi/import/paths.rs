//! Paths: the base path before them, and the tree of resources that they make.

use std::collections::HashMap;

use super::{FOR_PEOPLE, Import, NOT_STORED, messages, operation::Operation};
use crate::{
    context::ApiKind,
    openapi::{
        document::{Node, Place},
        options::BasePath,
    },
    router::PathTemplate,
};

/// The fields of a path item that are methods, with the methods.
pub(super) const METHODS: [(&str, &str); 8] = [
    ("get", "GET"),
    ("put", "PUT"),
    ("post", "POST"),
    ("delete", "DELETE"),
    ("patch", "PATCH"),
    ("options", "OPTIONS"),
    ("head", "HEAD"),
    ("x-amazon-apigateway-any-method", "ANY"),
];

pub(super) const ITEM_FIELDS: &[&str] = &[
    "get",
    "put",
    "post",
    "delete",
    "patch",
    "options",
    "head",
    "x-amazon-apigateway-any-method",
    "parameters",
    "$ref",
];

const ITEM_IGNORED: &[(&str, &str)] = &[
    ("trace", "a REST API has no such method"),
    ("summary", FOR_PEOPLE),
    ("description", FOR_PEOPLE),
    ("servers", NOT_STORED),
];

/// The resources: each has one child of a name, and one variable child.
#[derive(Default)]
pub(in crate::openapi) struct Tree {
    children: HashMap<(usize, Box<str>), usize>,
    variables: HashMap<usize, Box<str>>,
    methods: HashMap<(usize, &'static str), ()>,
}

impl Tree {
    /// Adds a path; the variable that stands where its own would, if there is one.
    pub(in crate::openapi) fn add(&mut self, path: &str) -> Result<usize, Box<str>> {
        let mut here = 0;
        for part in path.split('/').filter(|part| !part.is_empty()) {
            if part.starts_with('{') {
                let sibling = self.variables.entry(here).or_insert_with(|| part.into());
                if **sibling != *part {
                    return Err(sibling.clone());
                }
            }
            let next = self.children.len() + 1;
            here = *self.children.entry((here, part.into())).or_insert(next);
        }
        Ok(here)
    }
}

/// What AWS says of a second variable child.
pub(in crate::openapi) fn second_variable(path: &str, sibling: &str) -> String {
    let what =
        format!("A sibling ({sibling}) of this resource already has a variable path part -- only one is allowed");
    messages::resource(path, what)
}

impl<'d> Import<'d> {
    pub(super) fn paths(&mut self) {
        self.base_path = self.find_base_path();
        let Some(paths) = self.document.get("paths").and_then(Node::object) else { return };
        let root = Place::ROOT.field("paths");
        for (written, item) in paths.iter() {
            if written.starts_with("x-") {
                self.report.ignore(root.field(written), "an extension without a meaning here");
            } else if self.grow(self.base_path.len()) {
                self.path(root.field(written), written, item);
            }
        }
    }

    fn path(&mut self, place: Place<'_>, written: &str, item: &'d Node) {
        if self.is_http() {
            return self.http_path(place, written, item);
        }
        let path = joined(&[&self.base_path, written]);
        if joined(&[written]) != written {
            self.report.approximate(place, format!("the resource is `{path}`"));
        } else {
            self.report.exact(place);
        }
        if let Err(error) = PathTemplate::parse(&path, ApiKind::Rest) {
            return self.error(place, messages::resource(&path, format_args!("{PATH_PART} ({error})")));
        }
        let resource = match self.tree.add(&path) {
            Ok(resource) => resource,
            Err(sibling) => return self.error(place, second_variable(&path, &sibling)),
        };
        let Some(item) = self.resolve(place, item).and_then(Node::object) else {
            return self.report.ignore(place, "it is no object");
        };
        self.others(place, item, ITEM_FIELDS, ITEM_IGNORED);
        let mut empty = true;
        for (field, method) in METHODS {
            let Some(operation) = item.get(field) else { continue };
            empty = false;
            let above = place;
            let place = above.field(field);
            if self.tree.methods.insert((resource, method), ()).is_some() {
                self.error(place, messages::method(method, &path, "Method already exists for this resource"));
                continue;
            }
            match operation.object() {
                Some(node) if self.grow(path.len()) => {
                    self.operation(place, &Operation { path: &path, method, node, item, above });
                }
                Some(_) => {}
                None => self.report.ignore(place, "it is no object"),
            }
        }
        if empty && path != "/" {
            self.api.resources.push(path);
        }
    }

    /// The base path, with its slash and without one at its end, as far as the options ask for it.
    fn find_base_path(&mut self) -> String {
        let found = if self.swagger {
            let written = self.document.get("basePath").and_then(Node::str);
            written.map(|path| ("basePath", path.to_owned()))
        } else {
            self.servers().map(|path| ("servers", path))
        };
        let Some((field, path)) = found else { return String::new() };
        let place = Place::ROOT.field(field);
        let path = joined(&[&path]);
        let path = match self.options.base_path {
            BasePath::Ignore => {
                self.report.ignore(place, "the base path was to be ignored");
                return String::new();
            }
            BasePath::Prepend => path,
            BasePath::Split => {
                let rest = path.trim_start_matches('/').split_once('/').map(|(_, rest)| rest);
                rest.map(|rest| format!("/{rest}")).unwrap_or_default()
            }
        };
        self.report.exact(place);
        if path == "/" { String::new() } else { path }
    }

    /// The base path that the servers name.
    fn servers(&mut self) -> Option<String> {
        let servers = self.document.get("servers")?.list()?;
        let variables = servers.iter().filter_map(|server| server.get("variables")?.get("basePath")?.get("default"));
        if let Some(path) = variables.filter_map(Node::scalar).next() {
            return Some(path);
        }
        let url = servers.first()?.get("url")?.str()?;
        let after = url.split_once("://").map_or(url, |(_, after)| after.split_once('/').map_or("", |(_, path)| path));
        let path = after.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
        (!path.is_empty() && !path.contains('{')).then(|| path.to_owned())
    }
}

/// One path of several: one slash between segments, none at the end.
fn joined(parts: &[&str]) -> String {
    let mut path = String::new();
    for segment in parts.iter().flat_map(|part| part.split('/')).filter(|segment| !segment.is_empty()) {
        path.push('/');
        path.push_str(segment);
    }
    if path.is_empty() { "/".to_owned() } else { path }
}

const PATH_PART: &str = "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces \
                         at the beginning and the end.";

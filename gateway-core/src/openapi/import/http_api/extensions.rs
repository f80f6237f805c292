//! The extensions at the root of a document that only HTTP APIs have.

use super::fields::{TAG_FIELDS, TAG_IGNORED};
use crate::{
    config::CorsConfig,
    openapi::{
        document::{Node, Object, Place},
        import::Import,
    },
};

impl<'d> Import<'d> {
    /// AWS developer guide: *x-amazon-apigateway-cors object*.
    pub(in crate::openapi::import) fn cors(&mut self, place: Place<'_>, node: &Node) {
        let read = node.object().and_then(|object| Some((object, cors(object)?)));
        let Some((object, cors)) = read else {
            self.warn("CORS Scheme is malformed, ignoring.");
            return self.report.ignore(place, "lists of texts, a number and a truth value are expected");
        };
        if cors.allow_origins.is_empty() {
            return self.report.ignore(place, "it names no origin that may call");
        }
        self.api.cors = Some(cors);
        self.report.exact(place);
        self.others(place, object, CORS_FIELDS, &[]);
    }

    pub(in crate::openapi::import) fn algorithm_version(&mut self, place: Place<'_>, node: &Node) {
        match node.scalar().as_deref() {
            Some("1.0" | "1") => self.report.exact(place),
            _ => self.report.ignore(place, "there is no version but 1.0"),
        }
    }

    /// AWS developer guide: *x-amazon-apigateway-tag-value property*.
    pub(super) fn tags(&mut self, document: &Object) {
        let place = Place::ROOT.field("tags");
        let tags = document.get("tags").and_then(Node::list).unwrap_or_default();
        for (number, tag) in tags.iter().enumerate() {
            let place = place.item(number);
            let named = tag.object().and_then(|object| Some((object, object.get("name")?.scalar()?)));
            let Some((object, name)) = named else {
                self.report.ignore(place, "a tag has a name");
                continue;
            };
            let value = object.get("x-amazon-apigateway-tag-value").and_then(Node::scalar).unwrap_or_default();
            self.api.tags.insert(name, value);
            self.report.exact(place);
            self.others(place, object, TAG_FIELDS, TAG_IGNORED);
        }
    }
}

/// `None` if a field is not what it must be.
fn cors(object: &Object) -> Option<CorsConfig> {
    let list = |name| match object.get(name) {
        None | Some(Node::Null) => Some(Vec::new()),
        Some(node) => node.list()?.iter().map(|item| item.str().map(str::to_owned)).collect(),
    };
    let max_age = match object.get("maxAge") {
        None | Some(Node::Null) => None,
        // The one number that is none of seconds: not at all.
        Some(node) if node.scalar().as_deref() == Some("-1") => Some(-1),
        Some(node) => Some(i32::try_from(node.whole()?).ok()?),
    };
    let allow_credentials = match object.get("allowCredentials") {
        None | Some(Node::Null) => false,
        Some(node) => node.truth()?,
    };
    Some(CorsConfig {
        allow_origins: list("allowOrigins")?,
        allow_methods: list("allowMethods")?,
        allow_headers: list("allowHeaders")?,
        expose_headers: list("exposeHeaders")?,
        max_age,
        allow_credentials,
        preflight_only: false,
    })
}

const CORS_FIELDS: &[&str] =
    &["allowOrigins", "allowMethods", "allowHeaders", "exposeHeaders", "maxAge", "allowCredentials"];

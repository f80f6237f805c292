//! Models: the named schemas of a document, and those that have no name of their own.

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::{
    Import, messages,
    reference::{MODELS, model_name},
    schema::Owner,
};
use crate::openapi::document::{Node, Place};

impl<'d> Import<'d> {
    pub(super) fn models(&mut self) {
        let components = Place::ROOT.field("components");
        let (schemas, place) = if self.swagger {
            (self.document.get("definitions"), Place::ROOT.field("definitions"))
        } else {
            (self.document.get("components").and_then(|part| part.get("schemas")), components.field("schemas"))
        };
        self.schemas = schemas.and_then(Node::object);
        let Some(schemas) = self.schemas else { return };
        for (name, schema) in schemas.iter() {
            let place = place.field(name);
            if name.is_empty() || !name.chars().all(|letter| letter.is_ascii_alphanumeric()) {
                let what = format!("Model name must be alphanumeric: {name}");
                self.error(place, messages::model(name, what));
            } else if schema.object().is_none() {
                let what = "Invalid model specified: Validation Result: warnings : [], errors : \
                            [Invalid model schema specified]";
                self.error(place, messages::model(name, what));
            } else {
                self.report.exact(place);
                let schema = self.schema(place, schema, Owner { model: name, property: None });
                self.api.models.insert(name.to_owned(), schema);
            }
        }
    }

    /// The name of the model that a body or an answer has: the one that is referred to, or one made for it.
    pub(super) fn model(&mut self, place: Place<'_>, schema: &'d Node) -> Option<String> {
        if let Some(reference) = schema.get("$ref").and_then(Node::str) {
            let name = model_name(reference).map_or(reference, |(name, _)| name);
            let known = self.schemas.is_some_and(|schemas| schemas.get(name).is_some());
            if !known {
                self.warn(format_args!("Reference to model '{name}' not found. Ignoring."));
                self.report.ignore(place, "there is no such model");
            }
            return (known && self.grow(name.len())).then(|| name.to_owned());
        }
        if schema.object().is_none() {
            self.report.ignore(place, "it is no schema");
            return None;
        }
        let schema = self.schema(place, schema, Owner { model: "schema", property: None });
        let text = schema.to_string();
        // As many as have the same six letters: few.
        for round in 0..=u32::from(u16::MAX) {
            let name = generated_name(&text, round);
            match self.api.models.get(&name) {
                None => {
                    self.api.models.insert(name.clone(), schema);
                    return Some(name);
                }
                Some(other) if *other == schema => return Some(name),
                Some(_) => {}
            }
        }
        None
    }

    /// What a model is referred to by, wherever in it the reference leads.
    pub(super) fn model_url(&self, name: &str, pointer: &str) -> Value {
        let id = self.options.api_id.as_deref().unwrap_or("api");
        let hash = if pointer.is_empty() { "" } else { "#" };
        Value::String(format!("{MODELS}{id}/models/{name}{hash}{pointer}"))
    }
}

/// The same for the same schema, in every import.
fn generated_name(schema: &str, round: u32) -> String {
    let mut hash = Sha256::new();
    if round > 0 {
        hash.update(round.to_be_bytes());
    }
    hash.update(schema);
    let digits = hash.finalize().iter().take(3).fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    format!("MODEL{digits}")
}

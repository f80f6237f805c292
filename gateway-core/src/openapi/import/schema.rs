//! Schemas: from OpenAPI's to JSON Schema of draft 4, which models are.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::{FOR_PEOPLE, Import, messages, reference::model_name};
use crate::openapi::document::{Node, Object, Place};

const DRAFT_4: &str = "models are JSON Schemas of draft 4, which has no such keyword";

const IGNORED: &[(&str, &str)] = &[
    ("const", DRAFT_4),
    ("contains", DRAFT_4),
    ("contentEncoding", DRAFT_4),
    ("contentMediaType", DRAFT_4),
    ("dependentRequired", DRAFT_4),
    ("dependentSchemas", DRAFT_4),
    ("deprecated", FOR_PEOPLE),
    ("discriminator", DRAFT_4),
    ("else", DRAFT_4),
    ("example", FOR_PEOPLE),
    ("examples", FOR_PEOPLE),
    ("externalDocs", FOR_PEOPLE),
    ("if", DRAFT_4),
    ("nullable", DRAFT_4),
    ("prefixItems", DRAFT_4),
    ("propertyNames", DRAFT_4),
    ("readOnly", DRAFT_4),
    ("then", DRAFT_4),
    ("unevaluatedItems", DRAFT_4),
    ("unevaluatedProperties", DRAFT_4),
    ("writeOnly", DRAFT_4),
    ("xml", DRAFT_4),
];

/// Whose schema it is, for messages.
#[derive(Clone, Copy)]
pub(super) struct Owner<'o> {
    pub(super) model: &'o str,
    pub(super) property: Option<&'o str>,
}

impl fmt::Display for Owner<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.model)?;
        self.property.map_or(Ok(()), |property| write!(f, ".{property}"))
    }
}

impl<'d> Import<'d> {
    /// A schema with its references as AWS keeps them.
    pub(super) fn schema(&mut self, place: Place<'_>, schema: &'d Node, owner: Owner<'_>) -> Value {
        let Some(object) = schema.object() else { return schema.to_value() };
        if let Some(reference) = object.get("$ref").and_then(Node::str) {
            return self.schema_reference(place, object, reference, owner);
        }
        let mut written = Map::new();
        for (keyword, part) in object.iter() {
            let place = place.field(keyword);
            if let Some((_, why)) = IGNORED.iter().find(|(name, _)| *name == keyword) {
                self.report.ignore(place, *why);
            }
            let value = match keyword {
                "properties" | "patternProperties" | "definitions" | "$defs" => self.schema_map(place, part, owner),
                "dependencies" if part.object().is_some() => self.schema_map(place, part, owner),
                "allOf" | "anyOf" | "oneOf" => self.schema_list(place, part, owner),
                "items" if part.list().is_some() => self.schema_list(place, part, owner),
                "items" | "additionalItems" | "additionalProperties" | "not" => self.schema(place, part, owner),
                "exclusiveMinimum" | "exclusiveMaximum" => {
                    if let Node::Number(bound) = part {
                        self.exclusive(place, object, keyword, bound, &mut written);
                        continue;
                    }
                    part.to_value()
                }
                // Written already, from the exclusive bound beside it.
                "minimum" | "maximum" if written.contains_key(keyword) => continue,
                _ => part.to_value(),
            };
            written.insert(keyword.to_owned(), value);
        }
        Value::Object(written)
    }

    fn schema_map(&mut self, place: Place<'_>, schemas: &'d Node, owner: Owner<'_>) -> Value {
        let Some(object) = schemas.object() else { return schemas.to_value() };
        let parts = object.iter().map(|(name, schema)| {
            let owner = Owner { property: Some(name), ..owner };
            (name.to_owned(), self.schema(place.field(name), schema, owner))
        });
        Value::Object(parts.collect())
    }

    fn schema_list(&mut self, place: Place<'_>, schemas: &'d Node, owner: Owner<'_>) -> Value {
        let Some(items) = schemas.list() else { return schemas.to_value() };
        items.iter().enumerate().map(|(number, schema)| self.schema(place.item(number), schema, owner)).collect()
    }

    fn schema_reference(&mut self, place: Place<'_>, object: &'d Object, reference: &str, owner: Owner<'_>) -> Value {
        let mut written: Map<_, _> = object.iter().map(|(name, part)| (name.to_owned(), part.to_value())).collect();
        match model_name(reference) {
            Some((name, pointer)) if self.schemas.is_some_and(|schemas| schemas.get(name).is_some()) => {
                written.insert("$ref".to_owned(), self.model_url(name, pointer));
            }
            // Within the schema itself.
            None if reference.starts_with('#') && !reference.starts_with("#/components/") => {}
            _ => {
                let what = format!(
                    "Invalid model specified: Validation Result: warnings : [], errors : \
                     [Invalid model specified: {owner}]"
                );
                self.error(place.field("$ref"), messages::model(owner.model, what));
            }
        }
        Value::Object(written)
    }

    /// A bound as later drafts write it, as draft 4 does: the bound, and that it is exclusive.
    fn exclusive(
        &mut self,
        place: Place<'_>,
        object: &Object,
        keyword: &str,
        bound: &Number,
        written: &mut Map<String, Value>,
    ) {
        let lower = keyword == "exclusiveMinimum";
        let inclusive = if lower { "minimum" } else { "maximum" };
        let other = match object.get(inclusive) {
            Some(Node::Number(other)) => Some(other),
            _ => None,
        };
        let stronger = other.filter(|other| {
            let (other, bound) = (other.as_f64().unwrap_or_default(), bound.as_f64().unwrap_or_default());
            if lower { other > bound } else { other < bound }
        });
        written.insert(inclusive.to_owned(), Value::Number(stronger.unwrap_or(bound).clone()));
        written.insert(keyword.to_owned(), Value::Bool(stronger.is_none()));
        self.report.approximate(place, format!("written as draft 4 has it, beside `{inclusive}`"));
    }
}

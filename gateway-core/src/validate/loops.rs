//! Finds references that lead nowhere, or back to themselves without going deeper into a value: what
//! such a schema takes would be chance.

use std::collections::HashSet;

use serde_json::Value;

use crate::problem::{Problem, pointer_token};

/// Refuses a schema with a reference that leads nowhere, or that, followed where it stands, ends up at itself. `find`
/// gives the schemas at other addresses.
pub(super) fn check<'s>(schema: &'s Value, find: impl Fn(&str) -> Option<&'s Value>) -> Result<(), Problem> {
    let mut search = Search { find: &find, open: Vec::new(), closed: HashSet::new() };
    let mut seen = HashSet::new();
    let mut waiting = vec![(schema, schema, String::new())];
    // Every place of every schema that can be reached: more than are schemas, which does no harm.
    while let Some((document, place, pointer)) = waiting.pop() {
        if !seen.insert(std::ptr::from_ref(place)) {
            continue;
        }
        if search.turns(document, place) {
            return Err(Problem::new(pointer, "this `$ref` leads back to itself and would be followed for ever"));
        }
        if let Some(reference) = place.get("$ref").and_then(Value::as_str) {
            let Some((document, target)) = search.target(document, place) else {
                let message = format!(
                    "`{reference}` leads nowhere: refer to `#/definitions/NAME`, or to a model of the API with \
                     `https://apigateway.amazonaws.com/restapis/{{id}}/models/NAME`"
                );
                return Err(Problem::new(format!("{pointer}/$ref"), message));
            };
            // Of what stands in another model only that model tells the place.
            waiting.push((document, target, String::new()));
        }
        match place {
            Value::Array(items) => {
                let items = items.iter().enumerate();
                waiting.extend(items.map(|(index, item)| (document, item, format!("{pointer}/{index}"))));
            }
            Value::Object(fields) => {
                let fields = fields.iter().filter(|(name, value)| !(*name == "enum" && value.is_array()));
                waiting.extend(
                    fields.map(|(name, field)| (document, field, format!("{pointer}/{}", pointer_token(name)))),
                );
            }
            _ => {}
        }
    }
    Ok(())
}

struct Search<'f, 's> {
    find: &'f dyn Fn(&str) -> Option<&'s Value>,
    /// The schemas that the same value is being held against.
    open: Vec<*const Value>,
    /// Those that were followed to their ends.
    closed: HashSet<*const Value>,
}

impl<'s> Search<'_, 's> {
    /// Whether holding a value against `schema` holds the same value against `schema` again.
    fn turns(&mut self, document: &'s Value, schema: &'s Value) -> bool {
        let here = std::ptr::from_ref(schema);
        if self.open.contains(&here) {
            return true;
        }
        if !self.closed.insert(here) {
            return false;
        }
        self.open.push(here);
        let turns = match (schema.get("$ref"), self.target(document, schema)) {
            // Beside a reference nothing counts.
            (Some(Value::String(_)), target) => target.is_some_and(|(document, schema)| self.turns(document, schema)),
            _ => same_value(schema).into_iter().any(|schema| self.turns(document, schema)),
        };
        self.open.pop();
        turns
    }

    /// The schema that a reference means, with the document that it stands in.
    fn target(&self, document: &'s Value, schema: &Value) -> Option<(&'s Value, &'s Value)> {
        let reference = schema.get("$ref")?.as_str()?;
        let (address, pointer) = reference.split_once('#').unwrap_or((reference, ""));
        let document = if address.is_empty() { document } else { (self.find)(address)? };
        let pointer = percent_encoding::percent_decode_str(pointer).decode_utf8_lossy();
        Some((document, document.pointer(&pointer)?))
    }
}

/// The schemas that hold for the same value as `schema`.
fn same_value(schema: &Value) -> Vec<&Value> {
    let lists = ["allOf", "anyOf", "oneOf"].into_iter().filter_map(|keyword| schema.get(keyword)?.as_array()).flatten();
    let dependencies = schema.get("dependencies").and_then(Value::as_object);
    lists.chain(schema.get("not")).chain(dependencies.into_iter().flat_map(|found| found.values())).collect()
}

use std::collections::BTreeSet;

use super::Node;

/// What stands for `${AWS::AccountId}`, `${AWS::Region}` and `${AWS::Partition}`.
///
/// AWS developer guide: *AWS variables for OpenAPI import*.
#[derive(Clone, Copy, Debug)]
pub(in crate::openapi) struct Variables<'v> {
    pub(in crate::openapi) account_id: Option<&'v str>,
    pub(in crate::openapi) region: Option<&'v str>,
    pub(in crate::openapi) partition: &'v str,
}

const START: &str = "${AWS::";

impl Variables<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        match name {
            "AccountId" => self.account_id,
            "Region" => self.region,
            "Partition" => Some(self.partition),
            _ => None,
        }
    }

    /// Puts the values into every text, and adds the names of those that have none to `left`.
    pub(in crate::openapi) fn replace(&self, node: &mut Node, left: &mut BTreeSet<String>) {
        match node {
            Node::Text(text) => {
                if text.contains(START) {
                    *text = self.text(text, left).into();
                }
            }
            Node::List(items) => items.iter_mut().for_each(|item| self.replace(item, left)),
            Node::Object(object) => object.fields.iter_mut().for_each(|(_, field)| self.replace(field, left)),
            Node::Null | Node::Bool(_) | Node::Number(_) => {}
        }
    }

    fn text(&self, text: &str, left: &mut BTreeSet<String>) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once(START) {
            out.push_str(before);
            rest = after;
            let name = after.split_once('}').map(|(name, _)| name);
            match name.and_then(|name| Some((self.value(name)?, name))) {
                Some((value, name)) => {
                    out.push_str(value);
                    rest = after.get(name.len() + 1..).unwrap_or_default();
                }
                None => {
                    left.extend(name.filter(|name| name.len() < 32).map(|name| format!("{START}{name}}}")));
                    out.push_str(START);
                }
            }
        }
        out.push_str(rest);
        out
    }
}

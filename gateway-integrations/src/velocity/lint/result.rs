//! Whether the result can be JSON.
//!
//! Only templates that begin like JSON and have no branches and no loops are judged: each reference is taken for `0`,
//! which is a value where one may stand, and part of a text within quotes.

use super::Found;
use crate::velocity::ast::Node;

pub(super) fn check(nodes: &[Node], found: &mut Found<'_>) {
    let Some(sample) = sample(nodes) else { return };
    if !sample.trim_start().starts_with(['{', '[']) {
        return;
    }
    if let Err(error) = serde_json::from_str::<serde::de::IgnoredAny>(&sample) {
        found.add(0, format!("the result looks like JSON and is no JSON, with 0 for each reference: {error}"));
    }
}

/// What the template gives, with `0` for each reference; `None` where it depends on the request.
fn sample(nodes: &[Node]) -> Option<String> {
    let mut text = String::new();
    for node in nodes {
        match node {
            Node::Text(part) => text.push_str(part),
            Node::Print { before, .. } => {
                text.push_str(before);
                text.push('0');
            }
            Node::Set { .. } | Node::Define { .. } => {}
            Node::If { .. } | Node::Foreach { .. } | Node::Break | Node::Stop => return None,
        }
    }
    Some(text)
}

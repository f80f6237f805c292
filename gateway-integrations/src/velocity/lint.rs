//! What looks wrong in a template.

use super::{ast::Block, error::Position};

/// Something that looks wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// Where.
    pub position: Position,
    /// What, and what to do.
    pub message: String,
}

pub(super) fn findings(_source: &str, _nodes: &Block) -> Vec<Finding> {
    Vec::new()
}

//! Routes that cannot stand in one API.

use super::key::RouteKey;

/// Two routes that cannot stand in one API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("routes {first} (`{first_key}`) and {second} (`{second_key}`): {reason}")]
#[non_exhaustive]
pub struct RouteConflict {
    /// The place in the list of the route that was there before.
    pub first: usize,
    /// The place in the list of the route that cannot join it.
    pub second: usize,
    /// The key of the route that was there before.
    pub first_key: RouteKey,
    /// The key of the route that cannot join it.
    pub second_key: RouteKey,
    /// Why, and what to do.
    pub reason: ConflictReason,
}

/// Why two routes cannot stand in one API.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConflictReason {
    /// Both have the same key.
    #[error("the same key twice; drop one")]
    Duplicate,
    /// The keys of an HTTP API differ in the names of variables only.
    #[error("the keys differ in the names of their variables only, which makes them the same; drop one")]
    SameButNames,
    /// A resource of a REST API has at most one child that is a variable.
    #[error(
        "A sibling ({existing}) of this resource already has a variable path part -- only one is allowed; \
         write `{existing}` instead of `{refused}` below `{parent}`"
    )]
    SiblingVariable {
        /// The resource that has both children.
        parent: String,
        /// The variable that was there before.
        existing: String,
        /// The variable that cannot join it.
        refused: String,
    },
    /// A REST API has no `$default`; both places are that of the one route.
    #[error("a REST API has no `$default`; write `ANY /{{proxy+}}` and `ANY /`")]
    DefaultOfRest,
}

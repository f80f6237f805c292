use std::sync::Arc;

use super::{
    arn::{self, ArnPattern},
    condition::Condition,
    pattern::{Pattern, any},
    principal::Principals,
    request::PolicyRequest,
};

/// One statement of a policy.
#[derive(Clone, Debug)]
pub(super) struct Statement {
    /// Its `Sid`, or its place.
    pub(super) label: Arc<str>,
    pub(super) actions: Listed<Pattern>,
    pub(super) resources: Listed<ArnPattern>,
    /// In resource policies alone.
    pub(super) principals: Option<Principals>,
    pub(super) conditions: Box<[Condition]>,
}

/// An element, or its `Not...` form.
#[derive(Clone, Debug)]
pub(super) struct Listed<T> {
    pub(super) negated: bool,
    pub(super) list: Box<[T]>,
}

impl Statement {
    /// About every action and resource.
    pub(super) fn everything() -> Self {
        Self {
            label: "Statement[0]".into(),
            actions: Listed { negated: true, list: Box::default() },
            resources: Listed { negated: true, list: Box::default() },
            principals: None,
            conditions: Box::default(),
        }
    }

    /// Whether the statement is about this request.
    pub(super) fn matches(&self, request: &PolicyRequest<'_>) -> bool {
        self.actions.fits(any(&self.actions.list, |action| action.matches(request.action, request)))
            && self.resources.fits(arn::any_resource(&self.resources.list, request))
            && self.principals.as_ref().is_none_or(|principals| principals.match_caller(request.caller))
            && self.conditions.iter().all(|condition| condition.holds(request))
    }

    /// Whether it is about the caller's account rather than about the caller.
    pub(super) fn delegates(&self, request: &PolicyRequest<'_>) -> bool {
        self.principals.as_ref().is_some_and(|principals| principals.delegate(request.caller))
    }
}

impl<T> Listed<T> {
    /// What has a variable without a value fits neither way.
    fn fits(&self, matched: Option<bool>) -> bool {
        matched.is_some_and(|matched| matched != self.negated)
    }
}

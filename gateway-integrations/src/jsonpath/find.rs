//! Following a path.

use std::borrow::Cow;

use super::{
    ast::{Condition, Step, is_definite},
    filter,
};
use crate::json::{Json, Object};

/// A path visited more values of a document than is allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the JSONPath visits too many values: make it more definite, with fewer `..` and `*`")]
pub struct TooMuchWork;

const VISITS: usize = 1_000_000;

/// Everything that the steps lead to, in the order of the document.
pub(super) fn find<'a>(steps: &[Step], root: &'a Json) -> Result<Vec<Cow<'a, Json>>, TooMuchWork> {
    let mut walk = Walk { root, visits: VISITS };
    let mut found = Vec::new();
    walk.follow(steps, root, &mut found)?;
    Ok(found)
}

/// One search.
pub(super) struct Walk<'a> {
    pub(super) root: &'a Json,
    visits: usize,
}

impl<'a> Walk<'a> {
    /// Adds to `found` what `steps` lead to from `node`.
    pub(super) fn follow(
        &mut self,
        steps: &[Step],
        node: &'a Json,
        found: &mut Vec<Cow<'a, Json>>,
    ) -> Result<(), TooMuchWork> {
        self.visits = self.visits.checked_sub(1).ok_or(TooMuchWork)?;
        let Some((step, rest)) = steps.split_first() else {
            found.push(Cow::Borrowed(node));
            return Ok(());
        };
        match (step, node) {
            (Step::Names(names), Json::Object(object)) => return self.names(names, rest, object, found),
            (Step::Places(places), Json::List(items)) => {
                for place in places {
                    if let Some(item) = from_end(*place, items.len()).and_then(|place| items.get(place)) {
                        self.follow(rest, item, found)?;
                    }
                }
            }
            (Step::Slice(from, to), Json::List(items)) => {
                let bound = |place: i64| bounded(place, items.len());
                let (from, to) = (from.map_or(0, bound), to.map_or(items.len(), bound));
                for item in items.get(from..to).unwrap_or_default() {
                    self.follow(rest, item, found)?;
                }
            }
            (Step::All, Json::List(items)) => {
                for item in items {
                    self.follow(rest, item, found)?;
                }
            }
            (Step::All, Json::Object(object)) => {
                for value in object.values() {
                    self.follow(rest, value, found)?;
                }
            }
            (Step::Descend, Json::List(_) | Json::Object(_)) => self.descend(rest, node, found)?,
            (Step::Filter(condition), Json::List(items)) => {
                for item in items {
                    self.filtered(condition, rest, item, found)?;
                }
            }
            (Step::Filter(condition), Json::Object(_)) => self.filtered(condition, rest, node, found)?,
            (Step::Function(function), _) => found.extend(function.call(node).map(Cow::Owned)),
            _ => {}
        }
        Ok(())
    }

    fn names(
        &mut self,
        names: &[std::sync::Arc<str>],
        rest: &[Step],
        object: &'a Object<Json>,
        found: &mut Vec<Cow<'a, Json>>,
    ) -> Result<(), TooMuchWork> {
        if names.len() > 1 && rest.is_empty() {
            let chosen = names.iter().filter_map(|name| Some((name.clone(), object.get(name)?.clone())));
            found.push(Cow::Owned(Json::Object(chosen.collect())));
            return Ok(());
        }
        for value in names.iter().filter_map(|name| object.get(name)) {
            self.follow(rest, value, found)?;
        }
        Ok(())
    }

    /// `..`: applies the rest to `top` and to every list and object below it, parents before children.
    fn descend(&mut self, rest: &[Step], top: &'a Json, found: &mut Vec<Cow<'a, Json>>) -> Result<(), TooMuchWork> {
        let mut stack = vec![top];
        while let Some(node) = stack.pop() {
            let before = stack.len();
            // Below a filter an object is judged by itself, where it stands.
            let judged = match (rest, node) {
                ([Step::Filter(_), ..], Json::List(_)) => false,
                // Of several names an object must have all.
                ([Step::Names(names)], Json::Object(object)) => names.iter().all(|name| object.get(name).is_some()),
                _ => true,
            };
            if judged {
                self.follow(rest, node, found)?;
            } else {
                self.visits = self.visits.checked_sub(1).ok_or(TooMuchWork)?;
            }
            match node {
                Json::List(items) => stack.extend(items.iter().filter(|item| item.is_container())),
                Json::Object(object) => stack.extend(object.values().filter(|value| value.is_container())),
                _ => {}
            }
            if let Some(children) = stack.get_mut(before..) {
                children.reverse();
            }
        }
        Ok(())
    }

    fn filtered(
        &mut self,
        condition: &Condition,
        rest: &[Step],
        node: &'a Json,
        found: &mut Vec<Cow<'a, Json>>,
    ) -> Result<(), TooMuchWork> {
        if filter::holds(self, condition, node)? { self.follow(rest, node, found) } else { Ok(()) }
    }

    /// What the path of an operand leads to, as one value.
    pub(super) fn operand(&mut self, steps: &[Step], node: &'a Json) -> Result<Option<Cow<'a, Json>>, TooMuchWork> {
        let mut found = Vec::new();
        self.follow(steps, node, &mut found)?;
        if is_definite(steps) {
            return Ok(found.into_iter().next());
        }
        Ok(Some(Cow::Owned(Json::List(found.into_iter().map(Cow::into_owned).collect()))))
    }
}

fn from_end(place: i64, length: usize) -> Option<usize> {
    let behind = usize::try_from(place.unsigned_abs()).ok()?;
    if place < 0 { length.checked_sub(behind) } else { Some(behind) }
}

fn bounded(place: i64, length: usize) -> usize {
    from_end(place, length).unwrap_or(0).min(length)
}

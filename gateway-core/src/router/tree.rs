//! The tree of segments that both kinds of router walk.
//!
//! A look-up visits the nodes that fit the path, in the order in which they are to be preferred, and the router
//! decides at each whether to stop. What it costs depends on the path and not on how many routes there are: literal
//! children of a node are compared one by one while they are few, and hashed when they are many. A node is visited at
//! most once, so that no path makes a look-up dearer than the routes that begin like it.
//!
//! Nodes know nothing of variables' names, so two routes may name the variables at one place differently. Where the
//! values stand is worked out for the route that was chosen, when somebody asks for them.

use std::{
    collections::{BTreeMap, HashSet},
    ops::ControlFlow::{self, Continue},
    sync::Arc,
};

use http::Uri;

use super::{RouteMatch, key::RouteKey, method::RouteMethod, path::PathSegment};
use crate::{
    context::{PathParams, PathVariable},
    names::NameMap,
};

/// More literal children than this are hashed.
const FEW: usize = 8;

/// All routes of an API, by path.
#[derive(Debug)]
pub(super) struct Tree {
    root: Node,
}

/// A route at the node where its path ends.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) method: RouteMethod,
    route: usize,
    variables: Arc<[PathVariable]>,
}

/// Where the path of a request may end in the tree.
#[derive(Clone, Copy, Debug)]
pub(super) struct End<'t, 'p> {
    /// The routes whose path ends here, at most one a method.
    pub(super) entries: &'t [Entry],
    /// What a greedy variable takes; `None` if the path matches without one.
    pub(super) greedy: Option<&'p str>,
}

/// One place in the paths of routes: what may follow, and which routes end.
#[derive(Debug)]
struct Node {
    literals: Literals,
    variable: Option<Box<Node>>,
    /// The routes that end here.
    ends: Box<[Entry]>,
    /// The routes that end in a greedy variable after this.
    greedy: Box<[Entry]>,
}

/// What many routes have in common stands in memory once, so that it stays in the processor's caches.
#[derive(Default)]
struct Shared {
    texts: HashSet<Arc<str>>,
    variables: HashSet<Arc<[PathVariable]>>,
}

/// What follows a node as text. Both are found without looking at more than a few.
#[derive(Debug)]
enum Literals {
    /// Compared one by one.
    Few(Box<[(Arc<str>, Node)]>),
    /// Hashed.
    Many(NameMap<Arc<str>, Node>),
}

impl Tree {
    /// The tree of these routes, by their places; `$default` has none in it. No two may have the same method and the
    /// same path but for names.
    pub(super) fn new(keys: &[RouteKey]) -> Self {
        let mut shared = Shared::default();
        let routes = keys.iter().enumerate().filter_map(|(route, key)| {
            let (method, path) = (key.method()?, key.path()?);
            let variables = path.segments().iter().enumerate().filter_map(|(segment, part)| {
                let greedy = matches!(part, PathSegment::Greedy(_));
                part.name().map(|name| PathVariable { segment, greedy, name: Arc::clone(name) })
            });
            Some((Entry { method, route, variables: shared.variables(variables.collect()) }, path.segments()))
        });
        let routes = routes.collect();
        Self { root: Node::new(routes, &mut shared) }
    }

    /// Calls `visit` where the path fits, the best first: literal before `{variable}` before `{greedy+}`, at each
    /// segment from the left. `path` has no slash before its first segment; `None` is the root.
    pub(super) fn walk<'t, 'p>(
        &'t self,
        path: Option<&'p str>,
        visit: &mut impl FnMut(End<'t, 'p>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        self.root.walk(path, visit)
    }
}

impl Entry {
    /// The match of this route with `path`, which starts at byte `offset` of the path of `uri`. Allocates nothing.
    pub(super) fn found(&self, uri: &Uri, path: Option<&str>, offset: usize) -> RouteMatch {
        let path = offset..offset + path.map_or(0, str::len);
        RouteMatch { route: self.route, params: PathParams::new(uri, path, &self.variables) }
    }
}

impl Shared {
    fn text(&mut self, text: &str) -> Arc<str> {
        let known = self.texts.get(text).cloned();
        known.unwrap_or_else(|| {
            let text = Arc::<str>::from(text);
            self.texts.insert(Arc::clone(&text));
            text
        })
    }

    fn variables(&mut self, variables: Arc<[PathVariable]>) -> Arc<[PathVariable]> {
        let known = self.variables.get(&variables).cloned();
        known.unwrap_or_else(|| {
            self.variables.insert(Arc::clone(&variables));
            variables
        })
    }
}

impl Node {
    /// The node of routes of which these segments are left.
    fn new(routes: Vec<(Entry, &[PathSegment])>, shared: &mut Shared) -> Self {
        let mut literals = BTreeMap::<&str, Vec<_>>::new();
        let (mut variable, mut ends, mut greedy) = (Vec::new(), Vec::new(), Vec::new());
        for (entry, path) in routes {
            match path.split_first() {
                None => ends.push(entry),
                Some((PathSegment::Literal(text), rest)) => literals.entry(text).or_default().push((entry, rest)),
                Some((PathSegment::Variable(_), rest)) => variable.push((entry, rest)),
                Some((PathSegment::Greedy(_), _)) => greedy.push(entry),
            }
        }
        Self {
            literals: Literals::new(
                literals.into_iter().map(|(text, routes)| (shared.text(text), Self::new(routes, shared))),
            ),
            variable: (!variable.is_empty()).then(|| Box::new(Self::new(variable, shared))),
            ends: ends.into(),
            greedy: greedy.into(),
        }
    }

    /// See [`Tree::walk`]. It goes as deep as the longest route, whatever the length of the path.
    fn walk<'t, 'p>(
        &'t self,
        path: Option<&'p str>,
        visit: &mut impl FnMut(End<'t, 'p>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let Some(path) = path else {
            return if self.ends.is_empty() { Continue(()) } else { visit(End { entries: &self.ends, greedy: None }) };
        };
        let (segment, rest) = split(path);
        if let Some(child) = self.literals.find(segment) {
            child.walk(rest, visit)?;
        }
        if let Some(child) = self.variable.as_deref().filter(|_| !segment.is_empty()) {
            child.walk(rest, visit)?;
        }
        if self.greedy.is_empty() { Continue(()) } else { visit(End { entries: &self.greedy, greedy: Some(path) }) }
    }
}

impl Literals {
    fn new(nodes: impl ExactSizeIterator<Item = (Arc<str>, Node)>) -> Self {
        if nodes.len() <= FEW { Self::Few(nodes.collect()) } else { Self::Many(nodes.collect()) }
    }

    fn find(&self, text: &str) -> Option<&Node> {
        match self {
            Self::Few(nodes) => nodes.iter().find(|(name, _)| &**name == text).map(|(_, node)| node),
            Self::Many(nodes) => nodes.get(text),
        }
    }
}

/// The first segment and what follows its slash. Segments are short: a plain loop beats the search of `split_once`.
fn split(path: &str) -> (&str, Option<&str>) {
    match path.bytes().position(|byte| byte == b'/') {
        Some(slash) => (path.get(..slash).unwrap_or_default(), path.get(slash + 1..)),
        None => (path, None),
    }
}

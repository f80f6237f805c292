use crate::names::NameMap;

/// Values by base paths: the one with the longest path that begins a request's is found by its segments, however many
/// there are.
pub(crate) struct BasePaths<T> {
    here: Option<T>,
    below: NameMap<Box<str>, Self>,
}

impl<T> Default for BasePaths<T> {
    fn default() -> Self {
        Self { here: None, below: NameMap::default() }
    }
}

impl<T> BasePaths<T> {
    /// Adds a value; the empty path begins every other.
    pub(crate) fn insert(&mut self, base_path: &str, value: T) {
        let segments = base_path.split('/').filter(|segment| !segment.is_empty());
        let node = segments.fold(self, |node, segment| node.below.entry(segment.into()).or_default());
        node.here = Some(value);
    }

    /// The value of the longest path whose segments begin `path`, and how many bytes of `path` they are.
    pub(super) fn longest(&self, path: &str) -> Option<(usize, &T)> {
        let (mut node, mut end) = (self, 0);
        let mut rest = path.strip_prefix('/');
        let mut found = self.here.as_ref().filter(|_| rest.is_some()).map(|value| (0, value));
        while let Some(tail) = rest.filter(|_| !node.below.is_empty()) {
            let (segment, next) = tail.split_once('/').map_or((tail, None), |(segment, next)| (segment, Some(next)));
            let Some(below) = node.below.get(segment) else { break };
            (node, rest) = (below, next);
            end += 1 + segment.len();
            found = node.here.as_ref().map(|value| (end, value)).or(found);
        }
        found
    }
}

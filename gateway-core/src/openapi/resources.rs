use std::collections::BTreeSet;

use crate::config::{ApiConfig, RouteConfig};

impl ApiConfig {
    /// The paths of all resources: those with methods, those without, and what stands above them up to `/`.
    ///
    /// # Example
    /// ```
    /// use gateway_core::openapi::{self, ImportOptions};
    ///
    /// let document = r#"{ "openapi": "3.0.1", "info": { "title": "a" }, "paths": { "/pets/{id}": {} } }"#;
    /// let api = openapi::import(document, &ImportOptions::new())?.api;
    /// assert_eq!(api.resource_paths().into_iter().collect::<Vec<_>>(), ["/", "/pets", "/pets/{id}"]);
    /// # Ok::<(), openapi::ImportError>(())
    /// ```
    #[must_use]
    pub fn resource_paths(&self) -> BTreeSet<String> {
        let routes = self.routes.iter().filter_map(|route| Some(method_and_path(route.get().ok()?)?.1));
        let mut paths = BTreeSet::from(["/".to_owned()]);
        for path in routes.chain(self.resources.iter().map(String::as_str)) {
            let mut path = path;
            while !path.is_empty() && paths.insert(path.to_owned()) {
                path = path.rsplit_once('/').map_or("", |(above, _)| above);
            }
        }
        paths
    }

    /// The routes of one resource, as far as they can be read, each with its method.
    pub fn methods_of<'a>(&'a self, path: &'a str) -> impl Iterator<Item = (&'a str, &'a RouteConfig)> {
        self.routes.iter().filter_map(move |route| {
            let route = route.get().ok()?;
            let (method, resource) = method_and_path(route)?;
            (resource == path).then_some((method, route))
        })
    }
}

/// The two halves of a route key.
pub(super) fn method_and_path(route: &RouteConfig) -> Option<(&str, &str)> {
    route.route.split_once(' ')
}

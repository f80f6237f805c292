//! What a template sees.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use super::{limits::Limits, overrides::Overrides, source::ContextSource};
use crate::json::{Json, Object};

/// What a template sees: the body, the parameters, `$context`, `$stageVariables`; and the bounds of its rendering.
///
/// # Example
/// ```
/// use gateway_integrations::velocity::{Scene, Template};
///
/// let template = Template::parse("$input.params('id') $input.path('$.name') $context.stage")?;
/// let scene = Scene::new().path_param("id", "7").body(r#"{"name":"Rex"}"#).context_value("stage", "prod");
/// assert_eq!(template.render(&scene)?.text(), "7 Rex prod");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct Scene<'s> {
    pub(super) body: Arc<str>,
    pub(super) params: Params,
    pub(super) stage_variables: Object<Arc<str>>,
    pub(super) variables: Object<Json>,
    pub(super) overrides: Overrides,
    pub(super) limits: Limits,
    context: Option<&'s dyn ContextSource>,
    values: Object<Json>,
}

/// The parameters of the request.
#[derive(Clone, Debug, Default)]
pub(super) struct Params {
    path: Object<Arc<str>>,
    query: Object<Arc<str>>,
    header: Object<Arc<str>>,
}

impl Params {
    /// In the order in which `$input.params(name)` looks.
    pub(super) fn kinds(&self) -> [(&'static str, &Object<Arc<str>>); 3] {
        [("path", &self.path), ("querystring", &self.query), ("header", &self.header)]
    }

    /// A parameter by its name; of headers also in another case.
    pub(super) fn find(&self, name: &str) -> Option<&Arc<str>> {
        let exact = self.kinds().into_iter().find_map(|(_, params)| params.get(name));
        exact.or_else(|| self.header.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
    }
}

impl<'s> Scene<'s> {
    /// A request without anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The body, as text.
    #[must_use]
    pub fn body(mut self, body: impl Into<Arc<str>>) -> Self {
        self.body = body.into();
        self
    }

    /// Adds a path parameter.
    #[must_use]
    pub fn path_param(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.params.path.insert(name, value.into());
        self
    }

    /// Adds a parameter of the query, decoded. Of several values the last one counts.
    #[must_use]
    pub fn query_param(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.params.query.insert(name, value.into());
        self
    }

    /// Adds a header. Of several values the last one counts.
    #[must_use]
    pub fn header(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.params.header.insert(name, value.into());
        self
    }

    /// Adds a stage variable.
    #[must_use]
    pub fn stage_variable(mut self, name: impl Into<Arc<str>>, value: impl Into<Arc<str>>) -> Self {
        self.stage_variables.insert(name, value.into());
        self
    }

    /// Where `$context` comes from.
    #[must_use]
    pub fn context(mut self, source: &'s dyn ContextSource) -> Self {
        self.context = Some(source);
        self
    }

    /// Sets one variable of `$context`, such as `identity.sourceIp`, over what its source says.
    #[must_use]
    pub fn context_value(mut self, name: impl Into<Arc<str>>, value: impl Into<Json>) -> Self {
        self.values.insert(name, value.into());
        self
    }

    /// Sets a plain variable, as if a `#set` stood before the template.
    #[must_use]
    pub fn variable(mut self, name: impl Into<Arc<str>>, value: impl Into<Json>) -> Self {
        self.variables.insert(name, value.into());
        self
    }

    /// What an earlier template put into `$context.requestOverride` and `$context.responseOverride`.
    #[must_use]
    pub fn overrides(mut self, overrides: Overrides) -> Self {
        self.overrides = overrides;
        self
    }

    /// The bounds of the rendering.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    pub(super) fn context_variable(&self, name: &str) -> Option<Json> {
        self.values.get(name).cloned().or_else(|| self.context?.variable(name))
    }

    pub(super) fn context_keys(&self, group: &str) -> Vec<String> {
        let prefix = if group.is_empty() { String::new() } else { format!("{group}.") };
        let own = self.values.iter().filter_map(|(name, _)| name.strip_prefix(&*prefix)?.split('.').next());
        let sourced = self.context.map_or_else(Vec::new, |source| source.keys(group));
        let mut seen = BTreeSet::new();
        let all = sourced.into_iter().chain(own.map(Cow::Borrowed)).map(Cow::into_owned);
        all.filter(|key| seen.insert(key.clone())).collect()
    }
}

impl fmt::Debug for Scene<'_> {
    /// Without the body and the parameters, which may be secret.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Scene").field("limits", &self.limits).finish_non_exhaustive()
    }
}

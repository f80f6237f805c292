//! What a template sees.

use std::{borrow::Cow, collections::BTreeSet, fmt, sync::Arc};

use super::{
    limits::Limits,
    overrides::Overrides,
    source::{ContextSource, ParameterKind, ParameterSource},
    value::Text,
};
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
    pub(super) parsed: Option<&'s Json>,
    pub(super) variables: Object<Json>,
    pub(super) overrides: Overrides,
    pub(super) strict: bool,
    pub(super) limits: Limits,
    body: Body<'s>,
    params: Params,
    source: Option<&'s dyn ParameterSource>,
    context: Option<&'s dyn ContextSource>,
    values: Object<Json>,
}

#[derive(Clone)]
enum Body<'s> {
    Borrowed(&'s str),
    Shared(Arc<str>),
}

impl Default for Body<'_> {
    fn default() -> Self {
        Self::Borrowed("")
    }
}

/// The parameters that were given one by one.
#[derive(Clone, Debug, Default)]
struct Params {
    path: Object<Arc<str>>,
    query: Object<Arc<str>>,
    header: Object<Arc<str>>,
    stage: Object<Arc<str>>,
}

impl Params {
    fn of(&self, kind: ParameterKind) -> &Object<Arc<str>> {
        match kind {
            ParameterKind::Path => &self.path,
            ParameterKind::Query => &self.query,
            ParameterKind::Header => &self.header,
            ParameterKind::StageVariable => &self.stage,
        }
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
        self.body = Body::Shared(body.into());
        self
    }

    /// The body, as text that is not copied.
    #[must_use]
    pub fn borrowed_body(mut self, body: &'s str) -> Self {
        self.body = Body::Borrowed(body);
        self
    }

    /// What the body is as JSON, if it was read before: it is not read again for `$input.path` and `$input.json`.
    #[must_use]
    pub fn parsed_body(mut self, json: &'s Json) -> Self {
        self.parsed = Some(json);
        self
    }

    /// Where parameters come from that are not given one by one.
    #[must_use]
    pub fn parameters_of(mut self, source: &'s dyn ParameterSource) -> Self {
        self.source = Some(source);
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
        self.params.stage.insert(name, value.into());
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

    /// Whether an override that one template sets twice fails the rendering, as the developer guide has it. Otherwise the
    /// last value holds, and [`Overrides::repeated`] names it.
    #[must_use]
    pub fn strict_overrides(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The bounds of the rendering.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// `$input.body`: an empty body is `{}`.
    pub(super) fn body_text(&self) -> &str {
        match &self.body {
            Body::Borrowed("") => "{}",
            Body::Shared(body) if body.is_empty() => "{}",
            Body::Borrowed(body) => body,
            Body::Shared(body) => body,
        }
    }

    /// A parameter; of headers also in another case.
    pub(super) fn parameter(&self, kind: ParameterKind, name: &str) -> Option<Text<'_>> {
        let given = self.params.of(kind);
        if let Some(value) = given.get(name) {
            return Some(Text::Borrowed(value));
        }
        if let Some(value) = self.source.and_then(|source| source.value(kind, name)) {
            return Some(value.into());
        }
        let same = |(key, _): &(&Arc<str>, &Arc<str>)| kind == ParameterKind::Header && key.eq_ignore_ascii_case(name);
        given.iter().find(same).map(|(_, value)| Text::Borrowed(value))
    }

    /// All parameters of a kind; those given one by one hold over those of the source.
    pub(super) fn parameters(&self, kind: ParameterKind) -> Vec<(Text<'_>, Text<'_>)> {
        let sourced = self.source.map_or_else(Vec::new, |source| source.all(kind));
        let given = self.params.of(kind).iter().map(|(name, value)| (Text::Borrowed(name), Text::Borrowed(value)));
        sourced.into_iter().map(|(name, value)| (name.into(), value.into())).chain(given).collect()
    }

    /// `$input.params(name)`: path, then query, then headers; of these also in another case.
    pub(super) fn any_parameter(&self, name: &str) -> Option<Text<'_>> {
        [ParameterKind::Path, ParameterKind::Query, ParameterKind::Header]
            .into_iter()
            .find_map(|kind| self.parameter(kind, name))
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

//! What templates see of a request.

use std::borrow::Cow;

use gateway_core::{Context, Error, HeaderCase, Parts, PathParams, Phase, Step, query_pairs};

use super::{content::Content, headers::is_visible, templates::Entry};
use crate::{
    failure::misconfigured,
    json::Json,
    velocity::{Overrides, ParameterKind, ParameterSource, Scene},
};

/// The parameters of the method request, which the templates of answers see, too.
struct Parameters<'a> {
    request: &'a Parts,
    context: &'a Context,
}

impl Parameters<'_> {
    fn query(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        query_pairs(self.request.uri.query().unwrap_or_default())
    }
}

impl ParameterSource for Parameters<'_> {
    fn value(&self, kind: ParameterKind, name: &str) -> Option<Cow<'_, str>> {
        match kind {
            ParameterKind::Path => self.context.path_param(name).map(Cow::from),
            ParameterKind::Query => self.query().filter(|(key, _)| key == name).last().map(|(_, value)| value),
            ParameterKind::Header => {
                let last = self.request.headers.get_all(name).iter().next_back().filter(|_| is_visible(name));
                last.map(|value| String::from_utf8_lossy(value.as_bytes()))
            }
            ParameterKind::StageVariable => self.context.stage_variable(name).map(Cow::from),
        }
    }

    fn all(&self, kind: ParameterKind) -> Vec<(Cow<'_, str>, Cow<'_, str>)> {
        let borrowed = |(name, value)| (Cow::Borrowed(name), Cow::Borrowed(value));
        match kind {
            ParameterKind::Path => {
                self.context.path_params().into_iter().flat_map(PathParams::iter).map(borrowed).collect()
            }
            ParameterKind::Query => self.query().collect(),
            ParameterKind::Header => {
                let sent = self.request.extensions.get::<HeaderCase>();
                let endpoint = self.context.stage().map(|stage| stage.endpoint).unwrap_or_default();
                let visible = self.request.headers.iter().filter(|(name, _)| is_visible(name.as_str()));
                let spelled = visible.map(|(name, value)| {
                    (HeaderCase::spell(name, sent, endpoint), String::from_utf8_lossy(value.as_bytes()))
                });
                spelled.collect()
            }
            ParameterKind::StageVariable => {
                let variables = self.context.stage().into_iter().flat_map(|stage| &stage.variables);
                variables.map(|(name, value)| borrowed((name, value))).collect()
            }
        }
    }
}

/// What a template reads.
pub(super) struct Input<'a> {
    pub(super) content: &'a Content,
    /// What the content is as JSON, where a parameter has had it read.
    pub(super) parsed: Option<&'a Json>,
    pub(super) overrides: Overrides,
}

/// Renders a template, and gives what it wrote and the overrides that hold after it.
pub(super) fn rendered(
    phase: Phase,
    entry: &Entry,
    input: Input<'_>,
    request: &Parts,
    context: &Context,
) -> Result<(String, Overrides), Error> {
    let template = entry.template.as_ref().map_err(|error| misconfigured(context, error.clone()))?;
    let body = input.content.text().ok_or_else(|| misconfigured(context, "a template cannot read a binary body"))?;
    let parameters = Parameters { request, context };
    let scene = Scene::new().context(context).parameters_of(&parameters).borrowed_body(body).overrides(input.overrides);
    // AWS answers 5XX where a template overrides one parameter twice.
    let scene = scene.strict_overrides(true);
    let scene = match input.parsed {
        Some(json) => scene.parsed_body(json),
        None => scene,
    };
    let rendered = template.render(&scene).map_err(|error| misconfigured(context, error))?;
    context.record(|| Step::Template {
        phase,
        content_type: entry.content_type.to_string(),
        input: body.to_owned(),
        output: rendered.text().to_owned(),
        stopped_loops: rendered.stopped_loops(),
    });
    if rendered.stopped_loops() > 0 {
        let (request_id, loops, content_type) = (context.request_id(), rendered.stopped_loops(), &*entry.content_type);
        tracing::warn!(request_id, loops, content_type, "loops of a mapping template ended before their last item");
    }
    Ok(rendered.into_parts())
}

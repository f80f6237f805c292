//! What templates see of a request.

use std::sync::Arc;

use gateway_core::{Context, Error, Parts, PathParams, Phase, Step, query_pairs};

use super::{content::Content, headers::is_visible, templates::Entry};
use crate::{
    failure::misconfigured,
    velocity::{Overrides, Scene},
};

/// What a template sees: the parameters are the method request's, in the templates of answers too.
fn scene<'s>(request: &Parts, context: &'s Context) -> Scene<'s> {
    let mut scene = Scene::new().context(context);
    for (name, value) in context.path_params().into_iter().flat_map(PathParams::iter) {
        scene = scene.path_param(name, value);
    }
    for (name, value) in query_pairs(request.uri.query().unwrap_or_default()) {
        scene = scene.query_param(&*name, &*value);
    }
    for (name, value) in request.headers.iter().filter(|(name, _)| is_visible(name.as_str())) {
        scene = scene.header(name.as_str(), &*String::from_utf8_lossy(value.as_bytes()));
    }
    for (name, value) in context.stage().into_iter().flat_map(|stage| &stage.variables) {
        scene = scene.stage_variable(name.as_str(), value.as_str());
    }
    scene
}

/// Renders a template, and gives what it wrote and the overrides that hold after it.
pub(super) fn rendered(
    phase: Phase,
    entry: &Entry,
    content: &Content,
    overrides: Overrides,
    request: &Parts,
    context: &Context,
) -> Result<(String, Overrides), Error> {
    let template = entry.template.as_ref().map_err(|error| misconfigured(context, error.clone()))?;
    let body = content.text().ok_or_else(|| misconfigured(context, "a template cannot read a binary body"))?;
    let scene = scene(request, context).body(Arc::from(body)).overrides(overrides);
    let rendered = template.render(&scene).map_err(|error| misconfigured(context, error))?;
    context.record(|| Step::Template {
        phase,
        content_type: entry.content_type.to_string(),
        input: body.to_owned(),
        output: rendered.text().to_owned(),
    });
    Ok(rendered.into_parts())
}

//! Where references begin: variables, `$input`, `$context`, `$stageVariables`, `$util`.

use std::rc::Rc;

use super::Evaluator;
use crate::{
    json::Json,
    velocity::{
        ast::{LoopProperty, Name, Reference, Root},
        error::Fault,
        source::ParameterKind,
        value::{Document, Entries, Map, MapKind, Text, Value, from_json, to_json},
    },
};

impl<'s> Evaluator<'s> {
    /// Whether a name stands for what is there without a `#set`.
    #[inline]
    pub(super) fn is_root(&self, name: &Name) -> bool {
        self.view.variables.get(name.slot).is_none_or(Value::is_null)
    }

    /// The value of a name.
    #[inline]
    pub(super) fn root(&mut self, name: &Name) -> Result<Value<'s>, Fault> {
        match self.view.variables.get(name.slot) {
            Some(value) if !value.is_null() => Ok(value.clone()),
            _ => self.given(name.root),
        }
    }

    fn given(&mut self, root: Root) -> Result<Value<'s>, Fault> {
        let cycle = self.view.cycle.as_ref();
        Ok(match root {
            Root::Nothing => Value::Null,
            Root::Input => Value::Input,
            Root::Util => Value::Util,
            Root::Context => Value::Context(Text::Borrowed("")),
            Root::StageVariables => Value::Map(self.stage_variables()?),
            Root::Foreach => cycle.map_or(Value::Null, |cycle| Value::Loop(Rc::clone(cycle))),
            Root::VelocityCount => cycle.map_or(Value::Null, |cycle| cycle.property(LoopProperty::Count)),
            Root::VelocityHasNext => cycle.map_or(Value::Null, |cycle| Value::Bool(cycle.has_next())),
        })
    }

    /// `$stageVariables.NAME`, without a map of all where nothing asked for one.
    pub(super) fn stage_variable(&self, name: &str) -> Value<'s> {
        match &self.stage_variables {
            Some(map) => map.get(name).unwrap_or(Value::Null),
            None => self.scene.parameter(ParameterKind::StageVariable, name).map_or(Value::Null, Value::Text),
        }
    }

    fn stage_variables(&mut self) -> Result<Map<'s>, Fault> {
        if let Some(map) = &self.stage_variables {
            return Ok(map.clone());
        }
        let map = self.view.heap.map_of(self.parameters(ParameterKind::StageVariable), MapKind::Plain)?;
        self.stage_variables = Some(map.clone());
        Ok(map)
    }

    fn parameters(&self, kind: ParameterKind) -> Entries<'s> {
        self.scene.parameters(kind).into_iter().map(|(name, value)| (name, Value::Text(value))).collect()
    }

    /// `$input.params()`.
    pub(in crate::velocity) fn params(&mut self) -> Result<Value<'s>, Fault> {
        if let Some(map) = &self.params {
            return Ok(Value::Map(map.clone()));
        }
        let mut all = Entries::new();
        for (name, kind) in
            [("path", ParameterKind::Path), ("querystring", ParameterKind::Query), ("header", ParameterKind::Header)]
        {
            all.insert(name, Value::Map(self.view.heap.map_of(self.parameters(kind), MapKind::Plain)?));
        }
        let map = self.view.heap.map_of(all, MapKind::Plain)?;
        self.params = Some(map.clone());
        Ok(Value::Map(map))
    }

    /// `$input.body`: an empty body is `{}`.
    pub(in crate::velocity) fn body_text(&self) -> &'s str {
        self.scene.body_text()
    }

    /// The body, read once; `None` where it is no JSON.
    pub(in crate::velocity) fn document(&mut self) -> Result<Option<&Document<'s>>, Fault> {
        if self.view.heap.document().is_none() {
            self.view.heap.spend_text(self.scene.body_text().len())?;
        }
        Ok(self.view.heap.read(|| match self.scene.parsed {
            Some(json) => Some(Document::of(json)),
            None => Document::parse(self.scene.body_text()),
        }))
    }

    /// Looks into the body for what needs more than one way down.
    pub(in crate::velocity) fn with_body<T>(&mut self, look: impl FnOnce(&Json) -> T) -> Result<Option<T>, Fault> {
        if self.document()?.is_none() {
            return Ok(None);
        }
        self.view.heap.spend_text(self.scene.body_text().len())?;
        match self.view.heap.unchanged() {
            Some(document) => Ok(Some(look(
                self.scene.parsed.unwrap_or_else(|| self.body.get_or_init(|| document.json(Document::ROOT))),
            ))),
            None => Ok(Some(look(&to_json(&self.view.heap, &Value::Body(Document::ROOT))?))),
        }
    }

    /// `$context.NAME`, of which the template knows the whole name.
    pub(super) fn context_variable(&mut self, name: &'s str, reference: &'s Reference) -> Result<Value<'s>, Fault> {
        match self.scene.context_variable(name) {
            Some(Json::Text(text)) => Ok(Value::Text(Text::Shared(text))),
            Some(_) | None => self.follow(&reference.name, &reference.steps),
        }
    }

    /// `$context.requestOverride` and `$context.responseOverride`.
    fn overrides(&mut self) -> Result<&(Map<'s>, Map<'s>), Fault> {
        if self.overrides.is_none() {
            self.overrides = Some(self.scene.overrides.maps(&self.view.heap)?);
        }
        self.overrides.as_ref().ok_or_else(|| Fault::new("the overrides are not there"))
    }

    /// The variable `name` in a group of `$context`.
    pub(in crate::velocity) fn context(&mut self, group: &str, name: &str) -> Result<Value<'s>, Fault> {
        match (group, name) {
            ("", "requestOverride") => return Ok(Value::Map(self.overrides()?.0.clone())),
            ("", "responseOverride") => return Ok(Value::Map(self.overrides()?.1.clone())),
            _ => {}
        }
        let full = if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") };
        self.view.heap.spend_text(full.len())?;
        Ok(match self.scene.context_variable(&full) {
            Some(Json::Object(object)) => self.view.heap.quiet_map(&object, MapKind::Quiet)?,
            Some(json) => from_json(&self.view.heap, &json)?,
            None if self.scene.context_keys(&full).is_empty() => Value::Null,
            None => Value::Context(full.into()),
        })
    }

    /// A group of `$context` as a map, for its methods.
    pub(in crate::velocity) fn context_map(&mut self, group: &str) -> Result<Map<'s>, Fault> {
        let mut entries = Entries::new();
        for key in self.scene.context_keys(group) {
            let value = self.context(group, &key)?;
            entries.insert(key, value);
        }
        if group.is_empty() {
            let (request, response) = self.overrides()?.clone();
            entries.insert("requestOverride", Value::Map(request));
            entries.insert("responseOverride", Value::Map(response));
        }
        self.view.heap.map_of(entries, MapKind::Quiet)
    }
}

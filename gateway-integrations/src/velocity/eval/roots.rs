//! Where references begin: variables, `$input`, `$context`, `$stageVariables`, `$util`.

use std::sync::Arc;

use super::Evaluator;
use crate::{
    json::{Json, Object},
    velocity::{
        error::Fault,
        value::{Map, MapKind, Value, from_json},
    },
};

impl Evaluator<'_> {
    /// The value of a name.
    pub(super) fn root(&mut self, name: &Arc<str>) -> Result<Value, Fault> {
        if let Some(value) = self.variables.get(name) {
            return Ok(value.clone());
        }
        let cycle = self.cycle.as_ref();
        Ok(match &**name {
            "input" => Value::Input,
            "util" => Value::Util,
            "context" => Value::Context(Arc::clone(&self.empty)),
            "stageVariables" => Value::Map(self.stage_variables()?),
            "foreach" => cycle.cloned().map_or(Value::Null, Value::Loop),
            "velocityCount" => cycle.map_or(Value::Null, |cycle| cycle.property("count")),
            "velocityHasNext" => cycle.map_or(Value::Null, |cycle| Value::Bool(cycle.has_next())),
            _ => Value::Null,
        })
    }

    fn stage_variables(&mut self) -> Result<Map, Fault> {
        if let Some(map) = &self.stage_variables {
            return Ok(map.clone());
        }
        let entries = texts(&self.scene.stage_variables);
        let map = self.heap.map_of(entries, MapKind::Plain)?;
        self.stage_variables = Some(map.clone());
        Ok(map)
    }

    /// `$input.params()`.
    pub(in crate::velocity) fn params(&mut self) -> Result<Value, Fault> {
        if let Some(map) = &self.params {
            return Ok(Value::Map(map.clone()));
        }
        let mut all = Object::new();
        for (kind, params) in self.scene.params.kinds() {
            all.insert(kind, Value::Map(self.heap.map_of(texts(params), MapKind::Plain)?));
        }
        let map = self.heap.map_of(all, MapKind::Plain)?;
        self.params = Some(map.clone());
        Ok(Value::Map(map))
    }

    /// `$input.body`: an empty body is `{}`.
    pub(in crate::velocity) fn body_text(&self) -> Arc<str> {
        if self.scene.body.is_empty() { "{}".into() } else { Arc::clone(&self.scene.body) }
    }

    /// The body as JSON, read once; `None` where it is none.
    pub(in crate::velocity) fn body_json(&self) -> Option<&Json> {
        self.body.get_or_init(|| Json::parse(&self.body_text()).ok()).as_ref()
    }

    /// The variable `name` in a group of `$context`.
    pub(in crate::velocity) fn context(&mut self, group: &str, name: &str) -> Result<Value, Fault> {
        match (group, name) {
            ("", "requestOverride") => return Ok(Value::Map(self.request_override.clone())),
            ("", "responseOverride") => return Ok(Value::Map(self.response_override.clone())),
            _ => {}
        }
        let full = if group.is_empty() { name.to_owned() } else { format!("{group}.{name}") };
        self.heap.spend_text(full.len())?;
        Ok(match self.scene.context_variable(&full) {
            Some(Json::Object(object)) => self.heap.quiet_map(&object, MapKind::Quiet)?,
            Some(json) => from_json(&self.heap, &json)?,
            None if self.scene.context_keys(&full).is_empty() => Value::Null,
            None => Value::Context(full.into()),
        })
    }

    /// A group of `$context` as a map, for its methods.
    pub(in crate::velocity) fn context_map(&mut self, group: &str) -> Result<Map, Fault> {
        let mut entries = Object::new();
        for key in self.scene.context_keys(group) {
            let value = self.context(group, &key)?;
            entries.insert(key, value);
        }
        if group.is_empty() {
            entries.insert("requestOverride", Value::Map(self.request_override.clone()));
            entries.insert("responseOverride", Value::Map(self.response_override.clone()));
        }
        self.heap.map_of(entries, MapKind::Quiet)
    }
}

fn texts(object: &Object<Arc<str>>) -> Object<Value> {
    object.iter().map(|(name, value)| (Arc::clone(name), Value::Text(Arc::clone(value)))).collect()
}

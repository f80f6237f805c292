//! What a parameter mapping does to answers.

use gateway_core::{Context, Error};
use http::{HeaderName, response::Parts};

use super::{
    Scene,
    target::{self, Change, Target, change_headers},
    value::{Side, Value},
};
use crate::{
    failure::misconfigured,
    mapping::{error::MappingError, parameters::header_value},
};

/// What is changed of answers with one status.
#[derive(Clone, Debug, Default)]
pub(super) struct ResponseRules {
    headers: Vec<Change<HeaderName>>,
    status: Option<Value>,
}

impl ResponseRules {
    pub(super) fn add(&mut self, key: &str, value: &str) -> Result<(), MappingError> {
        let Change { operation, target, value } = Change::parse(Side::Response, key, value)?;
        match target {
            Target::Header(target) => self.headers.push(Change { operation, target, value }),
            Target::Status => self.status = value,
            Target::Query(_) | Target::Path => {}
        }
        self.headers.sort_by_key(|change| change.operation);
        Ok(())
    }

    pub(super) fn reads_body(&self) -> bool {
        self.headers.iter().filter_map(|change| change.value.as_ref()).chain(&self.status).any(Value::reads_body)
    }

    pub(super) fn apply(&self, head: &mut Parts, body: Option<&[u8]>, context: &Context) -> Result<(), Error> {
        let scene = Scene::new(&head.headers, "", body, context);
        let mut headers = Vec::with_capacity(self.headers.len());
        for Change { operation, target, value } in &self.headers {
            let value = value.as_ref().and_then(|value| value.read(&scene));
            let value = value.map(|value| header_value(context, target, &value)).transpose()?;
            headers.push((*operation, target, value));
        }
        // Without a value the status stays.
        let code = self.status.as_ref().and_then(|status| status.read(&scene));
        let status = code.map(|code| target::status(code.trim().parse().unwrap_or_default())).transpose();
        let status = status.map_err(|error| misconfigured(context, error))?;
        change_headers(&mut head.headers, headers);
        head.status = status.unwrap_or(head.status);
        Ok(())
    }
}

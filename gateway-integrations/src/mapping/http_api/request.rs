//! What a parameter mapping does to requests.

use std::{borrow::Cow, sync::Arc};

use bytes::Bytes;
use gateway_core::{Context, Error, Parts};
use http::{
    HeaderName, HeaderValue, Uri, header,
    uri::{Parts as UriParts, PathAndQuery},
};
use percent_encoding::utf8_percent_encode;

use super::{
    Scene,
    target::{Change, Operation, Target, change_headers},
    value::{Side, Value},
};
use crate::{
    failure::misconfigured,
    http::{PATH, QUERY, parameter_name, remove_listed},
    mapping::{error::MappingError, parameters::header_value},
};

/// What is changed of requests.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestRules {
    headers: Vec<Change<HeaderName>>,
    query: Vec<Change<Box<str>>>,
    /// The parameters of the query that are overwritten or removed, wherever they come from.
    replaced: Arc<[Box<str>]>,
    path: Option<Value>,
}

/// What a mapping has made of a request, in its extensions: for the proxy, whose address has a path and a host of its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct MappedRequest {
    /// Whether the path of the request is the one to call.
    pub(crate) has_path: bool,
    /// The parameters that the address must not have of its own.
    pub(crate) replaced: Arc<[Box<str>]>,
    pub(crate) host: MappedHost,
}

/// The `Host` of a mapped request. It is one in any case (RFC 9112 §3.2): what is appended takes its place.
#[derive(Clone, Debug, Default)]
pub(crate) enum MappedHost {
    /// As it would be without a mapping.
    #[default]
    Unmapped,
    Value(HeaderValue),
    /// What stands there otherwise: for a backend the host of its address, for a function none.
    Removed,
}

impl RequestRules {
    pub(super) fn add(&mut self, key: &str, value: &str) -> Result<(), MappingError> {
        let Change { operation, target, value } = Change::parse(Side::Request, key, value)?;
        match target {
            Target::Header(target) => self.headers.push(Change { operation, target, value }),
            Target::Query(target) => self.query.push(Change { operation, target, value }),
            Target::Path => self.path = value,
            Target::Status => {}
        }
        self.headers.sort_by_key(|change| change.operation);
        self.query.sort_by_key(|change| change.operation);
        let replaced = self.query.iter().filter(|change| change.operation != Operation::Append);
        self.replaced = replaced.map(|change| change.target.clone()).collect();
        Ok(())
    }

    pub(super) fn reads_body(&self) -> bool {
        let headers = self.headers.iter().filter_map(|change| change.value.as_ref());
        let query = self.query.iter().filter_map(|change| change.value.as_ref());
        headers.chain(query).chain(&self.path).any(Value::reads_body)
    }

    pub(super) fn apply(&self, request: &mut Parts, body: Option<&[u8]>, context: &Context) -> Result<(), Error> {
        let scene = Scene::new(&request.headers, request.uri.path(), body, context);
        let mut headers = Vec::with_capacity(self.headers.len());
        for Change { operation, target, value } in &self.headers {
            let value = value.as_ref().and_then(|value| value.read(&scene));
            let value = value.map(|value| header_value(context, target, &value)).transpose()?;
            headers.push((*operation, target, value));
        }
        let uri = self.uri(&request.uri, &scene, context)?;

        // Not among the headers: the client's own is told to the backend as well.
        let hosts = headers.extract_if(.., |(_, name, _)| *name == header::HOST);
        let host = hosts.fold(MappedHost::Unmapped, |host, (operation, _, value)| match (operation, value) {
            (Operation::Append | Operation::Overwrite, Some(value)) => MappedHost::Value(value),
            (Operation::Append, None) => host,
            (Operation::Overwrite | Operation::Remove, _) => MappedHost::Removed,
        });
        let mapped = MappedRequest { has_path: self.path.is_some(), replaced: Arc::clone(&self.replaced), host };
        // A client must not be able to name away, in `Connection`, what is mapped.
        remove_listed(&mut request.headers);
        change_headers(&mut request.headers, headers);
        if let Some(uri) = uri {
            request.uri = uri;
        }
        request.extensions.insert(mapped);
        Ok(())
    }

    /// The address with its path and its query changed, if they are.
    fn uri(&self, uri: &Uri, scene: &Scene<'_>, context: &Context) -> Result<Option<Uri>, Error> {
        if self.query.is_empty() && self.path.is_none() {
            return Ok(None);
        }
        // Without a value the path stays.
        let path = self.path.as_ref().and_then(|path| path.read(scene));
        if path.as_ref().is_some_and(|path| !path.starts_with('/')) {
            return Err(misconfigured(context, "a mapped path begins with `/`"));
        }
        let mut target = match path {
            Some(path) => utf8_percent_encode(&path, PATH).to_string(),
            None => uri.path().to_owned(),
        };
        let query = self.changed_query(uri.query().unwrap_or_default(), scene);
        if !query.is_empty() {
            target.push('?');
            target.push_str(&query);
        }
        let target = PathAndQuery::from_maybe_shared(Bytes::from(target));
        let mut parts = UriParts::from(uri.clone());
        parts.path_and_query = Some(target.map_err(|error| misconfigured(context, error))?);
        Uri::from_parts(parts).map(Some).map_err(|error| misconfigured(context, error))
    }

    /// What is not changed stays as the client wrote it.
    fn changed_query(&self, query: &str, scene: &Scene<'_>) -> String {
        let mut pairs: Vec<Cow<'_, str>> = query.split('&').filter(|pair| !pair.is_empty()).map(Cow::from).collect();
        for Change { operation, target, value } in &self.query {
            if *operation != Operation::Append {
                pairs.retain(|pair| parameter_name(pair) != **target);
            }
            if let Some(value) = value.as_ref().and_then(|value| value.read(scene)) {
                let (name, value) = (utf8_percent_encode(target, QUERY), utf8_percent_encode(&value, QUERY));
                pairs.push(format!("{name}={value}").into());
            }
        }
        pairs.join("&")
    }
}

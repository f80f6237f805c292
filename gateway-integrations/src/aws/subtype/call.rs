//! The call that a subtype and its parameters are.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use gateway_core::{Context, Error, ErrorKind};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri, header};
use percent_encoding::utf8_percent_encode;
use serde_json::{Map, Value, json};

use super::{
    ServiceAction,
    table::{Kind, Parameter, Protocol, Subtype},
};
use crate::{
    aws::{ServiceCall, backend::QUERY, call_headers, domain},
    failure::misconfigured,
    mapping::RequestScene,
};

static TARGET: HeaderName = HeaderName::from_static("x-amz-target");

/// A parameter with its value.
type Given<'a> = (&'static Parameter, Cow<'a, str>);

impl ServiceAction {
    pub(super) fn call(&self, scene: &RequestScene<'_>, context: &Context) -> Result<ServiceCall, Error> {
        let Subtype { service, action, protocol, .. } = *self.subtype;
        let mut given = Vec::with_capacity(self.parameters.len());
        for (parameter, value) in &self.parameters {
            let is_json = matches!(parameter.kind, Kind::Attributes | Kind::List);
            let value = if is_json { value.read_in_json(scene) } else { value.read(scene) };
            given.extend(value.map(|value| (*parameter, value)));
        }
        let own = context.stage().map(|stage| stage.region.as_str()).unwrap_or_default();
        let region = self.region.as_ref().and_then(|region| region.read(scene)).unwrap_or(own.into()).into_owned();
        let is_region = region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if region.is_empty() || !is_region {
            return Err(misconfigured(context, "Invalid endpoint address"));
        }
        let partition = if region.starts_with("cn-") { "aws-cn" } else { "aws" };
        let mut headers = call_headers(&HeaderMap::new(), false, partition, context);
        let (method, target, body) = match protocol {
            Protocol::Json(prefix, version) => {
                let content = HeaderValue::from_str(&format!("application/x-amz-json-{version}"));
                headers.extend(content.ok().map(|content| (header::CONTENT_TYPE, content)));
                let target = HeaderValue::from_str(&format!("{prefix}.{action}"));
                headers.extend(target.ok().map(|target| (TARGET.clone(), target)));
                (Method::POST, "/".to_owned(), json_body(service, &given)?)
            }
            Protocol::Form => {
                let form = HeaderValue::from_static("application/x-www-form-urlencoded");
                headers.insert(header::CONTENT_TYPE, form);
                // The service answers in XML, as it does on AWS.
                headers.remove(header::ACCEPT);
                (Method::POST, "/".to_owned(), form_body(action, &given)?)
            }
            Protocol::Rest => {
                headers.remove(header::ACCEPT);
                (Method::GET, rest_target(&given)?, Bytes::new())
            }
        };
        let prefix = if action == "StartSyncExecution" { "sync-" } else { "" };
        let address = format!("https://{prefix}{service}.{}{target}", domain(partition, &region));
        let mut request = http::Request::new(body);
        *request.method_mut() = method;
        *request.uri_mut() = Uri::try_from(address).map_err(|_| misconfigured(context, "Invalid endpoint address"))?;
        *request.headers_mut() = headers;
        Ok(ServiceCall {
            service: service.to_owned(),
            subdomain: None,
            region,
            credentials: self.credentials.as_ref().map(|role| role.text(context).into_owned()),
            action: Some(action.to_owned()),
            request,
        })
    }
}

/// A client's value that does not fit its parameter.
fn unfit(parameter: &Parameter) -> Error {
    Error::new(ErrorKind::BadRequest).with_source(format!("the parameter `{}` cannot be read", parameter.name))
}

fn json_body(service: &str, given: &[Given<'_>]) -> Result<Bytes, Error> {
    let mut members = Map::new();
    for (parameter, value) in given {
        let value = match parameter.kind {
            Kind::Base64 => STANDARD.encode(value.as_bytes()).into(),
            Kind::Time => match value.parse::<f64>().ok().filter(|seconds| seconds.is_finite()) {
                // `$context.requestTimeEpoch` is in milliseconds.
                Some(time) if time > 1e11 => json!(time / 1000.0),
                Some(time) => json!(time),
                None => json!(value),
            },
            Kind::List => list(parameter, value)?.into(),
            Kind::Text | Kind::Attributes => json!(value),
        };
        members.insert(parameter.wire.to_owned(), value);
    }
    let call = if service == "events" { json!({ "Entries": [members] }) } else { Value::Object(members) };
    Ok(call.to_string().into())
}

/// A JSON list of texts, or one text.
fn list(parameter: &Parameter, value: &str) -> Result<Vec<Value>, Error> {
    if !value.trim_start().starts_with('[') {
        return Ok(vec![value.into()]);
    }
    serde_json::from_str(value).map_err(|_| unfit(parameter))
}

fn form_body(action: &str, given: &[Given<'_>]) -> Result<Bytes, Error> {
    let mut form = vec![("Action".to_owned(), Cow::from(action)), ("Version".to_owned(), Cow::from("2012-11-05"))];
    for (parameter, value) in given {
        let wire = parameter.wire;
        match parameter.kind {
            Kind::List => {
                for (place, value) in list(parameter, value)?.iter().enumerate() {
                    form.push((format!("{wire}.{}", place + 1), text(value).ok_or_else(|| unfit(parameter))?.into()));
                }
            }
            Kind::Attributes => {
                let attributes: Map<String, Value> = serde_json::from_str(value).map_err(|_| unfit(parameter))?;
                for (place, (name, attribute)) in attributes.into_iter().enumerate() {
                    let number = place + 1;
                    form.push((format!("{wire}.{number}.Name"), name.into()));
                    for (member, value) in attribute.as_object().ok_or_else(|| unfit(parameter))? {
                        let value = text(value).ok_or_else(|| unfit(parameter))?;
                        form.push((format!("{wire}.{number}.Value.{member}"), value.into()));
                    }
                }
            }
            Kind::Text | Kind::Base64 | Kind::Time => form.push((wire.to_owned(), value.clone())),
        }
    }
    let pairs: Vec<_> = form
        .iter()
        .map(|(name, value)| format!("{}={}", utf8_percent_encode(name, QUERY), utf8_percent_encode(value, QUERY)))
        .collect();
    Ok(pairs.join("&").into())
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// `/applications/A/environments/E/configurations/C?client_id=I`
fn rest_target(given: &[Given<'_>]) -> Result<String, Error> {
    let (mut target, mut in_query) = (String::new(), false);
    for (parameter, value) in given {
        let (wire, encoded) = (parameter.wire, utf8_percent_encode(value, QUERY));
        if wire.starts_with("client_") {
            target.push(if in_query { '&' } else { '?' });
            in_query = true;
            target.push_str(&format!("{wire}={encoded}"));
        } else {
            // A dot alone leads elsewhere.
            if matches!(value.as_ref(), "" | "." | "..") {
                return Err(unfit(parameter));
            }
            target.push_str(&format!("/{wire}/{encoded}"));
        }
    }
    if target.matches('/').count() < 6 {
        return Err(Error::new(ErrorKind::BadRequest).with_source("a parameter of the configuration is missing"));
    }
    Ok(target)
}

//! What a function may answer with (payload format 1.0).

use bytes::Bytes;
use gateway_core::Invoked;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde_json::{Map, Value};

/// A function's result, read.
#[derive(Debug)]
pub(super) struct ProxyResult {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) is_base64_encoded: bool,
}

/// Why a result cannot be used. Never the result itself, which may hold secrets.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("the function failed: {0}")]
    Function(String),
    #[error("the function's result is no JSON object")]
    NoObject,
    #[error("the function's result has the unknown member `{0}`")]
    Unknown(String),
    #[error("`{0}` of the function's result has the wrong type")]
    Type(&'static str),
    #[error("`statusCode` of the function's result is no status between 200 and 599")]
    Status,
    #[error("`{0}` in the function's result is no header")]
    Header(String),
    #[error("the function's answer does not begin with its status and headers, and eight zero bytes")]
    NoPrelude,
}

impl ProxyResult {
    /// Reads a result. What is `null` is as if it were not there; numbers and booleans may stand for their texts.
    ///
    /// AWS developer guide: *Output format of a Lambda function for proxy integration*.
    pub(super) fn read(invoked: &Invoked) -> Result<Self, Malformed> {
        if let Some(error) = &invoked.error {
            return Err(Malformed::Function(error.clone()));
        }
        Self::of(object_of(&invoked.payload)?)
    }

    /// Reads what stands before a streamed body: status, headers and cookies.
    pub(super) fn read_prelude(prelude: &[u8]) -> Result<Self, Malformed> {
        let mut members = object_of(prelude)?;
        let cookies = match members.remove("cookies") {
            Some(Value::Array(cookies)) => cookies,
            None | Some(Value::Null) => Vec::new(),
            Some(_) => return Err(Malformed::Type("cookies")),
        };
        if let Some(name) = ["body", "isBase64Encoded"].into_iter().find(|name| members.contains_key(*name)) {
            return Err(Malformed::Unknown(name.to_owned()));
        }
        let mut result = Self::of(members)?;
        for cookie in cookies {
            add(&mut result.headers, "set-cookie", cookie, "cookies")?;
        }
        Ok(result)
    }

    fn of(mut members: Map<String, Value>) -> Result<Self, Malformed> {
        let mut member = |name: &str| members.remove(name).filter(|value| !value.is_null());
        let (status, body, is_base64) = (member("statusCode"), member("body"), member("isBase64Encoded"));
        let (single, multi) = (member("headers"), member("multiValueHeaders"));
        if let Some(name) = members.into_iter().map(|(name, _)| name).next() {
            return Err(Malformed::Unknown(name));
        }
        Ok(Self {
            status: status.map_or(Some(StatusCode::OK), |status| self::status(&status)).ok_or(Malformed::Status)?,
            headers: headers(object(single, "headers")?, object(multi, "multiValueHeaders")?)?,
            body: content(body)?,
            is_base64_encoded: self::is_base64(is_base64.as_ref())?,
        })
    }
}

/// The body, if there is one.
pub(super) fn content(body: Option<Value>) -> Result<Bytes, Malformed> {
    body.map_or(Ok(Bytes::new()), |body| text(body).map(Bytes::from).ok_or(Malformed::Type("body")))
}

pub(super) fn is_base64(flag: Option<&Value>) -> Result<bool, Malformed> {
    flag.map_or(Ok(false), |flag| flag.as_bool().ok_or(Malformed::Type("isBase64Encoded")))
}

fn object_of(json: &[u8]) -> Result<Map<String, Value>, Malformed> {
    match serde_json::from_slice(json) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(Malformed::NoObject),
    }
}

/// A status, as a number or the text of one.
pub(super) fn status(value: &Value) -> Option<StatusCode> {
    let code = match value {
        Value::String(text) => text.parse().ok()?,
        _ => u16::try_from(value.as_u64()?).ok()?,
    };
    StatusCode::from_u16(code).ok().filter(|_| (200..600).contains(&code))
}

pub(super) fn object(value: Option<Value>, member: &'static str) -> Result<Map<String, Value>, Malformed> {
    match value {
        Some(Value::Object(map)) => Ok(map),
        Some(_) => Err(Malformed::Type(member)),
        None => Ok(Map::new()),
    }
}

/// A text, or what prints as one.
fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// The headers of both maps: those with many values come first, and a pair that is in both counts once.
pub(super) fn headers(single: Map<String, Value>, multi: Map<String, Value>) -> Result<HeaderMap, Malformed> {
    let mut headers = HeaderMap::with_capacity(single.len() + multi.len());
    for (name, values) in multi {
        let Value::Array(values) = values else {
            if values.is_null() {
                continue;
            }
            return Err(Malformed::Type("multiValueHeaders"));
        };
        for value in values {
            add(&mut headers, &name, value, "multiValueHeaders")?;
        }
    }
    for (name, value) in single {
        let known = |value: &HeaderValue| headers.get_all(&name).iter().any(|other| other == value);
        let twice = value.as_str().and_then(|text| HeaderValue::from_str(text).ok()).is_some_and(|value| known(&value));
        if !twice {
            add(&mut headers, &name, value, "headers")?;
        }
    }
    Ok(headers)
}

pub(super) fn add(headers: &mut HeaderMap, name: &str, value: Value, member: &'static str) -> Result<(), Malformed> {
    if value.is_null() {
        return Ok(());
    }
    let wrong = || Malformed::Header(name.to_owned());
    let key: HeaderName = name.parse().map_err(|_| wrong())?;
    let text = text(value).ok_or(Malformed::Type(member))?;
    let value = HeaderValue::from_maybe_shared(bytes::Bytes::from(text)).map_err(|_| wrong())?;
    headers.try_append(key, value).map_err(|_| wrong())?;
    Ok(())
}

//! What is mapped: the keys of a parameter mapping.

use gateway_core::is_reserved_header;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

use super::value::{Side, Value};
use crate::mapping::error::MappingError;

/// What is done; in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    Overwrite,
    Append,
    Remove,
}

/// What it is done to.
#[derive(Clone, Debug)]
pub(super) enum Target {
    Header(HeaderName),
    Query(Box<str>),
    Path,
    Status,
}

/// One entry of a parameter mapping; what removes has no value.
#[derive(Clone, Debug)]
pub(super) struct Change<T> {
    pub(super) operation: Operation,
    pub(super) target: T,
    pub(super) value: Option<Value>,
}

const REQUEST: &str = "append:, overwrite: or remove: with header.NAME or querystring.NAME, or overwrite:path";
const RESPONSE: &str = "append:, overwrite: or remove: with header.NAME, or overwrite:statuscode";

impl Change<Target> {
    pub(super) fn parse(side: Side, key: &str, value: &str) -> Result<Self, MappingError> {
        let expected = if side == Side::Request { REQUEST } else { RESPONSE };
        let error = || MappingError::Target { name: key.to_owned(), expected };
        let (operation, place) = key.split_once(':').ok_or_else(error)?;
        let operation = match operation {
            "append" => Operation::Append,
            "overwrite" => Operation::Overwrite,
            "remove" => Operation::Remove,
            _ => return Err(error()),
        };
        let target = match (place, place.split_once('.').filter(|(_, name)| !name.is_empty())) {
            ("path", _) if side == Side::Request && operation == Operation::Overwrite => Target::Path,
            ("statuscode", _) if side == Side::Response && operation == Operation::Overwrite => Target::Status,
            (_, Some(("header", name))) => Target::Header(header(name).ok_or_else(error)??),
            (_, Some(("querystring", name))) if side == Side::Request => Target::Query(name.into()),
            _ => return Err(error()),
        };
        let value = match (operation, value) {
            (Operation::Remove, "") => None,
            (Operation::Remove, _) => return Err(wrong(key, "what is removed has no value; write ''")),
            (_, "") => return Err(wrong(key, "an empty value maps nothing; leave it out, or write `remove:`")),
            (_, value) => Some(Value::parse(side, value)?),
        };
        let path = value.as_ref().filter(|_| matches!(target, Target::Path)).and_then(Value::start);
        if path.is_some_and(|path| !path.starts_with('/')) {
            return Err(wrong(key, "a path begins with `/`"));
        }
        if let Some(code) = value.as_ref().filter(|_| matches!(target, Target::Status)).and_then(Value::constant) {
            status(code.parse().unwrap_or_default())?;
        }
        Ok(Self { operation, target, value })
    }
}

/// The header, unless it is none; or an error, if it cannot be mapped.
fn header(name: &str) -> Option<Result<HeaderName, MappingError>> {
    let parsed: HeaderName = name.parse().ok()?;
    Some(if is_reserved_header(&parsed) { Err(MappingError::Reserved { name: name.to_owned() }) } else { Ok(parsed) })
}

fn wrong(key: &str, reason: &'static str) -> MappingError {
    MappingError::Value { key: key.to_owned(), reason }
}

/// A status that a client may get.
pub(super) fn status(code: u16) -> Result<StatusCode, MappingError> {
    let status = StatusCode::from_u16(code).ok().filter(|_| (200..=599).contains(&code));
    status.ok_or(MappingError::Status(code))
}

/// Does to headers what is to be done, with the values that were read before.
pub(super) fn change_headers(headers: &mut HeaderMap, changes: Vec<(Operation, &HeaderName, Option<HeaderValue>)>) {
    for (operation, name, value) in changes {
        match (operation, value) {
            (Operation::Append, Some(value)) => drop(headers.append(name, value)),
            (Operation::Append, None) => {}
            (Operation::Overwrite, Some(value)) => drop(headers.insert(name, value)),
            (Operation::Overwrite | Operation::Remove, _) => drop(headers.remove(name)),
        }
    }
}

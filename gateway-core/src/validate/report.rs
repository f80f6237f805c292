//! What is wrong with a body, in the words of AWS's engine.

use std::collections::BTreeMap;

use jsonschema::{
    ValidationError,
    error::{TypeKind, ValidationErrorKind as Kind},
};
use serde_json::Value;

/// How many messages are told, and how long they may be together, in bytes.
const MOST: usize = 20;
const LONGEST: usize = 2048;

/// `[message, message]`, in the order in which they were found.
pub(super) fn messages<'a>(errors: impl Iterator<Item = ValidationError<'a>>) -> String {
    let mut told: Vec<Message> = Vec::new();
    // The engine has one message for all properties that one object lacks.
    let mut lacking: BTreeMap<String, usize> = BTreeMap::new();
    for error in errors.take(MOST) {
        let Kind::Required { property } = error.kind() else {
            told.push(Message::Text(message(&error)));
            continue;
        };
        let property = property.as_str().unwrap_or_default().to_owned();
        let place = *lacking.entry(error.instance_path().as_str().to_owned()).or_insert(told.len());
        match told.get_mut(place) {
            Some(Message::Lacking(names)) => names.push(property),
            _ => told.push(Message::Lacking(vec![property])),
        }
    }
    let told: Vec<_> = told.into_iter().map(Message::into_text).collect();
    let mut text = told.join(", ");
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text.push_str("...");
    }
    format!("[{text}]")
}

enum Message {
    Text(String),
    Lacking(Vec<String>),
}

impl Message {
    fn into_text(self) -> String {
        match self {
            Self::Text(text) => text,
            Self::Lacking(mut names) => {
                names.sort();
                format!("object has missing required properties ({})", Value::from(names))
            }
        }
    }
}

fn message(error: &ValidationError<'_>) -> String {
    let value = &**error.instance();
    let string = || value.as_str().unwrap_or_default();
    let length = || string().chars().count();
    let items = || value.as_array().map_or(0, Vec::len);
    let properties = || value.as_object().map_or(0, serde_json::Map::len);
    match error.kind() {
        Kind::Type { kind } => type_message(value, kind),
        Kind::Enum { options } => format!("instance value ({value}) not found in enum (possible values: {options})"),
        Kind::Minimum { limit } => {
            format!("numeric instance is lower than the required minimum (minimum: {limit}, found: {value})")
        }
        Kind::Maximum { limit } => {
            format!("numeric instance is greater than the required maximum (maximum: {limit}, found: {value})")
        }
        Kind::ExclusiveMinimum { limit } => {
            format!("numeric instance is not strictly greater than the required minimum {limit}")
        }
        Kind::ExclusiveMaximum { limit } => {
            format!("numeric instance is not strictly lower than the required maximum {limit}")
        }
        Kind::MultipleOf { multiple_of } => format!("remainder of division is not zero ({value} / {multiple_of})"),
        Kind::MinLength { limit } => {
            format!("string {value} is too short (length: {}, required minimum: {limit})", length())
        }
        Kind::MaxLength { limit } => {
            format!("string {value} is too long (length: {}, maximum allowed: {limit})", length())
        }
        Kind::Pattern { pattern } => format!("ECMA 262 regex \"{pattern}\" does not match input string {value}"),
        Kind::MinItems { limit } => {
            format!("array is too short: must have at least {limit} elements but instance has {} elements", items())
        }
        Kind::MaxItems { limit } => {
            format!("array is too long: must have at most {limit} elements but instance has {} elements", items())
        }
        Kind::UniqueItems => "array must not contain duplicate elements".to_owned(),
        Kind::AdditionalItems { limit } => {
            format!("schema only allows {limit} elements in array but instance has {} elements", items())
        }
        Kind::AdditionalProperties { unexpected } => {
            let unexpected = Value::from(unexpected.clone());
            format!("object instance has properties which are not allowed by the schema: {unexpected}")
        }
        Kind::MinProperties { limit } => {
            format!("object has too few properties (found {} but schema requires at least {limit})", properties())
        }
        Kind::MaxProperties { limit } => {
            format!("object has too many properties (found {} but schema requires at most {limit})", properties())
        }
        Kind::AnyOf { context } => {
            format!("instance failed to match at least one required schema among {}", context.len())
        }
        Kind::OneOfNotValid { context } => {
            format!("instance failed to match exactly one schema (matched 0 out of {})", context.len())
        }
        Kind::OneOfMultipleValid { context } => {
            let matched = context.iter().filter(|errors| errors.is_empty()).count();
            format!("instance failed to match exactly one schema (matched {matched} out of {})", context.len())
        }
        Kind::Not { .. } => "instance matched a schema which it should not have".to_owned(),
        Kind::Format { format } if format == "email" => format!("string {value} is not a valid email address"),
        Kind::Format { format } => format!("string {value} is not a valid {format}"),
        _ => error.to_string(),
    }
}

fn type_message(value: &Value, kind: &TypeKind) -> String {
    let found = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    let mut allowed = match kind {
        TypeKind::Single(one) => vec![one.as_str()],
        TypeKind::Multiple(several) => several.iter().map(jsonschema::JsonType::as_str).collect(),
    };
    // The engine tells what `number` includes.
    if allowed.contains(&"number") && !allowed.contains(&"integer") {
        allowed.push("integer");
    }
    allowed.sort_unstable();
    let allowed = Value::from(allowed);
    format!("instance type ({found}) does not match any allowed primitive type (allowed: {allowed})")
}

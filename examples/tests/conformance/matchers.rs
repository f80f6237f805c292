//! The matchers of the cases: objects such as `{"$regex": "..."}`, and plain values beside them.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::{Map, Value};

const NAMES: &[&str] = &[
    "$any",
    "$bind",
    "$regex",
    "$template",
    "$json",
    "$contains",
    "$has",
    "$lt",
    "$gte",
    "$optional",
    "$absent",
    "$unordered",
];

/// The values that the names of one case are bound to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bindings(BTreeMap<String, Value>);

/// Whether objects may have more keys than expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    Subset,
}

impl Bindings {
    /// Holds `actual` against what is expected; `at` says where, for the message.
    pub(crate) fn check(
        &mut self,
        at: &str,
        expected: &Value,
        actual: Option<&Value>,
        extent: Extent,
    ) -> Result<(), String> {
        let differs = || Err(format!("{at}: expected {expected}, got {}", actual.unwrap_or(&Value::Null)));
        if let (Some(json), Some(Value::String(text))) = (expected.get("$json"), actual)
            && let Ok(actual) = serde_json::from_str(text)
        {
            return self.check(at, json, Some(&actual), extent);
        }
        if let Value::Object(matcher) = expected
            && !matcher.is_empty()
            && matcher.keys().all(|key| NAMES.contains(&key.as_str()))
        {
            return if self.matches(matcher, actual, extent) { Ok(()) } else { differs() };
        }
        let Some(actual) = actual else { return Err(format!("{at}: expected {expected}, got nothing")) };
        match (expected, actual) {
            (Value::Object(expected), Value::Object(actual)) => {
                for (key, value) in expected {
                    self.check(&format!("{at}.{key}"), value, actual.get(key), extent)?;
                }
                match actual.keys().find(|key| extent == Extent::Whole && !expected.contains_key(*key)) {
                    Some(key) => Err(format!("{at}.{key}: expected nothing, got {}", actual[key])),
                    None => Ok(()),
                }
            }
            // The parameters of an operation have no order.
            (Value::Array(expected), Value::Array(actual)) if at.ends_with(".parameters") => {
                match unordered(expected, &actual.iter().collect::<Vec<_>>(), self, extent) {
                    Some(bindings) => *self = bindings,
                    None => return Err(format!("{at}: expected {expected:?}, got {actual:?}")),
                }
                Ok(())
            }
            (Value::Array(expected), Value::Array(actual)) if expected.len() == actual.len() => {
                let mut pairs = expected.iter().zip(actual).enumerate();
                pairs.try_for_each(|(place, (expected, actual))| {
                    self.check(&format!("{at}[{place}]"), expected, Some(actual), extent)
                })
            }
            (Value::Number(left), Value::Number(right)) if left.as_f64() == right.as_f64() => Ok(()),
            _ if expected == actual => Ok(()),
            _ => differs(),
        }
    }

    fn matches(&mut self, matcher: &Map<String, Value>, actual: Option<&Value>, extent: Extent) -> bool {
        matcher.iter().all(|(name, argument)| match (name.as_str(), actual) {
            ("$absent", actual) => actual.is_none(),
            ("$optional", None) => true,
            ("$optional", Some(actual)) => self.try_check(argument, actual, extent),
            ("$any", Some(actual)) => !actual.is_null(),
            ("$bind", Some(actual)) => self.bind(argument.as_str().unwrap_or_default(), actual),
            ("$regex", Some(Value::String(text))) => {
                Regex::new(argument.as_str().unwrap_or_default()).is_ok_and(|pattern| pattern.is_match(text))
            }
            ("$template", Some(Value::String(text))) => {
                let bound = template(&parts(argument.as_str().unwrap_or_default()), text, self);
                bound.map(|bindings| *self = bindings).is_some()
            }
            ("$json", Some(Value::String(text))) => {
                serde_json::from_str(text).is_ok_and(|json| self.try_check(argument, &json, extent))
            }
            ("$contains", Some(Value::String(text))) => match argument {
                Value::Array(all) => all.iter().all(|part| part.as_str().is_some_and(|part| text.contains(part))),
                one => one.as_str().is_some_and(|part| text.contains(part)),
            },
            ("$has", Some(Value::Object(object))) => object.contains_key(argument.as_str().unwrap_or_default()),
            ("$lt", Some(actual)) => compare(actual, argument).is_some_and(std::cmp::Ordering::is_lt),
            ("$gte", Some(actual)) => compare(actual, argument).is_some_and(std::cmp::Ordering::is_ge),
            ("$unordered", Some(Value::Array(actual))) => {
                let expected = argument.as_array().map_or(&[][..], Vec::as_slice);
                let found = unordered(expected, &actual.iter().collect::<Vec<_>>(), self, extent);
                found.map(|bindings| *self = bindings).is_some()
            }
            _ => false,
        })
    }

    /// Like [`Bindings::check`]; what did not match binds nothing.
    fn try_check(&mut self, expected: &Value, actual: &Value, extent: Extent) -> bool {
        let mut tried = self.clone();
        let matched = tried.check("", expected, Some(actual), extent).is_ok();
        if matched {
            *self = tried;
        }
        matched
    }

    fn bind(&mut self, name: &str, actual: &Value) -> bool {
        !actual.is_null() && self.0.entry(name.to_owned()).or_insert_with(|| actual.clone()) == actual
    }

    /// The value of a name, for a later step.
    pub(crate) fn value(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// Sets a name.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }
}

fn compare(left: &Value, right: &Value) -> Option<std::cmp::Ordering> {
    left.as_f64()?.partial_cmp(&right.as_f64()?)
}

fn unordered(expected: &[Value], actual: &[&Value], bindings: &Bindings, extent: Extent) -> Option<Bindings> {
    let Some((first, rest)) = expected.split_first() else {
        return actual.is_empty().then(|| bindings.clone());
    };
    (0..actual.len()).find_map(|place| {
        let mut tried = bindings.clone();
        let (mut others, one) = (actual.to_vec(), actual[place]);
        others.remove(place);
        (tried.try_check(first, one, extent) && expected.len() == actual.len())
            .then(|| unordered(rest, &others, &tried, extent))
            .flatten()
    })
}

/// A stretch of a `$template`.
enum Part {
    Text(String),
    Bound(String),
    Anything,
}

fn parts(template: &str) -> Vec<Part> {
    let (mut parts, mut plain, mut rest) = (Vec::new(), String::new(), template);
    while let Some(letter) = rest.chars().next() {
        if let Some(after) = rest.strip_prefix("$$") {
            plain.push('$');
            rest = after;
        } else if let Some((name, after)) = rest.strip_prefix("${").and_then(|rest| rest.split_once('}')) {
            parts.push(Part::Text(std::mem::take(&mut plain)));
            parts.push(if name.starts_with('*') { Part::Anything } else { Part::Bound(name.to_owned()) });
            rest = after;
        } else {
            plain.push(letter);
            rest = &rest[letter.len_utf8()..];
        }
    }
    parts.push(Part::Text(plain));
    parts
}

fn template(parts: &[Part], text: &str, bindings: &Bindings) -> Option<Bindings> {
    let Some((first, rest)) = parts.split_first() else {
        return text.is_empty().then(|| bindings.clone());
    };
    let cuts = || text.char_indices().map(|(at, _)| at).chain([text.len()]);
    match first {
        Part::Text(plain) => template(rest, text.strip_prefix(plain.as_str())?, bindings),
        Part::Anything => cuts().find_map(|at| template(rest, &text[at..], bindings)),
        Part::Bound(name) => match bindings.value(name) {
            Some(Value::String(value)) => template(rest, text.strip_prefix(value.as_str())?, bindings),
            Some(value) => template(rest, text.strip_prefix(value.to_string().as_str())?, bindings),
            None => cuts().find_map(|at| {
                let mut tried = bindings.clone();
                tried.set(name, Value::from(&text[..at]));
                template(rest, &text[at..], &tried)
            }),
        },
    }
}

/// The cases that test the matchers themselves.
pub(crate) fn check_self_test(case: &Value) -> Result<(), String> {
    let extent = if case["subset"] == true { Extent::Subset } else { Extent::Whole };
    let matched = Bindings::default().check("", &case["matcher"], Some(&case["value"]), extent);
    if matched.is_ok() == case["matches"] { Ok(()) } else { Err(format!("{case}: {matched:?}")) }
}

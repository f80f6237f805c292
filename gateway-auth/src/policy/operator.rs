//! Condition operators: their names, the values that a policy gives them, and how these compare.

use std::net::IpAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use ipnet::IpNet;

use super::{
    arn::ArnPattern,
    pattern::{Pattern, Syntax, any},
    request::PolicyRequest,
    value::{ConditionValue, parse_time},
};

/// The values of a policy, as their operator compares them: one of them must.
#[derive(Clone, Debug)]
pub(super) enum Test {
    Text(Box<[Pattern]>),
    Number(Comparison, Box<[f64]>),
    /// In nanoseconds since 1970.
    Time(Comparison, Box<[i128]>),
    Bool(Box<[bool]>),
    Binary(Box<[Box<[u8]>]>),
    Ip(Box<[IpNet]>),
    Arn(Box<[ArnPattern]>),
    /// Whether the key must be absent.
    Null(bool),
}

/// How numbers and dates compare: the request's is ... the policy's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Comparison {
    fn holds<T: PartialOrd>(self, own: &T, other: &T) -> bool {
        match self {
            Self::Equal => own == other,
            Self::Less => own < other,
            Self::LessOrEqual => own <= other,
            Self::Greater => own > other,
            Self::GreaterOrEqual => own >= other,
        }
    }

    /// Of `LessThan` and the like.
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "Equals" => Self::Equal,
            "LessThan" => Self::Less,
            "LessThanEquals" => Self::LessOrEqual,
            "GreaterThan" => Self::Greater,
            "GreaterThanEquals" => Self::GreaterOrEqual,
            _ => return None,
        })
    }
}

impl Test {
    /// Whether a value of the request is one of the policy's; `None` if a variable in these has no value.
    pub(super) fn holds(&self, value: ConditionValue<'_>, request: &PolicyRequest<'_>) -> Option<bool> {
        match self {
            Self::Text(patterns) => {
                let text = value.rendered();
                any(patterns, |pattern| pattern.matches(text.as_str(), request))
            }
            Self::Arn(patterns) => {
                let text = value.rendered();
                any(patterns, |pattern| pattern.matches(text.as_str(), request))
            }
            Self::Number(comparison, numbers) => {
                Some(value.number().is_some_and(|own| numbers.iter().any(|number| comparison.holds(&own, number))))
            }
            Self::Time(comparison, times) => {
                Some(value.time().is_some_and(|own| times.iter().any(|time| comparison.holds(&own, time))))
            }
            Self::Bool(values) => Some(value.bool().is_some_and(|own| values.contains(&own))),
            Self::Binary(values) => {
                let own = value.rendered();
                Some(values.iter().any(|bytes| **bytes == *own.as_str().as_bytes()))
            }
            Self::Ip(networks) => {
                Some(value.ip().is_some_and(|own| networks.iter().any(|network| network.contains(&own))))
            }
            // Decided without the value.
            Self::Null(_) => Some(false),
        }
    }
}

/// An operator by its name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator {
    pub(super) kind: Kind,
    pub(super) negated: bool,
    pub(super) if_exists: bool,
    pub(super) set: Set,
}

/// How several values of a key count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Set {
    /// One of them must hold; of a negated operator none.
    One,
    /// `ForAllValues:`
    All,
    /// `ForAnyValue:`
    Any,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Text { wildcards: bool, ignores_case: bool },
    Number(Comparison),
    Time(Comparison),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

impl Operator {
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (set, rest) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Set::All, rest),
            Some(("ForAnyValue", rest)) => (Set::Any, rest),
            Some(_) => return None,
            None => (Set::One, name),
        };
        let (rest, if_exists) = match rest.strip_suffix("IfExists") {
            Some("Null") => return None,
            Some(rest) => (rest, true),
            None => (rest, false),
        };
        let text = |wildcards, ignores_case| Kind::Text { wildcards, ignores_case };
        let (kind, negated) = match rest {
            "StringEquals" => (text(false, false), false),
            "StringNotEquals" => (text(false, false), true),
            "StringEqualsIgnoreCase" => (text(false, true), false),
            "StringNotEqualsIgnoreCase" => (text(false, true), true),
            "StringLike" => (text(true, false), false),
            "StringNotLike" => (text(true, false), true),
            "ArnEquals" | "ArnLike" => (Kind::Arn, false),
            "ArnNotEquals" | "ArnNotLike" => (Kind::Arn, true),
            "Bool" => (Kind::Bool, false),
            "BinaryEquals" => (Kind::Binary, false),
            "IpAddress" => (Kind::Ip, false),
            "NotIpAddress" => (Kind::Ip, true),
            "Null" => (Kind::Null, false),
            "NumericNotEquals" => (Kind::Number(Comparison::Equal), true),
            "DateNotEquals" => (Kind::Time(Comparison::Equal), true),
            other => match (other.strip_prefix("Numeric"), other.strip_prefix("Date")) {
                (Some(comparison), _) => (Kind::Number(Comparison::parse(comparison)?), false),
                (_, Some(comparison)) => (Kind::Time(Comparison::parse(comparison)?), false),
                _ => return None,
            },
        };
        Some(Self { kind, negated, if_exists, set })
    }
}

impl Kind {
    /// Compiles the values of a policy. The error names the place of the value.
    pub(super) fn compile(self, values: &[String], variables: bool) -> Result<Test, (usize, String)> {
        Ok(match self {
            Self::Text { wildcards, ignores_case } => {
                let syntax = Syntax { wildcards, variables, ignores_case };
                Test::Text(each(values, |text| Pattern::parse(text, syntax))?)
            }
            Self::Arn => {
                let syntax = Syntax { wildcards: true, variables, ignores_case: false };
                Test::Arn(each(values, |text| ArnPattern::parse(text, syntax))?)
            }
            Self::Number(comparison) => Test::Number(
                comparison,
                each(values, |text| {
                    let number = text.parse().ok().filter(|number: &f64| number.is_finite());
                    number.ok_or_else(|| format!("`{text}` is no number"))
                })?,
            ),
            Self::Time(comparison) => Test::Time(
                comparison,
                each(values, |text| {
                    parse_time(text).ok_or_else(|| format!("`{text}` is no date: ISO 8601, or seconds since 1970"))
                })?,
            ),
            Self::Bool => Test::Bool(each(values, truth)?),
            Self::Null => match values {
                [value] => Test::Null(truth(value).map_err(|message| (0, message))?),
                _ => return Err((0, "`Null` takes one value, `true` or `false`".to_owned())),
            },
            Self::Binary => Test::Binary(each(values, |text| {
                let bytes = BASE64_STANDARD.decode(text).map_err(|_| format!("`{text}` is no Base64"))?;
                Ok(bytes.into())
            })?),
            Self::Ip => Test::Ip(each(values, |text| {
                let one = |text: &str| text.parse::<IpAddr>().ok().map(IpNet::from);
                let network = text.parse().ok().or_else(|| one(text));
                network.ok_or_else(|| format!("`{text}` is no address and no range of addresses, such as 192.0.2.0/24"))
            })?),
        })
    }
}

fn each<T>(values: &[String], read: impl Fn(&str) -> Result<T, String>) -> Result<Box<[T]>, (usize, String)> {
    values.iter().enumerate().map(|(place, text)| read(text).map_err(|message| (place, message))).collect()
}

fn truth(text: &str) -> Result<bool, String> {
    match text {
        _ if text.eq_ignore_ascii_case("true") => Ok(true),
        _ if text.eq_ignore_ascii_case("false") => Ok(false),
        _ => Err(format!("`{text}` is neither `true` nor `false`")),
    }
}

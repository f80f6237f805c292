//! The functions at the end of a path: `.length()`, `.sum()`, …

use crate::json::Json;

/// A function and its arguments.
#[derive(Clone, Debug)]
pub(super) enum Function {
    Length,
    Min,
    Max,
    Average,
    Sum,
    Deviation,
    Keys,
    Concat(Vec<Json>),
    Append(Vec<Json>),
    First,
    Last,
    Index(i64),
}

impl Function {
    pub(super) fn new(name: &str, arguments: Vec<Json>) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "min" => Self::Min,
            "max" => Self::Max,
            "avg" => Self::Average,
            "sum" => Self::Sum,
            "stddev" => Self::Deviation,
            "keys" => Self::Keys,
            "concat" => Self::Concat(arguments),
            "append" => Self::Append(arguments),
            "first" => Self::First,
            "last" => Self::Last,
            "index" => match arguments.first()? {
                Json::Integer(place) => Self::Index(i64::try_from(*place).ok()?),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// The result for `node`; `None` where the function does not apply to it.
    pub(super) fn call(&self, node: &Json) -> Option<Json> {
        let items = if let Json::List(items) = node { Some(items.as_slice()) } else { None };
        let numbers = || -> Option<Vec<f64>> {
            let numbers: Vec<f64> = items?.iter().filter_map(Json::as_f64).collect();
            (!numbers.is_empty()).then_some(numbers)
        };
        match self {
            Self::Length => match node {
                Json::List(items) => Some(whole(items.len())),
                Json::Object(object) => Some(whole(object.len())),
                _ => None,
            },
            Self::Min => numbers()?.into_iter().reduce(f64::min).map(Json::Double),
            Self::Max => numbers()?.into_iter().reduce(f64::max).map(Json::Double),
            Self::Sum => Some(Json::Double(numbers()?.iter().sum())),
            Self::Average => Some(Json::Double(average(&numbers()?))),
            Self::Deviation => {
                let numbers = numbers()?;
                let squares: Vec<f64> = numbers.iter().map(|number| number * number).collect();
                let mean = average(&numbers);
                Some(Json::Double((average(&squares) - mean * mean).max(0.0).sqrt()))
            }
            Self::Keys => match node {
                Json::Object(object) => {
                    Some(Json::List(object.iter().map(|(key, _)| Json::Text(key.clone())).collect()))
                }
                _ => None,
            },
            Self::Concat(more) => {
                let all = items.unwrap_or_default().iter().chain(more);
                Some(Json::from(all.filter_map(Json::as_str).collect::<String>()))
            }
            Self::Append(more) => Some(Json::List(items?.iter().chain(more).cloned().collect())),
            Self::First => items?.first().cloned(),
            Self::Last => items?.last().cloned(),
            Self::Index(place) => {
                let behind = usize::try_from(place.unsigned_abs()).ok()?;
                let place = if *place < 0 { items?.len().checked_sub(behind)? } else { behind };
                items?.get(place).cloned()
            }
        }
    }
}

fn whole(length: usize) -> Json {
    Json::Integer(i128::try_from(length).unwrap_or(i128::MAX))
}

fn average(numbers: &[f64]) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "no length comes near 2^52")]
    let count = numbers.len() as f64;
    numbers.iter().sum::<f64>() / count
}

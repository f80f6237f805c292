use std::{
    fmt::{self, Write},
    net::IpAddr,
    time::{Duration, SystemTime},
};

use gateway_core::epoch_seconds;
use time::OffsetDateTime;

/// One value of a condition key.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum ConditionValue<'a> {
    /// A text.
    Text(&'a str),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Number(i64),
    /// A point in time.
    Time(SystemTime),
    /// An address.
    Ip(IpAddr),
}

/// The values of a condition key.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum ConditionValues<'a> {
    /// The request has no such key.
    #[default]
    Absent,
    /// It has one value.
    One(ConditionValue<'a>),
    /// It has several.
    Texts(&'a [String]),
}

impl<'a> ConditionValues<'a> {
    /// One text, if it is there.
    #[must_use]
    pub fn text(text: Option<&'a str>) -> Self {
        text.map_or(Self::Absent, |text| Self::One(ConditionValue::Text(text)))
    }

    pub(super) fn iter(self) -> impl Iterator<Item = ConditionValue<'a>> {
        let (one, texts) = match self {
            Self::Absent => (None, [].as_slice()),
            Self::One(value) => (Some(value), [].as_slice()),
            Self::Texts(texts) => (None, texts),
        };
        one.into_iter().chain(texts.iter().map(|text| ConditionValue::Text(text)))
    }

    pub(super) fn is_absent(self) -> bool {
        matches!(self, Self::Absent | Self::Texts([]))
    }
}

impl<'a> ConditionValue<'a> {
    pub(super) fn bool(self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(value),
            Self::Text(text) if text.eq_ignore_ascii_case("true") => Some(true),
            Self::Text(text) if text.eq_ignore_ascii_case("false") => Some(false),
            _ => None,
        }
    }

    pub(super) fn number(self) -> Option<f64> {
        match self {
            // Of what is larger than 2^53 no policy speaks.
            Self::Number(number) => Some(number as f64),
            Self::Text(text) => text.parse().ok(),
            Self::Time(time) => Some(epoch_seconds(time) as f64),
            Self::Bool(_) | Self::Ip(_) => None,
        }
    }

    /// In nanoseconds since 1970.
    pub(super) fn time(self) -> Option<i128> {
        match self {
            Self::Time(time) => Some(OffsetDateTime::from(time).unix_timestamp_nanos()),
            Self::Number(seconds) => Some(i128::from(seconds) * NANOS),
            Self::Text(text) => parse_time(text),
            Self::Bool(_) | Self::Ip(_) => None,
        }
    }

    pub(super) fn ip(self) -> Option<IpAddr> {
        match self {
            Self::Ip(ip) => Some(ip.to_canonical()),
            Self::Text(text) => text.parse::<IpAddr>().ok().map(|ip| ip.to_canonical()),
            _ => None,
        }
    }

    /// The value as text, on the stack where it is none yet.
    pub(super) fn rendered(self) -> Rendered<'a> {
        let mut short = Short::default();
        let written = match self {
            Self::Text(text) => return Rendered::Text(text),
            Self::Bool(value) => write!(short, "{value}"),
            Self::Number(number) => write!(short, "{number}"),
            Self::Ip(ip) => write!(short, "{}", ip.to_canonical()),
            Self::Time(time) => {
                let time = OffsetDateTime::from(time);
                let (year, month, day) = time.to_calendar_date();
                let (hour, minute, second) = time.to_hms();
                write!(short, "{year:04}-{:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z", u8::from(month))
            }
        };
        // The longest, an IPv6 address, has 45 letters.
        debug_assert!(written.is_ok());
        Rendered::Short(short)
    }
}

const NANOS: i128 = 1_000_000_000;

/// ISO 8601, or seconds since 1970; in nanoseconds since 1970.
pub(super) fn parse_time(text: &str) -> Option<i128> {
    use time::{Date, PrimitiveDateTime, format_description::well_known::Iso8601};
    if let Ok(seconds) = text.parse::<i64>() {
        return Some(i128::from(seconds) * NANOS);
    }
    let with_zone = OffsetDateTime::parse(text, &Iso8601::DEFAULT).ok();
    let without = || PrimitiveDateTime::parse(text, &Iso8601::DEFAULT).ok().map(PrimitiveDateTime::assume_utc);
    let day = || Date::parse(text, &Iso8601::DEFAULT).ok().map(|day| day.midnight().assume_utc());
    with_zone.or_else(without).or_else(day).map(OffsetDateTime::unix_timestamp_nanos)
}

/// How long `since` is ago, in whole seconds.
pub(super) fn age(now: SystemTime, since: SystemTime) -> i64 {
    let age = now.duration_since(since).unwrap_or(Duration::ZERO);
    i64::try_from(age.as_secs()).unwrap_or(i64::MAX)
}

/// A value as text.
pub(super) enum Rendered<'a> {
    Text(&'a str),
    Short(Short),
}

impl Rendered<'_> {
    pub(super) fn as_str(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Short(short) => short.as_str(),
        }
    }
}

/// A short text on the stack.
pub(super) struct Short {
    bytes: [u8; 48],
    length: usize,
}

impl Default for Short {
    fn default() -> Self {
        Self { bytes: [0; 48], length: 0 }
    }
}

impl Short {
    fn as_str(&self) -> &str {
        self.bytes.get(..self.length).and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

impl Write for Short {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let end = self.length + text.len();
        self.bytes.get_mut(self.length..end).ok_or(fmt::Error)?.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

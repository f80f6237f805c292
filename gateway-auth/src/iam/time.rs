//! The times of signatures: `20150830T123600Z`.

use std::{
    fmt,
    time::{Duration, SystemTime},
};

use ::time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A point in time, to the second, as signatures write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct AmzDate(OffsetDateTime);

impl AmzDate {
    pub(super) fn of(time: SystemTime) -> Self {
        let time = OffsetDateTime::from(time);
        Self(time.replace_nanosecond(0).unwrap_or(time))
    }

    /// Reads `20150830T123600Z`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
        if date.len() != 8 || time.len() != 6 {
            return None;
        }
        let month = Month::try_from(u8::try_from(digits(date.get(4..6)?)?).ok()?).ok()?;
        let date = Date::from_calendar_date(i32::from(digits(date.get(..4)?)?), month, two(date.get(6..)?)?).ok()?;
        let time = Time::from_hms(two(time.get(..2)?)?, two(time.get(2..4)?)?, two(time.get(4..)?)?).ok()?;
        Some(Self(PrimitiveDateTime::new(date, time).assume_utc()))
    }

    /// Reads a `Date` header: RFC 9110's form, or the one of signatures.
    pub(super) fn parse_header(text: &str) -> Option<Self> {
        Self::parse(text).or_else(|| httpdate::parse_http_date(text).ok().map(Self::of))
    }

    pub(super) fn plus(self, by: Duration) -> Self {
        Self(self.0.checked_add(::time::Duration::try_from(by).unwrap_or_default()).unwrap_or(self.0))
    }

    pub(super) fn minus(self, by: Duration) -> Self {
        Self(self.0.checked_sub(::time::Duration::try_from(by).unwrap_or_default()).unwrap_or(self.0))
    }
}

fn two(text: &str) -> Option<u8> {
    u8::try_from(digits(text)?).ok()
}

/// Digits alone: `parse` takes a sign too.
fn digits(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

impl fmt::Display for AmzDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.0.to_calendar_date();
        let (hour, minute, second) = self.0.to_hms();
        write!(f, "{year:04}{:02}{day:02}T{hour:02}{minute:02}{second:02}Z", u8::from(month))
    }
}

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use time::{Date, Month, OffsetDateTime};

use crate::store::Allowance;

/// How many requests a key may make in a period.
///
/// AWS developer guide: *Creating and using usage plans with API keys*. Periods are of the calendar, in UTC; a week
/// starts on Sunday and a month on its first day unless [`Quota::starting_on`] says otherwise.
///
/// # Example
/// ```
/// use gateway_core::Quota;
///
/// let quota = Quota::per_month(10_000).with_offset(2_500);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    limit: u64,
    period: Period,
    offset: u64,
    start_day: u8,
}

/// The period of a quota.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "UPPERCASE")]
pub enum Period {
    /// A calendar day.
    Day,
    /// Seven days.
    Week,
    /// A calendar month.
    Month,
}

/// One period of a quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its number; the next one's is greater.
    pub index: u32,
    /// When the next one starts.
    pub resets_at: SystemTime,
}

const DAY: u64 = 86_400;
/// The weekday of 1970-01-01, counted from Sunday.
const EPOCH_WEEKDAY: i64 = 4;

impl Quota {
    /// `limit` requests a period.
    #[must_use]
    pub fn new(limit: u64, period: Period) -> Self {
        Self { limit, period, offset: 0, start_day: 0 }
    }

    /// `limit` requests a day.
    #[must_use]
    pub fn per_day(limit: u64) -> Self {
        Self::new(limit, Period::Day)
    }

    /// `limit` requests a week.
    #[must_use]
    pub fn per_week(limit: u64) -> Self {
        Self::new(limit, Period::Week)
    }

    /// `limit` requests a month.
    #[must_use]
    pub fn per_month(limit: u64) -> Self {
        Self::new(limit, Period::Month)
    }

    /// Takes `requests` off the limit in a key's first period.
    #[must_use]
    pub fn with_offset(mut self, requests: u64) -> Self {
        self.offset = requests;
        self
    }

    /// Starts a week `day` days after Sunday (0 to 6), or a month `day` days after its first (0 to 27). Days start at
    /// midnight whatever is said here.
    #[must_use]
    pub fn starting_on(mut self, day: u8) -> Self {
        self.start_day = day;
        self
    }

    /// The greatest [`start day`](Self::starting_on) of a period.
    #[must_use]
    pub fn max_start_day(period: Period) -> u8 {
        match period {
            Period::Day => 0,
            Period::Week => 6,
            Period::Month => 27,
        }
    }

    pub(crate) fn start_day(&self) -> u8 {
        self.start_day
    }

    pub(crate) fn period(&self) -> Period {
        self.period
    }

    /// Requests a period.
    #[must_use]
    pub fn limit(&self) -> u64 {
        self.limit
    }

    /// Names the numbering of the windows: a counter that goes by one cannot go on by another.
    pub(crate) fn numbering(&self) -> String {
        format!("{:?}/{}", self.period, self.start_day)
    }

    pub(crate) fn allowance(&self) -> Allowance {
        Allowance { limit: self.limit, initial: self.limit.saturating_sub(self.offset) }
    }

    /// The period that `now` falls in.
    #[must_use]
    pub fn window(&self, now: SystemTime) -> Window {
        let days = now.duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_secs() / DAY);
        let days = i64::try_from(days).unwrap_or(i64::MAX / 2);
        let start = i64::from(self.start_day.min(Self::max_start_day(self.period)));
        let (index, next) = match self.period {
            Period::Day => (days, days + 1),
            Period::Week => {
                let shift = EPOCH_WEEKDAY - start;
                let week = (days + shift).div_euclid(7);
                (week, (week + 1) * 7 - shift)
            }
            Period::Month => month(now, days, start),
        };
        let seconds = u64::try_from(next).unwrap_or(0).saturating_mul(DAY);
        Window {
            index: u32::try_from(index).unwrap_or(0),
            resets_at: SystemTime::UNIX_EPOCH + Duration::from_secs(seconds),
        }
    }
}

/// The number of the month that `now` falls in, and the day since the epoch on which the next one starts.
fn month(now: SystemTime, days: i64, start: i64) -> (i64, i64) {
    let shifted = OffsetDateTime::from(now).date().checked_sub(time::Duration::days(start)).unwrap_or(Date::MIN);
    let number = i64::from(shifted.year()) * 12 + i64::from(u8::from(shifted.month())) - 1;
    let (year, month) = match shifted.month() {
        Month::December => (shifted.year() + 1, Month::January),
        month => (shifted.year(), month.next()),
    };
    let epoch = i64::from(OffsetDateTime::UNIX_EPOCH.date().to_julian_day());
    let next =
        Date::from_calendar_date(year, month, 1).map_or(days + 1, |date| i64::from(date.to_julian_day()) - epoch);
    (number, next + start)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::iso_time;

    fn at(days: u64, seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(days * DAY + seconds)
    }

    /// 2024-01-01 was a Monday; it is day 19723.
    const NEW_YEAR: u64 = 19_723;

    #[test]
    fn periods_follow_the_calendar_in_utc() {
        for (quota, now, resets) in [
            (Quota::per_day(1), at(NEW_YEAR, 0), "2024-01-02T00:00:00Z"),
            (Quota::per_day(1), at(NEW_YEAR, DAY - 1), "2024-01-02T00:00:00Z"),
            (Quota::per_week(1), at(NEW_YEAR, 0), "2024-01-07T00:00:00Z"),
            (Quota::per_week(1), at(NEW_YEAR - 1, 0), "2024-01-07T00:00:00Z"),
            (Quota::per_week(1), at(NEW_YEAR - 2, 0), "2023-12-31T00:00:00Z"),
            (Quota::per_week(1).starting_on(1), at(NEW_YEAR, 0), "2024-01-08T00:00:00Z"),
            (Quota::per_month(1), at(NEW_YEAR, 0), "2024-02-01T00:00:00Z"),
            (Quota::per_month(1), at(NEW_YEAR + 31, 0), "2024-03-01T00:00:00Z"),
            (Quota::per_month(1), at(NEW_YEAR - 1, 0), "2024-01-01T00:00:00Z"),
            (Quota::per_month(1).starting_on(14), at(NEW_YEAR, 0), "2024-01-15T00:00:00Z"),
            (Quota::per_month(1).starting_on(14), at(NEW_YEAR + 14, 0), "2024-02-15T00:00:00Z"),
        ] {
            assert_eq!(iso_time(quota.window(now).resets_at), resets, "{quota:?} at {}", iso_time(now));
        }
    }

    #[test]
    fn every_window_ends_where_the_next_begins() {
        for quota in [Quota::per_day(1), Quota::per_week(1).starting_on(3), Quota::per_month(1).starting_on(27)] {
            let mut now = at(NEW_YEAR, 0);
            for _ in 0..60 {
                let window = quota.window(now);
                assert_eq!(quota.window(window.resets_at - Duration::from_secs(1)).index, window.index);
                assert_eq!(quota.window(window.resets_at).index, window.index + 1);
                now = window.resets_at;
            }
        }
    }

    #[test]
    fn an_offset_shortens_the_first_period_only() {
        assert_eq!(Quota::per_day(10).with_offset(4).allowance(), Allowance { limit: 10, initial: 6 });
        assert_eq!(Quota::per_day(10).with_offset(40).allowance(), Allowance { limit: 10, initial: 0 });
    }
}

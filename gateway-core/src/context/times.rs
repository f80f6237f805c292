//! Times as logs print them.

use std::time::SystemTime;

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

const CLF: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const ISO: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

/// The common log format's time, in UTC: `01/Jan/2024:00:00:00 +0000`.
#[must_use]
pub fn clf_time(time: SystemTime) -> String {
    OffsetDateTime::from(time).format(CLF).unwrap_or_default()
}

/// ISO 8601, in UTC: `2024-01-01T00:00:00Z`.
#[must_use]
pub fn iso_time(time: SystemTime) -> String {
    OffsetDateTime::from(time).format(ISO).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::{Clock, ManualClock};

    #[test]
    fn times_are_printed_as_logs_want_them() {
        let now = ManualClock::default().now();
        assert_eq!(clf_time(now), "01/Jan/2024:00:00:00 +0000");
        assert_eq!(iso_time(now), "2024-01-01T00:00:00Z");
    }
}

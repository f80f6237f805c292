//! Times as logs print them.

use std::{cell::RefCell, time::SystemTime};

use time::{OffsetDateTime, format_description::BorrowedFormatItem, macros::format_description};

use crate::clock::epoch_seconds;

const CLF: &[BorrowedFormatItem<'_>] =
    format_description!("[day]/[month repr:short]/[year]:[hour]:[minute]:[second] +0000");
const ISO: &[BorrowedFormatItem<'_>] = format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]Z");

thread_local! {
    /// The second that was printed last: lines of the same second come by the thousand.
    static LAST: RefCell<(u64, String)> = const { RefCell::new((0, String::new())) };
}

/// The common log format's time, in UTC: `01/Jan/2024:00:00:00 +0000`.
#[must_use]
pub fn clf_time(time: SystemTime) -> String {
    let second = epoch_seconds(time);
    LAST.with_borrow_mut(|(last, text)| {
        // 0 is also any time before 1970.
        if *last != second || second == 0 {
            *text = OffsetDateTime::from(time).format(CLF).unwrap_or_default();
            *last = second;
        }
        text.clone()
    })
}

/// ISO 8601, in UTC: `2024-01-01T00:00:00Z`.
#[must_use]
pub fn iso_time(time: SystemTime) -> String {
    OffsetDateTime::from(time).format(ISO).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::clock::{Clock, ManualClock};

    #[test]
    fn times_are_printed_as_logs_want_them() {
        let now = ManualClock::default().now();
        for (seconds, text) in
            [(0, "00:00:00"), (0, "00:00:00"), (1, "00:00:01"), (0, "00:00:00"), (86_399, "23:59:59")]
        {
            assert_eq!(clf_time(now + Duration::from_secs(seconds)), format!("01/Jan/2024:{text} +0000"));
        }
        assert_eq!(clf_time(SystemTime::UNIX_EPOCH - Duration::from_secs(1)), "31/Dec/1969:23:59:59 +0000");
        assert_eq!(iso_time(now), "2024-01-01T00:00:00Z");
    }
}

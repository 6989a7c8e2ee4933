//! The time of day: journals say when something was done. No answer has a time in it.

use std::time::{SystemTime, UNIX_EPOCH};

/// A second of time, in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Moment {
    days: u64,
    second: u64,
}

const DAY: u64 = 24 * 60 * 60;

impl Moment {
    /// The present; a clock before 1970 counts as its beginning.
    pub(crate) fn now() -> Moment {
        let since = SystemTime::now().duration_since(UNIX_EPOCH);
        Moment::at(since.map_or(0, |since| since.as_secs()))
    }

    fn at(seconds: u64) -> Moment {
        Moment { days: seconds / DAY, second: seconds % DAY }
    }

    /// `2026-11-23T22:01:02Z`.
    pub(crate) fn stamp(self) -> String {
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.time();
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
    }

    /// `20261123-220102`.
    pub(crate) fn digits(self) -> String {
        let (year, month, day) = self.date();
        let (hour, minute, second) = self.time();
        format!("{year:04}{month:02}{day:02}-{hour:02}{minute:02}{second:02}")
    }

    fn time(self) -> (u64, u64, u64) {
        (self.second / 3600, self.second / 60 % 60, self.second % 60)
    }

    /// Year, month and day of the Gregorian calendar. Years are counted from March, so that the leap day is the last one of
    /// a year, in cycles of 400 years, which are 146,097 days.
    fn date(self) -> (u64, u64, u64) {
        let days = self.days + 719_468;
        let (cycle, day) = (days / 146_097, days % 146_097);
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
        (cycle * 400 + year + next, month, day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The expected values are what `date -u -d @SECONDS` prints.
    #[test]
    fn seconds_become_a_date() {
        for (seconds, expected) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_164_800, "2024-02-29T00:00:00Z"),
            (1_795_471_262, "2026-11-23T22:01:02Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(Moment::at(seconds).stamp(), expected);
        }
        assert_eq!(Moment::at(1_795_471_262).digits(), "20261123-220102");
    }
}

//! Moments as lines write them: in UTC, by the calendar.

use std::time::{SystemTime, UNIX_EPOCH};

/// The months as S3 writes them.
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A moment by the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Moment {
    year: u64,
    /// From 1.
    month: u64,
    day: u64,
    seconds: u64,
    micros: u32,
}

impl Moment {
    /// Of a time since 1970; earlier ones count as 1970.
    pub(crate) fn of(time: SystemTime) -> Moment {
        let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
        let (days, seconds) = (since.as_secs() / 86_400, since.as_secs() % 86_400);
        // Years begin in March here, so that the leap day is the last of its year
        // (<https://howardhinnant.github.io/date_algorithms.html#civil_from_days>).
        let days = days + 719_468;
        let (era, day_of_era) = (days / 146_097, days % 146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let from_march = (5 * day_of_year + 2) / 153;
        let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
        Moment {
            year: year_of_era + era * 400 + u64::from(month <= 2),
            month,
            day: day_of_year - (153 * from_march + 2) / 5 + 1,
            seconds,
            micros: since.subsec_micros(),
        }
    }

    /// `2019-02-06T00:00:38.000000Z`
    pub(crate) fn iso(self) -> String {
        let Moment { year, month, day, seconds, micros } = self;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z")
    }

    /// `20190206T000038Z`
    pub(crate) fn basic(self) -> String {
        let Moment { year, month, day, seconds, .. } = self;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        format!("{year:04}{month:02}{day:02}T{hour:02}{minute:02}{second:02}Z")
    }

    /// `06/Feb/2019:00:00:38 +0000`
    pub(super) fn clf(self) -> String {
        let Moment { year, month, day, seconds, .. } = self;
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let month = MONTHS.get(month as usize - 1).copied().unwrap_or("Jan");
        format!("{day:02}/{month}/{year:04}:{hour:02}:{minute:02}:{second:02} +0000")
    }
}

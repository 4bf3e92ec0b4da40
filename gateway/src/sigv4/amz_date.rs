//! Moments as SigV4 writes them: `20130524T000000Z`, and the `Date` header where that is missing.

use std::fmt::Write;

/// A request's own moment, to the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AmzDate {
    seconds: u64,
}

const SECONDS_PER_DAY: u64 = 86_400;

impl AmzDate {
    /// A moment in seconds since 1970.
    pub fn from_seconds(seconds: u64) -> AmzDate {
        AmzDate { seconds }
    }

    /// Reads the ISO 8601 basic form of `x-amz-date` and `X-Amz-Date`: `20130524T000000Z`, nothing else.
    pub fn parse(text: &str) -> Option<AmzDate> {
        if text.len() != 16 || !text.is_ascii() {
            return None;
        }
        let (date, rest) = text.split_at_checked(8)?;
        let clock = rest.strip_prefix('T')?.strip_suffix('Z')?;
        let day = civil(number(date.get(..4)?)?, number(date.get(4..6)?)?, number(date.get(6..8)?)?)?;
        let time = clock_seconds([clock.get(..2)?, clock.get(2..4)?, clock.get(4..6)?])?;
        Some(AmzDate { seconds: day * SECONDS_PER_DAY + time })
    }

    /// Reads a `Date` header: `Fri, 24 May 2013 00:00:00 GMT`, with or without the day of the week, in any spelling of
    /// UTC (some signers write `-0000`), or the form of [`AmzDate::parse`].
    pub fn parse_http(text: &str) -> Option<AmzDate> {
        let text = text.trim();
        if let Some(date) = AmzDate::parse(text) {
            return Some(date);
        }
        let text = text.split_once(',').map_or(text, |(_, rest)| rest);
        let mut words = text.split_ascii_whitespace();
        let day = number(words.next().filter(|word| word.len() <= 2)?)?;
        let month = month(words.next()?)?;
        let year = number(words.next().filter(|word| word.len() == 4)?)?;
        let mut clock = words.next()?.split(':');
        let time = clock_seconds([clock.next()?, clock.next()?, clock.next()?])?;
        let zone = words.next()?;
        let utc = matches!(zone, "GMT" | "UTC" | "UT" | "Z" | "+0000" | "-0000");
        if !utc || clock.next().is_some() || words.next().is_some() {
            return None;
        }
        Some(AmzDate { seconds: civil(year, month, day)? * SECONDS_PER_DAY + time })
    }

    /// Milliseconds since 1970.
    pub fn milliseconds(self) -> u64 {
        self.seconds.saturating_mul(1000)
    }

    /// `20130524T000000Z`
    pub fn basic(self) -> String {
        self.format("", "")
    }

    /// `2013-05-24T00:00:00Z`, as error documents print moments.
    pub fn extended(self) -> String {
        self.format("-", ":")
    }

    /// The same moment, `seconds` later.
    #[must_use]
    pub fn after(self, seconds: u64) -> AmzDate {
        AmzDate { seconds: self.seconds.saturating_add(seconds) }
    }

    fn format(self, dash: &str, colon: &str) -> String {
        let (year, month, day) = civil_of(self.seconds / SECONDS_PER_DAY);
        let time = self.seconds % SECONDS_PER_DAY;
        let (hour, minute, second) = (time / 3600, time / 60 % 60, time % 60);
        let mut text = String::with_capacity(20);
        // Writing to a String cannot fail.
        let _ = write!(text, "{year:04}{dash}{month:02}{dash}{day:02}T");
        let _ = write!(text, "{hour:02}{colon}{minute:02}{colon}{second:02}Z");
        text
    }
}

fn number(digits: &str) -> Option<u64> {
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| digits.parse().ok())?
}

fn clock_seconds([hour, minute, second]: [&str; 3]) -> Option<u64> {
    let two_digits = [hour, minute, second].iter().all(|part| part.len() == 2);
    let (hour, minute, second) = (number(hour)?, number(minute)?, number(second)?);
    // 60 is a leap second, which this calendar counts as the next one.
    let valid = two_digits && hour < 24 && minute < 60 && second <= 60;
    valid.then_some(hour * 3600 + minute * 60 + second)
}

fn month(name: &str) -> Option<u64> {
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let position = MONTHS.iter().position(|month| *month == name)?;
    u64::try_from(position + 1).ok()
}

/// Days from 1970-01-01 to a day of the Gregorian calendar; none before 1970, and none that does not exist.
fn civil(year: u64, month: u64, day: u64) -> Option<u64> {
    if !(1970..=9999).contains(&year) || !(1..=12).contains(&month) || day == 0 {
        return None;
    }
    // Counted in years that begin in March, so that a leap day is the last of its year.
    let (shifted, month_of) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let count = |year: u64| year * 365 + year / 4 - year / 100 + year / 400;
    let days = count(shifted) + (153 * month_of + 2) / 5 + day - 1 - 719_468;
    (civil_of(days) == (year, month, day)).then_some(days)
}

/// Year, month and day of a day counted from 1970-01-01.
fn civil_of(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let (era, of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

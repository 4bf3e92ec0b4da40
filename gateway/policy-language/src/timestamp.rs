//! Points in time, in milliseconds since 1970, and the ways in which S3 writes and reads them.
//!
//! Times before 1970 do not occur in S3; they read as 0.

mod parse;

pub use parse::{parse_amz_date, parse_http_date, parse_iso8601};

/// Milliseconds of one day.
pub const DAY_MS: u64 = 86_400_000;

const WEEKDAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/// 31 December 9999, 23:59:59.999: four digits of a year are all that the formats hold.
const LATEST_MS: u64 = 253_402_300_799_999;

/// `2013-05-24T00:00:00.000Z`, as documents print times.
pub fn iso8601(ms: u64) -> String {
    let mut out = String::with_capacity(24);
    push_iso8601(&mut out, ms);
    out
}

/// Appends [`iso8601`].
pub fn push_iso8601(out: &mut String, ms: u64) {
    let civil = Civil::of(ms);
    let [y3, y2, y1, y0] = digits(civil.year);
    let [.., m1, m0] = digits(civil.month);
    let [.., d1, d0] = digits(civil.day);
    let [.., h1, h0] = digits(civil.hour);
    let [.., i1, i0] = digits(civil.minute);
    let [.., s1, s0] = digits(civil.second);
    let [_, f2, f1, f0] = digits(civil.millisecond);
    // One push instead of many: listings print a time in every row.
    let text = [
        y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b'T', h1, h0, b':', i1, i0, b':', s1, s0, b'.', f2, f1,
        f0, b'Z',
    ];
    out.push_str(str::from_utf8(&text).unwrap_or_default());
}

/// `Fri, 24 May 2013 00:00:00 GMT`, as headers print times. Milliseconds are cut off.
pub fn http_date(ms: u64) -> String {
    let civil = Civil::of(ms);
    let mut out = String::with_capacity(29);
    out.push_str(WEEKDAYS.get((civil.days % 7) as usize).copied().unwrap_or_default());
    out.push_str(", ");
    push_digits(&mut out, civil.day, 2);
    out.push(' ');
    out.push_str(MONTHS.get(civil.month as usize - 1).copied().unwrap_or_default());
    out.push(' ');
    push_digits(&mut out, civil.year, 4);
    out.push(' ');
    civil.push_clock(&mut out);
    out.push_str(" GMT");
    out
}

/// `20130524T000000Z`, as Signature Version 4 prints times. Milliseconds are cut off.
pub fn amz_date(ms: u64) -> String {
    let civil = Civil::of(ms);
    let mut out = String::with_capacity(16);
    push_digits(&mut out, civil.year, 4);
    push_digits(&mut out, civil.month, 2);
    push_digits(&mut out, civil.day, 2);
    out.push('T');
    push_digits(&mut out, civil.hour, 2);
    push_digits(&mut out, civil.minute, 2);
    push_digits(&mut out, civil.second, 2);
    out.push('Z');
    out
}

/// A point in time on the calendar, in UTC.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Civil {
    /// Since 1970.
    days: u32,
    year: u32,
    /// 1 to 12
    month: u32,
    /// 1 to 31
    day: u32,
    hour: u32,
    minute: u32,
    second: u32,
    millisecond: u32,
}

impl Civil {
    /// Times after the year 9999 are taken as its end.
    fn of(ms: u64) -> Civil {
        let ms = ms.min(LATEST_MS);
        let (days, rest) = ((ms / DAY_MS) as u32, (ms % DAY_MS) as u32);
        let (year, month, day) = date_of(days);
        Civil {
            days,
            year,
            month,
            day,
            hour: rest / 3_600_000,
            minute: rest / 60_000 % 60,
            second: rest / 1000 % 60,
            millisecond: rest % 1000,
        }
    }

    fn push_clock(&self, out: &mut String) {
        push_digits(out, self.hour, 2);
        out.push(':');
        push_digits(out, self.minute, 2);
        out.push(':');
        push_digits(out, self.second, 2);
    }
}

/// Days from 1 March of the year 0, from which leap days come last in a year, to 1 January 1970.
const MARCH_ZERO: u32 = 719_468;
/// Days of 400 years, after which the calendar repeats.
const ERA: u32 = 146_097;

/// The date of a day counted from 1970: year, month, day.
fn date_of(days: u32) -> (u32, u32, u32) {
    let days = days + MARCH_ZERO;
    let (era, day_of_era) = (days / ERA, days % ERA);
    // Leap days are taken out: one in 4 years, none in 100, one again in 400.
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // From March, months have 31, 30, 31, 30, 31 days, and again: 153 days in five.
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
    (era * 400 + year_of_era + u32::from(month <= 2), month, day)
}

/// The day of a date, counted from 1970; `None` before 1970 and for dates that do not exist.
fn days_of(year: u32, month: u32, day: u32) -> Option<u32> {
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || year > 9999 {
        return None;
    }
    let march_year = year.checked_sub(u32::from(month <= 2))?;
    let (era, year_of_era) = (march_year / 400, march_year % 400);
    let march_month = if month > 2 { month - 3 } else { month + 9 };
    let day_of_year = (153 * march_month + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    let days = (era * ERA + day_of_era).checked_sub(MARCH_ZERO)?;
    // 31 April would come back as 1 May.
    (date_of(days) == (year, month, day)).then_some(days)
}

/// The last four decimal digits of a number.
fn digits(number: u32) -> [u8; 4] {
    [1000, 100, 10, 1].map(|place| b'0' + (number / place % 10) as u8)
}

fn push_digits(out: &mut String, number: u32, count: u32) {
    for place in (0..count).rev() {
        let digit = number / 10_u32.pow(place) % 10;
        out.push(char::from(b'0' + digit as u8));
    }
}

#[cfg(test)]
mod tests;

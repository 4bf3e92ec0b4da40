//! Reads times: three forms of HTTP dates, ISO 8601, and the form of Signature Version 4.

use super::{DAY_MS, MONTHS, days_of};

/// Reads an HTTP date in any of its three forms: `Fri, 24 May 2013 00:00:00 GMT`,
/// `Friday, 24-May-13 00:00:00 GMT` and `Fri May 24 00:00:00 2013`. The weekday is not checked.
pub fn parse_http_date(text: &str) -> Option<u64> {
    let text = text.trim();
    let Some((_, rest)) = text.split_once(',') else { return parse_asctime(text) };
    let mut words = rest.split([' ', '-']).filter(|word| !word.is_empty());
    let (day, month, year) = (words.next()?, words.next()?, words.next()?);
    let clock = words.next()?;
    let zone = words.next()?;
    if !matches!(zone, "GMT" | "UTC" | "UT" | "Z" | "+0000") || words.next().is_some() {
        return None;
    }
    let year = match year.len() {
        // Two digits: 1970 to 2069.
        2 => number(year)? + if number(year)? < 70 { 2000 } else { 1900 },
        4 => number(year)?,
        _ => return None,
    };
    at(year, month_of(month)?, number(day)?, parse_clock(clock)?)
}

fn parse_asctime(text: &str) -> Option<u64> {
    let mut words = text.split(' ').filter(|word| !word.is_empty());
    let _weekday = words.next()?;
    let (month, day, clock, year) = (words.next()?, words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || year.len() != 4 {
        return None;
    }
    at(number(year)?, month_of(month)?, number(day)?, parse_clock(clock)?)
}

/// Reads `2013-05-24T00:00:00Z`, with any number of decimals and with an offset such as `+02:00` in
/// place of `Z`; and `2013-05-24`, which is midnight.
pub fn parse_iso8601(text: &str) -> Option<u64> {
    let text = text.trim();
    let date = text.get(..10)?;
    let [year, month, day] = split(date, '-')?;
    if year.len() != 4 || month.len() != 2 || day.len() != 2 {
        return None;
    }
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return at(number(year)?, number(month)?, number(day)?, 0);
    }
    let rest = rest.strip_prefix(['T', 't', ' '])?;
    let zone_start = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
    let (clock, zone) = (rest.get(..zone_start)?, rest.get(zone_start..)?);
    let (clock, decimals) = clock.split_once('.').unwrap_or((clock, ""));
    let ms = parse_clock(clock)? + parse_decimals(decimals)?;
    let local = at(number(year)?, number(month)?, number(day)?, ms)?;
    let offset_minutes = parse_zone(zone)?;
    Some(local.saturating_add_signed(-i64::from(offset_minutes) * 60_000))
}

/// Reads `20130524T000000Z`, and nothing else.
pub fn parse_amz_date(text: &str) -> Option<u64> {
    let (date, clock) = text.strip_suffix('Z')?.split_once('T')?;
    if date.len() != 8 || clock.len() != 6 {
        return None;
    }
    let digits = |text: &str, from: usize, to: usize| text.get(from..to).and_then(number);
    let ms = clock_ms(digits(clock, 0, 2)?, digits(clock, 2, 4)?, digits(clock, 4, 6)?)?;
    at(digits(date, 0, 4)?, digits(date, 4, 6)?, digits(date, 6, 8)?, ms)
}

/// A date and milliseconds into its day. A valid date before 1970 is 0.
fn at(year: u32, month: u32, day: u32, ms: u64) -> Option<u64> {
    if year < 1970 {
        // The calendar repeats every 400 years: a date exists if it exists 2000 years later.
        return days_of(year + 2000, month, day).map(|_| 0);
    }
    Some(u64::from(days_of(year, month, day)?) * DAY_MS + ms)
}

/// `00:00:00` in milliseconds; a leap second counts as the second before.
fn parse_clock(text: &str) -> Option<u64> {
    let [hour, minute, second] = split(text, ':')?;
    if hour.len() != 2 || minute.len() != 2 || second.len() != 2 {
        return None;
    }
    clock_ms(number(hour)?, number(minute)?, number(second)?)
}

fn clock_ms(hour: u32, minute: u32, second: u32) -> Option<u64> {
    if hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    Some(u64::from(hour * 3600 + minute * 60 + second.min(59)) * 1000)
}

/// Decimals of a second as milliseconds; further decimals are cut off.
fn parse_decimals(text: &str) -> Option<u64> {
    let mut ms = 0;
    for place in 0..3 {
        let digit = match text.as_bytes().get(place) {
            Some(digit) => number(std::str::from_utf8(&[*digit]).ok()?)?,
            None => 0,
        };
        ms = ms * 10 + u64::from(digit);
    }
    text.bytes().all(|byte| byte.is_ascii_digit()).then_some(ms)
}

/// `Z`, nothing, `+02:00` or `+0200`, in minutes.
fn parse_zone(text: &str) -> Option<i32> {
    if matches!(text, "" | "Z" | "z") {
        return Some(0);
    }
    let (sign, rest) = match text.strip_prefix('+') {
        Some(rest) => (1, rest),
        None => (-1, text.strip_prefix('-')?),
    };
    let (hours, minutes) = match rest.split_once(':') {
        Some(parts) => parts,
        None => (rest.get(..2)?, rest.get(2..)?),
    };
    let (hours, minutes) = (number(hours)?, number(minutes)?);
    if hours > 23 || minutes > 59 {
        return None;
    }
    Some(sign * i32::try_from(hours * 60 + minutes).ok()?)
}

fn month_of(name: &str) -> Option<u32> {
    let position = MONTHS.iter().position(|month| month.eq_ignore_ascii_case(name))?;
    u32::try_from(position + 1).ok()
}

/// Up to four digits.
fn number(text: &str) -> Option<u32> {
    let digits = (1..=4).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if digits { text.parse().ok() } else { None }
}

fn split(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let found = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(found)
}

//! The time that a request names: `20130524T000000Z`, or the `Date` header where that is missing.

use crate::timestamp;

/// A moment, to the second.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct AmzDate {
    milliseconds: u64,
}

impl AmzDate {
    /// A moment in milliseconds since 1970, cut off to the second.
    pub fn from_milliseconds(milliseconds: u64) -> AmzDate {
        AmzDate { milliseconds: milliseconds - milliseconds % 1000 }
    }

    /// Reads the form of `x-amz-date` and `X-Amz-Date`: `20130524T000000Z`, nothing else.
    pub fn parse(text: &str) -> Option<AmzDate> {
        timestamp::parse_amz_date(text).map(AmzDate::from_milliseconds)
    }

    /// Reads a `Date` header: an HTTP date, in any spelling of UTC, or the form of
    /// [`AmzDate::parse`].
    pub fn parse_http(text: &str) -> Option<AmzDate> {
        if let Some(date) = AmzDate::parse(text) {
            return Some(date);
        }
        let milliseconds = match text.strip_suffix(" -0000") {
            // `-0000` is an unknown zone in mail. Some signers write it for UTC.
            Some(date) => timestamp::parse_http_date(&[date, " GMT"].concat()),
            None => timestamp::parse_http_date(text),
        };
        milliseconds.map(AmzDate::from_milliseconds)
    }

    /// Milliseconds since 1970.
    pub fn milliseconds(self) -> u64 {
        self.milliseconds
    }

    /// `20130524T000000Z`
    pub fn basic(self) -> String {
        timestamp::amz_date(self.milliseconds)
    }

    /// `2013-05-24T00:00:00Z`, as error documents print moments.
    pub fn extended(self) -> String {
        let mut text = timestamp::iso8601(self.milliseconds);
        text.truncate("2013-05-24T00:00:00".len());
        text.push('Z');
        text
    }

    /// The same moment, `seconds` later.
    #[must_use]
    pub fn after(self, seconds: u64) -> AmzDate {
        AmzDate { milliseconds: self.milliseconds.saturating_add(seconds.saturating_mul(1000)) }
    }
}

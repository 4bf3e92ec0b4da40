//! Ranges of what a webhook reads.
//!
//! As S3 does it: a header that is no range, and one with several, has no effect
//! (<https://www.rfc-editor.org/rfc/rfc9110#section-14.2>).

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it.
    Whole,
    /// From a byte to another, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
}

/// What a response has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Served {
    /// All of it, with the status 200.
    Whole,
    /// The status 206: from the first byte to the last, both included.
    Range {
        /// The first byte.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// The status 416, `InvalidRange`.
    Unsatisfiable,
}

/// What the header `range` asks for.
pub(super) fn wanted(range: Option<&str>) -> Wanted {
    range.and_then(read).unwrap_or(Wanted::Whole)
}

fn read(text: &str) -> Option<Wanted> {
    let (unit, ranges) = text.split_once('=')?;
    if !unit.trim().eq_ignore_ascii_case("bytes") {
        return None;
    }
    let (first, last) = ranges.trim().split_once('-')?;
    match (first.trim(), last.trim()) {
        ("", last) => Some(Wanted::Last(number(last)?)),
        (first, "") => Some(Wanted::From(number(first)?, None)),
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            (first <= last).then_some(Wanted::From(first, Some(last)))
        }
    }
}

/// A number of digits alone. One that is too large is the largest.
fn number(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().unwrap_or(u64::MAX))
}

impl Wanted {
    /// What a response has of a result of so many bytes.
    pub(super) fn of(self, length: u64) -> Served {
        let range = |first: u64, last: u64| Served::Range { first, last };
        match self {
            Wanted::Whole => Served::Whole,
            Wanted::From(first, _) if first >= length => Served::Unsatisfiable,
            Wanted::From(first, last) => range(first, last.unwrap_or(u64::MAX).min(length - 1)),
            Wanted::Last(0) => Served::Unsatisfiable,
            Wanted::Last(_) if length == 0 => Served::Unsatisfiable,
            Wanted::Last(count) => range(length.saturating_sub(count), length - 1),
        }
    }
}

/// The header `content-range` of a response.
pub(super) fn content_range(served: Served, length: u64) -> Option<String> {
    match served {
        Served::Range { first, last } => Some(format!("bytes {first}-{last}/{length}")),
        Served::Unsatisfiable => Some(format!("bytes */{length}")),
        Served::Whole => None,
    }
}

#[cfg(test)]
mod tests;

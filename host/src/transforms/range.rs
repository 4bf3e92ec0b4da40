//! Ranges of what a transform made: a server applies them where they are not handed on.
//!
//! As S3 does it: a header that is no range, and one with several, has no effect
//! (<https://www.rfc-editor.org/rfc/rfc9110#section-14.2>). What a transform made is one part.

use bytes::{Buf as _, Bytes};

/// What a request asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of it.
    Whole,
    /// From a byte to another, or to the end.
    From(u64, Option<u64>),
    /// So many bytes at the end.
    Last(u64),
    /// A part.
    Part(u32),
}

/// What a response has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Served {
    /// All of it, with the status 200.
    Whole,
    /// The status 206: from the first byte to the last, both included.
    Range {
        /// The first byte.
        first: u64,
        /// The last one.
        last: u64,
    },
    /// All of it, with the status 206: it is the first part, and has no bytes.
    EmptyPart,
    /// The status 416, `InvalidRange`.
    Unsatisfiable,
    /// The status 416, `InvalidPartNumber`.
    NoSuchPart,
}

/// What the header `range` and the parameter `partNumber` ask for. S3 refuses both together before.
pub fn wanted(range: Option<&str>, part_number: Option<u32>) -> Wanted {
    match (part_number, range) {
        (Some(part), _) => Wanted::Part(part),
        (None, Some(range)) => read(range).unwrap_or(Wanted::Whole),
        (None, None) => Wanted::Whole,
    }
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
    pub fn of(self, length: u64) -> Served {
        let range = |first: u64, last: u64| Served::Range { first, last };
        match self {
            Wanted::Whole => Served::Whole,
            Wanted::From(first, _) if first >= length => Served::Unsatisfiable,
            Wanted::From(first, last) => range(first, last.unwrap_or(u64::MAX).min(length - 1)),
            Wanted::Last(0) => Served::Unsatisfiable,
            Wanted::Last(_) if length == 0 => Served::Unsatisfiable,
            Wanted::Last(count) => range(length.saturating_sub(count), length - 1),
            Wanted::Part(1) if length == 0 => Served::EmptyPart,
            Wanted::Part(1) => range(0, length - 1),
            Wanted::Part(_) => Served::NoSuchPart,
        }
    }
}

/// The header `content-range` of a response.
pub fn content_range(served: Served, length: u64) -> Option<String> {
    match served {
        Served::Range { first, last } => Some(format!("bytes {first}-{last}/{length}")),
        Served::Unsatisfiable => Some(format!("bytes */{length}")),
        Served::Whole | Served::EmptyPart | Served::NoSuchPart => None,
    }
}

/// Cuts a range out of pieces that pass by.
#[derive(Debug, Clone, Copy)]
pub struct RangeCut {
    skip: u64,
    left: u64,
}

impl RangeCut {
    /// From the first byte to the last, both included.
    pub fn new(first: u64, last: u64) -> RangeCut {
        RangeCut { skip: first, left: last.saturating_sub(first).saturating_add(1) }
    }

    /// What the range has of the next piece.
    pub fn take(&mut self, mut piece: Bytes) -> Bytes {
        let length = piece.len() as u64;
        let skipped = self.skip.min(length);
        piece.advance(usize::try_from(skipped).unwrap_or(piece.len()));
        self.skip -= skipped;
        let taken = self.left.min(piece.len() as u64);
        piece.truncate(usize::try_from(taken).unwrap_or(piece.len()));
        self.left -= taken;
        piece
    }

    /// Whether nothing more is needed.
    pub fn is_over(&self) -> bool {
        self.left == 0
    }
}

#[cfg(test)]
mod tests;

//! A range of what a transform made, cut out while it passes by.

use bytes::{Buf as _, Bytes};

/// Cuts a range out of pieces that pass by.
#[derive(Debug, Clone, Copy)]
pub(super) struct RangeCut {
    skip: u64,
    left: u64,
}

impl RangeCut {
    /// From the first byte to the last, both included.
    pub(super) fn new(first: u64, last: u64) -> RangeCut {
        RangeCut { skip: first, left: last.saturating_sub(first).saturating_add(1) }
    }

    /// What the range has of the next piece.
    pub(super) fn take(&mut self, mut piece: Bytes) -> Bytes {
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
    pub(super) fn is_over(&self) -> bool {
        self.left == 0
    }
}

#[cfg(test)]
mod tests;

//! What the policies of one request may cost: a budget of steps. Steps are counted, not timed, so
//! that a request is decided alike on every machine.
//!
//! A step is about what comparing a few bytes takes. Everything that grows with what a client
//! sends, or with what an account writes into a policy, spends steps. One [`Budget`] is for all
//! policies of one request, of every kind, and for all keys that the request is about. Once it is
//! spent, nothing is compared any more, and [`decide`](super::decide::decide) denies whatever is
//! left to decide.

use std::cell::Cell;

/// Steps that one request may take. Prices are set so that a step takes at most some 4 nanoseconds
/// of native code, whatever it is for: all steps together take some 15 milliseconds. The largest
/// policies that can be stored take some 30,000 for one key.
pub const WORK_MAX: u64 = 4 << 20;

/// What follows from [`WORK_MAX`], in the words of explanations and of simulations.
pub const EXHAUSTED: &str = "the policies take more work than a request may cause";

/// Bytes that are compared in one step, where they are only compared for equality.
pub(crate) const BYTES_PER_STEP: usize = 16;

/// What is left of the steps of one request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Budget {
    left: Cell<u64>,
    is_exhausted: Cell<bool>,
}

impl Default for Budget {
    fn default() -> Budget {
        Budget::of(WORK_MAX)
    }
}

impl Budget {
    /// So many steps.
    pub fn of(steps: u64) -> Budget {
        Budget { left: Cell::new(steps), is_exhausted: Cell::new(false) }
    }

    /// Whether more steps were needed than there were.
    pub fn is_exhausted(&self) -> bool {
        self.is_exhausted.get()
    }

    /// Steps that are left.
    pub fn left(&self) -> u64 {
        self.left.get()
    }

    /// Takes steps. `false` when too few are left: the caller must then do neither what they were
    /// for, nor anything after it.
    pub(crate) fn spend(&self, steps: usize) -> bool {
        let steps = u64::try_from(steps).unwrap_or(u64::MAX);
        match self.left.get().checked_sub(steps) {
            Some(left) if !self.is_exhausted.get() => {
                self.left.set(left);
                true
            }
            _ => {
                self.left.set(0);
                self.is_exhausted.set(true);
                false
            }
        }
    }

    /// Takes the steps for the comparison of two texts of so many bytes.
    pub(crate) fn spend_bytes(&self, bytes: usize) -> bool {
        self.spend(1 + bytes / BYTES_PER_STEP)
    }
}

#[cfg(test)]
mod tests;

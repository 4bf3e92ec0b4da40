//! `random`: numbers that nobody can guess.

use wasmtime::{Error, Result};

use crate::pipeline::bindings::random::Host;
use crate::pipeline::capabilities::HostState;

/// A random number. A type of its own, by which [`Draws`](crate::pipeline::journal::Draws) finds
/// it.
#[derive(Clone, Copy)]
struct Random(u64);

impl Host for HostState {
    fn next_u64(&mut self) -> Result<u64> {
        let fresh = || getrandom::u64().map(Random).map_err(|error| Error::msg(error.to_string()));
        self.draws.draw(fresh).map(|Random(number)| number)
    }
}

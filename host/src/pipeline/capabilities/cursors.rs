//! `cursors`: positions in listings, sealed for clients that keep them.

use wasmtime::{Error, Result};

use crate::pipeline::bindings::cursors::Host;
use crate::pipeline::capabilities::HostState;

impl Host for HostState {
    fn seal(&mut self, listing: String, position: String) -> Result<String> {
        let vault = &self.shared.vault;
        self.draws.draw(|| vault.seal_position(&listing, &position).map_err(Error::new))
    }

    fn open(&mut self, listing: String, text: String) -> Result<Option<String>> {
        Ok(self.shared.vault.open_position(&listing, &text).ok())
    }
}

//! `quotas`: what the operator allows, asked before a commit does.

use wasmtime::{Error, Result};

use crate::pipeline::bindings::calls::{Excess, UsageChange};
use crate::pipeline::bindings::quotas::Host;
use crate::pipeline::capabilities::HostState;
use crate::pipeline::quotas;

impl Host for HostState {
    fn are_set(&mut self) -> Result<bool> {
        Ok(self.shared.quotas.is_any())
    }

    fn excess_of(&mut self, change: UsageChange) -> Result<Option<Excess>> {
        let adds = self.shared.quotas.adds(&change);
        let excess = self.snapshot()?.excess(&adds).map_err(Error::new)?;
        Ok(excess.map(|excess| quotas::excess(&change, excess)))
    }
}

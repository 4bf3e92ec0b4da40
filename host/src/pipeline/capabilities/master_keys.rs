//! `master-keys`: what stages may know of the master keys that data keys are wrapped under.

use wasmtime::Result;

use crate::pipeline::bindings::master_keys::{Host, MasterKey};
use crate::pipeline::capabilities::HostState;

impl Host for HostState {
    fn find(&mut self, account: String, name: String) -> Result<Option<MasterKey>> {
        let found = self.shared.master_keys.find(&account, &name);
        Ok(found.map(|key| MasterKey {
            arn: key.arn,
            account: key.account,
            aliases: key.aliases,
            enabled: key.enabled,
            aws_managed: key.aws_managed,
            policy: key.policy,
        }))
    }

    fn policy(&mut self, arn: String) -> Result<Option<String>> {
        Ok(self.shared.master_keys.policy(&arn).map(str::to_owned))
    }
}

//! `master-keys`: what is to be known of the keys that data keys are wrapped under.

use wasmtime::Result;

use crate::pipeline::bindings::master_keys::{Host, MasterKey};
use crate::pipeline::capabilities::HostState;

impl Host for HostState {
    fn find(&mut self, account: String, name: String) -> Result<Option<MasterKey>> {
        let found = self.shared.kms.find(&account, &name);
        Ok(found.map(|key| MasterKey {
            arn: key.arn,
            account: key.account,
            aliases: key.aliases,
            enabled: key.enabled,
            aws_managed: key.managed,
            policy: key.policy,
        }))
    }

    fn policy(&mut self, arn: String) -> Result<Option<String>> {
        Ok(self.shared.kms.policy(&arn).map(str::to_owned))
    }
}

//! `vault`: secrets are made and sealed here.

use wasmtime::component::Resource;
use wasmtime::{Error, Result};

use crate::keys::vault::{self, SessionHolder};
use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::{Identity, Principal, SecondFactor, Session};
use crate::pipeline::bindings::vault::{AccessKey, Device, Host, Seed, Temporary, Usage};
use crate::pipeline::capabilities::HostState;
use crate::pipeline::capabilities::calls::establish;
use crate::pipeline::contract::{kind_of, session_details};

impl Host for HostState {
    fn generate(&mut self, account: String, unique_id: String) -> Result<AccessKey> {
        let vault = &self.shared.vault;
        self.draws.draw(|| {
            let key = vault.generate(&account, &unique_id).map_err(Error::new)?;
            Ok(AccessKey {
                access_key_id: key.access_key_id,
                secret: key.secret.reveal().to_owned(),
                sealed: key.sealed,
            })
        })
    }

    fn seal_session(&mut self, identity: Identity, session: Session) -> Result<Temporary> {
        let holder = SessionHolder {
            kind: kind_of(identity.kind),
            account: &identity.account,
            user: &identity.user,
            unique_id: &identity.unique_id,
            arn: &identity.arn,
        };
        let vault = &self.shared.vault;
        self.draws.draw(|| {
            let made = vault.seal_session(holder, session_details(session)).map_err(Error::new)?;
            Ok(Temporary {
                access_key_id: made.access_key_id,
                secret: made.secret.reveal().to_owned(),
                token: made.token,
            })
        })
    }

    fn seal_secret(&mut self, function: String, name: String, value: String) -> Result<Vec<u8>> {
        let vault = &self.shared.vault;
        self.draws.draw(|| vault.seal_secret(&function, &name, &value).map_err(Error::new))
    }

    fn last_use(&mut self, access_key_id: String) -> Result<Option<Usage>> {
        let last = self.shared.vault.last_use(&access_key_id);
        Ok(last.map(|last| Usage { at_ms: last.at_ms, service: last.service, region: last.region }))
    }

    fn make_seed(&mut self, account: String, serial_number: String) -> Result<Seed> {
        let vault = &self.shared.vault;
        self.draws.draw(|| {
            let made = vault.make_seed(&account, &serial_number).map_err(Error::new)?;
            Ok(Seed { text: made.text.reveal().to_owned(), sealed: made.sealed })
        })
    }

    fn find_step(&mut self, device: Device, code: String, first: u64, last: u64) -> Result<Option<u64>> {
        // A seed that was sealed for another device does not open. Then no code is right.
        Ok(self.shared.vault.find_step(&own(&device), &code, first, last).unwrap_or_default())
    }

    fn establish_second_factor(
        &mut self,
        handle: Resource<CallHandle>,
        device: Device,
        code: String,
        step: u64,
    ) -> Result<bool> {
        // The host looks at the code again, so that no other stage can claim a second factor.
        let is_right = self.shared.vault.find_step(&own(&device), &code, step, step) == Ok(Some(step));
        let facts = &mut self.calls.of(&handle)?.facts;
        let is_its = matches!(&facts.principal, Some(Principal::Authenticated(identity)) if identity.account == device.account);
        if !is_right || !is_its {
            return Ok(false);
        }
        let factor = SecondFactor { account: device.account, serial_number: device.serial_number };
        establish(&mut facts.second_factor, factor, "second-factor")?;
        Ok(true)
    }
}

fn own(device: &Device) -> vault::Device<'_> {
    vault::Device { account: &device.account, serial_number: &device.serial_number, sealed: &device.sealed }
}

//! `seals`: data keys are made and unwrapped here, and stay here. Stages get their numbers.

use wasmtime::component::Resource;
use wasmtime::{Error, Result};

use crate::keys::data_keys::{self, WrappingKey};
use crate::keys::master_keys::KeyError;
use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::seals::{DataKey as Made, Host, Unavailable, Wrapping};
use crate::pipeline::capabilities::HostState;

impl Host for HostState {
    fn make(
        &mut self,
        handle: Resource<CallHandle>,
        under: Wrapping,
        context: Vec<u8>,
    ) -> Result<std::result::Result<Made, Unavailable>> {
        let master_keys = &self.shared.master_keys;
        // Drawn through the journal: a call that runs again must have the key that its body is
        // sealed under already.
        let made = self.draws.draw(|| {
            let key = data_keys::draw().map_err(Error::new)?;
            let wrapped = match under {
                Wrapping::CustomerKey(given) => {
                    customer_key(&given)?.wrap(&context, &key).map_err(Error::new)?
                }
                Wrapping::MasterKey(arn) => match master_keys.wrap(&arn, &context, &key) {
                    Ok(wrapped) => wrapped,
                    Err(error) => return Ok(Err(unavailable(error))),
                },
            };
            Ok::<_, Error>(Ok((key, wrapped)))
        })?;
        let (key, wrapped) = match made {
            Ok(made) => made,
            Err(unavailable) => return Ok(Err(unavailable)),
        };
        let number = self.calls.of(&handle)?.add_data_key(key)?;
        Ok(Ok(Made { number, wrapped }))
    }

    fn open(
        &mut self,
        handle: Resource<CallHandle>,
        wrapped: Vec<u8>,
        under: Wrapping,
        context: Vec<u8>,
    ) -> Result<std::result::Result<u32, Unavailable>> {
        let opened = match under {
            Wrapping::CustomerKey(given) => {
                customer_key(&given)?.unwrap(&context, &wrapped).map_err(|_| Unavailable::Mismatch)
            }
            Wrapping::MasterKey(arn) => {
                self.shared.master_keys.unwrap(&arn, &context, &wrapped).map_err(unavailable)
            }
        };
        match opened {
            Ok(key) => Ok(Ok(self.calls.of(&handle)?.add_data_key(key)?)),
            Err(unavailable) => Ok(Err(unavailable)),
        }
    }
}

/// What a stage learns of a master key that cannot be used.
fn unavailable(error: KeyError) -> Unavailable {
    match error {
        KeyError::NotFound => Unavailable::UnknownKey,
        KeyError::Disabled => Unavailable::DisabledKey,
        KeyError::Mismatch => Unavailable::Mismatch,
        KeyError::Failed => Unavailable::Failed,
    }
}

/// The customer key with these bytes. Another length is a bug of the guest that checked it.
fn customer_key(bytes: &[u8]) -> Result<WrappingKey> {
    WrappingKey::new(bytes).ok_or_else(|| Error::msg("a key that is brought along has 32 bytes"))
}

//! `seals`: data keys are made and opened here, and stay here.

use wasmtime::component::Resource;
use wasmtime::{Error, Result};

use crate::bindings::seals::{DataKey as Made, Host, NamedKey, Unavailable, Wrapping};
use crate::call::CallHandle;
use crate::capabilities::HostState;
use crate::seals::{self, DataKey, GivenKey};

impl Host for HostState {
    fn make(
        &mut self,
        handle: Resource<CallHandle>,
        under: Wrapping,
        context: Vec<u8>,
    ) -> Result<std::result::Result<Made, Unavailable>> {
        let key = seals::draw().map_err(Error::new)?;
        let wrapped = match under {
            Wrapping::Given(given) => given_key(&given)?.wrap(&context, &key).map_err(Error::new)?,
            Wrapping::Named(arn) => match self.wrap_named(&arn, &context, &key) {
                Ok(wrapped) => wrapped,
                Err(unavailable) => return Ok(Err(unavailable)),
            },
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
            Wrapping::Given(given) => {
                given_key(&given)?.unwrap(&context, &wrapped).map_err(|_| Unavailable::Mismatch)
            }
            Wrapping::Named(arn) => self.unwrap_named(&arn, &context, &wrapped),
        };
        match opened {
            Ok(key) => Ok(Ok(self.calls.of(&handle)?.add_data_key(key)?)),
            Err(unavailable) => Ok(Err(unavailable)),
        }
    }

    fn find_key(&mut self, _account: String, _name: String) -> Result<Option<NamedKey>> {
        Ok(None)
    }
}

/// Where the key service will be: it has no keys yet.
impl HostState {
    fn wrap_named(
        &self,
        _arn: &str,
        _context: &[u8],
        _key: &DataKey,
    ) -> std::result::Result<Vec<u8>, Unavailable> {
        Err(Unavailable::UnknownKey)
    }

    fn unwrap_named(
        &self,
        _arn: &str,
        _context: &[u8],
        _wrapped: &[u8],
    ) -> std::result::Result<DataKey, Unavailable> {
        Err(Unavailable::UnknownKey)
    }
}

/// A key of another length is a bug of the guest that judged it.
fn given_key(bytes: &[u8]) -> Result<GivenKey> {
    GivenKey::new(bytes).ok_or_else(|| Error::msg("a key that is brought along has 32 bytes"))
}

//! Seeds of devices that show one-time codes: <https://www.rfc-editor.org/rfc/rfc6238> with SHA-1,
//! six digits and steps of 30 seconds.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use subtle::ConstantTimeEq as _;

use super::{Unsealable, Vault, open, seal};
use crate::keys::KeysError;
use crate::random::{self, ID_LETTERS};
use crate::secret::Secret;

/// Bytes of a seed: as many as SHA-1 gives.
const SEED_BYTES: usize = 20;
/// Digits of a code.
const DIGITS: usize = 6;
/// Steps that one search goes through.
const STEPS_MAX: u64 = 64;

/// A new seed.
#[derive(Debug)]
pub struct Seed {
    /// 32 letters, base32: for the owner of the device.
    pub text: Secret,
    /// The seed, sealed.
    pub sealed: Vec<u8>,
}

/// A device, with its seed as it is stored.
#[derive(Clone, Copy)]
pub struct Device<'a> {
    /// 12 digits.
    pub account: &'a str,
    /// What tells it from the other devices of the account.
    pub serial_number: &'a str,
    /// Its seed.
    pub sealed: &'a [u8],
}

impl std::fmt::Debug for Device<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Device({})", self.serial_number)
    }
}

impl Vault {
    /// Makes the seed of a device.
    ///
    /// # Errors
    /// No randomness, which is a broken system.
    pub fn make_seed(&self, account: &str, serial_number: &str) -> Result<Seed, KeysError> {
        let mut seed = [0; SEED_BYTES];
        random::fill(&mut seed)?;
        let sealed = seal(&self.seeds, &seed, &associated(account, serial_number))?;
        Ok(Seed { text: Secret::new(base32(&seed)), sealed })
    }

    /// The first of these steps whose code it is. A wrong code takes as long as a right one.
    ///
    /// # Errors
    /// The seed was not sealed here, or for another device.
    pub fn find_step(
        &self,
        device: &Device<'_>,
        code: &str,
        first: u64,
        last: u64,
    ) -> Result<Option<u64>, Unsealable> {
        let seed = open(&self.seeds, device.sealed, &associated(device.account, device.serial_number))?;
        let last = last.min(first.saturating_add(STEPS_MAX - 1));
        let mut found = None;
        for step in (first..=last).rev() {
            if bool::from(code_of(&seed, step).ct_eq(code.as_bytes())) {
                found = Some(step);
            }
        }
        Ok(found)
    }
}

fn associated(account: &str, serial_number: &str) -> Vec<u8> {
    ["seed", account, serial_number].join("\0").into_bytes()
}

/// The code of a step, as digits: <https://www.rfc-editor.org/rfc/rfc4226#section-5.3>
fn code_of(seed: &[u8], step: u64) -> [u8; DIGITS] {
    #[expect(clippy::expect_used, reason = "HMAC takes a key of any length")]
    let mut mac = Hmac::<Sha1>::new_from_slice(seed).expect("any length");
    mac.update(&step.to_be_bytes());
    let digest = mac.finalize().into_bytes();
    let offset = usize::from(digest.last().copied().unwrap_or_default() & 15);
    let picked = digest.iter().skip(offset).take(4).fold(0, |number, byte| (number << 8) | u32::from(*byte));
    let mut rest = picked & 0x7FFF_FFFF;
    let mut digits = [b'0'; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// Five bits a letter; the seed's bits come out even.
fn base32(bytes: &[u8]) -> String {
    let bit = |at: usize| bytes.get(at / 8).is_some_and(|byte| (byte >> (7 - at % 8)) & 1 == 1);
    let letter = |start: usize| (start..start + 5).fold(0, |index, at| (index << 1) | usize::from(bit(at)));
    let letters = (0..bytes.len() * 8).step_by(5).filter_map(|start| ID_LETTERS.get(letter(start)));
    letters.map(|letter| char::from(*letter)).collect()
}

#[cfg(test)]
mod tests;

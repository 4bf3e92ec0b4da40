//! Devices that show one-time codes: <https://www.rfc-editor.org/rfc/rfc6238>, as a phone computes
//! them.

use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;

/// A device whose seed is known.
#[derive(Clone, Debug)]
pub struct Device {
    /// `arn:aws:iam::111122223333:mfa/phone`
    pub serial_number: String,
    seed: Vec<u8>,
}

impl Device {
    /// From an answer to CreateVirtualMFADevice: the seed is base32 in base64.
    ///
    /// # Panics
    /// When it is not.
    pub fn new(serial_number: &str, seed: &str) -> Device {
        let text = String::from_utf8(BASE64.decode(seed).expect("base64")).expect("a text");
        let (mut seed, mut bits, mut count) = (Vec::new(), 0_u32, 0);
        for letter in text.bytes() {
            let value = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".iter().position(|own| *own == letter);
            bits = (bits << 5) | u32::try_from(value.expect("base32")).expect("5 bits");
            count += 5;
            if count >= 8 {
                count -= 8;
                seed.push((bits >> count) as u8);
                bits &= (1 << count) - 1;
            }
        }
        assert_eq!(seed.len(), 20);
        Device { serial_number: serial_number.to_owned(), seed }
    }

    /// What it shows in a step.
    ///
    /// # Panics
    /// Never: HMAC takes a key of any length.
    pub fn code(&self, step: u64) -> String {
        let mut mac = Hmac::<Sha1>::new_from_slice(&self.seed).expect("a key of any length");
        mac.update(&step.to_be_bytes());
        let digest = mac.finalize().into_bytes();
        let offset = usize::from(digest[19] & 15);
        let four: [u8; 4] = digest[offset..offset + 4].try_into().expect("four bytes");
        format!("{:06}", (u32::from_be_bytes(four) & 0x7FFF_FFFF) % 1_000_000)
    }
}

/// The step that it is now: 30 seconds each since 1970.
///
/// # Panics
/// When the clock is before 1970.
pub fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock after 1970").as_secs() / 30
}

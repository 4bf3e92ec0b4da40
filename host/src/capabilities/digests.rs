//! `digests`: of short texts, at native speed.

use sha2::{Digest, Sha256};
use wasmtime::{Error, Result};

use crate::bindings::calls::DigestAlgorithm;
use crate::bindings::digests::Host;
use crate::body::digest;
use crate::capabilities::{HostState, algorithm};

impl Host for HostState {
    fn sha256(&mut self, text: String) -> Result<String> {
        let mut hex = String::with_capacity(64);
        push_hex(&mut hex, &Sha256::digest(text.as_bytes()));
        Ok(hex)
    }

    fn md5(&mut self, bytes: Vec<u8>) -> Result<Vec<u8>> {
        Ok(digest::compute(digest::Algorithm::Md5, &bytes))
    }

    fn compute(&mut self, name: DigestAlgorithm, bytes: Vec<u8>) -> Result<Vec<u8>> {
        Ok(digest::compute(algorithm(name), &bytes))
    }

    fn combine(
        &mut self,
        name: DigestAlgorithm,
        first: Vec<u8>,
        second: Vec<u8>,
        second_length: u64,
    ) -> Result<Vec<u8>> {
        digest::combine(algorithm(name), &first, &second, second_length)
            .ok_or_else(|| Error::msg("this digest cannot be combined"))
    }
}

/// Appends bytes in lower-case hexadecimal.
pub(crate) fn push_hex(out: &mut String, bytes: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    for byte in bytes {
        for digit in [byte >> 4, byte & 15] {
            out.push(char::from(*DIGITS.get(usize::from(digit)).unwrap_or(&b'0')));
        }
    }
}

//! `digests`: digests of short texts, at native speed.

use sha2::{Digest, Sha256};
use wasmtime::{Error, Result};

use crate::body::digest;
use crate::hex;
use crate::pipeline::bindings::calls::DigestAlgorithm;
use crate::pipeline::bindings::digests::Host;
use crate::pipeline::capabilities::HostState;
use crate::pipeline::contract::algorithm;

impl Host for HostState {
    fn sha256(&mut self, text: String) -> Result<String> {
        Ok(hex::text(&Sha256::digest(text.as_bytes())))
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

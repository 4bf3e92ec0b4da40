//! Object bodies that are remade from a seed, to compare without keeping them.

use md5::{Digest, Md5};

/// What an object holds: remade whenever it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Body {
    /// Bodies of different seeds differ, from their first bytes on.
    pub seed: u64,
    /// In bytes.
    pub length: usize,
}

impl Body {
    /// The bytes: the seed and the length, then noise, cut to the length.
    pub fn bytes(self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.length + 16);
        bytes.extend_from_slice(&self.seed.to_be_bytes());
        bytes.extend_from_slice(&(self.length as u64).to_be_bytes());
        let mut noise = Noise::new(self.seed);
        while bytes.len() < self.length {
            bytes.extend_from_slice(&noise.draw().to_le_bytes());
        }
        bytes.truncate(self.length);
        bytes
    }

    /// The ETag of an object with this body, without quotes.
    pub fn etag(self) -> String {
        md5_hex(&self.bytes())
    }
}

/// A small generator of numbers that look random (splitmix64): the same seed gives the same numbers
/// everywhere.
#[derive(Clone, Debug)]
pub struct Noise(u64);

impl Noise {
    /// Starts at a seed.
    pub fn new(seed: u64) -> Noise {
        Noise(seed)
    }

    /// The next number.
    pub fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// The next number below `limit`, which is not 0.
    pub fn below(&mut self, limit: u64) -> u64 {
        self.draw() % limit
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[usize::try_from(self.below(choices.len() as u64)).expect("an index")]
    }
}

/// The MD5 of bytes.
pub fn md5(bytes: &[u8]) -> [u8; 16] {
    Md5::digest(bytes).into()
}

/// The MD5 of bytes, in lower-case hexadecimal.
pub fn md5_hex(bytes: &[u8]) -> String {
    hex(&md5(bytes))
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

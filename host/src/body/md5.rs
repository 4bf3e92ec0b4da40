//! MD5 (RFC 1321), the largest CPU cost of a received body: one stream as fast as the processor
//! allows, many side by side.
//!
//! One MD5 cannot be split, but its rounds leave most of a processor idle, so independent streams
//! can share it: [`lanes`] advances up to 16 of them in the time of one, [`pool`] finds them among
//! the bodies being received. `docs/adr/0005-md5-lanes.md` has the numbers.

mod lanes;
pub mod pool;
#[cfg(test)]
mod tests;

/// Bytes of one block, the unit in which MD5 consumes its input.
const BLOCK_BYTES: usize = 64;

/// The chaining value: A, B, C, D.
type Chain = [u32; 4];

const INITIAL: Chain = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476];

/// The additive constants, one a step: `floor(2^32 * |sin(step + 1)|)`.
#[rustfmt::skip]
const ADDENDS: [u32; 64] = [
    0xd76a_a478, 0xe8c7_b756, 0x2420_70db, 0xc1bd_ceee, 0xf57c_0faf, 0x4787_c62a, 0xa830_4613, 0xfd46_9501,
    0x6980_98d8, 0x8b44_f7af, 0xffff_5bb1, 0x895c_d7be, 0x6b90_1122, 0xfd98_7193, 0xa679_438e, 0x49b4_0821,
    0xf61e_2562, 0xc040_b340, 0x265e_5a51, 0xe9b6_c7aa, 0xd62f_105d, 0x0244_1453, 0xd8a1_e681, 0xe7d3_fbc8,
    0x21e1_cde6, 0xc337_07d6, 0xf4d5_0d87, 0x455a_14ed, 0xa9e3_e905, 0xfcef_a3f8, 0x676f_02d9, 0x8d2a_4c8a,
    0xfffa_3942, 0x8771_f681, 0x6d9d_6122, 0xfde5_380c, 0xa4be_ea44, 0x4bde_cfa9, 0xf6bb_4b60, 0xbebf_bc70,
    0x289b_7ec6, 0xeaa1_27fa, 0xd4ef_3085, 0x0488_1d05, 0xd9d4_d039, 0xe6db_99e5, 0x1fa2_7cf8, 0xc4ac_5665,
    0xf429_2244, 0x432a_ff97, 0xab94_23a7, 0xfc93_a039, 0x655b_59c3, 0x8f0c_cc92, 0xffef_f47d, 0x8584_5dd1,
    0x6fa8_7e4f, 0xfe2c_e6e0, 0xa301_4314, 0x4e08_11a1, 0xf753_7e82, 0xbd3a_f235, 0x2ad7_d2bb, 0xeb86_d391,
];

/// The left rotation of a step, in bits.
#[expect(clippy::indexing_slicing, reason = "evaluated while compiling")]
const fn rotation(step: usize) -> u32 {
    const ROTATIONS: [[u32; 4]; 4] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
    ROTATIONS[step / 16][step % 4]
}

/// Which of the block's 16 words a step adds.
const fn word(step: usize) -> usize {
    match step / 16 {
        0 => step,
        1 => (5 * step + 1) % 16,
        2 => (3 * step + 5) % 16,
        _ => (7 * step) % 16,
    }
}

/// Writes the 64 steps of a block out, so that every constant is one and the four variables change
/// roles without moves.
macro_rules! steps {
    ($step:ident, $a:ident, $b:ident, $c:ident, $d:ident) => {
        $crate::body::md5::sixteen!($step, 0, $a, $b, $c, $d);
        $crate::body::md5::sixteen!($step, 16, $a, $b, $c, $d);
        $crate::body::md5::sixteen!($step, 32, $a, $b, $c, $d);
        $crate::body::md5::sixteen!($step, 48, $a, $b, $c, $d);
    };
}
macro_rules! sixteen {
    ($step:ident, $from:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {
        $crate::body::md5::four!($step, $from, $a, $b, $c, $d);
        $crate::body::md5::four!($step, $from + 4, $a, $b, $c, $d);
        $crate::body::md5::four!($step, $from + 8, $a, $b, $c, $d);
        $crate::body::md5::four!($step, $from + 12, $a, $b, $c, $d);
    };
}
macro_rules! four {
    ($step:ident, $from:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {
        $step!($from, $a, $b, $c, $d);
        $step!($from + 1, $d, $a, $b, $c);
        $step!($from + 2, $c, $d, $a, $b);
        $step!($from + 3, $b, $c, $d, $a);
    };
}
use {four, sixteen, steps};

/// Consumes whole blocks in plain Rust. Bytes after the last whole block are ignored.
///
/// The second round's function is added in two parts: the part without `b`, the newest value, is
/// ready early, which takes one operation off the chain of dependencies that bounds the speed.
#[expect(clippy::indexing_slicing, reason = "16 words, indexed by constants below 16")]
fn compress_scalar(chain: &mut Chain, input: &[u8]) {
    let [mut a, mut b, mut c, mut d] = *chain;
    for block in input.as_chunks::<BLOCK_BYTES>().0 {
        let words: [u32; 16] = block_words(block);
        let (a0, b0, c0, d0) = (a, b, c, d);
        macro_rules! step {
            ($i:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {{
                const STEP: usize = $i;
                let sum = $a.wrapping_add(ADDENDS[STEP]).wrapping_add(words[word(STEP)]);
                let sum = match STEP / 16 {
                    0 => sum.wrapping_add((($c ^ $d) & $b) ^ $d),
                    1 => sum.wrapping_add(!$d & $c).wrapping_add($d & $b),
                    2 => sum.wrapping_add($b ^ ($c ^ $d)),
                    _ => sum.wrapping_add($c ^ ($b | !$d)),
                };
                $a = sum.rotate_left(rotation(STEP)).wrapping_add($b);
            }};
        }
        steps!(step, a, b, c, d);
        (a, b, c, d) = (a.wrapping_add(a0), b.wrapping_add(b0), c.wrapping_add(c0), d.wrapping_add(d0));
    }
    *chain = [a, b, c, d];
}

/// The block as 16 little-endian words.
#[inline(always)]
fn block_words(block: &[u8; BLOCK_BYTES]) -> [u32; 16] {
    let mut words = [0; 16];
    for (word, bytes) in words.iter_mut().zip(block.as_chunks::<4>().0) {
        *word = u32::from_le_bytes(*bytes);
    }
    words
}

/// The MD5 of a stream of bytes, as far as it was given.
#[derive(Clone)]
pub struct Md5 {
    chain: Chain,
    /// All bytes given so far.
    length: u64,
    /// The beginning of a block that is not whole yet: `length % 64` bytes of it.
    partial: [u8; BLOCK_BYTES],
}

impl Default for Md5 {
    fn default() -> Self {
        Self::new()
    }
}

impl Md5 {
    /// The MD5 of nothing, so far.
    pub fn new() -> Self {
        Self { chain: INITIAL, length: 0, partial: [0; BLOCK_BYTES] }
    }

    /// Appends bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        let rest = self.fill_partial(bytes);
        let (blocks, rest) = whole_blocks(rest);
        self.consume(blocks);
        self.keep_partial(rest);
    }

    /// The digest, 16 bytes.
    pub fn finish(mut self) -> [u8; 16] {
        let bits = self.length.wrapping_mul(8);
        let filled = self.partial_bytes();
        // 0x80, zeros, and the length in bits end at a block border.
        let mut padding = [0; 2 * BLOCK_BYTES];
        let padded = if filled < 56 { BLOCK_BYTES } else { 2 * BLOCK_BYTES } - filled;
        if let Some(first) = padding.first_mut() {
            *first = 0x80;
        }
        if let Some(length) = padding.get_mut(padded - 8..padded) {
            length.copy_from_slice(&bits.to_le_bytes());
        }
        self.update(padding.get(..padded).unwrap_or_default());
        let mut digest = [0; 16];
        for (bytes, word) in digest.as_chunks_mut::<4>().0.iter_mut().zip(self.chain) {
            *bytes = word.to_le_bytes();
        }
        digest
    }

    /// How many bytes of the current block are there.
    fn partial_bytes(&self) -> usize {
        (self.length % BLOCK_BYTES as u64) as usize
    }

    /// Completes a block that was begun, as far as `bytes` reach. What remains begins at a block
    /// border, or is empty.
    fn fill_partial<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let filled = self.partial_bytes();
        if filled == 0 {
            return bytes;
        }
        let (head, rest) = bytes.split_at(bytes.len().min(BLOCK_BYTES - filled));
        if let Some(gap) = self.partial.get_mut(filled..filled + head.len()) {
            gap.copy_from_slice(head);
        }
        self.length += head.len() as u64;
        if filled + head.len() == BLOCK_BYTES {
            let block = self.partial;
            lanes::compress(&mut self.chain, &block);
        }
        rest
    }

    /// Consumes whole blocks. Stands at a block border before and after.
    fn consume(&mut self, blocks: &[u8]) {
        lanes::compress(&mut self.chain, blocks);
        self.length += blocks.len() as u64;
    }

    /// Begins a block with less than 64 bytes. Stands at a block border before.
    fn keep_partial(&mut self, bytes: &[u8]) {
        for (kept, byte) in self.partial.iter_mut().zip(bytes) {
            *kept = *byte;
        }
        self.length += bytes.len() as u64;
    }
}

impl std::fmt::Debug for Md5 {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Md5").field("length", &self.length).finish_non_exhaustive()
    }
}

/// The MD5 of `bytes`.
pub fn digest(bytes: &[u8]) -> [u8; 16] {
    let mut md5 = Md5::new();
    md5.update(bytes);
    md5.finish()
}

/// Splits after the last whole block.
fn whole_blocks(bytes: &[u8]) -> (&[u8], &[u8]) {
    bytes.split_at(bytes.len() - bytes.len() % BLOCK_BYTES)
}

//! The MD5 of up to 16 streams in the time of one: each vector register holds one value of every
//! stream.
//!
//! A step of MD5 waits for the step before it, four operations or more, and a processor could do
//! several times that in the meantime. With AVX-512 even a single stream gains: any function of
//! three bits is one operation there.

use super::{BLOCK_BYTES, Chain, compress_scalar};

/// The most streams that one call of [`advance`] takes.
pub(super) const LANES_MAX: usize = 16;

/// How many streams this processor advances in the time of one; 1 when it has no vectors that would
/// pay.
pub(super) fn width() -> usize {
    #[cfg(target_arch = "x86_64")]
    return x86::width();
    #[cfg(not(target_arch = "x86_64"))]
    1
}

/// Consumes whole blocks of one stream, the fastest way there is.
pub(super) fn compress(chain: &mut Chain, blocks: &[u8]) {
    #[cfg(target_arch = "x86_64")]
    if x86::compress(chain, blocks) {
        return;
    }
    compress_scalar(chain, blocks);
}

/// Consumes equally many whole blocks of every stream: as many as the shortest has, at most
/// `blocks_max`. Returns how many that was.
pub(super) fn advance(streams: &mut [(&mut Chain, &[u8])], blocks_max: usize) -> usize {
    advance_by(width(), streams, blocks_max)
}

/// Like [`advance`], on vectors of 16 or 8 lanes. What the processor does not have is done one
/// stream after the other.
pub(super) fn advance_by(width: usize, streams: &mut [(&mut Chain, &[u8])], blocks_max: usize) -> usize {
    let shortest = streams.iter().map(|(_, input)| input.len() / BLOCK_BYTES).min().unwrap_or_default();
    let blocks = shortest.min(blocks_max);
    #[cfg(target_arch = "x86_64")]
    if streams.len() > 1 && x86::advance(width, streams, blocks) {
        return blocks;
    }
    for (chain, input) in streams {
        compress(chain, input.get(..blocks * BLOCK_BYTES).unwrap_or_default());
    }
    blocks
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    #![expect(
        unsafe_code,
        reason = "vector instructions: asked for first; loads and stores of whole fixed-size arrays"
    )]
    #![expect(
        clippy::indexing_slicing,
        reason = "fixed-size arrays, indexed by constants and by loops over them"
    )]

    use std::arch::x86_64::{
        __m256i, __m512i, _mm_add_epi32, _mm_cvtsi32_si128, _mm_cvtsi128_si32, _mm_rol_epi32,
        _mm_ternarylogic_epi32, _mm256_add_epi32, _mm256_and_si256, _mm256_andnot_si256, _mm256_loadu_si256,
        _mm256_or_si256, _mm256_permute2x128_si256, _mm256_set1_epi32, _mm256_slli_epi32, _mm256_srli_epi32,
        _mm256_storeu_si256, _mm256_unpackhi_epi32, _mm256_unpackhi_epi64, _mm256_unpacklo_epi32,
        _mm256_unpacklo_epi64, _mm256_xor_si256, _mm512_add_epi32, _mm512_loadu_si512, _mm512_rol_epi32,
        _mm512_set1_epi32, _mm512_shuffle_i32x4, _mm512_storeu_si512, _mm512_ternarylogic_epi32,
        _mm512_unpackhi_epi32, _mm512_unpackhi_epi64, _mm512_unpacklo_epi32, _mm512_unpacklo_epi64,
    };

    use super::super::{ADDENDS, BLOCK_BYTES, Chain, block_words, rotation, steps, word};

    type Block = [u8; BLOCK_BYTES];

    fn has_wide() -> bool {
        is_x86_feature_detected!("avx512f") && is_x86_feature_detected!("avx512vl")
    }

    fn has_narrow() -> bool {
        is_x86_feature_detected!("avx2")
    }

    pub(super) fn width() -> usize {
        if has_wide() {
            16
        } else if has_narrow() {
            8
        } else {
            1
        }
    }

    /// False when the processor has nothing better than plain Rust.
    pub(super) fn compress(chain: &mut Chain, input: &[u8]) -> bool {
        if !has_wide() {
            return false;
        }
        // SAFETY: the processor has AVX-512F and AVX-512VL.
        unsafe { single(chain, input) };
        true
    }

    /// Consumes `blocks` blocks of every stream; each has that many. False when the processor has
    /// no such lanes.
    pub(super) fn advance(width: usize, streams: &mut [(&mut Chain, &[u8])], blocks: usize) -> bool {
        if width == 16 && has_wide() {
            // SAFETY: the processor has AVX-512F.
            side_by_side::<16>(streams, blocks, |chains, inputs| unsafe { sixteen(chains, inputs) });
            true
        } else if width == 8 && has_narrow() {
            // SAFETY: the processor has AVX2.
            side_by_side::<8>(streams, blocks, |chains, inputs| unsafe { eight(chains, inputs) });
            true
        } else {
            false
        }
    }

    /// Gives each group of `N` streams to `kernel`, turned so that each row holds one value of
    /// every stream. Lanes without a stream repeat the group's first one.
    fn side_by_side<const N: usize>(
        streams: &mut [(&mut Chain, &[u8])],
        blocks: usize,
        kernel: impl Fn(&mut [[u32; N]; 4], &[&[Block]; N]),
    ) {
        for group in streams.chunks_mut(N) {
            let Some(first) = group.first().and_then(|(_, input)| input.as_chunks().0.get(..blocks)) else {
                continue;
            };
            let mut inputs: [&[Block]; N] = [first; N];
            let mut chains = [[0; N]; 4];
            for (lane, (chain, input)) in group.iter().enumerate() {
                if let (Some(slot), Some(input)) = (inputs.get_mut(lane), input.as_chunks().0.get(..blocks)) {
                    *slot = input;
                }
                for (row, value) in chains.iter_mut().zip(chain.iter()) {
                    if let Some(slot) = row.get_mut(lane) {
                        *slot = *value;
                    }
                }
            }
            kernel(&mut chains, &inputs);
            for (lane, (chain, _)) in group.iter_mut().enumerate() {
                for (row, value) in chains.iter().zip(chain.iter_mut()) {
                    *value = row.get(lane).copied().unwrap_or_default();
                }
            }
        }
    }

    /// One stream in the lowest lane of 128-bit registers: each step is four operations deep, in
    /// every round.
    #[target_feature(enable = "avx512f,avx512vl")]
    fn single(chain: &mut Chain, input: &[u8]) {
        let [mut a, mut b, mut c, mut d] = chain.map(|value| _mm_cvtsi32_si128(value.cast_signed()));
        for block in input.as_chunks::<BLOCK_BYTES>().0 {
            let words = block_words(block);
            let (a0, b0, c0, d0) = (a, b, c, d);
            macro_rules! step {
                ($i:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {{
                    const STEP: usize = $i;
                    let addend = words[word(STEP)].wrapping_add(ADDENDS[STEP]).cast_signed();
                    let sum = _mm_add_epi32($a, _mm_cvtsi32_si128(addend));
                    let mixed = match STEP / 16 {
                        0 => _mm_ternarylogic_epi32::<CHOOSE_BY_FIRST>($b, $c, $d),
                        1 => _mm_ternarylogic_epi32::<CHOOSE_BY_THIRD>($b, $c, $d),
                        2 => _mm_ternarylogic_epi32::<PARITY>($b, $c, $d),
                        _ => _mm_ternarylogic_epi32::<LAST>($b, $c, $d),
                    };
                    let turned = _mm_rol_epi32::<{ rotation(STEP).cast_signed() }>(_mm_add_epi32(sum, mixed));
                    $a = _mm_add_epi32(turned, $b);
                }};
            }
            steps!(step, a, b, c, d);
            (a, b, c, d) =
                (_mm_add_epi32(a, a0), _mm_add_epi32(b, b0), _mm_add_epi32(c, c0), _mm_add_epi32(d, d0));
        }
        *chain = [a, b, c, d].map(|value| _mm_cvtsi128_si32(value).cast_unsigned());
    }

    // The four mixing functions as truth tables over the bits of (b, c, d), b being the highest.
    const CHOOSE_BY_FIRST: i32 = 0b1100_1010;
    const CHOOSE_BY_THIRD: i32 = 0b1110_0100;
    const PARITY: i32 = 0b1001_0110;
    const LAST: i32 = 0b0011_1001;

    #[target_feature(enable = "avx512f")]
    fn sixteen(chains: &mut [[u32; 16]; 4], inputs: &[&[Block]; 16]) {
        // SAFETY: each row has 64 bytes.
        let [mut a, mut b, mut c, mut d] =
            chains.each_ref().map(|row| unsafe { _mm512_loadu_si512(row.as_ptr().cast()) });
        let count = inputs.iter().map(|input| input.len()).min().unwrap_or_default();
        for at in 0..count {
            let words = turn_sixteen(inputs, at);
            let (a0, b0, c0, d0) = (a, b, c, d);
            macro_rules! step {
                ($i:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {{
                    const STEP: usize = $i;
                    let addend = _mm512_set1_epi32(ADDENDS[STEP].cast_signed());
                    let sum = _mm512_add_epi32($a, _mm512_add_epi32(words[word(STEP)], addend));
                    let mixed = match STEP / 16 {
                        0 => _mm512_ternarylogic_epi32::<CHOOSE_BY_FIRST>($b, $c, $d),
                        1 => _mm512_ternarylogic_epi32::<CHOOSE_BY_THIRD>($b, $c, $d),
                        2 => _mm512_ternarylogic_epi32::<PARITY>($b, $c, $d),
                        _ => _mm512_ternarylogic_epi32::<LAST>($b, $c, $d),
                    };
                    let sum = _mm512_add_epi32(sum, mixed);
                    $a = _mm512_add_epi32(_mm512_rol_epi32::<{ rotation(STEP).cast_signed() }>(sum), $b);
                }};
            }
            steps!(step, a, b, c, d);
            a = _mm512_add_epi32(a, a0);
            b = _mm512_add_epi32(b, b0);
            c = _mm512_add_epi32(c, c0);
            d = _mm512_add_epi32(d, d0);
        }
        for (row, value) in chains.iter_mut().zip([a, b, c, d]) {
            // SAFETY: the row has 64 bytes.
            unsafe { _mm512_storeu_si512(row.as_mut_ptr().cast(), value) };
        }
    }

    /// Block `at` of 16 streams as 16 rows, row `n` holding word `n` of each: a matrix of words,
    /// transposed.
    #[target_feature(enable = "avx512f")]
    fn turn_sixteen(inputs: &[&[Block]; 16], at: usize) -> [__m512i; 16] {
        const EVEN: i32 = 0b10_00_10_00;
        const ODD: i32 = 0b11_01_11_01;
        // SAFETY: each block has 64 bytes.
        let load = |lane: usize| match inputs[lane].get(at) {
            Some(block) => unsafe { _mm512_loadu_si512(block.as_ptr().cast()) },
            None => _mm512_set1_epi32(0),
        };
        // Four lanes at a time: `quads[q][w]` holds words w, w+4, w+8, w+12, each of lanes 4q to
        // 4q+3.
        let quads: [[__m512i; 4]; 4] = std::array::from_fn(|quad| {
            let [r0, r1, r2, r3] = std::array::from_fn(|lane| load(4 * quad + lane));
            let (low01, high01) = (_mm512_unpacklo_epi32(r0, r1), _mm512_unpackhi_epi32(r0, r1));
            let (low23, high23) = (_mm512_unpacklo_epi32(r2, r3), _mm512_unpackhi_epi32(r2, r3));
            [
                _mm512_unpacklo_epi64(low01, low23),
                _mm512_unpackhi_epi64(low01, low23),
                _mm512_unpacklo_epi64(high01, high23),
                _mm512_unpackhi_epi64(high01, high23),
            ]
        });
        let mut rows = [_mm512_set1_epi32(0); 16];
        for at in 0..4 {
            let [q0, q1, q2, q3] = [quads[0][at], quads[1][at], quads[2][at], quads[3][at]];
            let (even01, odd01) = (_mm512_shuffle_i32x4::<EVEN>(q0, q1), _mm512_shuffle_i32x4::<ODD>(q0, q1));
            let (even23, odd23) = (_mm512_shuffle_i32x4::<EVEN>(q2, q3), _mm512_shuffle_i32x4::<ODD>(q2, q3));
            rows[at] = _mm512_shuffle_i32x4::<EVEN>(even01, even23);
            rows[at + 4] = _mm512_shuffle_i32x4::<EVEN>(odd01, odd23);
            rows[at + 8] = _mm512_shuffle_i32x4::<ODD>(even01, even23);
            rows[at + 12] = _mm512_shuffle_i32x4::<ODD>(odd01, odd23);
        }
        rows
    }

    #[target_feature(enable = "avx2")]
    fn eight(chains: &mut [[u32; 8]; 4], inputs: &[&[Block]; 8]) {
        // SAFETY: each row has 32 bytes.
        let [mut a, mut b, mut c, mut d] =
            chains.each_ref().map(|row| unsafe { _mm256_loadu_si256(row.as_ptr().cast()) });
        let ones = _mm256_set1_epi32(-1);
        let count = inputs.iter().map(|input| input.len()).min().unwrap_or_default();
        for at in 0..count {
            let words = turn_eight(inputs, at);
            let (a0, b0, c0, d0) = (a, b, c, d);
            macro_rules! step {
                ($i:expr, $a:ident, $b:ident, $c:ident, $d:ident) => {{
                    const STEP: usize = $i;
                    let addend = _mm256_set1_epi32(ADDENDS[STEP].cast_signed());
                    let sum = _mm256_add_epi32($a, _mm256_add_epi32(words[word(STEP)], addend));
                    let sum = match STEP / 16 {
                        0 => {
                            let changed = _mm256_and_si256(_mm256_xor_si256($c, $d), $b);
                            _mm256_add_epi32(sum, _mm256_xor_si256(changed, $d))
                        }
                        1 => {
                            let early = _mm256_add_epi32(sum, _mm256_andnot_si256($d, $c));
                            _mm256_add_epi32(early, _mm256_and_si256($d, $b))
                        }
                        2 => _mm256_add_epi32(sum, _mm256_xor_si256(_mm256_xor_si256($c, $d), $b)),
                        _ => {
                            let either = _mm256_or_si256(_mm256_xor_si256($d, ones), $b);
                            _mm256_add_epi32(sum, _mm256_xor_si256(either, $c))
                        }
                    };
                    const LEFT: i32 = rotation(STEP).cast_signed();
                    let turned = _mm256_or_si256(
                        _mm256_slli_epi32::<LEFT>(sum),
                        _mm256_srli_epi32::<{ 32 - LEFT }>(sum),
                    );
                    $a = _mm256_add_epi32(turned, $b);
                }};
            }
            steps!(step, a, b, c, d);
            a = _mm256_add_epi32(a, a0);
            b = _mm256_add_epi32(b, b0);
            c = _mm256_add_epi32(c, c0);
            d = _mm256_add_epi32(d, d0);
        }
        for (row, value) in chains.iter_mut().zip([a, b, c, d]) {
            // SAFETY: the row has 32 bytes.
            unsafe { _mm256_storeu_si256(row.as_mut_ptr().cast(), value) };
        }
    }

    /// Block `at` of 8 streams as 16 rows, row `n` holding word `n` of each.
    #[target_feature(enable = "avx2")]
    fn turn_eight(inputs: &[&[Block]; 8], at: usize) -> [__m256i; 16] {
        // SAFETY: each half of a block has 32 bytes.
        let load = |lane: usize, half: usize| match inputs[lane]
            .get(at)
            .and_then(|block| block.as_chunks::<32>().0.get(half))
        {
            Some(bytes) => unsafe { _mm256_loadu_si256(bytes.as_ptr().cast()) },
            None => _mm256_set1_epi32(0),
        };
        let mut rows = [_mm256_set1_epi32(0); 16];
        for half in 0..2 {
            // `quads[q][w]` holds words w and w+4 of this half, each of lanes 4q to 4q+3.
            let quads: [[__m256i; 4]; 2] = std::array::from_fn(|quad| {
                let [r0, r1, r2, r3] = std::array::from_fn(|lane| load(4 * quad + lane, half));
                let (low01, high01) = (_mm256_unpacklo_epi32(r0, r1), _mm256_unpackhi_epi32(r0, r1));
                let (low23, high23) = (_mm256_unpacklo_epi32(r2, r3), _mm256_unpackhi_epi32(r2, r3));
                [
                    _mm256_unpacklo_epi64(low01, low23),
                    _mm256_unpackhi_epi64(low01, low23),
                    _mm256_unpacklo_epi64(high01, high23),
                    _mm256_unpackhi_epi64(high01, high23),
                ]
            });
            for at in 0..4 {
                rows[8 * half + at] = _mm256_permute2x128_si256::<0x20>(quads[0][at], quads[1][at]);
                rows[8 * half + at + 4] = _mm256_permute2x128_si256::<0x31>(quads[0][at], quads[1][at]);
            }
        }
        rows
    }
}

//! Version ids and upload ids: 32 characters that hold a sequence and a random number.
//!
//! The key of a version's row is computed from its id, so no table of ids is needed. The random
//! half must be the same in the row, so ids cannot be guessed. Ids are hexadecimal: every character
//! is safe in a URL, in XML and in a shell.

#[cfg(test)]
mod tests;

/// Characters of an id.
pub(crate) const LENGTH: usize = 32;

/// The id of (sequence, nonce).
///
/// The sequence is mixed with the nonce, so that ids neither show how many writes there were nor
/// sort by time (as S3's do not).
pub(crate) fn encode(sequence: u64, nonce: u64) -> String {
    let mut text = String::with_capacity(LENGTH);
    push(&mut text, sequence, nonce);
    text
}

/// Appends the id of (sequence, nonce).
pub(crate) fn push(text: &mut String, sequence: u64, nonce: u64) {
    for byte in nonce.to_be_bytes().into_iter().chain((sequence ^ mix(nonce)).to_be_bytes()) {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from(if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }));
        }
    }
}

/// The (sequence, nonce) of an id; `None` for a text that is not one.
pub(crate) fn decode(text: &str) -> Option<(u64, u64)> {
    let canonical = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if text.len() != LENGTH || !canonical {
        return None;
    }
    let (nonce, sequence) = text.split_at_checked(16)?;
    let nonce = u64::from_str_radix(nonce, 16).ok()?;
    let sequence = u64::from_str_radix(sequence, 16).ok()? ^ mix(nonce);
    Some((sequence, nonce))
}

/// A permutation of 64 bits (the finaliser of SplitMix64).
fn mix(number: u64) -> u64 {
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

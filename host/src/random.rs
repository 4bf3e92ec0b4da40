//! Randomness of the operating system, for keys and ids that nobody may guess.

/// What AWS spells ids with; base32 uses the same.
pub(crate) const ID_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Letters that survive shells, URLs and double clicks.
pub(crate) const SECRET_LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// The operating system gives no randomness, which is a broken system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no randomness: {0}")]
pub struct NoRandomness(getrandom::Error);

/// Fills a buffer.
///
/// # Errors
/// [`NoRandomness`].
pub fn fill(bytes: &mut [u8]) -> Result<(), NoRandomness> {
    getrandom::fill(bytes).map_err(NoRandomness)
}

/// So many of these letters, each as likely as any other.
///
/// # Errors
/// [`NoRandomness`].
pub(crate) fn text(letters: &[u8], count: usize) -> Result<String, NoRandomness> {
    let mut text = String::with_capacity(count);
    let fair = 256 / letters.len() * letters.len();
    // Each round gives at least half of its bytes on average: 1,000 rounds fail only with a broken
    // source.
    for _ in 0..1000 {
        let mut bytes = [0; 64];
        fill(&mut bytes)?;
        let usable = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let more =
            usable.filter_map(|byte| letters.get(byte % letters.len())).map(|letter| char::from(*letter));
        text.extend(more.take(count - text.len()));
        if text.len() == count {
            return Ok(text);
        }
    }
    Err(NoRandomness(getrandom::Error::UNEXPECTED))
}

//! Words that are not known, and what may be meant.

/// Where all keys are listed.
pub(super) const EVERY_KEY: &str = "`portcullis config example` lists every key (docs/configuration.md)";

/// How alike two words have to be, where 1 is the same.
const LIKENESS_MIN: f64 = 0.8;
/// Bytes that the beginning of a word has, at least, to stand for it.
const BEGINNING_MIN: usize = 4;
/// Bytes of a word that is compared: comparing takes as many steps as the product of the lengths.
const WORD_BYTES_MAX: usize = 128;

/// ` (did you mean region?)`, or nothing where no word is like it.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    match meant(word, known) {
        Some(known) => format!(" (did you mean {known}?)"),
        None => String::new(),
    }
}

/// The known word that is most like a word.
fn meant<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > WORD_BYTES_MAX {
        return None;
    }
    let plain = |word: &str| word.to_lowercase().replace('-', "_");
    let (word, known) = (plain(word), known.into_iter().collect::<Vec<_>>());
    // Who writes `requests` has left out the end of `requests_per_second`: of what begins so, the
    // first is the usual one.
    let begun = known.iter().find(|known| word.len() >= BEGINNING_MIN && plain(known).starts_with(&word));
    if let Some(known) = begun {
        return Some(known);
    }
    let likeness = |known: &'a str| (strsim::jaro_winkler(&word, &plain(known)), known);
    let (likeness, known) = known.into_iter().map(likeness).max_by(|(a, _), (b, _)| a.total_cmp(b))?;
    (likeness >= LIKENESS_MIN).then_some(known)
}

#[cfg(test)]
mod tests;

//! JSON whose text shows what it holds. A terminal or a pager obeys some characters that JSON
//! allows in strings, and some readers of lines see ends of lines in others.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Escapes such characters in a JSON document. They stand in its strings only, so it stays the same
/// document.
pub(super) fn plain_json(text: &str) -> Cow<'_, str> {
    if !text.contains(is_obeyed) {
        return Cow::Borrowed(text);
    }
    let mut plain = String::with_capacity(text.len() + 64);
    for character in text.chars() {
        if is_obeyed(character) {
            // Writing to a String does not fail. None of them is beyond U+FFFF.
            let _ = write!(plain, "\\u{:04x}", u32::from(character));
        } else {
            plain.push(character);
        }
    }
    Cow::Owned(plain)
}

/// Controls that JSON does not escape, ends of lines, and what turns the direction of text around.
fn is_obeyed(character: char) -> bool {
    matches!(
        character,
        '\u{7f}'..='\u{9f}'
            | '\u{61c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    )
}

#[cfg(test)]
mod tests;

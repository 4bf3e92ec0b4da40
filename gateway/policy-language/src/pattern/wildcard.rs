//! Matching: whether a text is one that a pattern with wildcards stands for.
//!
//! A pattern is cut into segments at its stars. The text must begin with the first segment, and end
//! with the last. The other segments are searched one behind the other, each at its first position:
//! a later position would leave less text to the rest, and could not help. So the text is walked
//! once. Segments with `?` between letters are tried at 64 positions at a time.

use super::super::budget::Budget;

/// A part of a pattern whose variables are replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Token<'a> {
    /// These characters.
    Text(&'a str),
    /// Any one character.
    One,
    /// Any characters.
    Any,
}

/// Something with a token: a piece of a pattern without variables, or a piece whose variable is
/// replaced.
pub(super) trait Part {
    /// The token.
    fn token(&self) -> Token<'_>;
}

/// Steps that it takes to look at a part: once for its length, once for the stars, and once to
/// compare it.
const PART_COST: usize = 2;

/// Whether the parts match a text. `false` also where the budget ends first.
pub(super) fn matches<P: Part>(parts: &[P], text: &str, budget: &Budget) -> bool {
    // A pattern that needs more bytes than the text has cannot match.
    let least = |part: &P| match part.token() {
        Token::Text(own) => own.len(),
        Token::One => 1,
        Token::Any => 0,
    };
    if !budget.spend(PART_COST * parts.len()) || parts.iter().map(least).sum::<usize>() > text.len() {
        return false;
    }
    let mut segments = parts.split(|part| part.token() == Token::Any);
    let Some(rest) = segments.next().and_then(|first| after(first, text, budget)) else { return false };
    let Some(last) = segments.next_back() else { return rest.is_empty() };
    // The end is matched before the middle, so that the search covers only what is left between.
    let Some(mut rest) = before(last, rest, budget) else { return false };
    for segment in segments {
        let Some(found) = seek(segment, rest, budget) else { return false };
        rest = found;
    }
    !budget.is_exhausted()
}

/// The text behind a segment that begins it.
fn after<'a, P: Part>(segment: &[P], text: &'a str, budget: &Budget) -> Option<&'a str> {
    let mut rest = text;
    for part in segment {
        rest = match part.token() {
            Token::Text(own) if budget.spend_bytes(own.len()) => rest.strip_prefix(own)?,
            Token::One if budget.spend(1) => skip(rest, 1)?,
            _ => return None,
        };
    }
    Some(rest)
}

/// The text before a segment that ends it.
fn before<'a, P: Part>(segment: &[P], text: &'a str, budget: &Budget) -> Option<&'a str> {
    let mut rest = text;
    for part in segment.iter().rev() {
        rest = match part.token() {
            Token::Text(own) if budget.spend_bytes(own.len()) => rest.strip_suffix(own)?,
            Token::One if budget.spend(1) => {
                let mut characters = rest.chars();
                characters.next_back()?;
                characters.as_str()
            }
            _ => return None,
        };
    }
    Some(rest)
}

/// The text behind the first position where a segment matches.
fn seek<'a, P: Part>(segment: &[P], text: &'a str, budget: &Budget) -> Option<&'a str> {
    let is_text = |part: &P| matches!(part.token(), Token::Text(own) if !own.is_empty());
    let ones = |parts: &[P]| parts.iter().filter(|part| part.token() == Token::One).count();
    let begin = segment.iter().position(is_text).unwrap_or(segment.len());
    let end = segment.iter().rposition(is_text).map_or(begin, |last| last + 1);
    // Behind a star, `?` only demands that many characters more. So `?` at the ends of a segment is
    // skipped, and only what is between them is searched.
    let (lead, trail) = (ones(segment.get(..begin)?), ones(segment.get(end..)?));
    if !budget.spend(lead + trail) {
        return None;
    }
    let (core, rest) = (segment.get(begin..end)?, skip(text, lead)?);
    let rest = match core {
        [] => rest,
        [one] => match one.token() {
            Token::Text(own) => seek_text(own, rest, budget)?,
            Token::One | Token::Any => return None,
        },
        several if several.iter().all(|part| part.token() != Token::One) => {
            let texts = several.iter().map(|part| match part.token() {
                Token::Text(own) => own,
                Token::One | Token::Any => "",
            });
            seek_text(&texts.collect::<String>(), rest, budget)?
        }
        gapped => Gapped::of(gapped).seek(rest, budget)?,
    };
    skip(rest, trail)
}

/// The text behind the first position of `own`.
fn seek_text<'a>(own: &str, text: &'a str, budget: &Budget) -> Option<&'a str> {
    let found = memchr::memmem::find(text.as_bytes(), own.as_bytes()).map(|at| at + own.len());
    // The steps are spent after the search, when its length is known. One search takes no longer
    // than the text is long, so it cannot overrun the budget by more.
    let is_paid = budget.spend(SEARCH_COST + (own.len() + found.unwrap_or(text.len())) / SOUGHT_PER_STEP);
    text.get(found.filter(|_| is_paid)?..)
}

/// Steps that it takes to begin a search.
const SEARCH_COST: usize = 20;
/// Bytes that a search walks over in one step.
const SOUGHT_PER_STEP: usize = 4;

/// Texts with gaps of one character each, `a?c`.
struct Gapped {
    /// `None` is a gap.
    characters: Vec<Option<char>>,
    /// The characters, each once, in their order.
    distinct: Vec<char>,
}

/// Words of the maps of one search: 256 KiB.
const MAP_WORDS_MAX: usize = 1 << 15;
/// Steps that it takes to prepare a character of a pattern: to sort it among the others, and to
/// find it there.
const OWN_COST: usize = 12;
/// Steps for each byte of a text that is not all ASCII, to find the map of each character. For
/// ASCII it is one step.
const CHARACTER_COST: usize = 3;
/// How many characters ASCII has.
const ASCII: usize = 128;
/// Steps that it takes to try a character at one position.
const TRY_COST: usize = 2;
/// Positions that are tried at once.
const POSITIONS: usize = u64::BITS as usize;

impl Gapped {
    fn of<P: Part>(parts: &[P]) -> Gapped {
        let mut characters = Vec::new();
        for part in parts {
            match part.token() {
                Token::Text(own) => characters.extend(own.chars().map(Some)),
                Token::One | Token::Any => characters.push(None),
            }
        }
        let mut distinct: Vec<char> = characters.iter().copied().flatten().collect();
        distinct.sort_unstable();
        distinct.dedup();
        Gapped { characters, distinct }
    }

    /// The text behind the first position where it matches.
    fn seek<'a>(&self, text: &'a str, budget: &Budget) -> Option<&'a str> {
        // Counting positions and sorting characters costs too, before the search begins.
        if !budget.spend(OWN_COST * self.characters.len() + text.len() / 4) {
            return None;
        }
        let (own, length) = (self.characters.len(), text.chars().count());
        if own > length {
            return None;
        }
        let words = length / POSITIONS + 1;
        let start = if words.saturating_mul(self.distinct.len()) > MAP_WORDS_MAX {
            self.try_each(text, length - own, budget)
        } else {
            self.try_many(text, words, length - own, budget)
        };
        skip(text, start? + own)
    }

    /// The first position, found with a map for each character: the bits of a map are the positions
    /// of the character in the text.
    fn try_many(&self, text: &str, words: usize, last: usize, budget: &Budget) -> Option<usize> {
        let mut maps = vec![0_u64; words * self.distinct.len()];
        let is_plain = text.is_ascii();
        let cost = if is_plain { 1 } else { CHARACTER_COST };
        if !budget.spend(ASCII + maps.len() / 4 + cost * text.len()) {
            return None;
        }
        let number_of = |character: char| self.distinct.binary_search(&character).ok();
        // Most texts are ASCII: a table finds the map of an ASCII character without a search.
        let mut numbers = [None; ASCII];
        for own in self.distinct.iter().filter(|own| own.is_ascii()) {
            if let Some(number) = numbers.get_mut(*own as usize) {
                *number = number_of(*own);
            }
        }
        for (at, character) in text.chars().enumerate() {
            let number = match numbers.get(character as usize) {
                Some(number) => *number,
                None => number_of(character),
            };
            let Some(number) = number else { continue };
            if let Some(word) = maps.get_mut(number * words + at / POSITIONS) {
                *word |= 1 << (at % POSITIONS);
            }
        }
        let map = |character: char| {
            let number = self.distinct.binary_search(&character).ok()?;
            maps.get(number * words..(number + 1) * words)
        };
        let maps: Vec<Option<&[u64]>> = self.characters.iter().map(|own| map((*own)?)).collect();
        for first in (0..=last).step_by(POSITIONS) {
            let count = (last - first + 1).min(POSITIONS);
            let mut positions = u64::MAX >> (POSITIONS - count);
            for (offset, map) in maps.iter().enumerate() {
                let Some(map) = map else { continue };
                positions &= bits(map, first + offset);
                if !budget.spend(1) {
                    return None;
                }
                if positions == 0 {
                    break;
                }
            }
            if positions != 0 {
                return Some(first + positions.trailing_zeros() as usize);
            }
        }
        None
    }

    /// The first position, tried one by one: for patterns with so many different characters that
    /// the maps would be too large.
    fn try_each(&self, text: &str, last: usize, budget: &Budget) -> Option<usize> {
        let mut rest = text;
        for position in 0..=last {
            let mut characters = rest.chars();
            let fits = |own: &Option<char>| {
                let other = characters.next();
                budget.spend(TRY_COST) && other.is_some() && own.is_none_or(|own| other == Some(own))
            };
            if self.characters.iter().all(fits) {
                return Some(position);
            }
            if budget.is_exhausted() {
                return None;
            }
            rest = skip(rest, 1)?;
        }
        None
    }
}

/// As many bits of a map as are tried at once, from a position on.
fn bits(map: &[u64], from: usize) -> u64 {
    let (word, shift) = (from / POSITIONS, from % POSITIONS);
    let low = map.get(word).copied().unwrap_or_default() >> shift;
    match shift {
        0 => low,
        _ => low | (map.get(word + 1).copied().unwrap_or_default() << (POSITIONS - shift)),
    }
}

/// A text without its first characters; `None` when there are not as many.
fn skip(text: &str, count: usize) -> Option<&str> {
    let mut characters = text.chars();
    match count {
        0 => {}
        _ => {
            characters.nth(count - 1)?;
        }
    }
    Some(characters.as_str())
}

#[cfg(test)]
mod tests;

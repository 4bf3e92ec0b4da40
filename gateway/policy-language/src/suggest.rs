//! What was meant by a name with a mistake in it: the nearest of the names that exist.

/// Bytes of a name that is compared. A longer text is no mistyped name.
const NAME_LENGTH_MAX: usize = 80;
/// Letters that differ at most.
const DISTANCE_MAX: usize = 3;

/// The name nearest to what was written, without regard to case; `None` where none is near. Of
/// several that are equally near, the first.
pub(crate) fn nearest<'a>(written: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if written.len() > NAME_LENGTH_MAX {
        return None;
    }
    let folded = written.to_ascii_lowercase();
    // In a short name, three other letters make another name: at most a third may differ.
    let most = DISTANCE_MAX.min(written.len() / 3);
    let near = names.map(|name| (distance(&folded, &name.to_ascii_lowercase()), name));
    near.filter(|(distance, _)| *distance <= most).min_by_key(|(distance, _)| *distance).map(|(_, name)| name)
}

/// How many letters have to be put in, left out, replaced, or swapped with the next.
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    if left.len().abs_diff(right.len()) > DISTANCE_MAX {
        return usize::MAX;
    }
    let at = |row: &[usize], column: usize| row.get(column).copied().unwrap_or(usize::MAX / 2);
    let letter =
        |word: &[char], position: usize| position.checked_sub(1).and_then(|own| word.get(own)).copied();
    let (mut before, mut last): (Vec<usize>, Vec<usize>) = (Vec::new(), (0..=right.len()).collect());
    for row in 1..=left.len() {
        let mut next = vec![row];
        for column in 1..=right.len() {
            let (own, other) = (letter(&left, row), letter(&right, column));
            let replaced = at(&last, column - 1) + usize::from(own != other);
            let mut least = replaced.min(at(&last, column) + 1).min(at(&next, column - 1) + 1);
            let swapped =
                row > 1 && column > 1 && own == letter(&right, column - 1) && letter(&left, row - 1) == other;
            if swapped {
                least = least.min(at(&before, column - 2) + 1);
            }
            next.push(least);
        }
        (before, last) = (last, next);
    }
    at(&last, right.len())
}

#[cfg(test)]
mod tests;

//! Duplicates to the letter: runs of lines that stand in two places.
//!
//! A line counts where it says something: comments, imports and lines of punctuation alone are
//! passed over, and white space is folded. A run that another run continues is one.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::workspace;

/// Lines that two places share before they are a duplicate: fewer are alike by chance.
const LINES_MIN: usize = 6;

/// A file by its number, and a line of its code.
type Place = (usize, usize);

/// The duplicates of a tree: in its code, and in its tests.
///
/// # Panics
/// When a file cannot be read.
pub fn duplicates(tree: &Path) -> [Vec<String>; 2] {
    let (mut code, mut tests) = (Vec::new(), Vec::new());
    for (path, text) in workspace::sources(tree) {
        let is_test = workspace::is_test(Path::new(&path));
        let start = if is_test { Some(0) } else { text.find("\nmod tests {") };
        let (before, after) = text.split_at(start.unwrap_or(text.len()));
        // Blank lines in the place of the code, so that lines have their numbers.
        tests.push((path.clone(), "\n".repeat(before.matches('\n').count()) + after));
        code.push((path, before.to_string()));
    }
    [code, tests].map(|files| shared_runs(&files))
}

/// Pairs of places that share [`LINES_MIN`] lines or more, as `8 lines: a.rs:10, b.rs:40`.
pub(super) fn shared_runs(files: &[(String, String)]) -> Vec<String> {
    let codes: Vec<Vec<(usize, String)>> = files.iter().map(|(_, text)| code(text)).collect();
    let mut windows: BTreeMap<Vec<&str>, Vec<Place>> = BTreeMap::new();
    for (file, code) in codes.iter().enumerate() {
        for (at, window) in code.windows(LINES_MIN).enumerate() {
            let lines = window.iter().map(|(_, line)| line.as_str()).collect();
            windows.entry(lines).or_default().push((file, at));
        }
    }
    let pairs: BTreeSet<(Place, Place)> = windows.values().flat_map(|places| pairs(places)).collect();
    let shared = |one: Place, other: Place| {
        let more = |by: &usize| pairs.contains(&((one.0, one.1 + by), (other.0, other.1 + by)));
        LINES_MIN - 1 + (0..).take_while(more).count()
    };
    let goes_on = |one: Place, other: Place| {
        one.1 > 0 && other.1 > 0 && pairs.contains(&((one.0, one.1 - 1), (other.0, other.1 - 1)))
    };
    let shown = |(file, at): Place| format!("{}:{}", files[file].0, codes[file][at].0);
    let first = pairs.iter().filter(|(one, other)| !goes_on(*one, *other));
    first
        .map(|(one, other)| format!("{} lines: {}, {}", shared(*one, *other), shown(*one), shown(*other)))
        .collect()
}

/// Every two of the places; in one file, places that do not overlap.
fn pairs(places: &[Place]) -> Vec<(Place, Place)> {
    let of = |(number, one): (usize, &Place)| {
        let others = places[number + 1..].iter();
        let apart = others.filter(|other| one.0 != other.0 || other.1 >= one.1 + LINES_MIN);
        apart.map(|other| (*one, *other)).collect::<Vec<_>>()
    };
    places.iter().enumerate().flat_map(of).collect()
}

/// The lines that count, with their numbers from 1.
fn code(text: &str) -> Vec<(usize, String)> {
    let mut code = Vec::new();
    let mut is_import = false;
    for (at, line) in text.lines().enumerate() {
        let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
        is_import = is_import || line.starts_with("use ") || line.starts_with("pub use ");
        if is_import {
            is_import = !line.ends_with(';');
        } else if !line.starts_with("//") && line.contains(char::is_alphanumeric) {
            code.push((at + 1, line));
        }
    }
    code
}

//! Import cycles: who leads back to itself.

use std::collections::{BTreeMap, BTreeSet};

use super::Arrows;

/// Cycles: files or rooms of which each leads to every other, the largest cycle first.
pub fn cycles(arrows: &Arrows) -> Vec<Vec<&str>> {
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        arrows.keys().map(|from| (from.as_str(), reach(arrows, from))).collect();
    // Each member of a cycle finds the same cycle.
    let cycle = |from: &&str| -> Vec<&str> {
        reached[from].iter().filter(|other| reached[*other].contains(from)).copied().collect()
    };
    let found: BTreeSet<Vec<&str>> = reached.keys().map(cycle).filter(|cycle| !cycle.is_empty()).collect();
    let mut cycles: Vec<_> = found.into_iter().collect();
    cycles.sort_by_key(|cycle| std::cmp::Reverse(cycle.len()));
    cycles
}

fn reach<'a>(arrows: &'a Arrows, from: &'a str) -> BTreeSet<&'a str> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(next) = open.pop() {
        open.extend(arrows[next].iter().map(String::as_str).filter(|more| reached.insert(*more)));
    }
    reached
}

use std::collections::BTreeSet;

use super::*;

#[test]
fn request_ids_are_sixteen_capitals_and_digits_and_never_the_same() {
    let ids = RequestIds::new();
    let seen: BTreeSet<String> = (0..10_000).map(|_| ids.next()).collect();
    assert_eq!(seen.len(), 10_000);
    assert!(seen.iter().all(|id| id.len() == 16 && id.bytes().all(|byte| ALPHABET.contains(&byte))));
}

use std::collections::BTreeSet;

use super::*;

#[test]
fn request_ids_are_sixteen_capitals_and_digits_and_never_the_same() {
    let ids = RequestIds::new();
    let seen: BTreeSet<String> = (0..10_000).map(|_| ids.next()).collect();
    assert_eq!(seen.len(), 10_000);
    assert!(seen.iter().all(|id| id.len() == 16 && id.bytes().all(|byte| ALPHABET.contains(&byte))));
}

#[test]
fn a_process_knows_the_ids_that_it_gave_out() {
    let given = GivenIds::default();
    let (one, other) = (given.add(), given.add());
    let ids: Vec<String> =
        (0..200).map(|number| if number % 3 == 0 { one.next() } else { other.next() }).collect();
    assert!(ids.iter().all(|id| given.has_given(id)), "{ids:?}");
    let foreign = RequestIds::new();
    assert!((0..200).all(|_| !given.has_given(&foreign.next())));
    assert!(
        ["", "0123456789ABCDE", "0123456789abcdef", "0123456789ABCDEFG"]
            .iter()
            .all(|id| !given.has_given(id))
    );
}

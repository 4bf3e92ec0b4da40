use proptest::prelude::*;

use super::*;

#[test]
fn what_cannot_be_an_id_is_refused() {
    let id = encode(1, 2);
    assert_eq!(id.len(), LENGTH);
    for text in ["", "null", "0", &id[1..], &format!("{id}0"), &id.replace(&id[..1], "+"), &"É".repeat(16)] {
        assert_eq!(decode(text), None, "{text}");
    }
    assert_eq!(decode(&"A".repeat(32)), None, "ids are lower-case");
}

#[test]
fn ids_of_neighbours_do_not_resemble_each_other() {
    let (first, second) = (encode(41, 7), encode(42, 8));
    assert_ne!(first[16..24], second[16..24]);
}

proptest! {
    #[test]
    fn an_id_is_read_back(sequence: u64, nonce: u64) {
        prop_assert_eq!(decode(&encode(sequence, nonce)), Some((sequence, nonce)));
    }
}

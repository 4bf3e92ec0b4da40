//! Digests against published check values, and CRCs put together from parts.

use proptest::prelude::*;

use super::{Algorithm, DigestSet, combine, compute};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn each_algorithm_has_its_published_check_value() {
    let values = [
        (Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
        (Algorithm::Sha1, "f7c3bc1d808e04732adf679965ccc34ca7ae3441"),
        (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        (
            Algorithm::Sha512,
            "d9e6762dd1c8eaf6d61b3c6192fc408d4d6d5f1176d0c29169bc24e71c3f274a\
             d27fcd5811b313d681f7e55ec02d73d499c95455b6b5bb503acf574fba8ffe85",
        ),
        (Algorithm::Crc32, "cbf43926"),
        (Algorithm::Crc32c, "e3069283"),
        (Algorithm::Crc64nvme, "ae8b14860a799888"),
    ];
    for (algorithm, expected) in values {
        assert_eq!(hex(&compute(algorithm, b"123456789")), expected, "{algorithm:?}");
    }
    // The specification of xxHash gives these for no input and seed 0.
    let values = [
        (Algorithm::Xxhash64, "ef46db3751d8e999"),
        (Algorithm::Xxhash3, "2d06800538d394c2"),
        (Algorithm::Xxhash128, "99aa06d3014798d86001c324468d497f"),
    ];
    for (algorithm, expected) in values {
        assert_eq!(hex(&compute(algorithm, b"")), expected, "{algorithm:?}");
    }
}

#[test]
fn an_algorithm_named_twice_is_computed_once() {
    let mut set = DigestSet::new([Algorithm::Crc32, Algorithm::Md5, Algorithm::Crc32]);
    set.update(b"123456789");
    let names: Vec<_> = set.finish().into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, [Algorithm::Crc32, Algorithm::Md5]);
}

#[test]
fn only_crcs_of_the_right_length_combine() {
    assert_eq!(combine(Algorithm::Sha256, &[0; 32], &[0; 32], 1), None);
    assert_eq!(combine(Algorithm::Crc32, &[0; 8], &[0; 4], 1), None);
    assert_eq!(combine(Algorithm::Crc64nvme, &[0; 8], &[0; 4], 1), None);
}

proptest! {
    #[test]
    fn a_set_computes_what_each_algorithm_does(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        cut in 1usize..700,
    ) {
        let mut set = DigestSet::new(Algorithm::ALL);
        bytes.chunks(cut).for_each(|piece| set.update(piece));
        for (algorithm, value) in set.finish() {
            prop_assert_eq!(value, compute(algorithm, &bytes), "{:?}", algorithm);
        }
    }

    #[test]
    fn combined_crcs_equal_that_of_the_whole(
        first in proptest::collection::vec(any::<u8>(), 0..2000),
        second in proptest::collection::vec(any::<u8>(), 0..2000),
    ) {
        let whole = [first.clone(), second.clone()].concat();
        for crc in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64nvme] {
            let parts = combine(crc, &compute(crc, &first), &compute(crc, &second), second.len() as u64);
            prop_assert_eq!(parts, Some(compute(crc, &whole)));
        }
    }
}

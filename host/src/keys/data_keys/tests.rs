use super::*;

fn wrapping_key(byte: u8) -> WrappingKey {
    WrappingKey::new(&[byte; KEY_BYTES]).unwrap()
}

#[test]
fn a_data_key_opens_with_its_key_and_for_its_object() {
    let key = draw().unwrap();
    let wrapped = wrapping_key(1).wrap(b"arn:aws:s3:::photos/a", &key).unwrap();
    assert_eq!(wrapped.len(), 1 + SALT_BYTES + KEY_BYTES + 16);
    assert_eq!(wrapping_key(1).unwrap(b"arn:aws:s3:::photos/a", &wrapped).unwrap().reveal(), key.reveal());
    assert!(wrapping_key(2).unwrap(b"arn:aws:s3:::photos/a", &wrapped).is_err());
    assert!(wrapping_key(1).unwrap(b"arn:aws:s3:::photos/b", &wrapped).is_err());
    for position in 0..wrapped.len() {
        let mut other = wrapped.clone();
        other[position] ^= 1;
        assert!(wrapping_key(1).unwrap(b"arn:aws:s3:::photos/a", &other).is_err(), "{position}");
        assert!(
            wrapping_key(1).unwrap(b"arn:aws:s3:::photos/a", &wrapped[..position]).is_err(),
            "{position}"
        );
    }
}

#[test]
fn no_two_wraps_are_alike_and_nothing_shows_a_key() {
    let (one, other) = (draw().unwrap(), draw().unwrap());
    assert_ne!(one.reveal(), other.reveal());
    let wraps = [wrapping_key(1).wrap(b"", &one).unwrap(), wrapping_key(1).wrap(b"", &one).unwrap()];
    assert_ne!(wraps[0], wraps[1]);
    for wrapped in &wraps {
        assert!(!wrapped.windows(8).any(|window| one.reveal().windows(8).any(|part| part == window)));
    }
    assert_eq!(format!("{:?} {:?}", wrapping_key(1), one), "WrappingKey([redacted]) DataKey([redacted])");
}

#[test]
fn a_key_that_is_brought_along_has_32_bytes() {
    for length in [0, 31, 33] {
        assert!(WrappingKey::new(&vec![0; length]).is_none());
    }
}

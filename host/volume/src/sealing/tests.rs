use super::*;

fn key(root: u8, blob: u64, salt: u8) -> BlobKey {
    Root::new(&DataKey::new([root; 32])).blob_key(blob, &[salt; SALT_BYTES]).unwrap()
}

#[test]
fn lengths_follow_from_each_other() {
    let border = SEGMENT_BYTES as u64;
    for plain in [1, 2, border - 1, border, border + 1, 2 * border, 5 * border + 17] {
        assert_eq!(plain_length(sealed_length(plain)), Some(plain));
    }
    assert_eq!(sealed_length(border), 16 + border + 16);
    assert_eq!(sealed_length(border + 1), 16 + border + 16 + 1 + 16);
    assert_eq!(plain_length(0), None);
    assert_eq!(plain_length(16 + SEALED_BYTES as u64 + 7), None, "a tag that is cut short");
}

#[test]
fn a_segment_opens_where_it_was_sealed_and_nowhere_else() {
    let position = SegmentPosition { number: 3, is_last: false };
    let mut sealed = b"meow meow".to_vec();
    let tag = key(1, 7, 1).seal(position, &mut sealed).unwrap();
    assert_ne!(sealed, b"meow meow");
    sealed.extend_from_slice(&tag);
    let open = |key: BlobKey, position: SegmentPosition, sealed: &[u8]| {
        let mut bytes = [b"....".as_slice(), sealed].concat();
        let count = key.open(position, &mut bytes, 4)?;
        Ok::<_, VolumeError>(bytes[..count].to_vec())
    };
    assert_eq!(open(key(1, 7, 1), position, &sealed).unwrap(), b"meow meow");
    let others = [
        open(key(2, 7, 1), position, &sealed),
        open(key(1, 8, 1), position, &sealed),
        open(key(1, 7, 2), position, &sealed),
        open(key(1, 7, 1), SegmentPosition { number: 4, ..position }, &sealed),
        open(key(1, 7, 1), SegmentPosition { is_last: true, ..position }, &sealed),
        open(key(1, 7, 1), position, &sealed[..sealed.len() - 1]),
        open(key(1, 7, 1), position, &[]),
    ];
    for other in others {
        assert!(matches!(other, Err(VolumeError::Corrupt(_))), "{other:?}");
    }
}

#[test]
fn keys_are_not_printed() {
    let key = DataKey::new([0x41; 32]);
    let shown = format!("{key:?} {:?}", Root::new(&key));
    assert!(!shown.contains("41") && !shown.contains("65") && !shown.contains("AAAA"), "{shown}");
}

//! What is sealed opens with the key that it was put with, and with no other key.

use volume::{OpenError, ReadStep};

use super::*;

fn key(byte: u8) -> DataKey {
    DataKey::new([byte; 32])
}

fn blob_file(dir: &std::path::Path, id: u64) -> std::path::PathBuf {
    dir.join(format!("files/{:02x}/{id:016x}.blob", id & 255))
}

/// Whether these bytes are anywhere in the folder.
fn is_in_folder(dir: &std::path::Path, bytes: &[u8]) -> bool {
    std::fs::read_dir(dir).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_in_folder(&path, bytes);
        }
        std::fs::read(path).unwrap().windows(bytes.len()).any(|window| window == bytes)
    })
}

fn read_span(volume: &Volume, span: Span, under: Option<&DataKey>, max: usize) -> Vec<u8> {
    let mut reader = volume.reader(&[span], under).unwrap();
    let mut read = Vec::new();
    while let Some(bytes) = reader.next_blocking(max).unwrap() {
        assert!(!bytes.is_empty() && bytes.len() <= max);
        read.extend_from_slice(&bytes);
    }
    assert_eq!(reader.remaining(), 0);
    read
}

#[test]
fn any_range_of_a_sealed_body_is_what_was_put() {
    const SEGMENT: usize = 64 << 10;
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let given = key(9);
    for under in [None, Some(&given)] {
        for size in [1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 4 * SEGMENT, 4 * SEGMENT + 1, 9 * SEGMENT + 17] {
            let content = body(size as u64, size);
            let id = store_under(&volume, b"a", &content, under);
            let borders = [0, 1, SEGMENT - 1, SEGMENT, SEGMENT + 1, 3 * SEGMENT, 4 * SEGMENT, size - 1];
            for from in borders.into_iter().filter(|from| *from < size) {
                for to in borders.into_iter().chain([size]).filter(|to| *to > from && *to <= size) {
                    let span = Span { blob: id, offset: from as u64, length: (to - from) as u64 };
                    for max in [usize::MAX, 50_000] {
                        assert!(
                            read_span(&volume, span, under, max) == content[from..to],
                            "{size} {from}-{to}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn nothing_of_a_sealed_body_is_in_the_folder() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let (small, large) = (body(1, 5000), body(2, 700_000));
    let given = key(9);
    store(&volume, b"a", &small);
    store(&volume, b"b", &large);
    store_under(&volume, b"c", &small, Some(&given));
    store_under(&volume, b"d", &large, Some(&given));
    volume.close();
    for content in
        [&small[..32], &small[4900..4932], &large[..32], &large[650_000..650_032], &[7; 32], &[9; 32]]
    {
        assert!(!is_in_folder(dir.path(), content));
    }
    // The same search finds what is not sealed.
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(plain_options(dir.path())).unwrap();
    store(&volume, b"a", &small);
    store(&volume, b"b", &large);
    volume.close();
    assert!(
        is_in_folder(dir.path(), &small[4900..4932]) && is_in_folder(dir.path(), &large[650_000..650_032])
    );
}

#[test]
fn the_same_body_is_never_sealed_alike() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let content = body(1, 500_000);
    let (one, two) = (store(&volume, b"a", &content), store(&volume, b"b", &content));
    let (one, two) = (
        std::fs::read(blob_file(dir.path(), one)).unwrap(),
        std::fs::read(blob_file(dir.path(), two)).unwrap(),
    );
    assert_eq!(one.len(), 500_000 + 16 + 8 * 16);
    let alike = one.chunks(64).zip(two.chunks(64)).filter(|(one, two)| one == two).count();
    assert_eq!((one.len(), alike), (two.len(), 0));
}

#[test]
fn a_body_under_a_data_key_is_for_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let (right, wrong) = (key(9), key(8));
    for size in [5000, 700_000] {
        let content = body(3, size);
        let id = store_under(&volume, b"a", &content, Some(&right));
        let span = Span { blob: id, offset: 0, length: size as u64 };
        assert!(matches!(volume.reader(&[span], None), Err(VolumeError::Sealed(blob)) if blob == id));
        let mut reader = volume.reader(&[span], Some(&wrong)).unwrap();
        assert!(matches!(reader.next_blocking(usize::MAX), Err(VolumeError::Corrupt(blob)) if blob == id));
        assert!(read_span(&volume, span, Some(&right), usize::MAX) == content);
        // What is under the volume's key is not taken for something under the caller's.
        let own = store(&volume, b"b", &content);
        let span = Span { blob: own, offset: 0, length: size as u64 };
        assert!(
            matches!(volume.reader(&[span], Some(&right)), Err(VolumeError::Sealed(blob)) if blob == own)
        );
    }
}

#[test]
fn a_damaged_segment_is_not_given_out_and_the_others_are() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let content = body(2, 500_000);
    let id = store(&volume, b"a", &content);
    let other = store(&volume, b"b", &content);
    volume.close();
    drop(volume);
    let path = blob_file(dir.path(), id);
    let whole = std::fs::read(&path).unwrap();
    let read = |offset: u64, length: u64| {
        let volume = Volume::open(options(dir.path())).unwrap();
        let mut reader = volume.reader(&[Span { blob: id, offset, length }], None)?;
        let mut read = Vec::new();
        while let Some(bytes) = reader.next_blocking(10_000)? {
            read.extend_from_slice(&bytes);
        }
        Ok::<_, VolumeError>(read)
    };
    // A bit in the third segment.
    let mut damaged = whole.clone();
    damaged[150_000] ^= 1;
    std::fs::write(&path, &damaged).unwrap();
    assert!(matches!(read(0, 500_000), Err(VolumeError::Corrupt(_))));
    assert!(matches!(read(140_000, 1), Err(VolumeError::Corrupt(_))));
    assert!(read(0, 131_072).unwrap() == content[..131_072]);
    assert!(read(300_000, 200_000).unwrap() == content[300_000..]);
    // Two segments in each other's place; the end cut off; another blob's bytes.
    let mut swapped = whole.clone();
    swapped.copy_within(16..16 + 65_552, 16 + 65_552);
    std::fs::write(&path, &swapped).unwrap();
    assert!(matches!(read(70_000, 1), Err(VolumeError::Corrupt(_))));
    std::fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    assert!(matches!(read(499_999, 1), Err(VolumeError::Missing { .. })));
    std::fs::copy(blob_file(dir.path(), other), &path).unwrap();
    assert!(matches!(read(0, 1), Err(VolumeError::Corrupt(_))));
    std::fs::write(&path, &whole).unwrap();
    assert!(read(0, 500_000).unwrap() == content);
}

#[test]
fn what_was_stored_before_bodies_were_sealed_stays_readable() {
    let dir = tempfile::tempdir().unwrap();
    let (small, large) = (body(1, 5000), body(2, 700_000));
    let volume = Volume::open(plain_options(dir.path())).unwrap();
    let before = [store(&volume, b"a", &small), store(&volume, b"b", &large)];
    drop(volume);
    for _ in 0..2 {
        let volume = Volume::open(options(dir.path())).unwrap();
        let since = [store(&volume, b"c", &small), store(&volume, b"d", &large)];
        for [one, two] in [before, since] {
            assert!(
                load(&volume, one, 5000).unwrap() == small && load(&volume, two, 700_000).unwrap() == large
            );
        }
    }
}

#[test]
fn a_volume_opens_with_its_own_key_only() {
    let dir = tempfile::tempdir().unwrap();
    drop(Volume::open(options(dir.path())).unwrap());
    let with = |key: Option<KeySource>| Volume::open(Options { key, ..plain_options(dir.path()) });
    let (other, none) = (KeySource::fixed(key(8)), KeySource::new(|_| Ok(None)));
    let refused = with(Some(other));
    assert!(matches!(refused, Err(OpenError::WrongKey)), "{refused:?}");
    for refused in [with(Some(none)), with(None)] {
        assert!(matches!(refused, Err(OpenError::NoKey)), "{refused:?}");
    }
    let unreadable = with(Some(KeySource::new(|_| Err(std::io::Error::other("torn")))));
    assert!(matches!(unreadable, Err(OpenError::Key(_))), "{unreadable:?}");
    // It does not ask for a new one either: that could not open anything.
    let asked =
        KeySource::new(|make| if make { Err(std::io::Error::other("asked")) } else { Ok(Some(key(7))) });
    drop(with(Some(asked)).unwrap());
}

#[test]
fn sealed_bytes_in_memory_are_read_without_waiting() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let content = body(2, 600_000);
    let id = store(&volume, b"a", &content);
    // Read once, so that the page cache has it.
    assert!(load(&volume, id, 600_000).unwrap() == content);
    let mut reader = volume.reader(&[Span { blob: id, offset: 100_000, length: 400_000 }], None).unwrap();
    let mut read = Vec::new();
    while let ReadStep::Bytes(bytes) = reader.try_next(usize::MAX).unwrap() {
        read.extend_from_slice(&bytes);
    }
    assert!(read == content[100_000..500_000]);
}

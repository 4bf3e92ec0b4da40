//! The volume over the operating system's files: what is put is there, now and after a restart.

#![cfg(test)]

use std::time::Duration;

use volume::{
    Batch, CommitError, DataKey, Direction, KeySource, Options, Put, Requirement, Span, Volume, VolumeError,
};

mod counters;
mod held;
mod sealed;

fn options(dir: &std::path::Path) -> Options {
    let key = Some(KeySource::fixed(DataKey::new([7; 32])));
    Options { key, ..plain_options(dir) }
}

/// Of a volume that does not seal.
fn plain_options(dir: &std::path::Path) -> Options {
    Options { background: false, free_grace: Duration::ZERO, ..Options::new(dir) }
}

fn put(table: &str, key: &[u8], value: &[u8]) -> Put {
    Put { table: table.into(), key: key.into(), value: value.into() }
}

fn store(volume: &Volume, key: &[u8], body: &[u8]) -> u64 {
    store_under(volume, key, body, None)
}

fn store_under(volume: &Volume, key: &[u8], body: &[u8], under: Option<&DataKey>) -> u64 {
    let mut receiver = volume.receive(Some(body.len() as u64), under);
    for piece in body.chunks(100_000) {
        receiver.write(piece).unwrap();
    }
    let pending = receiver.finish_blocking().unwrap();
    let id = pending.id();
    let batch =
        Batch { put: vec![put("objects", key, &id.to_be_bytes())], keep: vec![id], ..Batch::default() };
    volume.commit_blocking(batch).unwrap();
    id
}

fn load(volume: &Volume, id: u64, length: u64) -> Result<Vec<u8>, VolumeError> {
    let mut reader = volume.reader(&[Span { blob: id, offset: 0, length }], None)?;
    let mut body = Vec::new();
    while let Some(bytes) = reader.next_blocking(usize::MAX)? {
        body.extend_from_slice(&bytes);
    }
    Ok(body)
}

fn body(seed: u64, length: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    (0..length)
        .map(|_| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 24) as u8
        })
        .collect()
}

#[test]
fn what_is_committed_is_there_after_a_restart() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let sizes = [0, 1, 4096, 262_144, 262_145, 3_000_000];
    let stored: Vec<_> = sizes
        .iter()
        .enumerate()
        .map(|(n, size)| (store(&volume, &[n as u8], &body(n as u64, *size)), *size))
        .collect();
    let mut volume = volume;
    for _ in 0..3 {
        for (n, (id, size)) in stored.iter().enumerate() {
            let row = volume.snapshot().unwrap().get("objects", &[n as u8]).unwrap().unwrap();
            assert_eq!(row.value, id.to_be_bytes());
            assert_eq!(row.revision, n as u64 + 1);
            assert_eq!(load(&volume, *id, *size as u64).unwrap(), body(n as u64, *size));
        }
        drop(volume);
        volume = Volume::open(options(dir.path())).unwrap();
    }
}

#[test]
fn requirements_are_evaluated_right_before_the_batch() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let absent = Requirement::Absent { table: "t".into(), key: b"k".to_vec() };
    let first = Batch { require: vec![absent], put: vec![put("t", b"k", b"1")], ..Batch::default() };
    let revision = volume.commit_blocking(first.clone()).unwrap();
    assert_eq!(volume.commit_blocking(first), Err(CommitError::Conflict));
    let unchanged = Requirement::Unchanged { table: "t".into(), key: b"k".to_vec(), revision };
    let second = Batch { require: vec![unchanged], put: vec![put("t", b"k", b"2")], ..Batch::default() };
    let later = volume.commit_blocking(second.clone()).unwrap();
    assert!(later > revision);
    assert_eq!(volume.commit_blocking(second), Err(CommitError::Conflict));
    let empty = Requirement::Empty { table: "t".into(), start: b"a".to_vec(), end: b"k".to_vec() };
    let third = Batch { require: vec![empty], delete: vec![("t".into(), b"k".to_vec())], ..Batch::default() };
    volume.commit_blocking(third).unwrap();
    assert_eq!(volume.snapshot().unwrap().get("t", b"k").unwrap(), None);
}

#[test]
fn of_many_writers_of_an_absent_row_exactly_one_wins() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let wins: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8u8)
            .map(|n| {
                let volume = &volume;
                scope.spawn(move || {
                    let require = vec![Requirement::Absent { table: "t".into(), key: b"k".to_vec() }];
                    let batch = Batch { require, put: vec![put("t", b"k", &[n])], ..Batch::default() };
                    usize::from(volume.commit_blocking(batch).is_ok())
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(wins, 1);
}

/// Rows as a scan packs them: each has a key of one byte, and a value of three bytes like it.
fn packed(keys: &[u8], revision: u64) -> Vec<u8> {
    let row = |key: &u8| {
        [&1u32.to_le_bytes()[..], &3u32.to_le_bytes(), &revision.to_le_bytes(), &[*key; 4]].concat()
    };
    keys.iter().flat_map(row).collect()
}

#[test]
fn scans_are_packed_and_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let rows = (0..100u8).map(|n| put("t", &[n], &[n; 3])).collect();
    let revision = volume.commit_blocking(Batch { put: rows, ..Batch::default() }).unwrap();
    let snapshot = volume.snapshot().unwrap();
    let mut out = Vec::new();
    let count = snapshot.scan("t", (&[10], &[13]), 100, Direction::Backward, &mut out).unwrap();
    assert_eq!(count, 3);
    assert_eq!(out, packed(&[12, 11, 10], revision));
    out.clear();
    assert_eq!(snapshot.scan("t", (&[0], &[255]), 7, Direction::Forward, &mut out).unwrap(), 7);
    assert_eq!(snapshot.scan("nothing", (&[0], &[255]), 7, Direction::Forward, &mut out).unwrap(), 0);
    let big = vec![7; 400_000];
    let rows = (0..10u8).map(|n| put("big", &[n], &big)).collect();
    volume.commit_blocking(Batch { put: rows, ..Batch::default() }).unwrap();
    out.clear();
    let count =
        volume.snapshot().unwrap().scan("big", (&[0], &[255]), 100, Direction::Forward, &mut out).unwrap();
    assert_eq!(count, 3);
}

#[test]
fn a_peek_takes_the_starts_of_values_and_goes_over_little() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let rows = (0..100u8).map(|n| put("t", &[n], &[n; 60_000])).collect();
    let revision = volume.commit_blocking(Batch { put: rows, ..Batch::default() }).unwrap();
    let snapshot = volume.snapshot().unwrap();
    let mut out = Vec::new();
    assert_eq!(snapshot.peek("t", (&[10], &[100]), 2, 3, &mut out).unwrap(), 2);
    assert_eq!(out, packed(&[10, 11], revision));
    out.clear();
    assert_eq!(snapshot.peek("t", (&[0], &[255]), 100, 3, &mut out).unwrap(), 5);
    assert_eq!(snapshot.peek("t", (&[0], &[255]), 1, 100_000, &mut out).unwrap(), 1);
}

#[test]
fn a_second_process_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    assert!(matches!(Volume::open(options(dir.path())), Err(volume::OpenError::Locked)));
    drop(volume);
    Volume::open(options(dir.path())).unwrap();
}

#[test]
fn a_newer_format_and_a_foreign_folder_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let newer = format!("portcullis-volume {} 00000000000000aa\n", volume::FORMAT + 1);
    std::fs::write(dir.path().join("FORMAT"), newer).unwrap();
    let refused = Volume::open(options(dir.path()));
    assert!(matches!(refused, Err(volume::OpenError::NewerFormat { supported: volume::FORMAT, .. })));
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("thesis.tex"), "…").unwrap();
    assert!(matches!(Volume::open(options(dir.path())), Err(volume::OpenError::NotAVolume)));
}

#[test]
fn sequences_grow_over_restarts() {
    let dir = tempfile::tempdir().unwrap();
    let mut last = 0;
    for _ in 0..5 {
        let volume = Volume::open(options(dir.path())).unwrap();
        for _ in 0..1000 {
            let next = volume.next_sequence();
            assert!(next > last);
            last = next;
        }
    }
}

#[test]
fn references_are_counted_and_the_last_one_removes_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let large = body(1, 500_000);
    let id = store(&volume, b"a", &large);
    volume.commit_blocking(Batch { keep: vec![id], ..Batch::default() }).unwrap();
    volume.commit_blocking(Batch { free: vec![id], ..Batch::default() }).unwrap();
    volume.maintain().unwrap();
    let mut reader = volume.reader(&[Span { blob: id, offset: 1000, length: 400_000 }], None).unwrap();
    volume.commit_blocking(Batch { free: vec![id], ..Batch::default() }).unwrap();
    assert_eq!(
        volume.commit_blocking(Batch { free: vec![id], ..Batch::default() }),
        Err(CommitError::Conflict)
    );
    assert_eq!(
        volume.commit_blocking(Batch { keep: vec![id], ..Batch::default() }),
        Err(CommitError::Conflict)
    );
    volume.maintain().unwrap();
    let mut read = Vec::new();
    while let Some(bytes) = reader.next_blocking(10_000).unwrap() {
        read.extend_from_slice(&bytes);
    }
    assert!(read == large[1000..401_000]);
    drop(reader);
    volume.maintain().unwrap();
    assert!(matches!(
        volume.reader(&[Span { blob: id, offset: 0, length: 1 }], None),
        Err(VolumeError::NoSuchBlob(_))
    ));
    let left = std::fs::read_dir(dir.path().join(format!("files/{:02x}", id & 255))).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
fn a_body_that_nobody_keeps_is_reclaimed() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let mut receiver = volume.receive(None, None);
    receiver.write(&body(1, 700_000)).unwrap();
    let pending = receiver.finish_blocking().unwrap();
    let folder = dir.path().join(format!("files/{:02x}", pending.id() & 255));
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    let id = pending.id();
    drop(pending);
    volume.maintain().unwrap();
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
    assert_eq!(
        volume.commit_blocking(Batch { keep: vec![id], ..Batch::default() }),
        Err(CommitError::Conflict)
    );
    let mut receiver = volume.receive(None, None);
    receiver.write(&body(1, 700_000)).unwrap();
    drop(receiver);
    volume.maintain().unwrap();
    let files = std::fs::read_dir(dir.path().join("files")).unwrap();
    let left: usize = files.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum();
    assert_eq!(left, 0);
}

#[test]
fn a_damaged_body_is_never_given_out_whole() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(plain_options(dir.path())).unwrap();
    let small = store(&volume, b"a", &body(1, 5000));
    let large = store(&volume, b"b", &body(2, 500_000));
    volume.close();
    let log = dir.path().join("log/0000000001.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let at = bytes.windows(16).position(|window| window == &body(1, 5000)[..16]).unwrap();
    bytes[at + 100] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let file = dir.path().join(format!("files/{:02x}/{large:016x}.blob", large & 255));
    let cut = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    cut.set_len(499_999).unwrap();
    drop(volume);
    let volume = Volume::open(plain_options(dir.path())).unwrap();
    assert!(matches!(load(&volume, small, 5000), Err(VolumeError::Corrupt(id)) if id == small));
    assert!(matches!(load(&volume, large, 500_000), Err(VolumeError::Missing { blob, .. }) if blob == large));
}

#[test]
fn compaction_moves_what_is_live_and_removes_the_rest() {
    let dir = tempfile::tempdir().unwrap();
    let small = Options { segment_bytes: 1 << 20, allocate_bytes: 1 << 18, ..options(dir.path()) };
    let volume = Volume::open(small).unwrap();
    let ids: Vec<u64> = (0..400u64).map(|n| store(&volume, &n.to_be_bytes(), &body(n, 10_000))).collect();
    let free: Vec<u64> =
        ids.iter().copied().enumerate().filter(|(n, _)| n % 10 != 0).map(|(_, id)| id).collect();
    volume.commit_blocking(Batch { free, ..Batch::default() }).unwrap();
    let before = volume.stats();
    for _ in 0..20 {
        volume.checkpoint();
        volume.maintain().unwrap();
    }
    let after = volume.stats();
    assert!(before.segments >= 4, "{before:?}");
    assert!(after.segments <= 2, "{after:?}");
    // A record's header, salt and tag come with each.
    assert_eq!(after.live_bytes, 40 * 10_072);
    for (n, id) in ids.iter().enumerate().step_by(10) {
        assert_eq!(load(&volume, *id, 10_000).unwrap(), body(n as u64, 10_000));
    }
}

#[test]
fn the_scrub_finds_a_damaged_body() {
    let dir = tempfile::tempdir().unwrap();
    let scrubbed = Options { scrub_bytes_per_second: 1 << 30, ..options(dir.path()) };
    let volume = Volume::open(scrubbed).unwrap();
    for n in 0..10u8 {
        store(&volume, &[n], &body(u64::from(n), 5000));
    }
    let large = store(&volume, b"large", &body(99, 500_000));
    volume.maintain().unwrap();
    assert_eq!((volume.stats().scrubbed_blobs, volume.stats().scrub_errors), (11, 0));
    let file = dir.path().join(format!("files/{:02x}/{large:016x}.blob", large & 255));
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[400_000] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    drop(volume);
    let scrubbed = Options { scrub_bytes_per_second: 1 << 30, ..options(dir.path()) };
    let volume = Volume::open(scrubbed.clone()).unwrap();
    volume.maintain().unwrap();
    assert_eq!((volume.stats().scrubbed_blobs, volume.stats().scrub_errors), (10, 1));
    drop(volume);
    let report = volume::check(&scrubbed, None).unwrap();
    assert_eq!(report.problems, [volume::Problem::Corrupt(large)]);
    assert_eq!((report.rows, report.blobs, report.bytes), (11, 11, 550_464));
}

#[test]
fn a_damaged_log_is_not_taken_for_a_torn_one() {
    let dir = tempfile::tempdir().unwrap();
    let small =
        Options { segment_bytes: 1 << 20, checkpoint_idle: Duration::from_secs(3600), ..options(dir.path()) };
    let volume = Volume::open(small.clone()).unwrap();
    for n in 0..200u8 {
        store(&volume, &[n], &body(u64::from(n), 10_000));
    }
    // As after a crash: nothing was checkpointed, and the lock is free.
    // A bit in a segment that has a successor, and one in the last segment.
    for (segment, at) in [(1, 500_000), (2, 10_000)] {
        let copy = tempfile::tempdir().unwrap();
        copy_folder(dir.path(), copy.path());
        let log = copy.path().join(format!("log/{segment:010}.log"));
        let mut bytes = std::fs::read(&log).unwrap();
        bytes[at] ^= 1;
        std::fs::write(&log, bytes).unwrap();
        let opened = Volume::open(Options { dir: copy.path().into(), ..small.clone() });
        assert!(matches!(opened, Err(volume::OpenError::Damaged(_))), "{opened:?}");
    }
    // The end of the last record is as good as torn.
    let copy = tempfile::tempdir().unwrap();
    copy_folder(dir.path(), copy.path());
    let log = copy.path().join("log/0000000002.log");
    let mut bytes = std::fs::read(&log).unwrap();
    let last = bytes.iter().rposition(|byte| *byte != 0).unwrap();
    bytes[last] ^= 1;
    std::fs::write(&log, bytes).unwrap();
    let volume = Volume::open(Options { dir: copy.path().into(), ..small }).unwrap();
    assert!(volume.snapshot().unwrap().get("objects", &[198]).unwrap().is_some());
    assert!(volume.snapshot().unwrap().get("objects", &[199]).unwrap().is_none());
}

#[test]
fn spans_are_read_one_after_the_other() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let (small, large) = (body(1, 5000), body(2, 700_000));
    let (one, two) = (store(&volume, b"a", &small), store(&volume, b"b", &large));
    let spans = [
        Span { blob: one, offset: 10, length: 4000 },
        Span { blob: two, offset: 0, length: 700_000 },
        Span { blob: one, offset: 0, length: 0 },
        Span { blob: two, offset: 699_999, length: 1 },
    ];
    let mut reader = volume.reader(&spans, None).unwrap();
    assert_eq!(reader.length(), 704_001);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let read = runtime.block_on(async {
        let mut read = Vec::new();
        while let Some(bytes) = reader.next(usize::MAX).await.unwrap() {
            read.extend_from_slice(&bytes);
        }
        read
    });
    assert_eq!(read, [&small[10..4010], &large, &large[699_999..]].concat());
    assert_eq!(reader.try_next(1).unwrap(), volume::ReadStep::End);
    let beyond = volume.reader(&[Span { blob: one, offset: 1, length: 5000 }], None);
    assert!(matches!(beyond, Err(VolumeError::OutOfRange(id)) if id == one));
    let beyond = volume.reader(&[Span { blob: one, offset: u64::MAX, length: 5000 }], None);
    assert!(matches!(beyond, Err(VolumeError::OutOfRange(id)) if id == one));
}

#[test]
fn queues_are_bounded() {
    let dir = tempfile::tempdir().unwrap();
    let narrow = Options { commit_queue_max: 2, tail_bytes_max: 20_000, ..options(dir.path()) };
    let volume = Volume::open(narrow).unwrap();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (begun, began) = std::sync::mpsc::channel();
    volume.commit(
        Batch::default(),
        Box::new(move |_| {
            begun.send(()).unwrap();
            let _ = held.recv();
        }),
    );
    began.recv().unwrap();
    // The committer is busy: two may wait, the third is refused, and so is a body that finds the
    // tail full.
    let (answer, answers) = std::sync::mpsc::channel();
    for _ in 0..3 {
        let answer = answer.clone();
        volume.commit(Batch::default(), Box::new(move |result| answer.send(result).unwrap()));
    }
    assert_eq!(answers.recv().unwrap(), Err(CommitError::Overloaded));
    let receive = || {
        let mut receiver = volume.receive(None, None);
        receiver.write(&body(1, 8000)).unwrap();
        receiver.finish_blocking()
    };
    let kept = [receive().unwrap(), receive().unwrap()];
    assert!(matches!(receive(), Err(VolumeError::Overloaded)));
    hold.send(()).unwrap();
    assert!(answers.recv().unwrap().is_ok() && answers.recv().unwrap().is_ok());
    volume.commit_blocking(Batch { keep: vec![kept[0].id(), kept[1].id()], ..Batch::default() }).unwrap();
    assert!(receive().is_ok());
    volume.close();
    assert_eq!(volume.commit_blocking(Batch::default()), Err(CommitError::Failed));
}

#[test]
fn relaxed_commits_survive_the_process() {
    let dir = tempfile::tempdir().unwrap();
    let relaxed = Options { durability: volume::Durability::Relaxed, ..options(dir.path()) };
    let volume = Volume::open(relaxed.clone()).unwrap();
    let id = store(&volume, b"a", b"quick");
    let copy = tempfile::tempdir().unwrap();
    copy_folder(dir.path(), copy.path());
    let again = Volume::open(Options { dir: copy.path().into(), ..relaxed }).unwrap();
    assert_eq!(load(&again, id, 5).unwrap(), b"quick");
}

fn copy_folder(from: &std::path::Path, to: &std::path::Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn bytes_that_are_not_there_are_found_before_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let volume = Volume::open(options(dir.path())).unwrap();
    let length = 3_000_000;
    let whole = store(&volume, b"whole", &body(1, length));
    let gone = store(&volume, b"gone", &body(2, length));
    let short = store(&volume, b"short", &body(3, length));
    let file = |id: u64| dir.path().join(format!("files/{:02x}/{id:016x}.blob", id & 0xff));
    std::fs::remove_file(file(gone)).unwrap();
    std::fs::OpenOptions::new().write(true).open(file(short)).unwrap().set_len(1_000_000).unwrap();
    let look = |blobs: &[u64], length: u64| {
        let spans: Vec<Span> = blobs.iter().map(|blob| Span { blob: *blob, offset: 0, length }).collect();
        volume.reader(&spans, None).unwrap().find_missing()
    };
    let length = length as u64;
    assert!(look(&[whole, whole], length).is_ok());
    for lost in [gone, short] {
        let found = look(&[whole, lost], length).unwrap_err();
        assert!(matches!(&found, VolumeError::Missing { blob, .. } if *blob == lost), "{found}");
        assert!(volume.find_missing(&[whole, lost]).is_err());
    }
    // What is there of the shorter one can be read.
    assert!(look(&[short], 900_000).is_ok() && volume.find_missing(&[whole]).is_ok());
    let stats = volume.stats();
    assert_eq!((stats.read_missing, stats.damaged_blobs), (4, 2));
    for _ in 0..100 {
        volume.maintain().unwrap();
    }
    let stats = volume.stats();
    assert_eq!((stats.scrubbed_blobs, stats.scrub_errors, stats.damaged_blobs), (1, 2, 2));
}

//! Holds, and volumes that are made of them.

use volume::{Exported, HeldBlob, HeldBodies, Import, Moment, PackedRow, PackedRows, check};

use super::*;

/// What a hold hands out.
#[derive(Default)]
struct Copied {
    moment: Option<Moment>,
    blobs: Vec<HeldBlob>,
    rows: Vec<(String, u64, Vec<u8>, Vec<u8>)>,
}

fn export(hold: &mut volume::Hold) -> Copied {
    let mut copied = Copied::default();
    hold.export::<VolumeError>(|piece| {
        // As it travels between processes.
        match Exported::decode(&piece.encode()).unwrap() {
            Exported::Moment(moment) => copied.moment = Some(moment),
            Exported::Blobs(blobs) => copied.blobs.extend(blobs),
            Exported::Rows { table, packed } => copied.rows.extend(
                PackedRows::new(&packed)
                    .map(|row| (table.clone(), row.revision, row.key.to_vec(), row.value.to_vec())),
            ),
            Exported::End => {}
        }
        Ok(())
    })
    .unwrap();
    copied
}

fn bytes(bodies: &mut HeldBodies, blob: &HeldBlob) -> std::io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(blob.record().length).unwrap()];
    bodies.read(blob, 0, &mut bytes)?;
    Ok(bytes)
}

fn crc(bytes: &[u8]) -> u64 {
    crc_fast::crc64_nvme(bytes)
}

/// Frees everything that is stored, and lets the background do all that it would.
fn delete_all(volume: &Volume, copied: &Copied) {
    let batch = Batch {
        delete: copied.rows.iter().map(|(table, _, key, _)| (table.clone(), key.clone())).collect(),
        free: copied.blobs.iter().map(|blob| blob.id).collect(),
        ..Batch::default()
    };
    volume.commit_blocking(batch).unwrap();
    volume.checkpoint();
    for _ in 0..3 {
        volume.maintain().unwrap();
    }
}

fn filled(folder: &std::path::Path) -> std::sync::Arc<Volume> {
    let small = Options { segment_bytes: 1 << 20, ..options(folder) };
    let volume = Volume::open(small).unwrap();
    for number in 0..40_u64 {
        store(&volume, format!("short {number}").as_bytes(), &body(number, 60_000));
    }
    store(&volume, b"long", &body(99, 3 << 20));
    store(&volume, b"empty", b"");
    volume
}

#[test]
fn what_is_held_can_be_read_whatever_happens_to_it() {
    let folder = tempfile::tempdir().unwrap();
    let volume = filled(folder.path());
    let mut hold = volume.hold().unwrap();
    let copied = export(&mut hold);
    assert_eq!((copied.blobs.len(), copied.rows.len()), (42, 42));
    delete_all(&volume, &copied);
    // In another process, it would have the folder's files only.
    let mut bodies = HeldBodies::new(folder.path()).unwrap();
    for blob in &copied.blobs {
        assert_eq!(crc(&bytes(&mut bodies, blob).unwrap()), blob.record().crc, "{blob:?}");
    }
    assert_eq!(hold.ended(), None);
    drop(hold);
    volume.maintain().unwrap();
    let mut bodies = HeldBodies::new(folder.path()).unwrap();
    let gone = copied.blobs.iter().filter(|blob| bytes(&mut bodies, blob).is_err()).count();
    assert!(gone > 30, "{gone} of 42: the rest are in the segment that is written");
}

#[test]
fn a_hold_ends_when_space_runs_short() {
    let folder = tempfile::tempdir().unwrap();
    drop(filled(folder.path()));
    let greedy = Options { reserve_bytes: u64::MAX / 2, ..options(folder.path()) };
    let volume = Volume::open(greedy).unwrap();
    let mut hold = volume.hold().unwrap();
    let copied = export(&mut hold);
    assert_eq!(hold.ended(), None);
    volume.maintain().unwrap();
    assert_eq!(hold.ended(), Some(volume::HoldEnd::Space));
    delete_all(&volume, &copied);
    let mut bodies = HeldBodies::new(folder.path()).unwrap();
    let long = copied.blobs.iter().find(|blob| blob.record().length > 1 << 20).unwrap();
    assert!(bytes(&mut bodies, long).is_err(), "what was held is gone, and its space is there");
}

/// Makes a volume of what was copied.
fn import(from: &std::path::Path, copied: &Copied, into: &Options) {
    let mut bodies = HeldBodies::new(from).unwrap();
    let mut import = Import::begin(into, &copied.moment.unwrap()).unwrap();
    for (table, revision, key, value) in &copied.rows {
        let mut packed = Vec::new();
        PackedRow { revision: *revision, key, value }.pack(&mut packed);
        import.rows(table, &packed).unwrap();
    }
    for blob in &copied.blobs {
        let (record, bytes) = (blob.record(), bytes(&mut bodies, blob).unwrap());
        if import.is_short(&record) {
            assert!(import.short(blob.id, record, &[&bytes[..], &[1]].concat()).is_err());
            import.short(blob.id, record, &bytes).unwrap();
        } else {
            // The second half first: steps come in any order.
            let (front, back) = bytes.split_at(bytes.len() / 2);
            import.step(blob.id, front.len() as u64, back).unwrap();
            import.step(blob.id, 0, front).unwrap();
            import.long(blob.id, record).unwrap();
        }
    }
    import.finish().unwrap();
}

#[test]
fn a_volume_that_is_made_of_a_hold_has_the_same_rows_and_bytes_and_goes_on() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let volume = filled(one.path());
    let last = volume.commit_blocking(Batch { put: vec![put("t", b"k", b"v")], ..Batch::default() }).unwrap();
    let given = volume.next_sequence();
    let copied = export(&mut volume.hold().unwrap());
    assert_eq!(copied.moment.unwrap().commit, last);
    let into = Options { segment_bytes: 1 << 20, ..options(other.path()) };
    import(one.path(), &copied, &into);
    drop(volume);
    let mut references = |table: &str, _: &[u8], value: &[u8]| match table {
        "objects" => Ok(vec![u64::from_be_bytes(value.try_into().unwrap())]),
        _ => Ok(Vec::new()),
    };
    let report = check(&into, Some(&mut references)).unwrap();
    assert!(report.is_clean() && report.orphans == 0, "{report:?}");
    let volume = Volume::open(into.clone()).unwrap();
    let again = export(&mut volume.hold().unwrap());
    assert_eq!(again.rows, copied.rows);
    let records =
        |copied: &Copied| -> Vec<_> { copied.blobs.iter().map(|blob| (blob.id, blob.record())).collect() };
    assert_eq!(records(&again), records(&copied));
    let (before, now) = (copied.moment.unwrap(), again.moment.unwrap());
    assert_eq!(now.commit, before.commit);
    assert_ne!(now.volume, before.volume);
    assert!(volume.next_sequence() > given);
    let id = copied.rows.iter().find(|(_, _, key, _)| key == b"long").unwrap().3.clone();
    let id = u64::from_be_bytes(id.try_into().unwrap());
    assert_eq!(load(&volume, id, 3 << 20).unwrap(), body(99, 3 << 20), "bodies open under the same key");
    assert!(
        volume.commit_blocking(Batch { put: vec![put("t", b"k", b"w")], ..Batch::default() }).unwrap() > last
    );
    store(&volume, b"new", &body(5, 10_000));
    drop(volume);
    assert!(check(&into, None).unwrap().is_clean());
    // Another key would open nothing, and none is made.
    let third = tempfile::tempdir().unwrap();
    let never_made = KeySource::new(|make| {
        assert!(!make, "no key is made");
        Ok(None)
    });
    let refused =
        |key| Import::begin(&Options { key, ..options(third.path()) }, &before).map(drop).unwrap_err();
    let other = refused(Some(KeySource::fixed(DataKey::new([8; 32]))));
    assert!(matches!(other, volume::OpenError::WrongKey), "{other:?}");
    for missing in [refused(Some(never_made)), refused(None)] {
        assert!(matches!(missing, volume::OpenError::NoKey), "{missing:?}");
    }
    // A folder that has a volume is not written to.
    assert!(Import::begin(&into, &before).is_err());
}

#[test]
fn what_is_stored_at_the_moment_of_a_hold_is_in_it_and_nothing_later() {
    let folder = tempfile::tempdir().unwrap();
    let relaxed = Options { durability: volume::Durability::Relaxed, ..options(folder.path()) };
    let volume = Volume::open(relaxed).unwrap();
    store(&volume, b"before", b"1");
    let mut hold = volume.hold().unwrap();
    store(&volume, b"after", b"2");
    let keys: Vec<Vec<u8>> = export(&mut hold).rows.into_iter().map(|(_, _, key, _)| key).collect();
    assert_eq!(keys, [b"before".to_vec()]);
    assert!(hold.export::<VolumeError>(|_| Ok(())).is_err(), "once");
}

#[test]
fn a_hold_ends_when_its_holder_stands_still() {
    let folder = tempfile::tempdir().unwrap();
    let idle_max = Duration::from_millis(200);
    let volume = Volume::open(Options { hold_idle_max: idle_max, ..options(folder.path()) }).unwrap();
    store(&volume, b"key", &body(1, 1000));
    let hold = volume.hold().unwrap();
    let holder = hold.holder();
    // Longer than is allowed without progress.
    for _ in 0..8 {
        std::thread::sleep(idle_max / 4);
        holder.progress();
        volume.maintain().unwrap();
        assert_eq!(hold.ended(), None);
    }
    std::thread::sleep(idle_max * 2);
    volume.maintain().unwrap();
    assert_eq!(hold.ended(), Some(volume::HoldEnd::Idle));
    // What comes too late holds nothing.
    holder.progress();
    assert_eq!(hold.ended(), Some(volume::HoldEnd::Idle));
    let figures = volume.stats().holds;
    assert_eq!((figures.seconds, figures.ended_idle, figures.ended_space), (0, 1, 0));
}

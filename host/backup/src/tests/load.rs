//! Backups beside writers: each is a state that was committed.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;

use super::*;

/// Keys of a writer.
const KEYS: u64 = 20;
/// Writers at a time.
const WRITERS: usize = 3;

/// How far a writer is, in changes.
#[derive(Debug, Default)]
struct Writer {
    begun: AtomicU64,
    done: AtomicU64,
}

/// What a change leaves of its key: the length of a body, whose content follows from the number.
fn change(writer: usize, number: u64) -> (u64, Option<usize>) {
    let noise = (number * 31 + writer as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 20;
    let length = match noise % 8 {
        0 => None,
        1 => Some(300_000),
        _ => Some(usize::try_from(noise % 40_000).unwrap()),
    };
    (noise / 8 % KEYS, length)
}

fn content(writer: usize, number: u64, length: usize) -> Vec<u8> {
    let seed = u8::try_from((number * 7 + writer as u64) % 251).unwrap();
    [&number.to_le_bytes()[..], &body(seed, length)].concat()
}

fn key(writer: usize, key: u64) -> Vec<u8> {
    format!("{writer}/{key}").into_bytes()
}

impl Writer {
    fn work(&self, writer: usize, volume: &Volume, stop: &AtomicBool) {
        let mut blobs: BTreeMap<u64, u64> = BTreeMap::new();
        for (key, blob) in stored(volume, writer) {
            blobs.insert(key, blob);
        }
        while !stop.load(Ordering::Acquire) {
            let number = self.done.load(Ordering::Acquire) + 1;
            let (at, length) = change(writer, number);
            self.begun.store(number, Ordering::Release);
            let mut batch = Batch { free: blobs.remove(&at).into_iter().collect(), ..Batch::default() };
            let mut pending = None;
            match length {
                None => batch.delete.push(("objects".into(), key(writer, at))),
                Some(length) => {
                    let body = content(writer, number, length);
                    let mut receiver = volume.receive(Some(body.len() as u64), None);
                    body.chunks(100_000).for_each(|piece| receiver.write(piece).unwrap());
                    let received = receiver.finish_blocking().unwrap();
                    let value = [received.id().to_be_bytes(), (body.len() as u64).to_be_bytes()].concat();
                    batch.put.push(Put { table: "objects".into(), key: key(writer, at), value });
                    batch.keep.push(received.id());
                    blobs.insert(at, received.id());
                    pending = Some(received);
                }
            }
            volume.commit_blocking(batch).unwrap();
            drop(pending);
            self.done.store(number, Ordering::Release);
        }
    }
}

/// The keys of a writer that are there, with their blobs.
fn stored(volume: &Volume, writer: usize) -> Vec<(u64, u64)> {
    let snapshot = volume.snapshot().unwrap();
    let found = (0..KEYS).filter_map(|at| {
        let row = snapshot.get("objects", &key(writer, at)).unwrap()?;
        Some((at, u64::from_be_bytes(row.value[..8].try_into().unwrap())))
    });
    found.collect()
}

/// The contents of a writer's keys.
fn contents(volume: &Volume, writer: usize) -> BTreeMap<u64, Vec<u8>> {
    let snapshot = volume.snapshot().unwrap();
    let mut found = BTreeMap::new();
    for at in 0..KEYS {
        let Some(row) = snapshot.get("objects", &key(writer, at)).unwrap() else { continue };
        let number = |range: std::ops::Range<usize>| u64::from_be_bytes(row.value[range].try_into().unwrap());
        let span = Span { blob: number(0..8), offset: 0, length: number(8..16) };
        let mut reader = volume.reader(&[span], None).unwrap();
        let mut body = Vec::new();
        while let Some(bytes) = reader.next_blocking(usize::MAX).unwrap() {
            body.extend_from_slice(&bytes);
        }
        found.insert(at, body);
    }
    found
}

/// Whether this is what was there after some number of changes.
fn is_state(writer: usize, found: &BTreeMap<u64, Vec<u8>>, least: u64, most: u64) -> bool {
    let mut expected: BTreeMap<u64, (u64, usize)> = BTreeMap::new();
    (0..=most).any(|made| {
        if made > 0 {
            match change(writer, made) {
                (at, Some(length)) => drop(expected.insert(at, (made, length))),
                (at, None) => drop(expected.remove(&at)),
            }
        }
        let is_same = |(at, (number, length)): (&u64, &(u64, usize))| {
            let body = found.get(at).filter(|body| body.len() == length + 8);
            body.is_some_and(|body| {
                body[..8] == number.to_le_bytes() && *body == content(writer, *number, *length)
            })
        };
        made >= least && expected.len() == found.len() && expected.iter().all(is_same)
    })
}

fn done(writers: &[Writer]) -> Vec<u64> {
    writers.iter().map(|writer| writer.done.load(Ordering::Acquire)).collect()
}

#[test]
fn a_backup_beside_writers_is_a_state_that_was_committed() {
    let rounds = std::env::var("PORTCULLIS_BACKUP_ROUNDS").map_or(12, |rounds| rounds.parse().unwrap());
    let world = World::new();
    let writers: Vec<Writer> = (0..WRITERS).map(|_| Writer::default()).collect();
    for round in 0..rounds {
        // Segments fill, are compacted and removed all the time; the folder is opened anew.
        let options = Options {
            background: true,
            segment_bytes: 4 << 20,
            allocate_bytes: 1 << 20,
            checkpoint_log_bytes: 1 << 20,
            ..World::options(&world.path("data"))
        };
        let volume = Volume::open(options).unwrap();
        let stop = AtomicBool::new(false);
        let (before, after) = thread::scope(|scope| {
            for (number, writer) in writers.iter().enumerate() {
                let (volume, stop) = (&volume, &stop);
                scope.spawn(move || writer.work(number, volume, stop));
            }
            thread::sleep(std::time::Duration::from_millis(50));
            if round % 2 == 1 {
                // Every other round begins with a backup that does not come to its end.
                let left = round * 3;
                let interrupted =
                    world.create_from(&mut Failing { source: LocalSource::new(&volume).unwrap(), left });
                assert!(matches!(interrupted, Ok(_) | Err(BackupError::Interrupted(_))), "{interrupted:?}");
            }
            let before = done(&writers);
            // Slow enough that most of what is copied is deleted and compacted meanwhile.
            let created = world.create_at(&mut LocalSource::new(&volume).unwrap(), 8 << 20);
            stop.store(true, Ordering::Release);
            let created = created.unwrap();
            assert_eq!(created.manifest.damaged, Vec::<u64>::new());
            let begun = writers.iter().map(|writer| writer.begun.load(Ordering::Acquire)).collect::<Vec<_>>();
            (before, begun)
        });
        let name = format!("restored-{round}");
        world.restore(&name, None).unwrap();
        let restored = World::options(&world.path(&name));
        let again = Volume::open(restored.clone()).unwrap();
        for writer in 0..WRITERS {
            let found = contents(&again, writer);
            assert!(
                is_state(writer, &found, before[writer], after[writer]),
                "round {round}: writer {writer} was never so between {} and {}",
                before[writer],
                after[writer]
            );
        }
        drop(again);
        let mut references = |table: &str, _: &[u8], value: &[u8]| match table {
            "objects" => Ok(vec![u64::from_be_bytes(value[..8].try_into().unwrap())]),
            _ => Ok(Vec::new()),
        };
        let report = check(&restored, Some(&mut references)).unwrap();
        assert!(report.is_clean() && report.orphans == 0, "round {round}: {report:?}");
        fs::remove_dir_all(world.path(&name)).unwrap();
        if round % 4 == 3 {
            prune(&world.repository(), 2).unwrap();
            assert!(verify(&world.repository()).unwrap().is_clean());
        }
    }
}

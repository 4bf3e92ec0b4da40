//! Disks that fail without a crash: full, or broken for a while.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use volume::{Batch, CommitError, Put, Volume};

use crate::disk::{Fault, Loss, SimulatedDisk};
use crate::workload::{Known, options, run, verify};
use crate::{check, recover};

/// Changes that each client makes.
const STEPS: u64 = 10;

/// Runs the workload on a disk that fails `count` times from operation `point` on; answers what the
/// clients know.
fn run_with_fault(disk: &SimulatedDisk, point: u64, kind: ErrorKind, count: u64) -> Vec<Known> {
    let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
    disk.fault_at(point, Fault::Fail(kind, count));
    let clients = run(&volume, disk, STEPS);
    disk.heal();
    clients
}

#[test]
fn a_disk_that_fails_for_a_while_loses_nothing_acknowledged() {
    let whole = {
        let disk = SimulatedDisk::default();
        let clients = run_with_fault(&disk, u64::MAX / 2, ErrorKind::Other, 1);
        recover(&disk.after_crash(Loss::Everything), &clients, true).unwrap();
        disk.operations()
    };
    let began = Instant::now();
    let mut tried = 0;
    // Every third point: with the crashes, all kinds of operations are met.
    for point in (1..whole).step_by(3) {
        if began.elapsed() > Duration::from_secs(20) {
            break;
        }
        for (kind, count) in [(ErrorKind::StorageFull, 1), (ErrorKind::Other, 1), (ErrorKind::StorageFull, 7)]
        {
            let disk = SimulatedDisk::default();
            let clients = run_with_fault(&disk, point, kind, count);
            for loss in [Loss::Everything, Loss::Reorder(point)] {
                if let Err(error) = recover(&disk.after_crash(loss), &clients, false) {
                    panic!("{kind:?} {count} times at operation {point}, {loss:?}: {error}");
                }
            }
            tried += 1;
        }
    }
    println!("{tried} faults in {:.1?}", began.elapsed());
}

fn put_one(volume: &Volume, key: u8, bytes: usize) -> Result<u64, CommitError> {
    let mut receiver = volume.receive(None, None);
    receiver.write(&vec![key; bytes])?;
    let pending = receiver.finish_blocking()?;
    let value = [pending.id(), 0, 0].iter().flat_map(|number| number.to_be_bytes()).collect();
    volume.commit_blocking(Batch {
        put: vec![Put { table: "objects".into(), key: vec![key], value }],
        keep: vec![pending.id()],
        ..Batch::default()
    })
}

#[test]
fn a_full_disk_answers_full_and_goes_on_when_there_is_space_again() {
    let disk = SimulatedDisk::default();
    let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
    put_one(&volume, 1, 100).unwrap();
    disk.fault_at(1, Fault::Fail(ErrorKind::StorageFull, u64::MAX / 2));
    assert_eq!(put_one(&volume, 2, 100), Err(CommitError::Full));
    assert_eq!(put_one(&volume, 3, 100), Err(CommitError::Full));
    assert_eq!(put_one(&volume, 4, 10_000), Err(CommitError::Full));
    // What was acknowledged can be read all the while.
    let row = volume.snapshot().unwrap().get("objects", &[1]).unwrap();
    assert!(row.is_some());
    assert!(volume.snapshot().unwrap().get("objects", &[2]).unwrap().is_none());
    disk.heal();
    let began = Instant::now();
    while put_one(&volume, 5, 100).is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the log was not repaired");
        std::thread::sleep(Duration::from_millis(20));
    }
    put_one(&volume, 6, 10_000).unwrap();
    drop(volume);
    let volume = Volume::open_on(Arc::new(disk.after_crash(Loss::Everything)), options()).unwrap();
    let snapshot = volume.snapshot().unwrap();
    let there: Vec<u8> = (0..10).filter(|key| snapshot.get("objects", &[*key]).unwrap().is_some()).collect();
    assert_eq!(there, [1, 5, 6]);
}

#[test]
fn below_the_reserve_bodies_are_refused_and_deletes_are_not() {
    let disk = SimulatedDisk::default();
    let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
    put_one(&volume, 1, 100).unwrap();
    disk.set_free(1 << 20);
    let delete = Batch { delete: vec![("objects".into(), vec![1])], ..Batch::default() };
    volume.commit_blocking(delete).unwrap();
    assert_eq!(put_one(&volume, 2, 100), Err(CommitError::Full));
    assert_eq!(put_one(&volume, 3, 10_000), Err(CommitError::Full));
    assert!(volume.stats().space_low);
    disk.set_free(1 << 30);
    put_one(&volume, 4, 100).unwrap();
}

#[test]
fn what_was_appended_before_a_failed_write_cannot_be_committed_after_it() {
    let disk = SimulatedDisk::default();
    let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
    let mut receiver = volume.receive(None, None);
    receiver.write(b"lost with the group that fails").unwrap();
    let lost = receiver.finish_blocking().unwrap();
    disk.fault_on("log", 1, Fault::Fail(ErrorKind::Other, 1));
    assert_eq!(put_one(&volume, 1, 100), Err(CommitError::Failed));
    let began = Instant::now();
    while put_one(&volume, 2, 100).is_err() {
        assert!(began.elapsed() < Duration::from_secs(10), "the log was not repaired");
        std::thread::sleep(Duration::from_millis(20));
    }
    let batch = Batch { keep: vec![lost.id()], ..Batch::default() };
    assert_eq!(volume.commit_blocking(batch), Err(CommitError::Failed));
    drop(lost);
    drop(volume);
    assert!(check(&disk).unwrap().is_clean());
}

#[test]
fn an_index_that_failed_is_recovered_from_the_log() {
    for operation in 1..12 {
        let disk = SimulatedDisk::default();
        let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
        let ids: Vec<u8> = (0..20).filter(|key| put_one(&volume, *key, 3000).is_ok()).collect();
        assert_eq!(ids.len(), 20);
        disk.fault_on("index.redb", operation, Fault::Fail(ErrorKind::Other, 2));
        volume.checkpoint();
        let began = Instant::now();
        while put_one(&volume, 20, 100).is_err() {
            assert!(began.elapsed() < Duration::from_secs(10), "the index was not recovered");
            std::thread::sleep(Duration::from_millis(5));
        }
        let snapshot = volume.snapshot().unwrap();
        assert!((0..21).all(|key| snapshot.get("objects", &[key]).unwrap().is_some()));
        drop(volume);
        assert!(check(&disk).unwrap().is_clean());
    }
}

#[test]
fn rows_survive_what_the_clients_saw() {
    let disk = SimulatedDisk::default();
    let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
    let clients = run(&volume, &disk, STEPS);
    verify(&volume, &clients).unwrap();
    volume.close();
    verify(&volume, &clients).unwrap();
}

#[test]
fn a_file_system_that_refused_is_tried_again_without_traffic() {
    for (kind, expected, word) in [
        (ErrorKind::StorageFull, CommitError::Full, "disk full"),
        (ErrorKind::QuotaExceeded, CommitError::Full, "disk full"),
        (ErrorKind::Other, CommitError::Failed, "disk failed"),
    ] {
        let disk = SimulatedDisk::default();
        let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
        assert_eq!(volume.trouble(), None);
        disk.fault_on("files", 1, Fault::Fail(kind, 1));
        assert_eq!(put_one(&volume, 1, 10_000), Err(expected));
        let trouble = volume.trouble().unwrap();
        assert!(trouble.contains(word), "{trouble}");
        let stats = volume.stats();
        let is_full = expected == CommitError::Full;
        assert_eq!((stats.space_low, stats.failed), (is_full, !is_full));
        let counted = (u64::from(is_full), u64::from(!is_full));
        assert_eq!((stats.refused_full, stats.refused_failed), counted);
        // The probe fails once, too.
        disk.fault_on("log/probe", 1, Fault::Fail(kind, 1));
        let began = Instant::now();
        while volume.trouble().is_some() {
            volume.maintain().unwrap();
            assert!(began.elapsed() < Duration::from_secs(10), "the disk was not tried again");
            std::thread::sleep(Duration::from_millis(5));
        }
        assert!(!disk.has_file("log/probe"));
        put_one(&volume, 2, 10_000).unwrap();
    }
}

#[test]
fn a_body_that_does_not_fit_is_refused_until_it_would() {
    let disk = SimulatedDisk::default();
    let volume = Volume::open_on(Arc::new(disk.clone()), options()).unwrap();
    let reserve = options().reserve_bytes;
    disk.set_free(reserve + (1 << 20));
    volume.maintain().unwrap();
    assert_eq!(volume.has_room(1 << 10).ok(), Some(()));
    assert!(!volume.stats().space_low);
    assert!(volume.has_room(5 << 20).is_err());
    // A shorter one still fits, but writes are not welcome.
    assert!(volume.stats().space_low && volume.has_room(1 << 10).is_ok());
    disk.set_free(reserve + (4 << 20));
    volume.maintain().unwrap();
    assert!(volume.stats().space_low);
    disk.set_free(reserve + (5 << 20));
    volume.maintain().unwrap();
    assert!(!volume.stats().space_low && volume.has_room(5 << 20).is_ok());
    // One that no disk has room for says nothing of the next.
    assert!(volume.has_room(1 << 50).is_err());
    assert!(!volume.stats().space_low);
    assert_eq!(volume.stats().refused_full, 2);
}

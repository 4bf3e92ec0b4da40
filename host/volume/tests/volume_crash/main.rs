//! Crashes and failing disks: nothing that was acknowledged is lost, nothing else is there by
//! halves.
#![cfg(test)]

mod disk;
mod faults;
mod workload;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use disk::{Fault, Loss, SimulatedDisk};
use volume::{Durability, Options, Report, Volume, check_on};
use workload::{CLIENTS, Known, blob_of, options, run, sound, verify};

/// Changes that each client makes.
const STEPS: u64 = 24;
/// The enumeration ends here, wherever it is: a slow machine tries fewer of the points, spread
/// evenly.
const TIME_MAX: Duration = Duration::from_secs(50);

/// Opens, verifies, works on what was found to see that it is sound, verifies again, checks.
fn recover(found: &SimulatedDisk, clients: &[Known], check_first: bool) -> Result<(), String> {
    if check_first {
        let report = check(found)?;
        if !report.is_clean() {
            return Err(format!("check: {report:?}"));
        }
    }
    let volume = Volume::open_on(Arc::new(found.clone()), options()).map_err(|error| error.to_string())?;
    verify(&volume, clients)?;
    volume.maintain().map_err(|error| error.to_string())?;
    verify(&volume, clients)?;
    drop(volume);
    let report = check(found)?;
    if report.orphans > 0 || !report.is_clean() {
        return Err(format!("check after the sweep: {report:?}"));
    }
    Ok(())
}

pub(crate) fn check(disk: &SimulatedDisk) -> Result<Report, String> {
    let mut references = |table: &str, _: &[u8], value: &[u8]| match table {
        "objects" => Ok(vec![blob_of(value)]),
        _ => Ok(Vec::new()),
    };
    check_on(Arc::new(disk.clone()), &options(), Some(&mut references)).map_err(|error| error.to_string())
}

/// One run of the workload, cut off after so many operations of the disk. The clients' knowledge,
/// and the disk.
fn crash_after(operations: u64, options: Options) -> (SimulatedDisk, Vec<Known>) {
    let disk = SimulatedDisk::default();
    disk.fault_at(operations, Fault::Crash);
    let clients = match Volume::open_on(Arc::new(disk.clone()), options) {
        Ok(volume) => run(&volume, &disk, STEPS),
        Err(_) => Vec::new(),
    };
    (disk, clients)
}

fn try_point(point: u64) {
    let (disk, clients) = crash_after(point, options());
    let losses = [
        Loss::Nothing,
        Loss::Everything,
        Loss::Tear(point),
        Loss::Reorder(point),
        Loss::Reorder(point + 1_000_003),
    ];
    for (index, loss) in (0u64..).zip(losses) {
        if point % 5 == index {
            // The machine stops once more while it recovers.
            let again = disk.after_crash(loss);
            again.fault_at(1 + point % 37, Fault::Crash);
            drop(Volume::open_on(Arc::new(again.clone()), options()).map(|volume| volume.maintain()));
            if let Err(error) = recover(&again.after_crash(Loss::Reorder(point)), &clients, false) {
                panic!("crash at operation {point}, {loss:?}, and again: {error}");
            }
        }
        if let Err(error) =
            recover(&disk.after_crash(loss), &clients, point.is_multiple_of(4) && !clients.is_empty())
        {
            panic!("crash at operation {point}, {loss:?}: {error}");
        }
    }
}

#[test]
fn nothing_acknowledged_is_lost_wherever_the_machine_stops() {
    let whole = {
        let (disk, clients) = crash_after(u64::MAX / 2, options());
        assert!(clients.iter().all(|known| known.open.is_none()));
        recover(&disk, &clients, true).unwrap();
        disk.operations()
    };
    assert!(whole > 200, "the workload is too short: {whole} operations");
    // A stride that shares no factor with the number of points visits all of them, evenly spread
    // from the beginning.
    let stride = (whole * 618 / 1000..).find(|stride| gcd(*stride, whole) == 1).unwrap();
    let next = AtomicU64::new(0);
    let began = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                while began.elapsed() < TIME_MAX {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    if index >= whole {
                        return;
                    }
                    try_point(1 + index * stride % whole);
                }
            });
        }
    });
    let tried = next.load(Ordering::Relaxed).min(whole);
    println!("{tried} of {whole} crash points in {:.1?}", began.elapsed());
}

fn gcd(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { gcd(other, one % other) }
}

#[test]
fn relaxed_commits_may_be_lost_but_never_by_halves() {
    let relaxed = || Options { durability: Durability::Relaxed, ..options() };
    let (disk, _) = crash_after(u64::MAX / 2, relaxed());
    let began = Instant::now();
    for point in (1..disk.operations()).step_by(3) {
        if began.elapsed() > Duration::from_secs(15) {
            break;
        }
        let (disk, _) = crash_after(point, relaxed());
        for loss in [Loss::Everything, Loss::Tear(point), Loss::Reorder(point)] {
            let found = disk.after_crash(loss);
            let opened = Volume::open_on(Arc::new(found.clone()), relaxed());
            let volume =
                opened.unwrap_or_else(|error| panic!("crash at operation {point}, {loss:?}: {error}"));
            for client in 0..CLIENTS {
                sound(&volume, client).unwrap();
            }
            drop(volume);
            let report = check(&found).unwrap();
            assert!(report.is_clean(), "crash at operation {point}, {loss:?}: {report:?}");
        }
    }
}

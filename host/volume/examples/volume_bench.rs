//! Measures the volume alone: tasks that put small bodies at once, then read them back.
//!
//! `cargo run --release -p volume --example volume_bench -- [folder] [seconds] [tasks] [bytes]
//! [relaxed]`

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use volume::{Batch, Durability, Options, Put, Requirement, Span, Volume};

/// Runtime threads: as many as the server would have on two cores.
const THREADS: usize = 2;

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().map(PathBuf::from);
    let seconds: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(5);
    let tasks: u64 = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(64);
    let bytes: usize = arguments.next().and_then(|text| text.parse().ok()).unwrap_or(4096);
    let relaxed = arguments.next().is_some();
    let folder =
        folder.unwrap_or_else(|| std::env::temp_dir().join(format!("volume-bench-{}", std::process::id())));
    let mut options = Options::new(&folder);
    if relaxed {
        options.durability = Durability::Relaxed;
    }
    let volume = Volume::open(options)?;
    let mut keys = Vec::new();
    let mut left = seconds;
    while left > 0 {
        let slice = left.min(SLICE_SECONDS);
        left -= slice;
        let (more, put) = put(&volume, keys.len() as u64, tasks, bytes, Duration::from_secs(slice));
        keys.extend(more);
        report("put", &put);
    }
    let stats = volume.stats();
    println!(
        "     groups {} of {:.1} on average, log write+sync {:.0} us, group {:.0} us, checkpoints {} of {:.1} ms",
        stats.group_sizes.count,
        mean(&stats.group_sizes),
        mean(&stats.sync_us),
        mean(&stats.group_us),
        stats.checkpoint_us.count,
        mean(&stats.checkpoint_us) / 1000.0,
    );
    report("get", &get(&volume, &keys, bytes));
    volume.close();
    println!("     index {} bytes", std::fs::metadata(folder.join("index.redb"))?.len());
    std::fs::remove_dir_all(folder)?;
    Ok(())
}

/// Figures are printed this often, so that growth shows.
const SLICE_SECONDS: u64 = 10;

/// Operations done, the time that took, and the processor time.
struct Measured {
    operations: u64,
    /// Microseconds of each operation, sorted.
    latencies: Vec<u64>,
    took: Duration,
    cpu_us: u64,
}

fn report(what: &str, measured: &Measured) {
    let at = |percent: usize| {
        measured.latencies.get(measured.latencies.len() * percent / 100).copied().unwrap_or(0)
    };
    println!(
        "{what:4} {:>9} operations, {:>8.0} a second, {:>6.1} us CPU each, {} / {} / {} us at 50 / 99 / 100 %",
        measured.operations,
        measured.operations as f64 / measured.took.as_secs_f64(),
        measured.cpu_us as f64 / measured.operations.max(1) as f64,
        at(50),
        at(99),
        measured.latencies.last().copied().unwrap_or(0),
    );
}

fn mean(distribution: &volume::Distribution) -> f64 {
    distribution.sum as f64 / distribution.count.max(1) as f64
}

/// Processor time of this process so far, in microseconds, from `/proc/self/stat` (in ticks of 10
/// ms).
fn cpu_us() -> u64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let fields: Vec<u64> = after_name.split_whitespace().map(|field| field.parse().unwrap_or(0)).collect();
    fields.get(11..13).map_or(0, |ticks| ticks.iter().sum::<u64>() * 10_000)
}

fn put(
    volume: &Arc<Volume>,
    before: u64,
    tasks: u64,
    bytes: usize,
    time: Duration,
) -> (Vec<Vec<u8>>, Measured) {
    let body = Arc::new(vec![0x5a_u8; bytes]);
    let done = Arc::new(AtomicU64::new(0));
    let cpu = cpu_us();
    let began = Instant::now();
    let threads: Vec<_> = (0..THREADS as u64)
        .map(|thread| {
            let (volume, body, done) = (Arc::clone(volume), Arc::clone(&body), Arc::clone(&done));
            std::thread::spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                let Ok(runtime) = runtime else { return Vec::new() };
                runtime.block_on(async move {
                    let mine = (0..tasks).filter(|task| task % THREADS as u64 == thread);
                    let running: Vec<_> = mine
                        .map(|task| {
                            tokio::spawn(put_until(
                                Arc::clone(&volume),
                                (before, task),
                                Arc::clone(&body),
                                began + time,
                                Arc::clone(&done),
                            ))
                        })
                        .collect();
                    let mut keys = Vec::new();
                    for one in running {
                        keys.extend(one.await.unwrap_or_default());
                    }
                    keys
                })
            })
        })
        .collect();
    let put = threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default());
    let (keys, mut latencies): (Vec<_>, Vec<_>) = put.unzip();
    latencies.sort_unstable();
    let measured = Measured {
        operations: done.load(Ordering::Relaxed),
        latencies,
        took: began.elapsed(),
        cpu_us: cpu_us() - cpu,
    };
    (keys, measured)
}

async fn put_until(
    volume: Arc<Volume>,
    (before, task): (u64, u64),
    body: Arc<Vec<u8>>,
    until: Instant,
    done: Arc<AtomicU64>,
) -> Vec<(Vec<u8>, u64)> {
    let mut keys = Vec::new();
    let mut count = before;
    while Instant::now() < until {
        count += 1;
        let began = Instant::now();
        // Spread over the whole table, as the keys of real clients are.
        let key = format!(
            "{:016x}-{task:03}-{count:08}",
            (count * 1000 + task).wrapping_mul(0x9e37_79b9_7f4a_7c15)
        );
        let mut receiver = volume.receive(Some(body.len() as u64), None);
        if receiver.write(&body).is_err() {
            continue;
        }
        let Ok(pending) = receiver.finish().await else { continue };
        let mut value = vec![0; 192];
        value.splice(..8, pending.id().to_be_bytes());
        let batch = Batch {
            require: vec![Requirement::Absent { table: "objects".into(), key: key.clone().into_bytes() }],
            put: vec![Put { table: "objects".into(), key: key.clone().into_bytes(), value }],
            keep: vec![pending.id()],
            ..Batch::default()
        };
        let (send, receive) = tokio::sync::oneshot::channel();
        volume.commit(
            batch,
            Box::new(move |result| {
                let _ = send.send(result);
            }),
        );
        if matches!(receive.await, Ok(Ok(_))) {
            keys.push((key.into_bytes(), began.elapsed().as_micros() as u64));
            done.fetch_add(1, Ordering::Relaxed);
        }
    }
    keys
}

fn get(volume: &Arc<Volume>, keys: &[Vec<u8>], bytes: usize) -> Measured {
    let cpu = cpu_us();
    let began = Instant::now();
    let mut operations = 0;
    let mut latencies = Vec::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let Ok(runtime) = runtime else {
        return Measured { operations, latencies: Vec::new(), took: began.elapsed(), cpu_us: 0 };
    };
    runtime.block_on(async {
        for key in keys.iter().take(300_000) {
            let one = Instant::now();
            let Ok(Some(row)) = volume.snapshot().and_then(|snapshot| snapshot.get("objects", key)) else {
                continue;
            };
            let id = row.value.first_chunk::<8>().map_or(0, |id| u64::from_be_bytes(*id));
            let Ok(mut reader) = volume.reader(&[Span { blob: id, offset: 0, length: bytes as u64 }], None)
            else {
                continue;
            };
            let mut read = 0;
            while let Ok(Some(step)) = reader.next(usize::MAX).await {
                read += step.len();
            }
            operations += u64::from(read == bytes);
            latencies.push(one.elapsed().as_micros() as u64);
        }
    });
    latencies.sort_unstable();
    Measured { operations, latencies, took: began.elapsed(), cpu_us: cpu_us() - cpu }
}

//! Prints how fast each digest is on this machine, and what MD5 costs when several bodies are
//! received at once.
//!
//! `cargo run --release -p host --example digest_bench`

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use ::md5::Digest as _;
use bytes::Bytes;
use host::body::{
    digest::{Algorithm, compute},
    md5::{self, pool::BodyMd5},
};

const ROUND: Duration = Duration::from_millis(400);

fn main() {
    println!("MB/s of one thread, best of 5 rounds; bodies of 64 KiB, then of 4 KiB");
    let (large, small) = (vec![0x61; 64 * 1024], vec![0x61; 4096]);
    for algorithm in Algorithm::ALL {
        let name = format!("{algorithm:?}");
        report(
            &name,
            rate(&large, |bytes| compute(algorithm, bytes)),
            rate(&small, |bytes| compute(algorithm, bytes)),
        );
    }
    let crate_md5 = |bytes: &[u8]| ::md5::Md5::digest(bytes).to_vec();
    report("md-5 crate", rate(&large, crate_md5), rate(&small, crate_md5));
    let own_md5 = |bytes: &[u8]| md5::digest(bytes).to_vec();
    report("Md5 again", rate(&large, own_md5), rate(&small, own_md5));
    println!(
        "\nbodies of 64 MiB at once on the lane thread: all MB/s together, CPU µs per MB of the process"
    );
    for bodies in [1, 2, 4, 8, 16] {
        let (rate, cost) = together(bodies);
        println!("{bodies:>12} {rate:>9.0} {cost:>9.0}");
    }
}

fn report(name: &str, large: f64, small: f64) {
    println!("{name:>12} {large:>9.0} {small:>9.0}");
}

fn rate(bytes: &[u8], digest: impl Fn(&[u8]) -> Vec<u8>) -> f64 {
    let round = || {
        let (start, mut count) = (Instant::now(), 0);
        while start.elapsed() < ROUND / 5 {
            for _ in 0..16 {
                black_box(digest(black_box(bytes)));
            }
            count += 16;
        }
        (count * bytes.len()) as f64 / start.elapsed().as_secs_f64() / 1e6
    };
    (0..5).map(|_| round()).fold(0.0, f64::max)
}

/// Feeds so many bodies from one thread, as one worker does.
fn together(bodies: usize) -> (f64, f64) {
    const BODY_BYTES: usize = 64 << 20;
    let piece = Bytes::from(vec![0x61; 128 * 1024]);
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().build() else { return (0.0, 0.0) };
    let tasks = tokio::task::LocalSet::new();
    let (start, cpu) = (Instant::now(), cpu_seconds());
    for _ in 0..bodies {
        let piece = piece.clone();
        tasks.spawn_local(async move {
            let Some(mut md5) = BodyMd5::new() else { return };
            for _ in 0..BODY_BYTES / piece.len() {
                // What arrives from a socket is copied once.
                let received = Bytes::copy_from_slice(&piece);
                if md5.push(received).await.is_err() {
                    return;
                }
                tokio::task::yield_now().await;
            }
            black_box(md5.finish().await.ok());
        });
    }
    runtime.block_on(tasks);
    let megabytes = (bodies * BODY_BYTES) as f64 / 1e6;
    (megabytes / start.elapsed().as_secs_f64(), (cpu_seconds() - cpu) * 1e6 / megabytes)
}

/// User and system time of the process; the kernel counts in hundredths of a second.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(") ").next().unwrap_or_default().split(' ').skip(11).take(2);
    fields.filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

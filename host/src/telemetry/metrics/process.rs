//! What the system says of the process and of the disk of the data folder, under the names that
//! every client library of Prometheus uses
//! (<https://prometheus.io/docs/instrumenting/writing_clientlibs/#process-metrics>).

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use rustix::param::{clock_ticks_per_second, page_size};
use rustix::process::{Resource, getrlimit};

use super::family::Family;

/// The process. What the system does not tell is left out.
pub(super) fn process(started: SystemTime) -> Vec<Family> {
    let started = started.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let mut families = vec![Family::gauge(
        "process_start_time_seconds",
        "When the process began, in seconds since 1970",
        started,
    )];
    let mut add = |name: &str, help: &'static str, value: Option<f64>| {
        families.extend(value.map(|value| Family::gauge(name, help, value)));
    };
    add("process_open_fds", "Open descriptors", open_descriptors());
    add("process_max_fds", "Descriptors that the process may open", descriptors_max());
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let field = |number: usize| stat_field(&stat, number);
    add("process_threads", "Threads", field(20));
    add("process_virtual_memory_bytes", "Address space", field(23));
    let resident = field(24).map(|pages| pages * page_size() as f64);
    add(
        "process_resident_memory_bytes",
        "Memory that is not swapped out, the page cache not counted",
        resident,
    );
    if let (Some(user), Some(system)) = (field(14), field(15)) {
        let seconds = (user + system) / clock_ticks_per_second() as f64;
        families.push(Family::real_counter(
            "process_cpu_seconds",
            "Seconds of processors, in the process and in the kernel for it",
            seconds,
        ));
    }
    families
}

/// A field of `/proc/PID/stat`, counted from 1 as `proc(5)` does. The second one, the name of the
/// program in parentheses, may hold anything.
pub(super) fn stat_field(stat: &str, number: usize) -> Option<f64> {
    let (_, behind) = stat.rsplit_once(')')?;
    behind.split_ascii_whitespace().nth(number.checked_sub(3)?)?.parse().ok()
}

fn open_descriptors() -> Option<f64> {
    let folder = Path::new("/proc/self/fd");
    // Newer kernels say the number as the size of the folder. Older ones say 0.
    let size = std::fs::metadata(folder).ok()?.len();
    let count = || Some(std::fs::read_dir(folder).ok()?.count().saturating_sub(1) as u64);
    Some(if size > 0 { size } else { count()? } as f64)
}

fn descriptors_max() -> Option<f64> {
    // Without a limit, there is nothing to compare with.
    getrlimit(Resource::Nofile).current.map(|limit| limit as f64)
}

/// Files in the file system of the data folder. Its bytes are figures of the volume.
pub(super) fn inodes(folder: &Path) -> Vec<Family> {
    let Ok(stat) = rustix::fs::statvfs(folder) else { return Vec::new() };
    vec![
        Family::gauge(
            "portcullis_volume_free_inodes",
            "Files that the file system of the data folder has room for; 0 of 0 where it sets no limit",
            stat.f_favail as f64,
        ),
        Family::gauge(
            "portcullis_volume_inodes",
            "Files that the file system of the data folder can hold",
            stat.f_files as f64,
        ),
    ]
}

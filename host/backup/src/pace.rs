//! Pace: so many bytes a second and no more, so that requests hardly notice a backup.

use std::time::{Duration, Instant};

/// What was not spent for longer than this is not made up for.
const CATCH_UP: Duration = Duration::from_millis(200);

/// A bound on bytes a second.
#[derive(Debug)]
pub(crate) struct Pace {
    /// 0: no bound.
    bytes_per_second: u64,
    /// Until when the bytes so far have taken their time.
    due: Instant,
}

impl Pace {
    pub(crate) fn new(bytes_per_second: u64) -> Pace {
        Pace { bytes_per_second, due: Instant::now() }
    }

    /// Waits until so many bytes more are within the bound.
    pub(crate) fn spend(&mut self, bytes: u64) {
        if self.bytes_per_second == 0 {
            return;
        }
        let now = Instant::now();
        let earliest = now.checked_sub(CATCH_UP).unwrap_or(now);
        let nanoseconds = u128::from(bytes) * 1_000_000_000 / u128::from(self.bytes_per_second);
        let takes = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
        self.due = self.due.max(earliest) + takes;
        let wait = self.due.saturating_duration_since(now);
        if !wait.is_zero() {
            std::thread::sleep(wait);
        }
    }
}

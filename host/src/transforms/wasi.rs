//! What WASI is to a transform: enough for interpreters and standard libraries to start, and
//! nothing of this machine.
//!
//! There are no files, no sockets, no environment and no input. Standard output and standard error
//! are lines of the log. Clocks and random numbers are real where they are granted. Otherwise the
//! clock stands still at the time of the request, and random numbers are the same in every call.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::AsyncWrite;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::random::Deterministic;
use wasmtime_wasi::{HostMonotonicClock, HostWallClock, WasiCtx};

use super::grants::Grants;
use super::log::{CallLog, Level};

/// Bytes of a request for random numbers.
pub(super) const RANDOM_BYTES_MAX: u64 = 64 << 10;
/// What random numbers are where none are granted: digits of pi, so nothing up our sleeve.
const SAME_NUMBERS: [u8; 32] = [
    0x24, 0x3f, 0x6a, 0x88, 0x85, 0xa3, 0x08, 0xd3, 0x13, 0x19, 0x8a, 0x2e, 0x03, 0x70, 0x73, 0x44, 0xa4,
    0x09, 0x38, 0x22, 0x29, 0x9f, 0x31, 0xd0, 0x08, 0x2e, 0xfa, 0x98, 0xec, 0x4e, 0x6c, 0x89,
];

/// WASI for one call.
pub(super) fn context(grants: &Grants, now: Duration, log: &Arc<CallLog>) -> WasiCtx {
    let mut builder = WasiCtx::builder();
    let output = |level| LogStream { log: Arc::clone(log), level };
    builder.stdout(output(Level::Stdout)).stderr(output(Level::Stderr));
    builder.allow_tcp(false).allow_udp(false).allow_ip_name_lookup(false);
    builder.max_random_size(RANDOM_BYTES_MAX);
    if !grants.clock {
        builder.wall_clock(Still(now)).monotonic_clock(Still(now));
    }
    if !grants.random {
        let same = || Deterministic::new(SAME_NUMBERS.to_vec());
        builder.secure_random(same()).insecure_random(same());
        builder.insecure_random_seed(u128::from_le_bytes(
            SAME_NUMBERS.first_chunk().copied().unwrap_or_default(),
        ));
    }
    builder.build()
}

/// A clock that stands still.
struct Still(Duration);

impl HostWallClock for Still {
    fn resolution(&self) -> Duration {
        Duration::from_millis(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

impl HostMonotonicClock for Still {
    fn resolution(&self) -> u64 {
        1_000_000
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.as_nanos()).unwrap_or(u64::MAX)
    }
}

/// Standard output or standard error.
#[derive(Clone)]
struct LogStream {
    log: Arc<CallLog>,
    level: Level,
}

impl IsTerminal for LogStream {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for LogStream {
    fn async_stream(&self) -> Box<dyn AsyncWrite + Send + Sync> {
        Box::new(self.clone())
    }

    fn p2_stream(&self) -> Box<dyn wasmtime_wasi::p2::OutputStream> {
        Box::new(self.clone())
    }
}

impl AsyncWrite for LogStream {
    fn poll_write(self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.log.write_bytes(self.level, bytes);
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

/// Bytes that are taken at once.
const WRITE_BYTES_MAX: usize = 64 << 10;

#[wasmtime_wasi::async_trait]
impl wasmtime_wasi::p2::Pollable for LogStream {
    async fn ready(&mut self) {}
}

impl wasmtime_wasi::p2::OutputStream for LogStream {
    fn write(&mut self, bytes: bytes::Bytes) -> wasmtime_wasi::p2::StreamResult<()> {
        self.log.write_bytes(self.level, &bytes);
        Ok(())
    }

    fn flush(&mut self) -> wasmtime_wasi::p2::StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> wasmtime_wasi::p2::StreamResult<usize> {
        Ok(WRITE_BYTES_MAX)
    }
}

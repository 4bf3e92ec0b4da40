//! What goes wrong in a call of a transform.

use std::sync::Arc;

/// Kinds of failure. The gateway makes an error of S3 of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FailureKind {
    /// Too many calls run already, and none ended soon enough.
    Busy,
    /// It took longer than `time_ms_max`.
    TimedOut,
    /// It used more processor time than `cpu_ms_max`.
    CpuExceeded,
    /// It needs more memory, tables or instances than it may have.
    MemoryExceeded,
    /// What it returned is longer than `output_bytes_max`.
    OutputTooLong,
    /// The bytes that it was given are longer than `input_bytes_max`.
    InputTooLong,
    /// It trapped, for example by a panic.
    Trapped,
    /// It returned what no response can have: a header that it may not set, a bad status.
    BadReply,
    /// It said itself, after its head, that the body is not whole.
    Incomplete,
    /// It does not export what was called.
    NotExported,
    /// The bytes of the object could not be read to their end. This is no fault of the transform.
    SourceFailed,
    /// Nobody waits for the response any more. This is no fault of the transform.
    Abandoned,
}

impl FailureKind {
    /// All of them.
    pub const ALL: [FailureKind; 12] = [
        FailureKind::Busy,
        FailureKind::TimedOut,
        FailureKind::CpuExceeded,
        FailureKind::MemoryExceeded,
        FailureKind::OutputTooLong,
        FailureKind::InputTooLong,
        FailureKind::Trapped,
        FailureKind::BadReply,
        FailureKind::Incomplete,
        FailureKind::NotExported,
        FailureKind::SourceFailed,
        FailureKind::Abandoned,
    ];

    /// Its name in figures, logs and the command line.
    pub fn name(self) -> &'static str {
        match self {
            FailureKind::Busy => "busy",
            FailureKind::TimedOut => "timed-out",
            FailureKind::CpuExceeded => "cpu-exceeded",
            FailureKind::MemoryExceeded => "memory-exceeded",
            FailureKind::OutputTooLong => "output-too-long",
            FailureKind::InputTooLong => "input-too-long",
            FailureKind::Trapped => "trapped",
            FailureKind::BadReply => "bad-reply",
            FailureKind::Incomplete => "incomplete",
            FailureKind::NotExported => "not-exported",
            FailureKind::SourceFailed => "source-failed",
            FailureKind::Abandoned => "abandoned",
        }
    }

    /// Its place among all of them.
    pub(super) fn index(self) -> usize {
        FailureKind::ALL.iter().position(|kind| *kind == self).unwrap_or_default()
    }
}

/// A call that failed: what the operator is told. The client learns the kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {words}", kind.name())]
pub struct CallFailure {
    /// The kind.
    pub kind: FailureKind,
    /// What is known of it: up to 4 KiB.
    pub words: String,
}

/// A call that failed, or that its function refused, for who explains it.
#[derive(Debug)]
pub struct FailedCall<'a> {
    /// The function, by its name or ARN with the version.
    pub function: &'a str,
    /// The request that it was made for.
    pub request_id: &'a str,
    /// The name of a kind of failure, or `refused`.
    pub kind: &'static str,
    /// What is known of it.
    pub words: &'a str,
    /// The last error lines that the function wrote.
    pub last_lines: Option<&'a str>,
}

/// Who is told of them.
pub(super) type FailureListener = Arc<dyn Fn(&FailedCall<'_>) + Send + Sync>;

/// Bytes of what is said of a failure.
const WORDS_BYTES_MAX: usize = 4 << 10;

impl CallFailure {
    /// A failure; words that are long are cut.
    pub fn new(kind: FailureKind, words: impl Into<String>) -> CallFailure {
        let mut words = words.into();
        if words.len() > WORDS_BYTES_MAX {
            words.truncate(words.floor_char_boundary(WORDS_BYTES_MAX));
        }
        CallFailure { kind, words }
    }

    /// What kept an instance from being made.
    pub(super) fn of_start(error: &wasmtime::Error) -> CallFailure {
        match error.is::<wasmtime::PoolConcurrencyLimitError>() {
            true => CallFailure::new(FailureKind::Busy, error.to_string()),
            false => CallFailure::trapped(error),
        }
    }

    /// What a trap says: the reason first, then where it was.
    pub(super) fn trapped(error: &wasmtime::Error) -> CallFailure {
        let (reason, trace) = (error.root_cause().to_string(), error.to_string());
        let words = if trace == reason { reason } else { format!("{reason}; {trace}") };
        CallFailure::new(FailureKind::Trapped, words)
    }
}

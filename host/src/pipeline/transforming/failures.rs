//! What a stage is told of a transform that made nothing.

use crate::pipeline::bindings::calls::{TransformFailure, TransformFailureKind};
use crate::transforms::{CallFailure, FailureKind};

pub(super) fn of(kind: TransformFailureKind, words: &str) -> TransformFailure {
    TransformFailure { kind, words: words.to_owned() }
}

/// Its code cannot be run.
pub(super) fn unavailable(words: &str) -> TransformFailure {
    of(TransformFailureKind::Unavailable, words)
}

/// What the client may know of a failure. What the transform itself said is for the operator alone.
pub(super) fn told(failure: &CallFailure) -> TransformFailure {
    let kind = match failure.kind {
        FailureKind::Busy => TransformFailureKind::Busy,
        FailureKind::TimedOut | FailureKind::CpuExceeded => TransformFailureKind::TimedOut,
        FailureKind::MemoryExceeded => TransformFailureKind::OutOfMemory,
        FailureKind::OutputTooLong => TransformFailureKind::OutputTooLong,
        FailureKind::InputTooLong => TransformFailureKind::InputTooLong,
        FailureKind::Trapped => TransformFailureKind::Trapped,
        FailureKind::BadReply => TransformFailureKind::BadReply,
        FailureKind::Incomplete => TransformFailureKind::Incomplete,
        FailureKind::NotExported => TransformFailureKind::NotExported,
        FailureKind::SourceFailed => TransformFailureKind::SourceFailed,
        FailureKind::Abandoned => TransformFailureKind::Abandoned,
    };
    let is_of_host =
        !matches!(failure.kind, FailureKind::Trapped | FailureKind::Incomplete | FailureKind::SourceFailed);
    of(kind, if is_of_host { &failure.words } else { "" })
}

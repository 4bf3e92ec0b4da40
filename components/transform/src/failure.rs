//! What a client is told of a transform that made nothing.
//!
//! The codes are those of Object Lambda:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#S3ObjectLambdaErrorCodeList>.

use gateway::errors::{ErrorCode, S3Error};
use sdk::{TransformFailure, TransformFailureKind};

/// There is no such function: `LambdaNotFound`.
pub(crate) fn not_found(arn: &str) -> S3Error {
    S3Error::new(ErrorCode::LambdaNotFound).detail("FunctionArn", arn)
}

/// The error of a failure.
pub(crate) fn error(failure: &TransformFailure) -> S3Error {
    let (code, what) = match failure.kind {
        TransformFailureKind::Busy => return ErrorCode::SlowDown.into(),
        TransformFailureKind::SourceFailed | TransformFailureKind::Abandoned => {
            return ErrorCode::InternalError.into();
        }
        TransformFailureKind::Unavailable => (ErrorCode::LambdaInvocationFailed, "it cannot be run"),
        TransformFailureKind::NotExported => {
            (ErrorCode::LambdaInvocationFailed, "it does not export what was called")
        }
        TransformFailureKind::Trapped => (ErrorCode::LambdaRuntimeError, "it stopped with an error"),
        TransformFailureKind::TimedOut => (ErrorCode::LambdaTimeout, ""),
        TransformFailureKind::OutOfMemory => {
            (ErrorCode::LambdaRuntimeError, "it needs more memory than it may have")
        }
        TransformFailureKind::InputTooLong => (ErrorCode::LambdaTooLarge, "the object is too long for it"),
        TransformFailureKind::OutputTooLong => (ErrorCode::LambdaTooLarge, "its response is too long"),
        TransformFailureKind::BadReply => (ErrorCode::LambdaInvalidResponse, ""),
        TransformFailureKind::Incomplete => (ErrorCode::LambdaResponseNotReceived, ""),
        TransformFailureKind::CutShort => (ErrorCode::ConnectionClosedByRequester, ""),
    };
    let words = if failure.words.is_empty() { what } else { &failure.words };
    match words.is_empty() {
        true => code.into(),
        false => S3Error::new(code).message(format!("{} ({words})", code.message())),
    }
}

//! Refusals: from `S3Error` to the contract and back, and what a host failure means to a client.

use gateway::errors::{ErrorCode, S3Error};

use crate::response::push_header;
use crate::{Failure, Refusal};

/// The refusal that carries an error to the gateway, which renders it.
pub fn refuse(error: S3Error) -> Refusal {
    let mut headers = String::new();
    for (name, value) in &error.headers {
        push_header(&mut headers, name, value);
    }
    Refusal {
        code: error.code.as_str().to_owned(),
        message: error.message,
        details: error.details.into_iter().map(|(name, value)| (name.to_owned(), value)).collect(),
        headers,
    }
}

/// The error of what a stage of the operator's refused. A code that the table does not have is an
/// `InternalError`: for the client, the server has failed.
pub fn refused_by_stage(refusal: Refusal) -> S3Error {
    match (ErrorCode::parse(&refusal.code), refusal.message) {
        (None, _) => ErrorCode::InternalError.into(),
        (Some(code), None) => code.into(),
        (Some(code), Some(message)) => S3Error::new(code).message(message),
    }
}

/// What a client is told when host work failed.
pub fn failure_to_error(failure: Failure) -> S3Error {
    let code = match failure {
        Failure::BodyTooLarge => ErrorCode::EntityTooLarge,
        Failure::BodyIncomplete | Failure::ChunkMalformed => {
            return S3Error::new(ErrorCode::IncompleteBody)
                .message("The request body terminated unexpectedly");
        }
        Failure::DecodedLengthMismatch => ErrorCode::IncompleteBody,
        Failure::BodyTimeout => ErrorCode::RequestTimeout,
        Failure::PayloadMismatch => ErrorCode::XAmzContentSHA256Mismatch,
        Failure::ChunkSignatureMismatch => ErrorCode::SignatureDoesNotMatch,
        Failure::StorageFull => ErrorCode::ServiceUnavailable,
        Failure::StorageFailed => ErrorCode::InternalError,
        Failure::Overloaded => ErrorCode::SlowDown,
    };
    code.into()
}

//! Bytes that a client wants to store, held until a transform makes of them what is stored. No row
//! refers to them, and they are gone with their call.

use std::io::{Error, ErrorKind};

use bytes::Bytes;

use super::{Made, Transforming};
use crate::body::Failure;
use crate::body::receive::PieceSink;
use crate::pipeline::bindings::calls::MadeNeed;
use crate::transforms::VariantWriter;

/// Bytes that are written down.
pub(crate) struct HeldBody(VariantWriter);

impl Transforming {
    /// Begins to hold bytes for a bucket of an account.
    ///
    /// # Errors
    /// Those of a disk.
    pub(crate) fn hold(&self, account: &str) -> Result<HeldBody, Failure> {
        self.variants.writer(account).map(HeldBody).map_err(|error| failure(&error))
    }
}

impl HeldBody {
    /// All bytes have come.
    ///
    /// # Errors
    /// Those of a disk.
    pub(crate) async fn finish(self) -> Result<Made, Failure> {
        match self.0.finish().await {
            Ok(variant) => Ok(Made::kept(variant, MadeNeed::Whole)),
            Err(error) => Err(failure(&error)),
        }
    }
}

impl PieceSink for HeldBody {
    async fn take(&mut self, piece: Bytes) -> Result<(), Failure> {
        self.0.write(&piece).await.map_err(|error| failure(&error))
    }
}

fn failure(error: &Error) -> Failure {
    match error.kind() {
        ErrorKind::QuotaExceeded => Failure::Overloaded,
        ErrorKind::StorageFull => Failure::StorageFull,
        _ => {
            crate::telemetry::reason::given(error, "what a client sent cannot be held for a transform");
            Failure::StorageFailed
        }
    }
}

//! Usage: how many objects and bytes a bucket holds. The host keeps the sums; plans say what they
//! change, and rows say what they count.
//!
//! Objects are versions, delete markers, uploads in progress and their parts. Bytes are those of
//! all of them, as clients sent them. So CloudWatch counts, too, but for the uploads themselves,
//! which take space without any part:
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/metrics-dimensions.html>

#[cfg(test)]
mod tests;

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use sdk::UsageChange;
use sdk::bindings::storage::exports::portcullis::gateway::references::Counted;

use crate::records::{BucketRow, Part, Record as _, Summary, Upload};
use crate::tables;

/// What changes in the usage of a bucket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// 1 where the bucket is made, -1 where it is deleted.
    pub(crate) buckets: i64,
    /// Objects more, or less.
    pub(crate) objects: i64,
    /// Bytes more, or less.
    pub(crate) bytes: i64,
}

impl Usage {
    /// A row comes that counts as an object of so many bytes. `None` counts nowhere.
    pub(crate) fn add(&mut self, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.objects += 1;
            self.bytes = self.bytes.saturating_add_unsigned(bytes);
        }
    }

    /// Such a row goes.
    pub(crate) fn take(&mut self, bytes: Option<u64>) {
        if let Some(bytes) = bytes {
            self.objects -= 1;
            self.bytes = self.bytes.saturating_sub_unsigned(bytes);
        }
    }

    /// The change, as the host takes it.
    pub(crate) fn change(self, bucket: String, owner: Account, limited: bool) -> UsageChange {
        let Usage { buckets, objects, bytes } = self;
        UsageChange { bucket, account: owner.to_string(), buckets, objects, bytes, limited }
    }
}

impl std::ops::AddAssign for Usage {
    fn add_assign(&mut self, other: Usage) {
        self.buckets += other.buckets;
        self.objects += other.objects;
        self.bytes = self.bytes.saturating_add(other.bytes);
    }
}

/// What a row says of usage. Tables that are not named here say nothing.
///
/// Fails for a row that cannot be read.
pub(crate) fn of_row(table: &str, key: &[u8], value: &[u8]) -> Result<Option<Counted>> {
    Ok(match table {
        tables::BUCKETS => {
            let row = BucketRow::decode(value)?;
            let name = std::str::from_utf8(key).map_err(|_| unreadable())?.to_owned();
            Some(Counted::Bucket((row.id, name, row.owner.to_string())))
        }
        tables::OBJECTS | tables::VERSIONS => {
            Some(Counted::Object((first_number(key)?, Summary::decode(value)?.size)))
        }
        tables::UPLOADS => Some(Counted::Upload((Upload::decode(value)?.sequence, first_number(key)?))),
        tables::PARTS => Some(Counted::Part((first_number(key)?, Part::decode(value)?.size))),
        _ => None,
    })
}

/// The number with which a key begins.
fn first_number(key: &[u8]) -> Result<u64> {
    key.first_chunk().map(|number| u64::from_be_bytes(*number)).ok_or_else(unreadable)
}

fn unreadable() -> S3Error {
    S3Error::new(ErrorCode::InternalError).message("A stored record could not be read.")
}

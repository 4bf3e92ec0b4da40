//! A batch under construction, and how often an operation plans again when other requests write the
//! same rows.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use sdk::{Batch, Call, CommitError, Put, Requirement, Work, failure_to_error};

use crate::quota;
use crate::records::{Body, BucketRow, Record, Row, Span};
use crate::tables::{self, Range};
use crate::usage::Usage;

/// How often an operation plans before it gives up. Of several writers of one row, one succeeds in
/// every round. So the limit is above the number of requests that a host has in flight.
pub(crate) const ATTEMPTS_MAX: u32 = 1024;

/// Changes that take effect together or not at all, and what must hold for them to.
#[derive(Debug)]
pub(crate) struct Plan {
    batch: Batch,
    /// What the plan changes in the usage of its bucket.
    usage: Usage,
    /// The bucket and its owner, whose usage that is.
    bucket: Option<(String, Account)>,
    /// Whether quotas hold.
    limited: bool,
}

impl Plan {
    /// Changes nothing yet.
    pub(crate) fn new() -> Plan {
        Plan {
            batch: Batch {
                require: Vec::new(),
                put: Vec::new(),
                delete: Vec::new(),
                keep: Vec::new(),
                free: Vec::new(),
                usage: None,
                essential: false,
            },
            usage: Usage::default(),
            bucket: None,
            limited: true,
        }
    }

    /// The bucket in which things change is still as it was read. Its usage, and that of its owner,
    /// changes with them.
    pub(crate) fn require_bucket(&mut self, bucket: &Row<BucketRow>) {
        self.require_unchanged(tables::BUCKETS, bucket);
        self.bucket = Some((String::from_utf8_lossy(&bucket.key).into_owned(), bucket.record.owner));
    }

    /// Writes the row of a new bucket.
    pub(crate) fn make_bucket(&mut self, name: &str, bucket: &BucketRow) -> Result<()> {
        self.bucket = Some((name.to_owned(), bucket.owner));
        self.usage.buckets += 1;
        self.put(tables::BUCKETS, tables::bucket_key(name), bucket)
    }

    /// Deletes the row of a bucket.
    pub(crate) fn end_bucket(&mut self, bucket: &Row<BucketRow>) {
        self.usage.buckets -= 1;
        self.delete(tables::BUCKETS, bucket.key.clone());
    }

    /// Goes through whatever quotas there are: it hides an object, which takes a new delete
    /// marker.
    pub(crate) fn lift_quotas(&mut self) {
        self.limited = false;
    }

    /// It changes how a bucket is set up, which may have to change when the disk is nearly full.
    pub(crate) fn essential(&mut self) {
        self.batch.essential = true;
    }

    /// The row is still as it was read.
    pub(crate) fn require_unchanged<T>(&mut self, table: &str, row: &Row<T>) {
        self.batch.require.push(Requirement::Unchanged((table.to_owned(), row.key.clone(), row.revision)));
    }

    /// There is still no such row.
    pub(crate) fn require_absent(&mut self, table: &str, key: Vec<u8>) {
        self.batch.require.push(Requirement::Absent((table.to_owned(), key)));
    }

    /// What was read of `key` still holds: the row unchanged, or still absent.
    pub(crate) fn require_as_read<T>(&mut self, table: &str, key: &[u8], row: Option<&Row<T>>) {
        match row {
            Some(row) => self.require_unchanged(table, row),
            None => self.require_absent(table, key.to_vec()),
        }
    }

    /// There is no row in the range.
    pub(crate) fn require_empty(&mut self, table: &str, range: Range) {
        self.batch.require.push(Requirement::Empty((table.to_owned(), range.start, range.end)));
    }

    /// Writes a row that is not there yet, or that counts nowhere in the usage.
    pub(crate) fn put<T: Record>(&mut self, table: &str, key: Vec<u8>, record: &T) -> Result<()> {
        self.usage.add(record.bytes_counted());
        self.put_bytes(table, key, record.encode()?);
        Ok(())
    }

    /// Writes a row that is there: `before` is what was read of it.
    pub(crate) fn replace<T: Record>(&mut self, table: &str, before: &Row<T>, record: &T) -> Result<()> {
        self.usage.take(before.record.bytes_counted());
        self.put(table, before.key.clone(), record)
    }

    /// Writes a row whose value is encoded already.
    pub(crate) fn put_bytes(&mut self, table: &str, key: Vec<u8>, value: Vec<u8>) {
        self.batch.put.push(Put { table: table.to_owned(), key, value });
    }

    /// Deletes a row that was read.
    pub(crate) fn delete_row<T: Record>(&mut self, table: &str, row: &Row<T>) {
        self.usage.take(row.record.bytes_counted());
        self.delete(table, row.key.clone());
    }

    /// Deletes a row that counts nowhere in the usage.
    pub(crate) fn delete(&mut self, table: &str, key: Vec<u8>) {
        self.batch.delete.push((table.to_owned(), key));
    }

    /// Adds everything that another plan changes and requires. The two must not write the same row.
    pub(crate) fn append(&mut self, other: Plan) {
        self.batch.require.extend(other.batch.require);
        self.batch.put.extend(other.batch.put);
        self.batch.delete.extend(other.batch.delete);
        self.batch.keep.extend(other.batch.keep);
        self.batch.free.extend(other.batch.free);
        self.usage += other.usage;
        self.bucket = self.bucket.take().or(other.bucket);
        self.limited &= other.limited;
        self.batch.essential |= other.batch.essential;
    }

    /// Adds a reference to the blob of every span.
    pub(crate) fn keep(&mut self, spans: &[Span]) {
        self.batch.keep.extend(spans.iter().map(|span| span.blob));
    }

    /// Gives up the reference to the blob of every span.
    pub(crate) fn free(&mut self, spans: &[Span]) {
        self.batch.free.extend(spans.iter().map(|span| span.blob));
    }

    /// Gives up everything that a version's body refers to: its blobs, and its manifest's rows with
    /// theirs.
    ///
    /// The version's own row must be required unchanged by the caller; manifests are never
    /// rewritten, so they need no requirement of their own.
    pub(crate) fn free_body(&mut self, body: &Body) -> Result<()> {
        match body {
            Body::Spans(spans) => self.free(spans),
            Body::Parts { manifest, page_offsets, .. } => {
                for page in 0..page_offsets.len() {
                    // Where a page is missing, the version was deleted. Then its row has changed,
                    // and the commit will fail.
                    let Some(page) = crate::rows::manifest_page(*manifest, page)? else { continue };
                    page.record.parts.iter().for_each(|part| self.free(&part.spans));
                    self.delete(tables::MANIFESTS, page.key);
                }
            }
        }
        Ok(())
    }

    /// Drops what cancels out: a blob that is kept and freed in one batch has as many references as
    /// before.
    fn settle_blobs(&mut self) {
        let Batch { keep, free, .. } = &mut self.batch;
        if keep.is_empty() || free.is_empty() {
            return;
        }
        keep.retain(|kept| match free.iter().position(|freed| freed == kept) {
            Some(position) => {
                free.swap_remove(position);
                false
            }
            None => true,
        });
    }

    /// The batch, with what it changes in the usage. `InternalError` for a plan that does not say
    /// in which bucket things change.
    pub(crate) fn into_batch(self) -> Result<Batch> {
        let Plan { mut batch, usage, bucket, limited } = self;
        if usage != Usage::default() {
            let (bucket, owner) = bucket.ok_or(ErrorCode::InternalError)?;
            batch.usage = Some(usage.change(bucket, owner, limited));
        }
        Ok(batch)
    }

    /// Commits. `Ok(None)` says that a requirement did not hold: read again and plan again.
    pub(crate) async fn commit(mut self, call: &Call) -> Result<Option<u64>> {
        self.settle_blobs();
        match call.commit(self.into_batch()?).await {
            Ok(revision) => Ok(Some(revision)),
            Err(CommitError::Conflict) => Ok(None),
            Err(CommitError::Exceeded(excess)) => Err(quota::exceeded(call, &excess)),
            Err(CommitError::Failed(failure)) => Err(failure_to_error(failure)),
        }
    }
}

#[cfg(test)]
impl Plan {
    /// The batch of a plan that need not name its bucket.
    pub(crate) fn batch(mut self) -> Batch {
        self.bucket.get_or_insert_with(|| ("photos".to_owned(), Account::default()));
        self.into_batch().unwrap()
    }
}

/// The error when a bucket's rows changed at every attempt of an operation on it.
pub(crate) fn aborted() -> S3Error {
    ErrorCode::OperationAborted.into()
}

/// The error when an object's rows changed at every attempt of an operation without preconditions.
/// SDKs retry it later, when fewer requests want the same rows.
pub(crate) fn contended() -> S3Error {
    ErrorCode::SlowDown.into()
}

//! A batch under construction, and how often an operation plans again when other requests write the
//! same rows.

use gateway::errors::{ErrorCode, Result, S3Error};
use sdk::{Batch, Call, CommitError, Put, Requirement, Work, failure_to_error};

use crate::records::{Body, Record, Row, Span};
use crate::tables::{self, Range};

/// How often an operation plans before it gives up. Of several writers of one row, one succeeds in
/// every round. So the limit is above the number of requests that a host has in flight.
pub(crate) const ATTEMPTS_MAX: u32 = 1024;

/// Changes that take effect together or not at all, and what must hold for them to.
#[derive(Debug)]
pub(crate) struct Plan(pub(crate) Batch);

impl Plan {
    /// Changes nothing yet.
    pub(crate) fn new() -> Plan {
        Plan(Batch {
            require: Vec::new(),
            put: Vec::new(),
            delete: Vec::new(),
            keep: Vec::new(),
            free: Vec::new(),
        })
    }

    /// The row is still as it was read.
    pub(crate) fn require_unchanged<T>(&mut self, table: &str, row: &Row<T>) {
        self.0.require.push(Requirement::Unchanged((table.to_owned(), row.key.clone(), row.revision)));
    }

    /// There is still no such row.
    pub(crate) fn require_absent(&mut self, table: &str, key: Vec<u8>) {
        self.0.require.push(Requirement::Absent((table.to_owned(), key)));
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
        self.0.require.push(Requirement::Empty((table.to_owned(), range.start, range.end)));
    }

    /// Writes a row.
    pub(crate) fn put<T: Record>(&mut self, table: &str, key: Vec<u8>, record: &T) -> Result<()> {
        self.put_bytes(table, key, record.encode()?);
        Ok(())
    }

    /// Writes a row whose value is encoded already.
    pub(crate) fn put_bytes(&mut self, table: &str, key: Vec<u8>, value: Vec<u8>) {
        self.0.put.push(Put { table: table.to_owned(), key, value });
    }

    /// Deletes a row.
    pub(crate) fn delete(&mut self, table: &str, key: Vec<u8>) {
        self.0.delete.push((table.to_owned(), key));
    }

    /// Adds everything that another plan changes and requires. The two must not write the same row.
    pub(crate) fn append(&mut self, other: Plan) {
        self.0.require.extend(other.0.require);
        self.0.put.extend(other.0.put);
        self.0.delete.extend(other.0.delete);
        self.0.keep.extend(other.0.keep);
        self.0.free.extend(other.0.free);
    }

    /// Adds a reference to the blob of every span.
    pub(crate) fn keep(&mut self, spans: &[Span]) {
        self.0.keep.extend(spans.iter().map(|span| span.blob));
    }

    /// Gives up the reference to the blob of every span.
    pub(crate) fn free(&mut self, spans: &[Span]) {
        self.0.free.extend(spans.iter().map(|span| span.blob));
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
        let Batch { keep, free, .. } = &mut self.0;
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

    /// Commits. `Ok(None)` says that a requirement did not hold: read again and plan again.
    pub(crate) async fn commit(mut self, call: &Call) -> Result<Option<u64>> {
        self.settle_blobs();
        match call.commit(self.0).await {
            Ok(revision) => Ok(Some(revision)),
            Err(CommitError::Conflict) => Ok(None),
            Err(CommitError::Failed(failure)) => Err(failure_to_error(failure)),
        }
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

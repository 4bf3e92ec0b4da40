//! Changes that take effect together or not at all, and what must hold for them to.

use gateway::errors::{ErrorCode, Result};
use sdk::{Batch, Call, CommitError, Put, Requirement, Work, failure_to_error};
use serde::Serialize;

use crate::records::{self, AccessPoint, ObjectLambda, Row};
use crate::request::Request;
use crate::tables;

/// How often changes are planned before a request gives up: more often than there are requests in
/// flight.
pub(crate) const ATTEMPTS_MAX: u32 = 1024;

/// Changes under construction.
#[derive(Debug)]
pub(crate) struct Changes(Batch);

impl Changes {
    /// None yet.
    pub(crate) fn new() -> Changes {
        let (require, put, delete) = (Vec::new(), Vec::new(), Vec::new());
        Changes(Batch {
            require,
            put,
            delete,
            keep: Vec::new(),
            free: Vec::new(),
            usage: None,
            essential: false,
        })
    }

    /// The row is still as it was read.
    pub(crate) fn require<T>(&mut self, table: &str, row: &Row<T>) {
        self.require_revision(table, row.key.clone(), row.revision);
    }

    /// The row of a key is still the one that a commit wrote.
    pub(crate) fn require_revision(&mut self, table: &str, key: Vec<u8>, revision: u64) {
        self.0.require.push(Requirement::Unchanged((table.to_owned(), key, revision)));
    }

    /// There is still no such row.
    pub(crate) fn require_absent(&mut self, table: &str, key: Vec<u8>) {
        self.0.require.push(Requirement::Absent((table.to_owned(), key)));
    }

    /// Writes a record.
    pub(crate) fn put<T: Serialize>(&mut self, table: &str, key: Vec<u8>, record: &T) -> Result<()> {
        self.put_bytes(table, key, records::encode(record)?);
        Ok(())
    }

    /// Writes a row whose value is no record.
    pub(crate) fn put_bytes(&mut self, table: &str, key: Vec<u8>, value: Vec<u8>) {
        self.0.put.push(Put { table: table.to_owned(), key, value });
    }

    /// Deletes a row.
    pub(crate) fn delete(&mut self, table: &str, key: Vec<u8>) {
        self.0.delete.push((table.to_owned(), key));
    }

    /// The batch, as the host takes it.
    pub(crate) fn into_batch(self) -> Batch {
        self.0
    }
}

/// Commits changes. `None` where a requirement did not hold: plan them again.
pub(crate) async fn commit(call: &Call, changes: Changes) -> Result<Option<u64>> {
    match call.commit(changes.into_batch()).await {
        Ok(revision) => Ok(Some(revision)),
        Err(CommitError::Conflict) => Ok(None),
        Err(CommitError::Failed(failure)) => Err(failure_to_error(failure)),
        // Access points have no usage.
        Err(CommitError::Exceeded(_)) => Err(ErrorCode::InternalError.into()),
    }
}

/// Changes the row of the request's access point. `change` gets the row as it is now, and may
/// refuse and change further rows. It runs again when another request wrote the row meanwhile.
pub(crate) async fn change(
    call: &Call,
    request: &Request,
    change: impl FnMut(&mut Changes, &mut Row<AccessPoint>) -> Result<()>,
) -> Result<()> {
    change_row(call, tables::ACCESS_POINTS, || request.access_point(), change).await
}

/// The same of the request's Object Lambda access point.
pub(crate) async fn change_object_lambda(
    call: &Call,
    request: &Request,
    change: impl FnMut(&mut Changes, &mut Row<ObjectLambda>) -> Result<()>,
) -> Result<()> {
    change_row(call, tables::OBJECT_LAMBDAS, || request.object_lambda(), change).await
}

async fn change_row<T: Serialize>(
    call: &Call,
    table: &str,
    read: impl Fn() -> Result<Row<T>>,
    mut change: impl FnMut(&mut Changes, &mut Row<T>) -> Result<()>,
) -> Result<()> {
    for _ in 0..ATTEMPTS_MAX {
        let mut row = read()?;
        let mut changes = Changes::new();
        changes.require(table, &row);
        change(&mut changes, &mut row)?;
        changes.put(table, row.key.clone(), &row.record)?;
        if commit(call, changes).await?.is_some() {
            return Ok(());
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

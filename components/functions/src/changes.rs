//! Changes that take effect together or not at all, and what must hold for them to.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::functions::not_found;
use sdk::{Batch, Call, CommitError, Put, Requirement, Work, failure_to_error};
use serde::Serialize;

use crate::records::{self, AccountUse, Code, Function, Row};
use crate::request::Request;
use crate::shown::revision_id;
use crate::{rows, tables};

/// How often changes are planned before a request gives up: more often than there are requests in
/// flight.
pub(crate) const ATTEMPTS_MAX: u32 = 1024;
/// Bytes of the code of all versions of an account: what AWS allows.
/// <https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>
pub(crate) const CODE_BYTES_MAX: u64 = 75 << 30;
/// Functions of an account.
pub(crate) const FUNCTIONS_MAX: u64 = 10_000;

/// Changes under construction.
#[derive(Debug)]
pub(crate) struct Changes(Batch);

impl Changes {
    /// None yet.
    pub(crate) fn new() -> Changes {
        Changes(Batch {
            require: Vec::new(),
            put: Vec::new(),
            delete: Vec::new(),
            keep: Vec::new(),
            free: Vec::new(),
            usage: None,
            essential: false,
        })
    }

    /// The row is still as it was read; still absent where it was not there.
    pub(crate) fn require<T>(&mut self, table: &str, row: &Row<T>) {
        let (table, key) = (table.to_owned(), row.key.clone());
        self.0.require.push(match row.revision {
            0 => Requirement::Absent((table, key)),
            revision => Requirement::Unchanged((table, key, revision)),
        });
    }

    /// There is still no such row.
    pub(crate) fn require_absent(&mut self, table: &str, key: Vec<u8>) {
        self.0.require.push(Requirement::Absent((table.to_owned(), key)));
    }

    /// Writes a record.
    pub(crate) fn put<T: Serialize>(&mut self, table: &str, key: Vec<u8>, record: &T) -> Result<()> {
        self.0.put.push(Put { table: table.to_owned(), key, value: records::encode(record)? });
        Ok(())
    }

    /// Writes a row that was read, and requires that it is as it was.
    pub(crate) fn replace<T: Serialize>(&mut self, table: &str, row: &Row<T>) -> Result<()> {
        self.require(table, row);
        self.put(table, row.key.clone(), &row.record)
    }

    /// Deletes a row.
    pub(crate) fn delete(&mut self, table: &str, key: Vec<u8>) {
        self.0.delete.push((table.to_owned(), key));
    }

    /// A row refers to code from now on.
    pub(crate) fn keep(&mut self, code: &Code) {
        self.0.keep.push(code.blob);
    }

    /// A row refers to code no more.
    pub(crate) fn free(&mut self, code: &Code) {
        self.0.free.push(code.blob);
    }

    /// The batch, as the host takes it.
    pub(crate) fn into_batch(self) -> Batch {
        self.0
    }
}

/// What changes in what an account holds.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct UseChange {
    /// Functions that are made.
    pub(crate) functions: i64,
    /// Bytes of code that are kept more.
    pub(crate) code_bytes: i64,
}

/// Counts what an account holds. `CodeStorageExceededException` where that becomes too much.
pub(crate) fn count(changes: &mut Changes, account: &str, change: UseChange) -> Result<()> {
    let mut row = rows::account_use(account)?;
    let AccountUse { functions, code_bytes } = &mut row.record;
    *functions = functions.saturating_add_signed(change.functions);
    *code_bytes = code_bytes.saturating_add_signed(change.code_bytes);
    if change.functions > 0 && *functions > FUNCTIONS_MAX {
        let message = format!("An account has at most {FUNCTIONS_MAX} functions.");
        return Err(S3Error::new(ErrorCode::CodeStorageExceededException).message(message));
    }
    if change.code_bytes > 0 && *code_bytes > CODE_BYTES_MAX {
        return Err(ErrorCode::CodeStorageExceededException.into());
    }
    changes.replace(tables::ACCOUNTS, &row)
}

/// Bytes of code as a difference.
pub(crate) fn bytes_of(code: &Code) -> i64 {
    i64::try_from(code.length).unwrap_or(i64::MAX)
}

/// Commits changes. `None` where a requirement did not hold: plan them again.
pub(crate) async fn commit(call: &Call, changes: Changes) -> Result<Option<u64>> {
    match call.commit(changes.into_batch()).await {
        Ok(revision) => Ok(Some(revision)),
        Err(CommitError::Conflict) => Ok(None),
        Err(CommitError::Failed(failure)) => Err(failure_to_error(failure)),
        // Functions have no usage of buckets.
        Err(CommitError::Exceeded(_)) => Err(ErrorCode::InternalError.into()),
    }
}

/// Changes the row of the request's function. `change` gets the row as it is now, and may refuse
/// and change further rows. It runs again when another request wrote the row meanwhile.
pub(crate) async fn change<T>(
    call: &Call,
    request: &Request,
    mut change: impl FnMut(&mut Changes, &mut Row<Function>) -> Result<T>,
) -> Result<T> {
    for _ in 0..ATTEMPTS_MAX {
        let mut row = request.function()?;
        let mut changes = Changes::new();
        let result = change(&mut changes, &mut row)?;
        changes.replace(tables::FUNCTIONS, &row)?;
        if commit(call, changes).await?.is_some() {
            return Ok(result);
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

/// Refuses a request that expects something to be at another revision.
/// `PreconditionFailedException`
pub(crate) fn check_revision(expected: Option<&str>, revision_id: &str) -> Result<()> {
    match expected.is_none_or(|expected| expected == revision_id) {
        true => Ok(()),
        false => Err(ErrorCode::PreconditionFailedException.into()),
    }
}

/// Notes that `$LATEST` was changed.
pub(crate) fn touch(row: &mut Row<Function>, now_ms: u64) {
    row.record.latest.modified_ms = now_ms;
    row.record.latest.revision_id = revision_id();
}

/// `ResourceNotFoundException` for a function, a version or an alias.
pub(crate) fn no_such(arn: &str) -> S3Error {
    not_found(format!("Function not found: {arn}"))
}

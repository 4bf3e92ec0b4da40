//! What a call is answered with: a document, and the changes that must be durable before it is
//! sent.

use gateway::errors::Result;
use gateway::xml::XmlWriter;
use sdk::{Batch, Put, Requirement};
use serde::Serialize;

use crate::records::{self, Row};
use crate::tables;

/// How often changes are planned before a call gives up: more often than there are calls in flight.
pub(crate) const ATTEMPTS_MAX: u32 = 1024;

/// The reply to a call.
#[derive(Debug)]
pub(crate) struct Reply {
    /// The response document up to the end of its result; `None` for operations without one.
    pub(crate) result: Option<XmlWriter>,
    /// What the operation changes.
    pub(crate) changes: Changes,
}

impl Reply {
    /// A document, and nothing changes.
    pub(crate) fn of(result: XmlWriter) -> Reply {
        Reply { result: Some(result), changes: Changes::default() }
    }

    /// Changes, and no result.
    pub(crate) fn done(changes: Changes) -> Reply {
        Reply { result: None, changes }
    }

    /// Both.
    pub(crate) fn with(result: XmlWriter, changes: Changes) -> Reply {
        Reply { result: Some(result), changes }
    }
}

/// Changes that take effect together or not at all, and what must hold for them to.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    require: Vec<Requirement>,
    put: Vec<Put>,
    delete: Vec<(String, Vec<u8>)>,
    essential: bool,
}

impl Changes {
    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.put.is_empty() && self.delete.is_empty()
    }

    /// They go on when the disk is nearly full: they say who may do what.
    pub(crate) fn essential(mut self) -> Changes {
        self.essential = true;
        self
    }

    /// The row is still as it was read, or still absent if it was not there.
    pub(crate) fn require<T>(&mut self, table: &str, row: &Row<T>) {
        self.require.push(match row.revision {
            0 => Requirement::Absent((table.to_owned(), row.key.clone())),
            revision => Requirement::Unchanged((table.to_owned(), row.key.clone(), revision)),
        });
    }

    /// There is still no such row.
    pub(crate) fn require_absent(&mut self, table: &str, key: &[u8]) {
        self.require.push(Requirement::Absent((table.to_owned(), key.to_vec())));
    }

    /// Writes a row.
    pub(crate) fn put<T: Serialize>(&mut self, table: &str, key: Vec<u8>, record: &T) -> Result<()> {
        self.put_bytes(table, key, records::encode(record)?);
        Ok(())
    }

    /// Writes a row whose value is no record.
    pub(crate) fn put_bytes(&mut self, table: &str, key: Vec<u8>, value: Vec<u8>) {
        self.put.push(Put { table: table.to_owned(), key, value });
    }

    /// Writes a row that was read, and requires that it is as it was.
    pub(crate) fn replace<T: Serialize>(&mut self, table: &str, row: &Row<T>) -> Result<()> {
        self.require(table, row);
        self.put(table, row.key.clone(), &row.record)
    }

    /// Deletes a row.
    pub(crate) fn delete(&mut self, table: &str, key: Vec<u8>) {
        self.delete.push((table.to_owned(), key));
    }

    /// The batch, as the host takes it. It writes the one row of [`tables::CHANGES`] too: whatever
    /// is kept of earlier reads is out of date then.
    pub(crate) fn into_batch(mut self) -> Batch {
        self.put_bytes(tables::CHANGES, tables::CHANGES_KEY.to_vec(), Vec::new());
        Batch {
            require: self.require,
            put: self.put,
            delete: self.delete,
            keep: Vec::new(),
            free: Vec::new(),
            usage: None,
            essential: self.essential,
        }
    }
}

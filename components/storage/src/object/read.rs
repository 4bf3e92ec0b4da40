//! Finds the version that a request names.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::timestamp;

use crate::records::{BucketRow, Row, Version, VersionId, Versioning};
use crate::{rows, tables, version_id};

use super::write::Table;

/// A version, and where its row is.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// The version.
    pub(crate) row: Row<Version>,
    /// The table that it was read from.
    pub(crate) table: Table,
}

impl Found {
    /// The name of [`Found::table`].
    pub(crate) fn table_name(&self) -> &'static str {
        match self.table {
            Table::Objects => tables::OBJECTS,
            Table::Versions => tables::VERSIONS,
        }
    }
}

/// The object that a key and a version id name, of a request or of the source of a copy.
/// `NoSuchKey`, `NoSuchVersion`, or `MethodNotAllowed` for a delete marker that is named by its id;
/// `method` stands in the text of that refusal.
pub(crate) fn named_object(bucket: &BucketRow, key: &str, id: Option<&str>, method: &str) -> Result<Found> {
    let Some(text) = id else { return latest_object(bucket, key) };
    let id = parse_version_id(text)?;
    let found = version(bucket, key, id)?.ok_or_else(|| no_such_version(key, text))?;
    if found.row.record.summary.is_delete_marker() {
        return Err(marker_refused(&found.row.record, method));
    }
    Ok(found)
}

fn latest_object(bucket: &BucketRow, key: &str) -> Result<Found> {
    if let Some(row) = rows::current(bucket.id, key)? {
        return Ok(Found { row, table: Table::Objects });
    }
    let error = S3Error::new(ErrorCode::NoSuchKey).detail("Key", key);
    if bucket.versioning == Versioning::Unversioned {
        return Err(error);
    }
    match rows::newest_version(bucket.id, key)? {
        Some(marker) => Err(error
            .header("x-amz-delete-marker", "true")
            .header("x-amz-version-id", marker.record.summary.version_id().to_string())),
        None => Err(error),
    }
}

/// A version of a key by its id; delete markers too. `None` when there is none.
pub(crate) fn version(bucket: &BucketRow, key: &str, id: VersionId) -> Result<Option<Found>> {
    if let Some(row) = rows::current(bucket.id, key)?
        && row.record.summary.version_id() == id
    {
        return Ok(Some(Found { row, table: Table::Objects }));
    }
    let sequence = match id {
        VersionId::Number { sequence, .. } => sequence,
        VersionId::Null => match rows::null(bucket.id, key)? {
            Some(null) => null.record,
            None => return Ok(None),
        },
    };
    let row = rows::version(bucket.id, key, sequence)?.filter(|row| row.record.summary.version_id() == id);
    Ok(row.map(|row| Found { row, table: Table::Versions }))
}

/// Reads a version id. `InvalidArgument` for what cannot be one.
pub(crate) fn parse_version_id(text: &str) -> Result<VersionId> {
    if text == "null" {
        return Ok(VersionId::Null);
    }
    match version_id::decode(text) {
        Some((sequence, nonce)) => Ok(VersionId::Number { sequence, nonce }),
        None if text.is_empty() => {
            Err(S3Error::invalid_argument("versionId", text, "Version id cannot be the empty string"))
        }
        None => Err(S3Error::invalid_argument("versionId", text, "Invalid version id specified")),
    }
}

/// `NoSuchVersion`, naming it.
fn no_such_version(key: &str, id: &str) -> S3Error {
    S3Error::new(ErrorCode::NoSuchVersion).detail("Key", key).detail("VersionId", id)
}

/// The refusal for a delete marker: it can be deleted, and nothing else.
fn marker_refused(marker: &Version, method: &str) -> S3Error {
    S3Error::new(ErrorCode::MethodNotAllowed)
        .detail("Method", method)
        .detail("ResourceType", "DeleteMarker")
        .header("allow", "DELETE")
        .header("x-amz-delete-marker", "true")
        .header("x-amz-version-id", marker.summary.version_id().to_string())
        .header("last-modified", timestamp::http_date(marker.summary.modified_ms))
}

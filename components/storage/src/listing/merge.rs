//! The walk over `objects` and `versions` together: every version of every key, newest first.

use gateway::errors::{ErrorCode, Result};
use sdk::index::RawRow;
use std::borrow::Cow;
use std::cmp::Ordering;

use super::rollup::{Item, Listing, Rollup};
use super::source::{Cursor, Source};
use super::walk::{Layout, OBJECTS, VERSIONS};

/// Where the walk begins in each table, and which key it begins in the middle of.
#[derive(Clone, Debug)]
pub(crate) struct Start<'a> {
    /// The first row key in `objects`.
    pub(crate) objects: Vec<u8>,
    /// The first row key in `versions`.
    pub(crate) versions: Vec<u8>,
    /// The key whose newest versions an earlier page has listed: its first row is not the latest
    /// version.
    pub(crate) listed: Option<&'a str>,
}

/// What the walk gives to its caller.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Listed<'a> {
    /// A version, and whether it is the latest one of its key.
    Version {
        /// The key.
        key: &'a str,
        /// The row's value.
        value: &'a [u8],
        /// `IsLatest`
        latest: bool,
    },
    /// The first key of a new common prefix.
    CommonPrefix(&'a str),
}

/// How the walk ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// Nothing is left.
    Complete,
    /// The listing is full, and more follows.
    Truncated,
}

/// Gives versions and common prefixes to `emit`, in order. Fails with `InternalError` on a row key
/// that is not one.
pub(crate) fn walk<S: Source>(
    source: &S,
    bucket: u64,
    start: Start<'_>,
    listing: Listing<'_>,
    mut emit: impl FnMut(Listed<'_>) -> Result<()>,
) -> Result<Ended> {
    if listing.max == 0 {
        return Ok(Ended::Complete);
    }
    let mut rollup = Rollup::new(listing);
    let mut objects = OBJECTS.cursor(source, bucket, &listing, start.objects);
    let mut versions = VERSIONS.cursor(source, bucket, &listing, start.versions);
    // The key of the row before. A row of the same key is not the latest version.
    let mut before = start.listed.map(str::to_owned);
    loop {
        objects.load();
        versions.load();
        let Some((from, key, row)) = next(&objects, &versions)? else { return Ok(Ended::Complete) };
        match rollup.take(&key) {
            Item::Full => return Ok(Ended::Truncated),
            Item::CommonPrefix(common) => {
                emit(Listed::CommonPrefix(common))?;
                let (in_objects, in_versions) =
                    ((OBJECTS.row_prefix)(bucket, common), (VERSIONS.row_prefix)(bucket, common));
                objects.skip(&in_objects);
                versions.skip(&in_versions);
            }
            Item::Entry(key) => {
                let latest = before.as_deref() != Some(key);
                emit(Listed::Version { key, value: row.value, latest })?;
                if latest {
                    let before = before.get_or_insert_default();
                    before.clear();
                    before.push_str(key);
                }
                match from {
                    From::Objects => objects.advance(),
                    From::Versions => versions.advance(),
                }
            }
        }
    }
}

#[derive(Clone, Copy, Debug)]
enum From {
    Objects,
    Versions,
}

/// The next row of both tables: by key, and within a key the current object before the noncurrent
/// versions.
fn next<'c, S: Source>(
    objects: &'c Cursor<'_, S>,
    versions: &'c Cursor<'_, S>,
) -> Result<Option<(From, Cow<'c, str>, RawRow<'c>)>> {
    let object = keyed(&OBJECTS, objects.row())?;
    let version = keyed(&VERSIONS, versions.row())?;
    Ok(match (object, version) {
        (Some((key, row)), None) => Some((From::Objects, key, row)),
        (None, Some((key, row))) => Some((From::Versions, key, row)),
        (Some((object, object_row)), Some((version, version_row))) => match object.cmp(&version) {
            Ordering::Less | Ordering::Equal => Some((From::Objects, object, object_row)),
            Ordering::Greater => Some((From::Versions, version, version_row)),
        },
        (None, None) => None,
    })
}

fn keyed<'c>(layout: &Layout, row: Option<RawRow<'c>>) -> Result<Option<(Cow<'c, str>, RawRow<'c>)>> {
    let Some(row) = row else { return Ok(None) };
    Ok(Some(((layout.key)(row.key).ok_or(ErrorCode::InternalError)?, row)))
}

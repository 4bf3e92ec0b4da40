//! ListObjectVersions: every version and delete marker, by key and then from the newest on.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectVersions.html>

use gateway::errors::{Result, S3Error};
use gateway::operations::list_object_versions::Input;
use gateway::operations::listing::{Next, Page, VersionRow};
use sdk::Response;

use super::list_objects::object_row;
use super::merge::{self, Ended, Listed, Start};
use super::owners::Owners;
use super::rollup::{Begin, Listing};
use super::source::Index;
use crate::object::read;
use crate::records::{BucketRow, Summary, VersionId};
use crate::request::Request;
use crate::{rows, tables};

/// Responds with a page of the bucket's versions.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query)?;
    let bucket = &request.bucket_row()?.record;
    let listing = super::listing(&input.selection, &input.key_marker);
    let start = start(bucket, &listing, input.version_id_marker.as_deref())?;
    let mut page = Page::new(&input.selection);
    let mut owners = Owners::of(bucket);
    let mut last = Last::default();
    let ended = merge::walk(&Index, bucket.id, start, listing, |found| {
        match found {
            Listed::Version { key, value, latest } => {
                let summary = Summary::decode(value)?;
                last.set(key, Some(summary.version_id()));
                page.version(&VersionRow {
                    object: object_row(key, &summary, Some(owners.get(summary.owner))),
                    version_id: &last.id,
                    is_latest: latest,
                    is_delete_marker: summary.is_delete_marker(),
                });
            }
            Listed::CommonPrefix(prefix) => {
                page.common_prefix(prefix);
                last.set(prefix, None);
            }
        }
        Ok(())
    })?;
    let next = Next { key: &last.name, id: last.id() };
    let next = (ended == Ended::Truncated).then_some(next);
    Ok(Response::new(200).xml(input.document(&request.bucket, &page, next)))
}

/// What was listed last: the markers of the next page.
#[derive(Debug, Default)]
struct Last {
    name: String,
    /// Empty for a common prefix.
    id: String,
}

impl Last {
    fn set(&mut self, name: &str, id: Option<VersionId>) {
        self.name.clear();
        self.name.push_str(name);
        self.id.clear();
        if let Some(id) = id {
            id.push_to(&mut self.id);
        }
    }

    fn id(&self) -> Option<&str> {
        (!self.id.is_empty()).then_some(&*self.id)
    }
}

/// Where the page begins: behind the key marker, or behind one version of it.
fn start<'a>(bucket: &BucketRow, listing: &Listing<'a>, id_marker: Option<&str>) -> Result<Start<'a>> {
    let from = |objects: Vec<u8>, versions: Vec<u8>| Start { objects, versions, listed: None };
    let id = bucket.id;
    match listing.begin() {
        Begin::Prefix => {
            let versions = tables::escaped_prefix(id, listing.prefix);
            Ok(from(tables::object_key(id, listing.prefix), versions))
        }
        Begin::Past(common) => Ok(from(
            tables::after_prefix(&tables::object_key(id, common)),
            tables::after_prefix(&tables::escaped_prefix(id, common)),
        )),
        Begin::Marker(key) => {
            let behind = tables::after_key(&tables::object_key(id, key));
            let Some(text) = id_marker else {
                return Ok(from(behind, tables::version_range(id, key).end));
            };
            // The null version may have been deleted since the page before. Then nothing says where
            // it was, so the key is listed from its newest version again.
            let Some(sequence) = sequence_of(bucket, key, text)? else {
                return Ok(from(tables::object_key(id, key), tables::version_range(id, key).start));
            };
            let versions = tables::after_key(&tables::version_key(id, key, sequence));
            // Clients delete what a page lists before they request the next page. Then an older
            // version is the latest by now, and may have moved to `objects`.
            if latest(id, key)?.is_some_and(|latest| latest < sequence) {
                return Ok(from(tables::object_key(id, key), versions));
            }
            Ok(Start { objects: behind, versions, listed: Some(key) })
        }
    }
}

/// The sequence of the latest version of a key.
fn latest(bucket: u64, key: &str) -> Result<Option<u64>> {
    let latest = match rows::current(bucket, key)? {
        Some(current) => Some(current),
        None => rows::newest_version(bucket, key)?,
    };
    Ok(latest.map(|row| row.record.summary.sequence))
}

/// The sequence of a version, which orders it among those of its key. It is in the id, so it is
/// known also when the version was deleted meanwhile.
fn sequence_of(bucket: &BucketRow, key: &str, text: &str) -> Result<Option<u64>> {
    let invalid = |_| S3Error::invalid_argument("version-id-marker", text, "Invalid version id specified");
    match read::parse_version_id(text).map_err(invalid)? {
        VersionId::Number { sequence, .. } => Ok(Some(sequence)),
        VersionId::Null => {
            if let Some(current) = rows::current(bucket.id, key)?.filter(|row| row.record.summary.null) {
                return Ok(Some(current.record.summary.sequence));
            }
            Ok(rows::null(bucket.id, key)?.map(|row| row.record))
        }
    }
}

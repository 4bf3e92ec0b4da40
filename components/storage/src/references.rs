//! Which blobs a row refers to, so that `portcullis check` can count the references of every blob;
//! and what a row is, so that it can name the objects of a damaged one.

#[cfg(test)]
mod tests;

use gateway::errors::Result;

use sdk::bindings::storage::exports::portcullis::gateway::references::Description;

use crate::records::{Body, BucketRow, ManifestPage, Part, Record as _, Span, Upload, Version};
use crate::{tables, version_id};

/// The blobs of a row, once for each reference that the row holds. Tables that are not named here
/// refer to none.
///
/// Fails for a row that cannot be read.
pub(crate) fn blobs_of(table: &str, value: &[u8]) -> Result<Vec<u64>> {
    Ok(match table {
        tables::OBJECTS | tables::VERSIONS => match Version::decode(value)?.details.body {
            Body::Spans(spans) => blobs(&spans),
            // The pages of the manifest refer to them.
            Body::Parts { .. } => Vec::new(),
        },
        tables::PARTS => blobs(&Part::decode(value)?.spans),
        tables::MANIFESTS => {
            let page = ManifestPage::decode(value)?;
            page.parts.iter().flat_map(|part| blobs(&part.spans)).collect()
        }
        _ => Vec::new(),
    })
}

/// What a row is. Where its value cannot be read, what its key says.
pub(crate) fn describe(table: &str, key: &[u8], value: &[u8], blob: Option<u64>) -> Option<Description> {
    let named = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    // Row keys of all tables but one begin with a number.
    let within = key.first_chunk::<8>().map(|number| u64::from_be_bytes(*number));
    Some(match table {
        tables::BUCKETS => Description {
            names: vec![named("bucket", &String::from_utf8_lossy(key))],
            number: BucketRow::decode(value).ok().map(|bucket| bucket.id),
            within: None,
        },
        tables::OBJECTS | tables::VERSIONS => {
            let object = match table {
                tables::OBJECTS => tables::split_object_key(key).map(ToOwned::to_owned),
                _ => tables::split_version_key(key).map(|(object, _)| object.into_owned()),
            };
            let version = Version::decode(value).ok();
            let mut names = vec![named("key", &object.unwrap_or_default())];
            names.extend(version.as_ref().map(|v| named("version", &v.summary.version_id().to_string())));
            let number = version.and_then(|version| match version.details.body {
                Body::Parts { manifest, .. } => Some(manifest),
                Body::Spans(_) => None,
            });
            Description { names, number, within }
        }
        tables::UPLOADS => {
            let (object, sequence) = tables::split_upload_key(key)?;
            let mut names = vec![named("key", &object)];
            let upload = Upload::decode(value).ok();
            names.extend(upload.map(|one| named("upload", &version_id::encode(one.sequence, one.nonce))));
            Description { names, number: Some(sequence), within }
        }
        tables::PARTS => {
            let number = Part::decode(value).ok().map(|part| named("part", &part.number.to_string()));
            Description { names: number.into_iter().collect(), number: None, within }
        }
        tables::MANIFESTS => {
            let parts = ManifestPage::decode(value).map(|page| page.parts).unwrap_or_default();
            let part = parts.iter().find(|part| part.spans.iter().any(|span| Some(span.blob) == blob));
            let names = part.map(|part| named("part", &part.number.to_string())).into_iter().collect();
            Description { names, number: None, within }
        }
        _ => return None,
    })
}

fn blobs(spans: &[Span]) -> Vec<u64> {
    spans.iter().map(|span| span.blob).collect()
}

//! Which blobs a row refers to, so that `portcullis check` can count the references of every blob.

#[cfg(test)]
mod tests;

use gateway::errors::Result;

use crate::records::{Body, ManifestPage, Part, Record as _, Span, Version};
use crate::tables;

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

fn blobs(spans: &[Span]) -> Vec<u64> {
    spans.iter().map(|span| span.blob).collect()
}

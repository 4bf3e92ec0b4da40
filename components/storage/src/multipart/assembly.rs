//! Lays parts one after the other: the manifest of the completed object.

use crate::plan::Plan;
use crate::records::{Body, ManifestPage, ManifestPart, Part};
use crate::tables::{self, MANIFEST_PAGE_PARTS};
use gateway::errors::Result;

/// The pages of a manifest, and what finds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Assembly {
    /// The rows to write, in order.
    pub(crate) pages: Vec<ManifestPage>,
    /// For each page, where its first part begins in the object.
    pub(crate) page_offsets: Vec<u64>,
    /// Parts.
    pub(crate) count: u32,
    /// Bytes of the object.
    pub(crate) size: u64,
}

impl Assembly {
    /// Lays out the parts in their order. They keep the numbers under which they were uploaded.
    pub(crate) fn of(parts: &[&Part]) -> Assembly {
        let mut assembly = Assembly { pages: Vec::new(), page_offsets: Vec::new(), count: 0, size: 0 };
        for page in parts.chunks(MANIFEST_PAGE_PARTS) {
            assembly.page_offsets.push(assembly.size);
            let parts = page.iter().map(|part| {
                let offset = assembly.size;
                assembly.size = assembly.size.saturating_add(part.size);
                assembly.count += 1;
                ManifestPart {
                    number: part.number,
                    offset,
                    size: part.size,
                    checksums: part.checksums.clone(),
                    spans: part.spans.clone(),
                }
            });
            let parts = parts.collect();
            assembly.pages.push(ManifestPage { parts });
        }
        assembly
    }

    /// Plans the rows of the manifest, and returns the body that refers to it.
    pub(crate) fn put(&self, plan: &mut Plan, manifest: u64) -> Result<Body> {
        for (page, record) in self.pages.iter().enumerate() {
            plan.put(tables::MANIFESTS, tables::manifest_key(manifest, page), record)?;
        }
        Ok(Body::Parts { manifest, count: self.count, page_offsets: self.page_offsets.clone() })
    }
}

#[cfg(test)]
mod tests;

//! Listings of objects and of versions, and the walk over ordered rows. The listings of uploads and
//! of buckets use the walk, too.
//!
//! A listing is a seek in an ordered table: [`source`] gives rows page by page, [`rollup`] says
//! what a listing makes of a key, [`walk`] and [`merge`] go over one table or over two. Parameters
//! and documents are `gateway`'s.

pub(crate) mod list_object_versions;
pub(crate) mod list_objects;
pub(crate) mod list_objects_v2;
pub(crate) mod merge;
pub(crate) mod owners;
pub(crate) mod rollup;
pub(crate) mod source;
#[cfg(test)]
mod tests;
pub(crate) mod walk;

use gateway::operations::listing::Selection;

use rollup::Listing;

/// What a request selects, behind `marker`.
pub(crate) fn listing<'a>(selection: &'a Selection, marker: &'a str) -> Listing<'a> {
    Listing {
        prefix: &selection.prefix,
        delimiter: selection.delimiter.as_deref().unwrap_or_default(),
        marker,
        max: selection.limit as usize,
    }
}

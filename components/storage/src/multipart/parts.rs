//! The parts of an upload in progress, all together.

use gateway::errors::Result;

use crate::listing::source::{Index, Source};
use crate::plan::Plan;
use crate::records::{Part, Row, Upload};
use crate::rows;
use crate::tables::{self, Range};

/// The largest part number.
const NUMBER_MAX: u32 = 10_000;

/// Rows fetched at a time.
const PAGE_ROWS: u32 = 1000;

/// Every part of an upload, by number; at most [`NUMBER_MAX`].
pub(crate) fn all(upload: u64) -> Result<Vec<Row<Part>>> {
    list(upload, 0, NUMBER_MAX as usize)
}

/// The first `count` parts whose numbers are larger than `marker`.
pub(crate) fn list(upload: u64, marker: u32, count: usize) -> Result<Vec<Row<Part>>> {
    let Range { end, .. } = tables::part_range(upload);
    let mut start = tables::part_key(upload, marker.saturating_add(1));
    let mut parts: Vec<Row<Part>> = Vec::new();
    while parts.len() < count {
        let left = u32::try_from(count - parts.len()).unwrap_or(PAGE_ROWS).min(PAGE_ROWS);
        let page = Index.page(tables::PARTS, &start, &end, left);
        if page.is_empty() {
            break;
        }
        for row in page.rows() {
            start = tables::after_key(row.key);
            parts.push(Row::decode(row)?);
        }
    }
    Ok(parts)
}

/// Requires that `parts` are all parts of an upload: each is unchanged, and there is none between
/// them.
pub(crate) fn require_exactly(plan: &mut Plan, upload: u64, parts: &[Row<Part>]) {
    for gap in gaps(parts.iter().map(|part| part.record.number)) {
        let start = tables::part_key(upload, gap.0);
        plan.require_empty(tables::PARTS, Range { start, end: tables::part_key(upload, gap.1) });
    }
    parts.iter().for_each(|part| plan.require_unchanged(tables::PARTS, part));
}

/// The ranges of numbers without a part, as (first, one behind the last).
fn gaps(numbers: impl Iterator<Item = u32>) -> Vec<(u32, u32)> {
    let mut gaps = Vec::new();
    let mut next = 1;
    for number in numbers.chain([NUMBER_MAX + 1]) {
        if number > next {
            gaps.push((next, number));
        }
        next = number.saturating_add(1);
    }
    gaps
}

/// Plans `part` as one of the upload's parts. Keeps the blobs of its spans, and frees those of a
/// part that it replaces.
pub(crate) fn put(plan: &mut Plan, upload: &Row<Upload>, part: &Part) -> Result<()> {
    let sequence = upload.record.sequence;
    let key = tables::part_key(sequence, part.number);
    let before = rows::part(sequence, part.number)?;
    plan.require_unchanged(tables::UPLOADS, upload);
    plan.require_as_read(tables::PARTS, &key, before.as_ref());
    plan.keep(&part.spans);
    match before {
        Some(before) => {
            plan.free(&before.record.spans);
            plan.replace(tables::PARTS, &before, part)
        }
        None => plan.put(tables::PARTS, key, part),
    }
}

/// Plans the end of an upload without an object: deletes its row and its parts, and frees their
/// blobs.
pub(crate) fn discard(plan: &mut Plan, upload: &Row<Upload>, parts: &[Row<Part>]) {
    plan.require_unchanged(tables::UPLOADS, upload);
    plan.delete_row(tables::UPLOADS, upload);
    require_exactly(plan, upload.record.sequence, parts);
    for part in parts {
        plan.free(&part.record.spans);
        plan.delete_row(tables::PARTS, part);
    }
}

#[cfg(test)]
mod tests;

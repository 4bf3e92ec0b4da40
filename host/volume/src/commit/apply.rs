//! Checks a batch against the index, and applies it: the same code for a commit and for its replay.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::batch::{Changes, Requirement};
use crate::blobs::{BlobRow, Location};
use crate::errors::VolumeError;
use crate::index::Rows;
use crate::pending::Pending;

/// What commits did that lies outside the index.
#[derive(Debug, Default)]
pub(crate) struct Effects {
    /// Segments, and by how much their live bytes changed.
    pub(crate) live: Vec<(u64, i64)>,
    /// Blobs that got their first reference.
    pub(crate) kept: Vec<u64>,
    /// Blobs that lost their last reference.
    pub(crate) freed: Vec<(u64, BlobRow)>,
}

impl Effects {
    fn live_changed(&mut self, row: &BlobRow, sign: i64) {
        if let Some((segment, bytes)) = row.in_log() {
            self.live.push((segment, sign * i64::try_from(bytes).unwrap_or(i64::MAX)));
        }
    }
}

/// Whether every requirement holds.
pub(crate) fn holds(rows: &mut Rows<'_>, require: &[Requirement]) -> Result<bool, VolumeError> {
    for requirement in require {
        let held = match requirement {
            Requirement::Unchanged { table, key, revision } => rows.revision(table, key)? == Some(*revision),
            Requirement::Absent { table, key } => rows.revision(table, key)?.is_none(),
            Requirement::Empty { table, start, end } => rows.is_empty(table, start, end)?,
        };
        if !held {
            return Ok(false);
        }
    }
    Ok(true)
}

/// How a batch changes the row of one blob.
#[derive(Debug)]
pub(crate) struct BlobChange {
    id: u64,
    before: Option<BlobRow>,
    after: Option<BlobRow>,
}

/// What becomes of the blobs that a batch names; `None` when it keeps a blob that is not there, or
/// frees a reference that no row holds. `received` are the blobs that were received for this batch;
/// in a replay there are none, and what the record says is true.
pub(crate) fn plan_blobs(
    rows: &Rows<'_>,
    changes: &Changes<'_>,
    received: Option<&[Arc<Pending>]>,
) -> Result<Option<Vec<BlobChange>>, VolumeError> {
    let mut named: BTreeMap<u64, (u32, u32, Option<BlobRow>)> = BTreeMap::new();
    for (id, row) in &changes.keeps {
        let counts = named.entry(*id).or_default();
        counts.0 += 1;
        counts.2 = counts.2.or(*row);
    }
    for id in &changes.frees {
        named.entry(*id).or_default().1 += 1;
    }
    let mut planned = Vec::with_capacity(named.len());
    for (id, (keeps, frees, new)) in named {
        let before = rows.blob(id)?;
        let start = match (before, new) {
            (Some(row), _) => row,
            // It was kept by an earlier batch and freed since, so its bytes may be gone already.
            (None, Some(row)) if !was_kept(received, id) => BlobRow { references: 0, ..row },
            _ => return Ok(None),
        };
        let Some(references) = start.references.checked_add(keeps).and_then(|sum| sum.checked_sub(frees))
        else {
            return Ok(None);
        };
        let after = (references > 0).then_some(BlobRow { references, ..start });
        // A new blob that one batch keeps and frees counts as one that was never kept.
        planned.push(BlobChange { id, before, after });
    }
    Ok(Some(planned))
}

fn was_kept(received: Option<&[Arc<Pending>]>, id: u64) -> bool {
    let found = received.and_then(|received| received.iter().find(|pending| pending.id == id));
    found.is_some_and(|pending| pending.is_kept())
}

/// What a row takes beside its key and its value, about.
const ROW_EXTRA_BYTES: u64 = 64;

/// Whether a batch adds to what is stored: rows and bodies that it brings are more than those that
/// it takes away.
pub(crate) fn grows(
    rows: &mut Rows<'_>,
    changes: &Changes<'_>,
    blobs: &[BlobChange],
) -> Result<bool, VolumeError> {
    let (mut brought, mut taken) = (0_u64, 0_u64);
    let row_bytes = |key: &[u8], value: usize| (key.len() + value) as u64 + ROW_EXTRA_BYTES;
    for change in blobs {
        match (&change.before, &change.after) {
            (None, Some(after)) => brought = brought.saturating_add(after.length),
            (Some(before), None) => taken = taken.saturating_add(before.length),
            _ => {}
        }
    }
    let mut named = BTreeSet::new();
    for (table, key, value) in changes.puts() {
        if named.insert((table, key)) {
            brought = brought.saturating_add(row_bytes(key, value.len()));
            let before = rows.value_bytes(table, key)?;
            taken = taken.saturating_add(before.map_or(0, |before| row_bytes(key, before)));
        }
    }
    for (table, key) in changes.deletes() {
        if named.insert((table, key)) {
            let before = rows.value_bytes(table, key)?;
            taken = taken.saturating_add(before.map_or(0, |before| row_bytes(key, before)));
        }
    }
    Ok(brought > taken)
}

/// Applies a batch that was found to hold.
pub(crate) fn apply(
    rows: &mut Rows<'_>,
    changes: &Changes<'_>,
    blobs: &[BlobChange],
    revision: u64,
    effects: &mut Effects,
) -> Result<(), VolumeError> {
    for change in blobs {
        match (&change.before, &change.after) {
            (before, Some(after)) => {
                rows.blobs.insert(change.id, &after.encode())?;
                if before.is_none() {
                    effects.kept.push(change.id);
                    effects.live_changed(after, 1);
                }
            }
            (Some(before), None) => {
                rows.blobs.remove(change.id)?;
                effects.live_changed(before, -1);
                effects.freed.push((change.id, *before));
            }
            (None, None) => {}
        }
    }
    for one in &changes.moves {
        let from = Location::Log { segment: one.from.0, offset: one.from.1 };
        let Some(row) = rows.blob(one.blob)?.filter(|row| row.location == from) else { continue };
        let moved = BlobRow { location: Location::Log { segment: one.to.0, offset: one.to.1 }, ..row };
        rows.blobs.insert(one.blob, &moved.encode())?;
        effects.live_changed(&row, -1);
        effects.live_changed(&moved, 1);
    }
    for (table, key) in changes.deletes() {
        rows.delete(table, key)?;
    }
    for (table, key, value) in changes.puts() {
        rows.put(table, key, value, revision)?;
    }
    for (counter, amounts) in changes.adds() {
        rows.add(counter, &amounts)?;
    }
    Ok(())
}

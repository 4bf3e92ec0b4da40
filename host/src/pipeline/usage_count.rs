//! Counts usage from rows, as the component that wrote them reads them: once for a folder that has
//! no counts yet, and for every check of a folder.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::keys::accounts::NOTES_TABLE;
use crate::pipeline::bindings::references::Counted;
use crate::pipeline::compose::Manifest;
use crate::pipeline::row_reader::{Rows, SLOT};
use crate::telemetry::usage::counter;
use volume::{Add, Amounts, Batch, CommitError, Put, Requirement, Volume};

/// The row that says that usage was counted: written with the counts, in one commit. From then on,
/// every commit keeps them right.
pub(crate) const TABLE: &str = "counts";
const KEY: &[u8] = b"usage";
/// The function of the component that tells usage.
const EXPORT: &[u8] = b"usage-of";
/// How it is counted.
const RULES: &[u8] = &[1];

/// Whether a row says that usage was counted.
pub(crate) fn is_mark(table: &str, key: &[u8]) -> bool {
    table == TABLE && key == KEY
}

/// What rows have said so far.
#[derive(Debug, Default)]
pub(crate) struct UsageCount {
    /// Numbers, and the account and the name that belong to each.
    holders: HashMap<u64, (String, String)>,
    uploads: HashMap<u64, u64>,
    objects: HashMap<u64, Amounts>,
    /// By upload: what its holder is may be said later.
    parts: HashMap<u64, Amounts>,
}

impl UsageCount {
    /// Adds what a row says.
    pub(crate) fn add(&mut self, counted: Counted) {
        let add = |sum: &mut Amounts, bytes: u64| {
            let [_, objects, held] = sum;
            *objects += 1;
            *held = held.saturating_add_unsigned(bytes);
        };
        match counted {
            Counted::Bucket((number, name, account)) => {
                self.holders.insert(number, (account, name));
            }
            Counted::Upload((upload, number)) => {
                self.uploads.insert(upload, number);
            }
            Counted::Object((number, bytes)) => add(self.objects.entry(number).or_default(), bytes),
            Counted::Part((upload, bytes)) => add(self.parts.entry(upload).or_default(), bytes),
        }
    }

    /// The counters, as they have to be.
    pub(crate) fn sums(mut self) -> BTreeMap<String, Amounts> {
        for (upload, parts) in std::mem::take(&mut self.parts) {
            if let Some(number) = self.uploads.get(&upload) {
                add_up(self.objects.entry(*number).or_default(), &parts);
            }
        }
        let mut sums = BTreeMap::new();
        for (number, (account, name)) in self.holders {
            let mut amounts = self.objects.get(&number).copied().unwrap_or_default();
            add_up(&mut amounts, &[1, 0, 0]);
            add_up(sums.entry(counter(&account, "")).or_default(), &amounts);
            sums.insert(counter(&account, &name), amounts);
        }
        sums
    }
}

fn add_up(sum: &mut Amounts, more: &Amounts) {
    sum.iter_mut().zip(more).for_each(|(sum, more)| *sum = sum.saturating_add(*more));
}

/// Counts the usage of a folder that has no counts yet. Nothing is served before that. Says whether
/// usage is counted at all.
///
/// Where the pipeline has another storage component than Portcullis' own, which does not tell
/// usage, nothing is counted. Quotas are refused then: nothing would enforce them.
///
/// # Errors
/// The folder cannot be read or written, or the pipeline cannot be loaded; quotas that nothing
/// would enforce.
pub(crate) fn count_once(
    volume: &Volume,
    manifest: &Manifest,
    cache: Option<&Path>,
    has_quotas: bool,
) -> Result<bool> {
    if !tells_usage(&manifest.filling(SLOT)?) {
        if has_quotas {
            bail!("quotas are set, and the storage component of the pipeline does not tell usage");
        }
        tracing::info!("usage is not counted: the storage component of the pipeline does not tell it");
        return Ok(false);
    }
    let snapshot = volume.snapshot()?;
    if snapshot.get(TABLE, KEY)?.is_some() {
        return Ok(true);
    }
    let mut began = Instant::now();
    let (mut count, mut number, mut unreadable) = (UsageCount::default(), 0_u64, 0_u64);
    // Loaded with the first row: a new folder has none but the host's own, which are not counted.
    let mut reader: Option<Result<Rows>> = None;
    snapshot.walk(&mut |table, key, value| {
        if table == NOTES_TABLE {
            return;
        }
        let loaded = reader.get_or_insert_with(|| {
            let rows = Rows::of(manifest, cache)?;
            // Compiling it takes longer than counting, and has a line of its own.
            began = Instant::now();
            rows.context("the storage component of the pipeline does not tell usage")
        });
        let Ok(rows) = loaded else { return };
        number += 1;
        match rows.usage_of(table, key, value) {
            Ok(Some(counted)) => count.add(counted),
            Ok(None) => {}
            Err(_) => unreadable += 1,
        }
    })?;
    reader.transpose().context("counting the usage")?;
    drop(snapshot);
    commit(volume, count.sums()).context("writing the usage")?;
    let milliseconds = began.elapsed().as_millis() as u64;
    if number > 0 {
        tracing::info!(rows = number, milliseconds, "usage was counted for the first time");
    }
    if unreadable > 0 {
        tracing::warn!(
            rows = unreadable,
            "rows that cannot be read are not counted; `portcullis check` names them"
        );
    }
    Ok(true)
}

/// Whether a component exports what tells usage: then the name stands in it. To load the component,
/// which takes a second where it is not compiled yet, is needed only where there are rows.
fn tells_usage(component: &[u8]) -> bool {
    component.windows(EXPORT.len()).any(|bytes| bytes == EXPORT)
}

fn commit(volume: &Volume, sums: BTreeMap<String, Amounts>) -> Result<()> {
    let add = |(counter, amounts)| Add { counter, amounts, at_most: [None; 3] };
    let batch = Batch {
        require: vec![Requirement::Absent { table: TABLE.to_owned(), key: KEY.to_vec() }],
        put: vec![Put { table: TABLE.to_owned(), key: KEY.to_vec(), value: RULES.to_vec() }],
        add: sums.into_iter().map(add).collect(),
        ..Batch::default()
    };
    volume.commit_blocking(batch).map(|_| ()).map_err(|error: CommitError| error.into())
}

#[cfg(test)]
mod tests;

//! Counts usage from rows, as the component that wrote them reads them: for a folder that has no
//! counts yet, or counts that another component has not kept, and for every check of a folder.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};
use sha2::{Digest as _, Sha256};

use crate::keys::accounts::NOTES_TABLE;
use crate::pipeline::bindings::references::Counted;
use crate::pipeline::compose::Manifest;
use crate::pipeline::row_reader::{Rows, SLOT};
use crate::telemetry::usage::counter;
use volume::{AMOUNTS, Add, Amounts, Batch, CommitError, Put, Snapshot, Volume};

/// The row that says that usage was counted, and by whom. From then on, every commit of that
/// component keeps the counts right.
pub(crate) const TABLE: &str = "counts";
const KEY: &[u8] = b"usage";
/// The function of the component that tells usage.
const EXPORT: &[u8] = b"usage-of";
/// How Portcullis' own component counts. From 2 on, an upload in progress is an object.
const RULES: u8 = 2;
/// Counters that one commit changes: with the longest names, that is 3 MB of a batch.
const COUNTERS_MAX: usize = 10_000;

/// Whether a row says that usage was counted.
pub(crate) fn is_mark(table: &str, key: &[u8]) -> bool {
    table == TABLE && key == KEY
}

/// What the row says where a component has counted: the rules, and for a component that is not
/// built in, its SHA-256. Another one may count otherwise.
pub(crate) fn mark_of(component: &[u8]) -> Vec<u8> {
    let mut mark = vec![RULES];
    if !Manifest::is_built_in(component) {
        mark.extend_from_slice(&Sha256::digest(component));
    }
    mark
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
                add(self.objects.entry(number).or_default(), 0);
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

/// Counts the usage of a folder whose counts were not kept by the pipeline's storage component: it
/// has none yet, or another component has run since, or has counted by other rules. Nothing is
/// served before that. Says whether usage is counted at all.
///
/// Where the pipeline has another storage component than Portcullis' own, which does not tell
/// usage, nothing is counted. Quotas are refused then: nothing would enforce them. What was counted
/// before is out of date from now on, so the row that says that it is right goes.
///
/// # Errors
/// The folder cannot be read or written, or the pipeline cannot be loaded; quotas that nothing
/// would enforce.
pub(crate) fn bring_up(
    volume: &Volume,
    manifest: &Manifest,
    cache: Option<&Path>,
    has_quotas: bool,
) -> Result<bool> {
    let component = manifest.filling(SLOT)?;
    let snapshot = volume.snapshot()?;
    let noted = snapshot.get(TABLE, KEY)?.map(|row| row.value);
    if !tells_usage(&component) {
        if has_quotas {
            bail!("quotas are set, and the storage component of the pipeline does not tell usage");
        }
        if noted.is_some() {
            forget(volume)?;
            tracing::warn!(
                "usage is not counted any more: the storage component of the pipeline does not tell it; the next \
                 start with one that does counts anew"
            );
        } else {
            tracing::info!("usage is not counted: the storage component of the pipeline does not tell it");
        }
        return Ok(false);
    }
    let mark = mark_of(&component);
    if noted.as_ref() == Some(&mark) {
        return Ok(true);
    }
    let (sums, rows, took) = count(&snapshot, manifest, cache)?;
    let changes = differences(&snapshot.counters()?, sums);
    drop(snapshot);
    if noted.is_some() {
        forget(volume)?;
    }
    write(volume, changes, &mark, COUNTERS_MAX)?;
    if rows > 0 {
        let milliseconds = took.as_millis() as u64;
        let again = noted.is_some();
        tracing::info!(rows, milliseconds, again, "usage was counted from the rows");
    }
    Ok(true)
}

/// The counters as they have to be, the rows that say so, and how long it took to count.
fn count(
    snapshot: &Snapshot,
    manifest: &Manifest,
    cache: Option<&Path>,
) -> Result<(BTreeMap<String, Amounts>, u64, Duration)> {
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
    if unreadable > 0 {
        tracing::warn!(
            rows = unreadable,
            "rows that cannot be read are not counted; `portcullis check` names them"
        );
    }
    Ok((count.sums(), number, began.elapsed()))
}

/// What has to be added to the counters that there are, by name.
fn differences(noted: &[(String, Amounts)], sums: BTreeMap<String, Amounts>) -> BTreeMap<String, Amounts> {
    let mut changes = sums;
    for (counter, amounts) in noted {
        add_up(changes.entry(counter.clone()).or_default(), &amounts.map(i64::wrapping_neg));
    }
    changes.retain(|_, amounts| *amounts != Amounts::default());
    changes
}

/// Whether a component exports what tells usage: then the name stands in it. To load the component,
/// which takes a second where it is not compiled yet, is needed only where there are rows.
fn tells_usage(component: &[u8]) -> bool {
    component.windows(EXPORT.len()).any(|bytes| bytes == EXPORT)
}

/// Takes the row away that says that the counters are right.
fn forget(volume: &Volume) -> Result<()> {
    let batch = Batch { delete: vec![(TABLE.to_owned(), KEY.to_vec())], ..Batch::default() };
    commit(volume, batch)
}

/// Changes the counters, some in each commit, and says in the last one that they are right. A start
/// that is cut short before that is followed by one that counts again, from what there is then.
fn write(volume: &Volume, changes: BTreeMap<String, Amounts>, mark: &[u8], at_once: usize) -> Result<()> {
    let mut changes = changes.into_iter().peekable();
    loop {
        let add: Vec<Add> = changes
            .by_ref()
            .take(at_once)
            .map(|(counter, amounts)| Add { counter, amounts, at_most: [None; AMOUNTS] })
            .collect();
        let is_last = changes.peek().is_none();
        let put = Put { table: TABLE.to_owned(), key: KEY.to_vec(), value: mark.to_vec() };
        let batch = Batch {
            add,
            put: if is_last { vec![put] } else { Vec::new() },
            essential: true,
            ..Batch::default()
        };
        commit(volume, batch)?;
        if is_last {
            return Ok(());
        }
    }
}

fn commit(volume: &Volume, batch: Batch) -> Result<()> {
    match volume.commit_blocking(batch) {
        Ok(_) => Ok(()),
        Err(CommitError::Full) => bail!(
            "the disk is full, and the usage of the data folder has to be counted before it is served: make room \
             on its file system, and start again. Nothing is lost; the next start counts from the beginning"
        ),
        Err(error) => Err(error).context("writing the usage"),
    }
}

#[cfg(test)]
mod tests;

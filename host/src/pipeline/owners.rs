//! Whose the rows of a data folder are, by the component that wrote them: only the pipeline knows
//! what rows mean.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context as _, Result, anyhow};

use crate::pipeline::bindings::OwnerReaderPre;
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::{self, ALONE_TICKS_MAX};
use volume::Volume;

/// The slot whose component knows the rows.
const SLOT: &str = "portcullis:gateway/storage@0.1.0";
/// What that component exports for this.
const EXPORT: &str = "portcullis:gateway/owners@0.1.0";

/// The accounts that own something in a volume; `None` where the slot has another component than
/// Portcullis' own, which cannot tell. The component is lent nothing.
///
/// # Errors
/// The component cannot be loaded, or traps; a row cannot be read.
pub(crate) fn of(
    manifest: &Manifest,
    cache: Option<&Path>,
    volume: &Volume,
) -> Result<Option<BTreeSet<String>>> {
    let Some((engine, pre)) = engine::alone(
        "the storage component, which says whose rows are",
        &manifest.filling(SLOT)?,
        EXPORT,
        cache,
    )?
    else {
        return Ok(None);
    };
    let mut store = engine::store_alone(&engine);
    let reader = OwnerReaderPre::new(pre)?.instantiate(&mut store)?;
    let owners = reader.portcullis_gateway_owners();
    let snapshot = volume.snapshot()?;
    let mut found = BTreeSet::new();
    for table in owners.call_tables(&mut store)? {
        let mut failed = None;
        snapshot.each(&table, &mut |_, value| {
            store.set_epoch_deadline(ALONE_TICKS_MAX);
            match owners.call_owner_of(&mut store, &table, value) {
                Ok(Ok(owner)) => drop(found.insert(owner)),
                Ok(Err(why)) => drop(failed.get_or_insert(anyhow!(why))),
                Err(trap) => drop(failed.get_or_insert(anyhow::Error::from(trap))),
            }
        })?;
        if let Some(error) = failed {
            return Err(error).with_context(|| format!("reading the owners of {table}"));
        }
    }
    Ok(Some(found))
}

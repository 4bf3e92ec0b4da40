//! Reads references out of rows, by the component that wrote them: what rows mean is the pipeline's affair.

use std::path::Path;

use anyhow::Result;
use wasmtime::component::Linker;
use wasmtime::{Engine, Store, StoreLimits, StoreLimitsBuilder};

use crate::bindings::{RowReader, RowReaderPre};
use crate::compose::Manifest;
use crate::engine::{self, MEMORY_BYTES_MAX, STEP_TICKS_MAX};

/// The slot whose component knows the rows.
const SLOT: &str = "portcullis:gateway/storage@0.1.0";
/// What that component exports for a check.
const EXPORT: &str = "portcullis:gateway/references@0.1.0";

/// The component of a pipeline that can read rows. It is lent nothing: whatever it calls is a trap.
pub(super) struct Rows {
    engine: Engine,
    pre: RowReaderPre<StoreLimits>,
    /// Replaced after a trap.
    instance: Option<(Store<StoreLimits>, RowReader)>,
}

impl Rows {
    /// The reader of a pipeline's rows; `None` where the component, which is somebody else's, cannot tell.
    ///
    /// # Errors
    /// The component cannot be loaded.
    pub(super) fn of(manifest: &Manifest, cache: Option<&Path>) -> Result<Option<Rows>> {
        let engine = engine::engine()?;
        let component = engine::compile(&engine, &manifest.filling(SLOT)?, cache)?;
        if component.get_export_index(None, EXPORT).is_none() {
            return Ok(None);
        }
        let mut linker = Linker::new(&engine);
        linker.define_unknown_imports_as_traps(&component)?;
        let pre = RowReaderPre::new(linker.instantiate_pre(&component)?)?;
        Ok(Some(Rows { engine, pre, instance: None }))
    }

    /// The blobs of a row, or why it cannot be read.
    pub(super) fn blobs_of(&mut self, table: &str, value: &[u8]) -> Result<Vec<u64>, String> {
        self.read(table, value).unwrap_or_else(|trap| {
            self.instance = None;
            Err(format!("{trap:#}"))
        })
    }

    fn read(&mut self, table: &str, value: &[u8]) -> wasmtime::Result<Result<Vec<u64>, String>> {
        let (store, reader) = match &mut self.instance {
            Some(instance) => instance,
            none => none.insert(instantiate(&self.engine, &self.pre)?),
        };
        store.set_epoch_deadline(STEP_TICKS_MAX);
        reader.portcullis_gateway_references().call_blobs_of(store, table, value)
    }
}

fn instantiate(
    engine: &Engine,
    pre: &RowReaderPre<StoreLimits>,
) -> wasmtime::Result<(Store<StoreLimits>, RowReader)> {
    let limits = StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build();
    let mut store = Store::new(engine, limits);
    store.limiter(|limits| limits);
    store.set_epoch_deadline(STEP_TICKS_MAX);
    let reader = pre.instantiate(&mut store)?;
    Ok((store, reader))
}

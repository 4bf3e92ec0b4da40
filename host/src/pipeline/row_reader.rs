//! Reads references and usage out of rows, with the component that wrote them: only the pipeline
//! knows what rows mean.

use std::path::Path;

use anyhow::Result;
use wasmtime::{Engine, Store, StoreLimits};

use crate::pipeline::bindings::references::{Counted, Description};
use crate::pipeline::bindings::{RowReader, RowReaderPre};
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::{self, ALONE_TICKS_MAX};

/// The slot whose component knows the rows.
pub(crate) const SLOT: &str = "portcullis:gateway/storage@0.1.0";
/// What that component exports for a check.
const EXPORT: &str = "portcullis:gateway/references@0.1.0";

/// The component of a pipeline that can read rows. It is lent nothing: whatever it calls is a trap.
pub(crate) struct Rows {
    engine: Engine,
    pre: RowReaderPre<StoreLimits>,
    /// Replaced after a trap.
    instance: Option<(Store<StoreLimits>, RowReader)>,
}

impl Rows {
    /// The reader of a pipeline's rows; `None` where the slot has another component than
    /// Portcullis' own, which cannot tell.
    ///
    /// # Errors
    /// The component cannot be loaded.
    pub(crate) fn of(manifest: &Manifest, cache: Option<&Path>) -> Result<Option<Rows>> {
        let Some((engine, pre)) = engine::alone(
            "the storage component, which reads rows",
            &manifest.filling(SLOT)?,
            EXPORT,
            cache,
        )?
        else {
            return Ok(None);
        };
        Ok(Some(Rows { engine, pre: RowReaderPre::new(pre)?, instance: None }))
    }

    /// The blobs of a row, or why it cannot be read.
    pub(crate) fn blobs_of(&mut self, table: &str, value: &[u8]) -> Result<Vec<u64>, String> {
        self.read(|store, reader| reader.portcullis_gateway_references().call_blobs_of(store, table, value))
    }

    /// What a row says of usage, or why it cannot be read.
    pub(crate) fn usage_of(
        &mut self,
        table: &str,
        key: &[u8],
        value: &[u8],
    ) -> Result<Option<Counted>, String> {
        self.read(|store, reader| {
            reader.portcullis_gateway_references().call_usage_of(store, table, key, value)
        })
    }

    /// What a row is: of the part of it that refers to a blob. `None` for a row that says nothing
    /// of that, or that cannot be read.
    pub(crate) fn describe(
        &mut self,
        table: &str,
        key: &[u8],
        value: &[u8],
        blob: Option<u64>,
    ) -> Option<Description> {
        let described = self.instance().and_then(|(store, reader)| {
            reader.portcullis_gateway_references().call_describe(store, table, key, value, blob)
        });
        described.unwrap_or_else(|_| {
            self.instance = None;
            None
        })
    }

    /// Asks the component. A trap is a reason like any other.
    fn read<T>(
        &mut self,
        ask: impl FnOnce(&mut Store<StoreLimits>, &RowReader) -> wasmtime::Result<Result<T, String>>,
    ) -> Result<T, String> {
        let answered = self.instance().and_then(|(store, reader)| ask(store, reader));
        answered.unwrap_or_else(|trap| {
            self.instance = None;
            Err(format!("{trap:#}"))
        })
    }

    fn instance(&mut self) -> wasmtime::Result<&mut (Store<StoreLimits>, RowReader)> {
        let instance = match &mut self.instance {
            Some(instance) => instance,
            none => none.insert(instantiate(&self.engine, &self.pre)?),
        };
        instance.0.set_epoch_deadline(ALONE_TICKS_MAX);
        Ok(instance)
    }
}

fn instantiate(
    engine: &Engine,
    pre: &RowReaderPre<StoreLimits>,
) -> wasmtime::Result<(Store<StoreLimits>, RowReader)> {
    let mut store = engine::store_alone(engine);
    let reader = pre.instantiate(&mut store)?;
    Ok((store, reader))
}

//! Reads references and usage out of rows, with the components that wrote them: only the pipeline
//! knows what rows mean.
//!
//! The component in the slot `storage` tells of objects and uploads, that in the slot `functions`
//! of code.

use std::path::Path;

use anyhow::Result;
use wasmtime::{Engine, Store, StoreLimits};

use crate::pipeline::bindings::references::{Counted, Description};
use crate::pipeline::bindings::{CodeReader, CodeReaderPre, RowReader, RowReaderPre};
use crate::pipeline::compose::Manifest;
use crate::pipeline::engine::{self, ALONE_TICKS_MAX};

/// The slot whose component knows the rows of functions, and what it exports for a check.
const CODE_SLOT: &str = "portcullis:gateway/function-control@0.1.0";
const CODE_EXPORT: &str = "portcullis:gateway/code-references@0.1.0";

/// The slot whose component knows the other rows.
pub(crate) const SLOT: &str = "portcullis:gateway/storage@0.1.0";
/// What that component exports for a check.
const EXPORT: &str = "portcullis:gateway/references@0.1.0";

/// The components of a pipeline that can read rows. They are lent nothing: whatever they call is a
/// trap.
pub(crate) struct Rows {
    engine: Engine,
    pre: RowReaderPre<StoreLimits>,
    /// Replaced after a trap.
    instance: Option<(Store<StoreLimits>, RowReader)>,
    /// None where the pipeline has no functions.
    code: Option<CodeRows>,
}

impl Rows {
    /// The reader of a pipeline's rows; `None` where a slot has another component than Portcullis'
    /// own, which cannot tell.
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
        let code = match manifest.fills(CODE_SLOT) {
            false => None,
            true => match CodeRows::of(manifest, cache)? {
                Some(code) => Some(code),
                None => return Ok(None),
            },
        };
        Ok(Some(Rows { engine, pre: RowReaderPre::new(pre)?, instance: None, code }))
    }

    /// The blobs of a row, or why it cannot be read.
    pub(crate) fn blobs_of(&mut self, table: &str, value: &[u8]) -> Result<Vec<u64>, String> {
        if let Some(code) = &mut self.code {
            let blobs = code.blobs_of(table, value)?;
            if !blobs.is_empty() {
                return Ok(blobs);
            }
        }
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
        let names = self.code.as_mut().map(|code| code.describe(table, key)).unwrap_or_default();
        if !names.is_empty() {
            return Some(Description { names, number: None, within: None });
        }
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

/// The component that reads rows of functions.
struct CodeRows {
    engine: Engine,
    pre: CodeReaderPre<StoreLimits>,
    /// Replaced after a trap.
    instance: Option<(Store<StoreLimits>, CodeReader)>,
}

impl CodeRows {
    fn of(manifest: &Manifest, cache: Option<&Path>) -> Result<Option<CodeRows>> {
        let what = "the functions component, which reads rows";
        let found = engine::alone(what, &manifest.filling(CODE_SLOT)?, CODE_EXPORT, cache)?;
        let Some((engine, pre)) = found else { return Ok(None) };
        Ok(Some(CodeRows { engine, pre: CodeReaderPre::new(pre)?, instance: None }))
    }

    fn blobs_of(&mut self, table: &str, value: &[u8]) -> Result<Vec<u64>, String> {
        let answered = self.instance().and_then(|(store, reader)| {
            reader.portcullis_gateway_code_references().call_blobs_of(store, table, value)
        });
        answered.unwrap_or_else(|trap| {
            self.instance = None;
            Err(format!("{trap:#}"))
        })
    }

    fn describe(&mut self, table: &str, key: &[u8]) -> Vec<(String, String)> {
        let answered = self.instance().and_then(|(store, reader)| {
            reader.portcullis_gateway_code_references().call_describe(store, table, key)
        });
        answered.unwrap_or_else(|_| {
            self.instance = None;
            Vec::new()
        })
    }

    fn instance(&mut self) -> wasmtime::Result<&mut (Store<StoreLimits>, CodeReader)> {
        let instance = match &mut self.instance {
            Some(instance) => instance,
            none => {
                let mut store = engine::store_alone(&self.engine);
                let reader = self.pre.instantiate(&mut store)?;
                none.insert((store, reader))
            }
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

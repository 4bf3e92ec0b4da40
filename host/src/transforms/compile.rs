//! The engine of transforms, and what is compiled for it.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use wasmtime::component::Component;
use wasmtime::{Config, Engine};

use crate::compiled::{self, CodeFor};

/// Bytes of a component. Those of Python and JavaScript have 12 to 20 MiB.
pub const COMPONENT_BYTES_MAX: usize = 64 << 20;
/// Epochs tick this often: a transform that computes lets others run so often, and its processor
/// time is looked at.
pub(super) const EPOCH_TICK: Duration = Duration::from_millis(10);
/// Bytes of stack of a call. Interpreters recurse.
const STACK_BYTES: usize = 1 << 20;
/// Bytes of the stack on which a call waits; the host's own functions need the rest.
const FIBER_STACK_BYTES: usize = STACK_BYTES + (1 << 20);

/// An engine for transforms. That of the pipeline is another one: it is synchronous, and stays so
/// (docs/adr/0025).
///
/// # Errors
/// What the engine cannot do on this machine.
pub(super) fn engine() -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    config.max_wasm_stack(STACK_BYTES);
    config.async_stack_size(FIBER_STACK_BYTES);
    Engine::new(&config).map_err(anyhow::Error::from)
}

/// Compiles a component, or loads what was compiled before.
pub(super) fn compile(engine: &Engine, component: &[u8], cache: Option<&Path>) -> Result<Component> {
    ensure!(
        component.len() <= COMPONENT_BYTES_MAX,
        "it has {} bytes; a component has up to {COMPONENT_BYTES_MAX}",
        component.len()
    );
    compiled::compile(engine, CodeFor::Transforms, "a transform", component, cache)
        .context("it is no component that this server can compile; `portcullis transform build` makes one")
}

/// Compiles a component into the cache: what `portcullis compile` does with its standard input.
///
/// # Errors
/// What is no component, or a cache that cannot be written.
pub fn compile_into(cache: &Path, component: &[u8]) -> Result<()> {
    compiled::compile_into(&engine()?, CodeFor::Transforms, cache, component)
}

//! The engine of transforms, and what is compiled for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use wasmtime::component::Component;
use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig};

use super::limits::{INSTANCES_MAX, MEMORIES_MAX, MEMORY_BYTES_MAX, TABLE_ELEMENTS_MAX, TABLES_MAX};
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

/// Stacks of one call: of the call itself, and of what it does at the same time.
const STACKS_MAX: u32 = 8;
/// Bytes of a memory, a table and a stack that stay mapped for the next call. They are overwritten
/// there, which costs less than faults; the rest is given back to the system.
const MEMORY_KEPT_BYTES: usize = 2 << 20;
const TABLE_KEPT_BYTES: usize = 64 << 10;
const STACK_KEPT_BYTES: usize = 32 << 10;
/// Bytes that the host needs for one instance: its functions and globals.
const INSTANCE_BYTES_MAX: usize = 16 << 20;
/// Memories that stay mapped while nobody uses them.
const MEMORIES_KEPT: u32 = 16;

/// An engine for transforms. That of the pipeline is another one: it is synchronous, and stays so
/// (docs/adr/0025). It takes addresses for so many calls at once, where there are enough: memory is
/// taken when it is written.
///
/// # Errors
/// What the engine cannot do on this machine.
pub(super) fn engine(calls_max: usize) -> Result<Engine> {
    let mut config = Config::new();
    config.wasm_component_model(true);
    config.wasm_component_model_async(true);
    config.epoch_interruption(true);
    config.memory_init_cow(true);
    config.max_wasm_stack(STACK_BYTES);
    config.async_stack_size(FIBER_STACK_BYTES);
    // What is on a stack is of one call.
    config.async_stack_zeroing(true);
    let mut pooled = config.clone();
    pooled.allocation_strategy(pool(u32::try_from(calls_max).unwrap_or(u32::MAX)));
    // Some machines have few addresses. There, each call maps its own memory.
    Engine::new(&pooled).or_else(|_| Engine::new(&config)).map_err(anyhow::Error::from)
}

/// Memories, tables and stacks that calls use one after the other.
fn pool(calls_max: u32) -> PoolingAllocationConfig {
    let all = |of_call: u32| of_call.saturating_mul(calls_max);
    let mut pool = PoolingAllocationConfig::default();
    pool.total_component_instances(all(INSTANCES_MAX)).max_component_instance_size(INSTANCE_BYTES_MAX);
    pool.total_core_instances(all(INSTANCES_MAX)).max_core_instance_size(INSTANCE_BYTES_MAX);
    pool.max_core_instances_per_component(INSTANCES_MAX);
    pool.total_memories(all(MEMORIES_MAX)).max_memories_per_component(MEMORIES_MAX);
    pool.max_memory_size(usize::try_from(MEMORY_BYTES_MAX).unwrap_or(usize::MAX));
    pool.total_tables(all(TABLES_MAX)).max_tables_per_component(TABLES_MAX);
    // One more than a call may have, so that its own limit is the one that is reached.
    pool.table_elements(TABLE_ELEMENTS_MAX + 1).total_stacks(all(STACKS_MAX));
    pool.linear_memory_keep_resident(MEMORY_KEPT_BYTES).table_keep_resident(TABLE_KEPT_BYTES);
    pool.async_stack_keep_resident(STACK_KEPT_BYTES).max_unused_warm_slots(MEMORIES_KEPT);
    // Where the kernel knows which pages were written, no others are touched.
    pool.pagemap_scan(Enabled::Auto);
    pool
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

/// Where a cache folder has the code of a component.
pub(super) fn code_file(engine: &Engine, cache: &Path, component: &[u8]) -> PathBuf {
    compiled::path(engine, CodeFor::Transforms, cache, component)
}

/// Compiles a component into the cache: what `portcullis compile` does with its standard input.
///
/// # Errors
/// What is no component, or a cache that cannot be written.
pub fn compile_into(cache: &Path, component: &[u8]) -> Result<()> {
    compiled::compile_into(&engine(1)?, CodeFor::Transforms, cache, component)
}

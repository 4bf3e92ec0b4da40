//! What a call has in its store.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::OwnedSemaphorePermit;
use wasmtime::component::ResourceTable;
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use super::capabilities::{CallLent, Used};
use super::cpu::CpuClock;
use super::grants::Grants;
use super::limits::MemoryMeter;
use super::log::CallLog;
use super::scratch::Scratch;
use super::wasi;

/// Handles of WASI that a call may have at once.
const HANDLES_MAX: usize = 4096;

/// What a call has taken. It outlives the store.
#[derive(Debug, Default)]
pub(super) struct Costs {
    pub(super) cpu: CpuClock,
    pub(super) memory_bytes: AtomicU64,
    pub(super) input_bytes: AtomicU64,
    pub(super) output_bytes: AtomicU64,
    /// The turn of a call that has computed for long.
    turn: Mutex<Option<OwnedSemaphorePermit>>,
}

impl Costs {
    /// The call has its turn.
    pub(super) fn begin_turn(&self, turn: Option<OwnedSemaphorePermit>) {
        *self.turn.lock().unwrap_or_else(PoisonError::into_inner) = turn;
    }

    /// Another one may have it.
    pub(super) fn end_turn(&self) {
        self.begin_turn(None);
    }
}

/// The state of a store.
pub(super) struct StoreState {
    wasi: WasiCtx,
    table: ResourceTable,
    pub(super) meter: MemoryMeter,
    pub(super) costs: Arc<Costs>,
    pub(super) log: Arc<CallLog>,
    pub(super) grants: Arc<Grants>,
    pub(super) scratch: Arc<Mutex<Scratch>>,
    pub(super) lent: CallLent,
    pub(super) used: Used,
    pub(super) now: Duration,
    pub(super) input_bytes_max: usize,
}

/// What belongs to the component, and not to the call.
pub(super) struct OfComponent<'a> {
    pub(super) grants: &'a Arc<Grants>,
    pub(super) scratch: &'a Arc<Mutex<Scratch>>,
    pub(super) input_bytes_max: usize,
}

impl StoreState {
    pub(super) fn new(
        component: &OfComponent<'_>,
        lent: CallLent,
        log: Arc<CallLog>,
        meter: MemoryMeter,
        costs: Arc<Costs>,
        now: Duration,
    ) -> StoreState {
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        StoreState {
            wasi: wasi::context(component.grants, now, &log),
            table,
            meter,
            costs,
            log,
            grants: Arc::clone(component.grants),
            scratch: Arc::clone(component.scratch),
            lent,
            used: Used::default(),
            now,
            input_bytes_max: component.input_bytes_max,
        }
    }
}

impl WasiView for StoreState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl wasmtime::ResourceLimiter for StoreState {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let grows = self.meter.memory_growing(current, desired, maximum)?;
        self.costs.memory_bytes.store(self.meter.memory_bytes() as u64, Ordering::Relaxed);
        Ok(grows)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.meter.table_growing(current, desired, maximum)
    }

    fn instances(&self) -> usize {
        self.meter.instances()
    }

    fn tables(&self) -> usize {
        self.meter.tables()
    }

    fn memories(&self) -> usize {
        self.meter.memories()
    }
}

//! How much memory an instance of the pipeline may have.

use wasmtime::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};

/// The linear memory of one component of the pipeline may grow to this size, and all of an instance
/// together to the other.
pub const MEMORY_BYTES_MAX: usize = 96 << 20;
const INSTANCE_BYTES_MAX: usize = 160 << 20;

/// How far an instance of the pipeline has grown, and how far it may.
#[derive(Debug)]
pub struct InstanceLimits {
    each: StoreLimits,
    bytes: usize,
}

impl InstanceLimits {
    /// Limits of an instance that has no memory yet.
    pub fn new() -> InstanceLimits {
        InstanceLimits { each: StoreLimitsBuilder::new().memory_size(MEMORY_BYTES_MAX).build(), bytes: 0 }
    }

    /// Bytes of all linear memories.
    pub fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Default for InstanceLimits {
    fn default() -> Self {
        InstanceLimits::new()
    }
}

impl ResourceLimiter for InstanceLimits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let bytes = self.bytes.saturating_add(desired.saturating_sub(current));
        let grows = bytes <= INSTANCE_BYTES_MAX && self.each.memory_growing(current, desired, maximum)?;
        if grows {
            self.bytes = bytes;
        }
        Ok(grows)
    }

    fn table_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        self.each.table_growing(current, desired, maximum)
    }
}

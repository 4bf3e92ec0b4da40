//! What a decision reads: the call, the host, `storage` and `iam`.
//!
//! In unit tests a world in memory stands in for all of them, and remembers what was read.

#[cfg(test)]
pub(crate) mod memory;

use std::sync::OnceLock;

#[cfg(not(test))]
pub(crate) use sdk::bindings::policy::portcullis::gateway::{
    access_points, functions, identities, resources,
};
#[cfg(not(test))]
pub(crate) use sdk::{Call, master_keys, settings, trace};

#[cfg(test)]
pub(crate) use memory::{
    Call, access_points, functions, identities, master_keys, resources, settings, trace,
};

/// The region of the deployment. It does not change while the pipeline runs.
pub(crate) fn region() -> &'static str {
    static REGION: OnceLock<String> = OnceLock::new();
    REGION.get_or_init(settings::region)
}

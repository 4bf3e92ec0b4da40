//! Access points: names under which buckets are reached, each with a policy of its own.
//!
//! The export `access-points` finds the access point that a name stands for, and says who may use
//! it ([`directory`]). The export `access-point-control` serves the operations that make, show and
//! change access points: a request is read, and says which access it needs ([`request`]). When
//! `policy` has allowed it, [`operations`] does it. What is stored is described in [`tables`]
//! (keys) and [`records`] (values).

mod changes;
mod directory;
mod operations;
mod records;
mod request;
mod rows;
mod tables;

use sdk::bindings::access_points::exports::portcullis::gateway::access_point_control::Guest;
use sdk::calls::{self, PlannedCalls};
use sdk::{Call, Progress, Refusal, refuse};

use crate::request::Request;

thread_local! {
    static CALLS: PlannedCalls<Request> = const { PlannedCalls::new() };
}

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct AccessPoints;

impl Guest for AccessPoints {
    fn plan(call: Call) -> Result<Progress, Refusal> {
        calls::plan(&CALLS, call, Request::plan).map_err(refuse)
    }

    fn start(id: u64) -> Result<Progress, Refusal> {
        calls::start(&CALLS, id, operations::serve).map_err(refuse)
    }

    fn resume(id: u64) -> Result<Progress, Refusal> {
        CALLS.with(|calls| calls.resume(id)).map_err(refuse)
    }

    fn abandon(id: u64) {
        CALLS.with(|calls| calls.abandon(id));
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::access_points::export!(AccessPoints with_types_in sdk::bindings::access_points);

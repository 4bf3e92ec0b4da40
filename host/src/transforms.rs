//! Transforms: code of deployers that changes the bytes of objects on their way, in a sandbox.
//!
//! A transform is a component of the contract `portcullis:transform` (`gateway/transform-wit`). It
//! runs in an engine of its own (docs/adr/0025), on threads of its own, in a fresh store for each
//! call, with limits on time, memory and output. It is lent what its deployer grants, and nothing
//! else. Whatever goes wrong in it is a [`CallFailure`] of its own call.
//!
//! [`Transforms`] is the runtime, [`Transform`] a component that is ready to run,
//! [`Variants`] what is kept of what was made.

pub mod bindings;
mod body;
mod book;
mod capabilities;
mod compile;
mod context;
mod cpu;
mod failure;
mod figures;
mod grants;
mod limits;
mod log;
mod places;
mod reply;
mod run;
mod runtime;
mod scratch;
mod spool;
mod state;
mod threads;
mod variants;
mod wasi;
mod world;

pub use body::{Body, BodyFailed, ReplyBody, whole};
pub use book::FunctionFigures;
pub use capabilities::{CallLent, ObjectRead, Objects};
pub use compile::{COMPONENT_BYTES_MAX, compile_into};
pub use context::smoke;
pub use failure::{CallFailure, FailedCall, FailureKind};
pub use figures::{Figures, Snapshot};
pub use grants::Grants;
pub use limits::{CallCaps, CallLimits, LimitsGiven, RuntimeOptions};
pub use log::{Level, LogRing, TransformLine};
pub use places::PlaceFigures;
pub use reply::{Page, PageEntry, ReplyHead, StoredHead, TransformReply};
pub use run::{Answer, Call, CallOutcome, Entry};
pub use runtime::{Transform, TransformSource, Transforms};
pub use variants::{KeptBody, Spooled, Variant, VariantFigures, VariantKey, VariantWriter, Variants};
pub use world::{CONTRACT, Entries};

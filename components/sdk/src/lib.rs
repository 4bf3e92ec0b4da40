//! What every guest shares: the generated bindings, the executor, and thin Rust over the contract
//! in `gateway/wit`.
//!
//! | module | what |
//! | --- | --- |
//! | [`bindings`] | generated code; stages name [`Call`] and the records re-exported here instead |
//! | [`head`] | the request head, taken apart |
//! | [`work`] | `async` work on a call: receive a body, commit, digest, fetch |
//! | `digest` | what the host calls the checksum algorithms of S3 |
//! | [`access`] | who may use what, between the words of the library and those of the contract |
//! | [`calls`] | the records of the calls in a stage |
//! | [`executor`] | runs a stage's future step by step: the host never blocks a guest |
//! | [`response`] | a response under construction |
//! | [`explanation`] | what is known of a call that is denied |
//! | [`refusal`] | `S3Error` to the contract's refusal, and what a failure means to a client |
//! | [`index`] | ordered tables |
//! | [`record`] | what rows hold |
//! | [`settings`] | what the operator set |

pub mod access;
#[cfg(any(target_arch = "wasm32", test))]
mod allocator;
pub mod bindings;
pub mod calls;
mod digest;
pub mod executor;
pub mod explanation;
pub mod head;
pub mod index;
pub mod record;
pub mod refusal;
pub mod response;
pub mod settings;
pub mod work;

use bindings::guest::portcullis::gateway as contract;

/// A head as it is sent and handed on; [`Head`] takes it apart.
pub use contract::calls::Head as SentHead;
pub use contract::calls::{
    AccessPoint, AuthType, Batch, Body, Call, Chunked, CustomerKey, Decision, DefaultProtection, Digest,
    DigestAlgorithm, Excess, Failure, Fetch, Fetched, Form, FunctionCode, HoldPlan, Identity, IdentityKind,
    IngestPlan, IngestSource, Ingested, InnerPurpose, InnerResponse, KeptProtection, ListedObject,
    ListedPage, Made, MadeError, MadeHead, MadeNeed, NamedObject, NeededAccess, NewObjectHead, ObjectLambda,
    ObjectVersion, Owner, PackagePlan, PackageSource, Packaged, Payload, Principal, Progress, Protection,
    Put, ReceivedObject, Refusal, Requirement, Sealed, SealedRole, SecondFactor, SeenRequest, Session,
    SetResponse, ShownCaller, ShownRequest, Signature, SignatureVersion, Span, SseKmsKey, Stored, Target,
    TransformFailure, TransformFailureKind, TransformPlan, Transformation, TransformedObject,
    TransformedPart, Transformer, Unanswered, Unfetched, UsageChange, Webhook, WebhookAnswer, WebhookContent,
};
pub use contract::{cursors, digests, keys, master_keys, quotas, seals, trace, vault};
pub use head::Head;
pub use refusal::{failure_to_error, refuse, refused_by_stage};
pub use response::Response;
pub use work::{AnswerError, Collected, CommitError, Work};

/// Unpredictable numbers.
pub mod random {
    pub use crate::contract::random::next_u64;
}

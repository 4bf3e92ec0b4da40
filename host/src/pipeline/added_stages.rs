//! Added stages: those that an operator adds at named positions of the pipeline, for audit,
//! response headers or tenancy.
//!
//! Their code shares a store with nothing: each run gets a fresh store, with limits on time and
//! memory. Where an added stage traps, the request is refused with `InternalError`: the stage may
//! have been meant to refuse it, so it is not skipped. `docs/stages.md` shows how to write one.

mod explain;
mod limits;
mod log;
mod stage;
mod unsent;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;

use crate::pipeline::bindings::calls::Refusal;
use crate::pipeline::bindings::stages::Position;
use crate::pipeline::call::{CallState, Facts};
use crate::telemetry::metrics::Metrics;

pub use explain::explain;
pub use limits::StageLimits;
pub(crate) use limits::thread_time;
pub use log::{LogLine, StageLog};
pub use stage::{AddedStage, Ran};
pub use unsent::{Unsent, identity};

/// Bytes of what the log says of a failure: its reason, and where in the component it was.
const FAILURE_BYTES_MAX: usize = 4 << 10;

/// A stage as a manifest names it.
#[derive(Debug, Clone)]
pub struct StageSource {
    /// Its name there.
    pub name: String,
    /// Where it runs.
    pub position: Position,
    /// What a run may take.
    pub limits: StageLimits,
    /// The component. A stage at several positions shares it.
    pub component: Arc<[u8]>,
}

/// The added stages, by position, each in the order configured.
pub struct AddedStages {
    stages: Vec<(Position, Arc<AddedStage>)>,
    look_at_named: bool,
    settings: Arc<BTreeMap<String, String>>,
}

/// Why a stage kept a request, or a part of it, from being served.
#[derive(Debug, Clone)]
pub struct Ending {
    /// Name of the stage.
    pub stage: String,
    /// Where it ran.
    pub position: Position,
    /// Whether it failed; otherwise it refused.
    pub failed: bool,
    /// Its own words: the message of the refusal, or what is known of the failure.
    pub words: String,
    /// What is said to the client.
    pub refusal: Refusal,
}

/// What became of a call at a position.
pub struct Walked {
    /// The call. It is `None` if it was lost on the way, which only a bug of the host could do.
    pub call: Option<Box<CallState>>,
    /// Whether it goes on.
    pub result: Result<(), Box<Ending>>,
    /// Which stage was the first to refuse an object that the request names.
    pub of_named: Option<Box<Ending>>,
    /// Time of this thread that the stages took.
    pub time: Duration,
}

/// All positions, in the order in which a call meets them.
pub const POSITIONS: [Position; 5] = [
    Position::AfterAccept,
    Position::AfterAuth,
    Position::BeforeStorage,
    Position::NamedObjects,
    Position::OnResponse,
];

/// The name of a position in a manifest.
pub fn position_name(position: Position) -> &'static str {
    match position {
        Position::AfterAccept => "after-accept",
        Position::AfterAuth => "after-auth",
        Position::BeforeStorage => "before-storage",
        Position::NamedObjects => "named-objects",
        Position::OnResponse => "on-response",
    }
}

impl AddedStages {
    /// No stages yet; `settings` is what those that are added can read.
    pub fn new(settings: Arc<BTreeMap<String, String>>) -> AddedStages {
        AddedStages { stages: Vec::new(), look_at_named: false, settings }
    }

    /// Whether no stage was added.
    pub fn is_empty(&self) -> bool {
        self.stages.is_empty()
    }

    /// Whether a stage was added at this position.
    pub fn has(&self, position: Position) -> bool {
        self.stages.iter().any(|(at, _)| *at == position)
    }

    /// Whether a stage looks at the objects that requests name.
    pub fn look_at_named(&self) -> bool {
        self.look_at_named
    }

    /// Adds a stage after those that its position has.
    pub fn add(&mut self, position: Position, stage: Arc<AddedStage>) {
        self.look_at_named |= position == Position::NamedObjects;
        self.stages.push((position, stage));
    }

    /// Runs each stage once, over a request that nobody sent. A stage that fails on it would fail
    /// on others, too: that is found out before there are any.
    ///
    /// # Errors
    /// The first stage that fails: its name, why, and what to do.
    pub fn try_all(&self) -> Result<()> {
        for (position, stage) in &self.stages {
            let ran = stage.run(*position, Unsent::default().call(*position), &self.settings);
            let (name, at) = (stage.name.as_str(), position_name(*position));
            ran.log.emit("", name);
            if let Err(error) = &ran.result {
                tracing::error!(stage = name, position = at, error = failure(error), "an added stage failed");
                let told = ran.log.last_error().map(|text| format!(" It says: {text}")).unwrap_or_default();
                anyhow::bail!(
                    "the stage `{name}` fails at {at}, so every request would: {}.{told} A limit is set in \
                     [application.tool.portcullis.stages.{name}] of the manifest; \
                     `portcullis stage test` shows a run",
                    reason(error)
                );
            }
            tracing::info!(
                stage = name,
                position = at,
                micros = u64::try_from(ran.time.as_micros()).unwrap_or(u64::MAX),
                memory_bytes = ran.memory_bytes,
                "an added stage was tried"
            );
        }
        Ok(())
    }

    /// Runs the stages of a position over a call, until one refuses.
    pub fn run(&self, position: Position, call: Box<CallState>, metrics: &Metrics) -> Walked {
        let mut walked = Walked { call: Some(call), result: Ok(()), of_named: None, time: Duration::ZERO };
        for (_, stage) in self.stages.iter().filter(|(at, _)| *at == position) {
            let Some(current) = walked.call.take() else { break };
            let request_id = current.request_id.clone();
            let refused_before = current.facts.named_refusals.len();
            let ran = stage.run(position, current, &self.settings);
            walked.call = ran.call;
            walked.time += ran.time;
            ran.log.emit(&request_id, &stage.name);
            let ending = |failed, words, refusal| {
                let stage = stage.name.clone();
                Box::new(Ending { stage, position, failed, words, refusal })
            };
            walked.result = match ran.result {
                Ok(Ok(())) => Ok(()),
                Ok(Err(refusal)) => Err(ending(false, refusal.message.clone().unwrap_or_default(), refusal)),
                Err(error) => {
                    metrics.added_stage_failed(&stage.name);
                    let words = ran.log.last_error().map_or_else(|| reason(&error), str::to_owned);
                    let error = failure(&error);
                    tracing::error!(request_id, stage = stage.name, error, "an added stage failed");
                    Err(ending(true, words, internal_error()))
                }
            };
            let facts = walked.call.as_ref().map(|call| &call.facts);
            let refused = facts.map(|facts| facts.named_refusals.as_slice()).unwrap_or_default();
            if walked.result.is_ok()
                && refused.len() > refused_before
                && let Some((at, refusal)) = refused.first()
            {
                let message = refusal.message.as_deref().unwrap_or_default();
                if facts.is_some_and(|facts| facts.source.is_some()) {
                    // A copy without its source is nothing.
                    walked.result = Err(ending(false, message.to_owned(), refusal.clone()));
                } else {
                    let objects = facts.map(Facts::named_objects).unwrap_or_default();
                    let key = objects.get(*at as usize).map(|object| object.key.as_str()).unwrap_or_default();
                    let words = format!(
                        "{} of {} objects, among them {key}: {message}",
                        refused.len(),
                        objects.len()
                    );
                    walked.of_named.get_or_insert_with(|| ending(false, words, refusal.clone()));
                }
            }
            if walked.result.is_err() {
                break;
            }
        }
        walked
    }
}

/// Why a stage failed, without where it was.
pub fn reason(error: &wasmtime::Error) -> String {
    // Before the last cause stands the backtrace.
    error.root_cause().to_string()
}

/// What is said of a failure: the reason first, then where it was. One that is long is cut.
pub fn failure(error: &wasmtime::Error) -> String {
    let reason = reason(error);
    let trace = error.to_string();
    let mut text = if trace == reason { reason } else { format!("{reason}; {trace}") };
    if text.len() > FAILURE_BYTES_MAX {
        text.truncate(text.floor_char_boundary(FAILURE_BYTES_MAX));
    }
    text
}

/// The refusal when a stage failed.
fn internal_error() -> Refusal {
    let code = "InternalError".to_owned();
    Refusal { code, message: None, details: Vec::new(), headers: String::new() }
}

//! A worker: one thread's pipeline instance, and the life of each request on it.
//!
//! The pipeline never waits. Each step of it ends with a response, or with work that the call needs
//! (a body, a commit). The worker does that work outside the pipeline and then goes on with the
//! call, so one instance serves any number of slow clients.
//!
//! `answer` walks a request through: it makes the call, `run` alternates steps and work, and
//! `response_of` makes the response. When an instance is lost, `repeat` runs a call again with its
//! journal.

mod inner;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::Result;
use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use wasmtime::Store;
use wasmtime::component::Resource;

use crate::body::Payload;
use crate::body::receive::BoxError;
use crate::body::respond::{PIECES_AT_ONCE, ResponseBody};
use crate::pipeline::bindings::calls::{
    AuthType, Failure, Identity, IdentityKind, Outcome, Principal, Progress, Signature, SignatureVersion,
    Target,
};
use crate::pipeline::bindings::{CallHandle, Pipeline};
use crate::pipeline::call::{
    CallResponse, CallResponseBody, CallState, Stopwatch, TransformInput, WholeBody, Work,
};
use crate::pipeline::capabilities::HostState;
use crate::pipeline::contract;
use crate::pipeline::engine::{self, CompiledPipeline};
use crate::pipeline::header_lines;
use crate::pipeline::peer::Peer;
use crate::pipeline::request_body::{Afterwards, RequestBody};
use crate::pipeline::responses;
use crate::pipeline::shared::Shared;
use crate::pipeline::shares::Pass;
use crate::pipeline::work::{self, Done, Sender, WorkLent};
use crate::telemetry::access::{Access, ErrorCode, Resolved, SignedBy};
use crate::telemetry::metrics;
use crate::telemetry::otlp::{Answered, Laps};
use crate::telemetry::reason;

/// What answers requests on one thread.
pub trait Answering: 'static {
    /// Answers a request. Dropped when the client is gone.
    fn answer<B>(
        self: Rc<Self>,
        request: Request<B>,
        peer: Peer,
    ) -> impl Future<Output = Response<ResponseBody>>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BoxError>;

    /// Called now and then while no request is in flight. What is held for the next request can be
    /// let go of.
    fn rest(&self) {}
}

/// One thread's share of the server.
pub struct Worker {
    shared: Arc<Shared>,
    pipeline: Arc<CompiledPipeline>,
    instance: RefCell<Instance>,
    /// The number of the current instance. A call with another number is not known to it.
    incarnation: Cell<u64>,
    /// When an instance was last replaced because it had grown.
    renewed_at: Cell<Option<Instant>>,
}

struct Instance {
    store: Store<HostState>,
    pipeline: Pipeline,
    /// Bytes of its memories when it was new.
    bytes: usize,
}

/// An instance that has grown by so much is replaced when its worker is idle.
const GROWTH_IDLE_MAX: usize = 8 << 20;
/// An instance that has grown by so much is replaced between two steps, although the calls that
/// wait in it have to run again. That costs time, so it happens once in an interval, or where it
/// has grown by much more.
const GROWTH_BUSY_MAX: usize = 48 << 20;
const GROWTH_BUSY_INTERVAL: Duration = Duration::from_secs(1);
const GROWTH_ANY_MAX: usize = 96 << 20;

impl Instance {
    fn new(shared: &Arc<Shared>, pipeline: &CompiledPipeline) -> Result<Instance> {
        let (store, pipeline) = pipeline.instantiate(HostState::new(Arc::clone(shared)))?;
        let bytes = store.data().limits.bytes();
        Ok(Instance { store, pipeline, bytes })
    }

    /// Bytes by which its memories have grown. They never shrink.
    fn growth(&self) -> usize {
        self.store.data().limits.bytes().saturating_sub(self.bytes)
    }
}

/// What to run in the pipeline.
#[derive(Debug, Clone, Copy)]
enum Step {
    Start(u32),
    Resume(u64),
}

/// The work that a call waits for.
struct Scheduled {
    work: Work,
    payload: Payload,
    sender: Sender,
    /// Of a commit: blobs that it keeps, and that were not received for this call.
    stored: Vec<u64>,
}

/// A call while its request is served. Dropping it early, because the client is gone, makes the
/// pipeline forget it.
struct Ticket {
    worker: Rc<Worker>,
    /// The instance that knows the call.
    incarnation: Cell<u64>,
    slot: u32,
    id: u64,
    pass: Rc<Pass>,
    /// Whether the host itself makes the request.
    is_inner: bool,
    done: bool,
}

impl Answering for Worker {
    async fn answer<B>(self: Rc<Self>, request: Request<B>, mut peer: Peer) -> Response<ResponseBody>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BoxError>,
    {
        let began = Instant::now();
        let (parts, body) = request.into_parts();
        if self.shared.webhooks.has_waiting()
            && let Some(response) =
                self.shared.webhooks.serve_input(&parts, &peer.request_id, &self.shared.volume)
        {
            return response;
        }
        let (id, request_id) = (self.shared.ids.next(), std::mem::take(&mut peer.request_id));
        let now = SystemTime::now();
        let received = now.duration_since(UNIX_EPOCH).unwrap_or_default();
        let received_ms = u64::try_from(received.as_millis()).unwrap_or(u64::MAX);
        let version = parts.version;
        let mut body = RequestBody::new(body, &parts);
        let trace = self.shared.exporter.as_deref().and_then(|exporter| {
            let peer = || peer.client.address.ip().to_string();
            Some((exporter, exporter.begin(&parts, now, &request_id, peer)?))
        });
        let sampled = id % self.shared.config.stage_sample == 0;
        let is_timed = trace.is_some() || self.shared.config.access.times_stages();
        let laps = is_timed.then(|| Laps::new(began));
        let stopwatch = (sampled || laps.is_some()).then(|| Stopwatch::start(laps));
        let mut call = Box::new(CallState::new(parts, &peer, id, received_ms, request_id.clone(), stopwatch));
        call.names_are_seen = self.shared.stages.look_at_named();
        let slot = self.instance.borrow_mut().store.data_mut().calls.insert(call);
        let (incarnation, pass) = (self.incarnation.clone(), peer.pass);
        let mut ticket =
            Ticket { worker: self.clone(), incarnation, slot, id, pass, is_inner: false, done: false };
        let answered = self.run(&ticket, &mut body).await;
        if answered.is_none() {
            ticket.forget();
        }
        ticket.done = true;
        let finished = self.finish(slot).map(|mut call| {
            if answered.is_none() {
                // A response that a stage set before the trap may not be true.
                call.response = None;
            }
            call
        });
        let (mut response, mut answered) = match finished {
            Some(call) => {
                // A call that never waited has not met its rates yet. Where it may not go on, the
                // response is replaced by a refusal (`front/serve.rs`).
                ticket.pass.establish(&call.facts);
                self.response_of(call, &ticket.pass).await
            }
            None => (responses::internal_error(&request_id), Answered::default()),
        };
        // What a refused request still sends is read away, within limits. Many clients send their
        // whole body before they read, and would not see the response otherwise. HTTP/2 needs no
        // `Connection` header: its streams end apart.
        if body.drain().await == Afterwards::Close && version < http::Version::HTTP_2 {
            response.headers_mut().insert(http::header::CONNECTION, HeaderValue::from_static("close"));
        }
        (answered.status, answered.elapsed) = (response.status().as_u16(), began.elapsed());
        self.shared.metrics.request(&answered.operation, answered.status, answered.elapsed, &request_id);
        if let Some((exporter, span)) = trace {
            exporter.end(span, answered);
        }
        response
    }

    fn rest(&self) {
        if let Ok(mut instance) = self.instance.try_borrow_mut() {
            instance.store.data_mut().forget_snapshot();
            if instance.growth() > GROWTH_IDLE_MAX {
                self.renew(&mut instance);
            }
        }
    }
}

/// Whether a step ended because the volume could not be read.
fn is_of_volume(trap: &wasmtime::Error) -> bool {
    trap.chain().any(|cause| cause.is::<volume::VolumeError>())
}

impl Worker {
    /// A worker with its own instance of the pipeline.
    pub fn new(shared: Arc<Shared>, pipeline: Arc<CompiledPipeline>) -> Result<Rc<Worker>> {
        let instance = Instance::new(&shared, &pipeline)?;
        Ok(Rc::new(Worker {
            shared,
            pipeline,
            instance: RefCell::new(instance),
            incarnation: Cell::new(0),
            renewed_at: Cell::new(None),
        }))
    }

    /// Runs a call to its end: steps of the pipeline, and work in between. `None` when the call is
    /// lost: it trapped, or it ran again in a fresh instance and did not do the same as before.
    async fn run<B>(&self, ticket: &Ticket, body: &mut RequestBody<B>) -> Option<()>
    where
        B: Body<Data = Bytes> + Unpin,
        B::Error: Into<BoxError>,
    {
        let mut progress = self.step(ticket, Step::Start(ticket.slot))?;
        let mut rooms = Vec::new();
        while let Progress::Pending = progress {
            let Scheduled { work, payload, sender, stored } = self.take_work(ticket)?;
            // What a commit keeps of what was stored before has to be there: a copy without bytes
            // would be another object that nobody can read.
            let working = async {
                let missing = match stored.is_empty() {
                    true => None,
                    false => Box::pin(work::find_missing(stored, &self.shared.volume)).await,
                };
                match missing {
                    Some(outcome) => outcome.into(),
                    None if ticket.is_inner && !inner::may_wait_for(&work) => {
                        Outcome::Failed(Failure::StorageFailed).into()
                    }
                    None => match work {
                        Work::Request(target, purpose) => {
                            self.request(ticket, (&target, purpose), &sender).await
                        }
                        work => {
                            let lent = || self.lend_objects(ticket);
                            let lent = WorkLent { shared: &self.shared, objects: &lent };
                            work::perform(work, payload, sender, body, lent, &mut rooms).await
                        }
                    },
                }
            };
            let (done, why) = reason::asked(working).await;
            if let Outcome::Failed(Failure::StorageFailed) = done.outcome {
                // A commit shares its disk with others, and its reason is a line about all of them.
                self.note_failure(ticket, why.as_deref().unwrap_or("see the lines about commits"));
            }
            progress = self.go_on(ticket, done, body.take_received())?;
        }
        Some(())
    }

    /// Runs one step: the pipeline answers or waits. `None` when it trapped.
    fn step(&self, ticket: &Ticket, step: Step) -> Option<Progress> {
        let mut instance = self.instance.try_borrow_mut().ok()?;
        let state = instance.store.data_mut();
        state.begin_step();
        state.draws.begin(Vec::new());
        self.run_step(&mut instance, ticket, step)
    }

    fn run_step(&self, instance: &mut Instance, ticket: &Ticket, step: Step) -> Option<Progress> {
        let Instance { store, pipeline, .. } = instance;
        engine::begin_step(store);
        let pipeline = pipeline.portcullis_gateway_pipeline();
        let progress = match step {
            Step::Start(slot) => pipeline.call_start(&mut *store, Resource::<CallHandle>::new_own(slot)),
            Step::Resume(id) => pipeline.call_resume(&mut *store, id),
        };
        match progress {
            Ok(progress) => Some(progress),
            Err(trap) => {
                self.replace(instance, &trap, ticket);
                None
            }
        }
    }

    /// Goes on with a call whose work is done.
    fn go_on(&self, ticket: &Ticket, done: Done, received: Option<WholeBody>) -> Option<Progress> {
        {
            let Done { outcome, pending, made, tried, inner } = done;
            let mut instance = self.instance.try_borrow_mut().ok()?;
            let call = instance.store.data_mut().calls.get(ticket.slot)?;
            // The journal first: where the instance is another one by now, the call is repeated
            // with this outcome in it.
            call.pending.extend(pending);
            call.tried = tried.or(call.tried.take());
            call.received = received.or(call.received.take());
            call.made = made.or(call.made.take());
            call.inner = inner.or(call.inner.take());
            call.journal.done(&outcome);
            call.outcome = outcome;
        }
        if self.incarnation.get() == ticket.incarnation.get() {
            return self.step(ticket, Step::Resume(ticket.id));
        }
        self.shared.metrics.call_repeated();
        self.repeat(ticket)
    }

    /// Runs a call from its start in an instance that does not know it, up to where it was. Work
    /// that was done is not done again: its outcome comes from the journal.
    fn repeat(&self, ticket: &Ticket) -> Option<Progress> {
        let mut instance = self.instance.try_borrow_mut().ok()?;
        ticket.incarnation.set(self.incarnation.get());
        let calls = &mut instance.store.data_mut().calls;
        calls.get(ticket.slot)?.begin_again();
        calls.adopt(ticket.slot);
        let mut step = Step::Start(ticket.slot);
        for number in 0.. {
            let state = instance.store.data_mut();
            let before = state.calls.get(ticket.slot)?.journal.step(number);
            state.begin_step();
            state.look_back(before);
            let progress = self.run_step(&mut instance, ticket, step)?;
            let call = instance.store.data_mut().calls.get(ticket.slot)?;
            if let Progress::Responded = progress {
                // It ends without a commit that it made before: its response would not be true.
                return (!call.journal.has_commit_from(number)).then_some(progress);
            }
            match call.journal.outcome(number, call.work.as_ref()?) {
                Some(outcome) => {
                    // What a chain of transforms made last is still what its response needs.
                    // So is what was received for the next one.
                    if let Some(Work::Transform(work)) = call.work.take() {
                        match work.input {
                            TransformInput::Made(made) => call.made = Some(made),
                            TransformInput::Inner(body) => call.inner = body.or(call.inner.take()),
                            TransformInput::Bytes(_) | TransformInput::Stored(_) => {}
                        }
                    }
                    call.outcome = outcome;
                }
                // Other work than before. From here on the call goes a new way, if it may.
                None => return call.journal.diverge(number).then_some(progress),
            }
            step = Step::Resume(ticket.id);
        }
        None
    }

    /// Replaces a trapped instance, which must not be used again. The call that trapped is lost.
    /// The others run again when their work is done.
    fn replace(&self, instance: &mut Instance, trap: &wasmtime::Error, ticket: &Ticket) {
        let mut call = instance.store.data_mut().calls.get(ticket.slot);
        if is_of_volume(trap) && self.shared.volume.is_full() {
            // No fault of a component: it asked the index, which is closed until there is space.
            if let Some(call) = &mut call {
                call.meets_full_disk = true;
            }
            ticket.pass.meets_full_disk();
            tracing::debug!(error = %trap, "the index cannot be read while the disk is full");
            return self.refresh(instance);
        }
        let request_id = call.as_ref().map_or("", |call| call.request_id.as_str());
        let operation = call.as_ref().map_or("", |call| call.facts.operation_name());
        let error = format!("{trap:#}");
        tracing::error!(request_id, operation, error, "the pipeline trapped; its instance is replaced");
        self.shared.metrics.instance_replaced();
        self.refresh(instance);
    }

    /// Replaces an instance whose memory has grown: memories never shrink, and are given back only
    /// with their instance. Calls that wait run again.
    fn renew(&self, instance: &mut Instance) {
        self.shared.metrics.instance_renewed();
        self.renewed_at.set(Some(Instant::now()));
        self.refresh(instance);
    }

    /// Replaces an instance by a fresh one. The calls are handed on, without their handles: those
    /// were known to the old instance only.
    fn refresh(&self, instance: &mut Instance) {
        match Instance::new(&self.shared, &self.pipeline) {
            Ok(mut fresh) => {
                let mut calls = std::mem::take(&mut instance.store.data_mut().calls);
                calls.drop_handles();
                fresh.store.data_mut().calls = calls;
                *instance = fresh;
            }
            Err(error) => return tracing::error!(%error, "no fresh instance could be made"),
        }
        self.incarnation.set(self.incarnation.get() + 1);
    }

    /// Says in the log which request the storage failed, and why.
    fn note_failure(&self, ticket: &Ticket, why: &str) {
        let Ok(mut instance) = self.instance.try_borrow_mut() else { return };
        let Some(call) = instance.store.data_mut().calls.get(ticket.slot) else { return };
        let operation = call.facts.operation_name();
        contract::origin(&call.request_id, operation, call.facts.target.clone())
            .error(why, "the storage failed a request");
    }

    fn take_work(&self, ticket: &Ticket) -> Option<Scheduled> {
        let mut instance = self.instance.try_borrow_mut().ok()?;
        let state = instance.store.data_mut();
        let view = state.view();
        let call = state.calls.get(ticket.slot)?;
        // Without the fact, nothing was promised about the body: the stages so far did not look at
        // it.
        let (work, payload) = (call.work.take()?, call.facts.payload.clone().unwrap_or_default());
        let stored = match &work {
            Work::Commit(batch) if batch.keep.len() > call.pending.len() => {
                let is_new = |id: &u64| call.pending.iter().any(|pending| pending.id() == *id);
                batch.keep.iter().copied().filter(|id| !is_new(id)).collect()
            }
            _ => Vec::new(),
        };
        call.journal.waits(&work, &mut state.draws, view);
        let sender = match ticket.pass.establish(&call.facts) {
            true => Sender::Admitted(Rc::clone(&ticket.pass)),
            false => Sender::Refused,
        };
        // From now on time counts for the work, until the stage that scheduled it goes on.
        if let Some(left) = call.enter(metrics::stage_index(work.stage())) {
            self.shared.metrics.stage(left.stage, left.elapsed);
        }
        // Only now may the instance be replaced: what the step drew and read is in the journal.
        self.give_back(&mut instance);
        Some(Scheduled { work, payload, sender, stored })
    }

    /// Ends a call.
    fn finish(&self, slot: u32) -> Option<Box<CallState>> {
        let mut instance = self.instance.try_borrow_mut().ok()?;
        let call = instance.store.data_mut().calls.finish(slot);
        self.give_back(&mut instance);
        call
    }

    /// Replaces an instance that has grown much. Calls that wait run again.
    fn give_back(&self, instance: &mut Instance) {
        let growth = instance.growth();
        if growth <= GROWTH_BUSY_MAX {
            return;
        }
        let is_time = self.renewed_at.get().is_none_or(|at| at.elapsed() > GROWTH_BUSY_INTERVAL);
        if is_time || growth > GROWTH_ANY_MAX {
            self.renew(instance);
        }
    }

    /// The response of a finished call, and what metrics and traces need of it, but for status and
    /// time.
    async fn response_of(&self, mut call: Box<CallState>, pass: &Pass) -> (Response<ResponseBody>, Answered) {
        if let Some(left) = call.enter(0) {
            self.shared.metrics.stage(left.stage, left.elapsed);
        }
        if call.journal.has_commit_from(0) {
            self.shared.transforming.forget(&call.facts);
            if let Some(tried) = call.tried.take() {
                self.shared.transforming.keep_code(*tried);
            }
        }
        let resolved = (self.shared.config.access.access != Access::Off).then(|| self.resolved(&call));
        let mut target = call.facts.target.take();
        let of_target = || target.as_mut().map(|target| std::mem::take(&mut target.operation));
        let operation = call.facts.operation.take().or_else(of_target).unwrap_or_default();
        let answered = Answered {
            operation,
            laps: call.stopwatch.take().and_then(|stopwatch| stopwatch.laps),
            ..Answered::default()
        };
        let mut response = self.finished_response(&mut call, pass, &answered.operation, target).await;
        if let Some(mut resolved) = resolved {
            if self.shared.config.access.times_stages() {
                resolved.stages = answered.laps.as_ref().map(|laps| laps.totals()).unwrap_or_default();
            }
            response.extensions_mut().insert(resolved);
        }
        (response, answered)
    }

    /// What a finished call is answered.
    async fn finished_response(
        &self,
        call: &mut CallState,
        pass: &Pass,
        operation: &str,
        target: Option<Target>,
    ) -> Response<ResponseBody> {
        let Some(made) = call.response.take() else {
            return match call.meets_full_disk {
                true => responses::unavailable(&call.request_id),
                false => responses::internal_error(&call.request_id),
            };
        };
        // Where memory for responses is short, the client is told to come back. Not after a commit,
        // though: the client must learn that it was made.
        if let CallResponseBody::Bytes(bytes) = &made.body
            && !call.journal.has_commit_from(0)
            && !pass.has_room_for(bytes.len())
        {
            return responses::slow_down(&call.request_id);
        }
        let answered = self.response(made, call).await;
        let origin = || contract::origin(&call.request_id, operation, target);
        match answered {
            Ok(mut response) => {
                response.body_mut().originate(origin);
                if let Some(error) = call.error.take() {
                    response.extensions_mut().insert(ErrorCode(error.into()));
                }
                response
            }
            Err(error) => {
                origin().error(&error, "the response could not be made");
                responses::internal_error(&call.request_id)
            }
        }
    }

    /// What the access log says of a call.
    fn resolved(&self, call: &CallState) -> Resolved {
        let facts = &call.facts;
        let identity = match &facts.principal {
            Some(Principal::Authenticated(identity)) => Some(identity),
            Some(Principal::Anonymous) | None => None,
        };
        let owner = facts.owner.as_ref().and_then(|owner| self.shared.accounts.account(&owner.account));
        let of = |field: fn(&Identity) -> &String| identity.map(field).cloned().unwrap_or_default();
        Resolved {
            operation: facts.operation_name().to_owned(),
            is_by_form: facts.operation.is_some(),
            owner: owner.map(|owner| owner.canonical_id.clone()).unwrap_or_default(),
            access_key_id: of(|identity| &identity.access_key_id),
            account: of(|identity| &identity.account),
            canonical_id: of(|identity| &identity.canonical_id),
            principal: of(|identity| &identity.arn),
            is_root: identity.is_some_and(|identity| identity.kind == IdentityKind::Root),
            signed_by: signed_by(facts.signature),
            ..contract::resolved(facts.target.as_ref())
        }
    }

    async fn response(&self, made: CallResponse, call: &mut CallState) -> Result<Response<ResponseBody>> {
        let body = match made.body {
            CallResponseBody::None => ResponseBody::Empty,
            CallResponseBody::Bytes(bytes) => ResponseBody::made(bytes),
            CallResponseBody::Stored(stored) => {
                let spans: Vec<_> = stored.spans.iter().map(contract::volume_span).collect();
                let mut reader = self.shared.volume.reader(&spans, stored.key.as_ref())?;
                if reader.pieces() > PIECES_AT_ONCE {
                    reader = Box::pin(work::look_for(reader)).await?;
                }
                ResponseBody::stored(reader)?
            }
            CallResponseBody::Made(range) => match call.made.take() {
                Some(made) => made.body(range)?,
                None => anyhow::bail!("there is nothing that a transform made"),
            },
            CallResponseBody::Inner => anyhow::bail!("what is for a transform is no response"),
        };
        let mut response = Response::new(body);
        *response.status_mut() = StatusCode::from_u16(made.status)?;
        let left_out = header_lines::append(response.headers_mut(), &made.headers)
            + header_lines::append(response.headers_mut(), &call.added_headers);
        if left_out > 0 {
            tracing::warn!(request_id = call.request_id, left_out, "header lines that cannot be sent");
        }
        responses::add_ids(response.headers_mut(), &call.request_id)?;
        Ok(response)
    }
}

impl Ticket {
    /// Makes the pipeline forget the call, if the current instance knows it.
    fn forget(&self) {
        let Ok(mut instance) = self.worker.instance.try_borrow_mut() else { return };
        if self.worker.incarnation.get() != self.incarnation.get() {
            return;
        }
        let Instance { store, pipeline, .. } = &mut *instance;
        engine::begin_step(store);
        store.data_mut().begin_step();
        if let Err(trap) = pipeline.portcullis_gateway_pipeline().call_abandon(&mut *store, self.id) {
            self.worker.replace(&mut instance, &trap, self);
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.done {
            self.forget();
            drop(self.worker.finish(self.slot));
        }
    }
}

/// How a request was signed, as the access log says it.
fn signed_by(signature: Option<Signature>) -> SignedBy {
    let Some(Signature { auth_type, version, .. }) = signature else { return SignedBy::default() };
    SignedBy {
        version: match version {
            SignatureVersion::V2 => "SigV2",
            SignatureVersion::V4 => "SigV4",
        },
        // S3 documents no word for forms.
        place: match auth_type {
            AuthType::Header => "AuthHeader",
            AuthType::Query => "QueryString",
            AuthType::Form => "",
        },
    }
}

//! The host's side of a `call`: what the client sent, the facts that stages set, scheduled work,
//! and the response.

mod facts;
mod on_behalf;
mod scheduled;

use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;

use http::{HeaderMap, Method, request::Parts};
use wasmtime::component::Resource;

use crate::pipeline::bindings::CallHandle;
use crate::pipeline::bindings::calls::{InnerPurpose, Outcome, Stored};
use crate::pipeline::head;
use crate::pipeline::journal::Journal;
use crate::pipeline::peer::{Endpoint, EndpointPolicy, Peer};
use crate::pipeline::transforming::{Made, TriedCode};
use crate::telemetry::metrics;
use crate::telemetry::otlp::Laps;
use volume::{DataKey, PendingBlob};

pub use facts::Facts;
pub use on_behalf::OnBehalf;
pub use scheduled::{
    Hold, Ingest, IngestSource, PackageWork, StoredBytes, TestWork, TransformInput, TransformWork, WholeBody,
    Work,
};

/// Data keys that one call may have: a copy needs two, and a few more for each new attempt.
const DATA_KEYS_MAX: usize = 4096;

/// The body of a response as stages left it.
#[derive(Debug)]
pub enum CallResponseBody {
    /// There is none.
    None,
    /// Bytes at hand.
    Bytes(Vec<u8>),
    /// Bytes to be read.
    Stored(StoredBytes),
    /// What a transform made; of it the bytes from one to another, both included.
    Made(Option<(u64, u64)>),
    /// What the last inner request was answered with. Only a transform gets it.
    Inner,
}

impl CallResponseBody {
    /// Bytes, as far as they are known.
    pub fn length(&self) -> u64 {
        match self {
            CallResponseBody::None | CallResponseBody::Made(_) | CallResponseBody::Inner => 0,
            CallResponseBody::Bytes(bytes) => bytes.len() as u64,
            CallResponseBody::Stored(stored) => stored.spans.iter().map(|span| span.length).sum(),
        }
    }
}

/// The response as stages left it.
#[derive(Debug)]
pub struct CallResponse {
    /// The status code.
    pub status: u16,
    /// `name: value\n` lines.
    pub headers: String,
    /// The body.
    pub body: CallResponseBody,
}

/// How far the explanation of a denial is. A call has one at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Explanation {
    /// No stage has begun one.
    Open,
    /// A stage makes one.
    Admitted,
    /// It was made, or may not be.
    Closed,
}

/// One request while the pipeline has it.
#[derive(Debug)]
pub struct CallState {
    /// Unique in this process.
    pub id: u64,
    /// The request method.
    pub method: Method,
    /// The target as sent.
    pub uri: http::Uri,
    /// Whether it is of HTTP/1.0, which has no way to say that a body of unknown length is whole.
    pub needs_length: bool,
    /// The request headers; `host` is there, but for some of HTTP/1.0.
    pub headers: HeaderMap,
    /// `Content-Length`.
    pub content_length: Option<u64>,
    /// Arrival of the head, in milliseconds since 1970.
    pub received_ms: u64,
    /// The id that the client is given.
    pub request_id: String,
    /// The client's address, where it is known.
    pub source: Option<IpAddr>,
    /// The version of TLS; empty where it is not known.
    pub tls: Option<&'static str>,
    /// The endpoint by which it came.
    pub endpoint: Option<Arc<Endpoint>>,
    /// What stages know of it.
    pub facts: Facts,
    /// Scheduled and not yet begun.
    pub work: Option<Work>,
    /// Done and not yet taken.
    pub outcome: Outcome,
    /// What it has done so far, where it waits.
    pub journal: Journal,
    /// Its body, where that is kept here.
    pub received: Option<WholeBody>,
    /// The response, once a stage set it.
    pub response: Option<CallResponse>,
    /// It ended because the index cannot be read while the disk is full.
    pub meets_full_disk: bool,
    /// Header lines for whatever the response will be.
    pub added_headers: String,
    /// Blobs received that no commit has kept yet; released with the call.
    pub pending: Vec<PendingBlob>,
    /// What a transform made of its response; what is held for a transform, or was made of that.
    pub made: Option<Made>,
    /// The code of a component that it tried; removed with the call, unless that deploys it.
    pub tried: Option<Box<TriedCode>>,
    /// The body that its last inner request was answered with.
    pub inner: Option<CallResponseBody>,
    /// On whose behalf it is made and what for, where the host makes it.
    pub on_behalf: Option<(Rc<OnBehalf>, InnerPurpose)>,
    /// The data keys that were made or opened for it. Stages know their numbers only.
    pub data_keys: Vec<DataKey>,
    /// The code of the error that the response tells of.
    pub error: Option<String>,
    /// Whether it was explained why it is denied.
    pub explanation: Explanation,
    /// Whether added stages look at the objects that it names.
    pub names_are_seen: bool,
    /// Measures the stage that runs; only for calls whose stages are timed.
    pub stopwatch: Option<Stopwatch>,
}

/// The stage that runs, and since when.
#[derive(Debug)]
pub struct Stopwatch {
    /// An index into the stages of `telemetry::metrics`.
    pub stage: usize,
    /// When it began, or was resumed.
    pub since: std::time::Instant,
    /// What ran before, where the request is traced.
    pub laps: Option<Box<Laps>>,
}

/// A stage that was left, and how long it had run.
#[derive(Debug, Clone, Copy)]
pub struct Left {
    /// Its index.
    pub stage: usize,
    /// Time since it was entered.
    pub elapsed: std::time::Duration,
}

impl Stopwatch {
    /// Begins with the gateway, which is what every call meets first.
    pub fn start(laps: Option<Box<Laps>>) -> Stopwatch {
        Stopwatch { stage: metrics::stage_index("gateway"), since: std::time::Instant::now(), laps }
    }

    /// Goes over to another stage.
    pub fn enter(&mut self, stage: usize) -> Left {
        let now = std::time::Instant::now();
        let left = Left { stage: self.stage, elapsed: now - self.since };
        if let Some(laps) = &mut self.laps {
            laps.add(left.stage, self.since, left.elapsed);
        }
        self.stage = stage;
        self.since = now;
        left
    }
}

impl CallState {
    /// A call for a request head.
    pub fn new(
        mut parts: Parts,
        peer: &Peer,
        id: u64,
        received_ms: u64,
        request_id: String,
        stopwatch: Option<Stopwatch>,
    ) -> Self {
        // HTTP/2 names the host in the target. Signatures and addressing look for a `host` header.
        head::settle(&parts.uri, &mut parts.headers);
        let length = parts.headers.get(http::header::CONTENT_LENGTH);
        let content_length = length.and_then(|value| value.to_str().ok()?.parse().ok());
        let mut call = CallState::unsent(parts, peer.client.known_address());
        call.id = id;
        call.content_length = content_length;
        call.received_ms = received_ms;
        call.request_id = request_id;
        call.tls = peer.client.tls;
        call.endpoint.clone_from(&peer.endpoint);
        call.explanation = Explanation::Open;
        call.stopwatch = stopwatch;
        call
    }

    /// A call that nobody sent, for trying a stage.
    pub fn unsent(parts: Parts, source: Option<IpAddr>) -> Self {
        CallState {
            id: 0,
            needs_length: parts.version < http::Version::HTTP_11,
            method: parts.method,
            uri: parts.uri,
            headers: parts.headers,
            content_length: None,
            received_ms: 0,
            request_id: String::new(),
            source,
            tls: None,
            endpoint: None,
            facts: Facts::default(),
            work: None,
            outcome: Outcome::None,
            journal: Journal::default(),
            received: None,
            response: None,
            meets_full_disk: false,
            added_headers: String::new(),
            pending: Vec::new(),
            tried: None,
            made: None,
            inner: None,
            on_behalf: None,
            data_keys: Vec::new(),
            error: None,
            explanation: Explanation::Closed,
            names_are_seen: false,
            stopwatch: None,
        }
    }

    /// The call of an inner request.
    pub fn inner(of: Rc<OnBehalf>, purpose: InnerPurpose, parts: Parts, id: u64, received_ms: u64) -> Self {
        let mut call = CallState::unsent(parts, of.source);
        call.id = id;
        call.received_ms = received_ms;
        call.request_id.clone_from(&of.request_id);
        call.tls = of.tls;
        call.endpoint.clone_from(&of.endpoint);
        call.names_are_seen = of.names_are_seen;
        call.facts = of.facts();
        call.on_behalf = Some((of, purpose));
        call
    }

    /// On whose behalf inner requests are made for it. None for an inner request itself, and before
    /// the principal is known.
    pub fn on_behalf_of(&self) -> Option<OnBehalf> {
        let facts = &self.facts;
        let is_inner = self.on_behalf.is_some();
        Some(OnBehalf {
            principal: facts.principal.clone().filter(|_| !is_inner)?,
            target: facts.target.clone()?,
            session: facts.session.clone(),
            signature: facts.signature,
            access_point: facts.access_point.clone(),
            object_lambda: facts.object_lambda.clone(),
            source: self.source,
            tls: self.tls,
            endpoint: self.endpoint.clone(),
            names_are_seen: self.names_are_seen,
            headers: self.headers.clone(),
            request_id: self.request_id.clone(),
        })
    }

    /// The client's address as stages read it; empty where it is not known.
    pub fn source_text(&self) -> String {
        self.source.map(|address| address.to_string()).unwrap_or_default()
    }

    /// Makes it a call that no stage has seen yet, so that it can run again. What was received for
    /// it and its journal stay.
    pub fn begin_again(&mut self) {
        self.facts = self.on_behalf.as_ref().map(|(of, _)| of.facts()).unwrap_or_default();
        self.work = None;
        self.outcome = Outcome::None;
        self.response = None;
        self.added_headers.clear();
        self.data_keys.clear();
        self.error = None;
        self.explanation = Explanation::Open;
    }

    /// The values of a header joined with `,`.
    pub fn header(&self, name: &str) -> Option<String> {
        let mut values = self.headers.get_all(name).iter();
        let mut joined = text(values.next()?.as_bytes());
        for value in values {
            joined.push(',');
            joined.push_str(&text(value.as_bytes()));
        }
        Some(joined)
    }

    /// Keeps a data key for as long as the call lives, and answers its number. Too many are a bug
    /// of a guest.
    pub fn add_data_key(&mut self, key: DataKey) -> wasmtime::Result<u32> {
        if self.data_keys.len() >= DATA_KEYS_MAX {
            return Err(wasmtime::Error::msg("a call has too many data keys"));
        }
        self.data_keys.push(key);
        Ok(u32::try_from(self.data_keys.len() - 1).unwrap_or(u32::MAX))
    }

    /// The data key with a number. One that was never given is a bug of a guest.
    pub fn data_key(&self, number: u32) -> wasmtime::Result<DataKey> {
        let key = self.data_keys.get(number as usize).cloned();
        key.ok_or_else(|| wasmtime::Error::msg("the call has no such data key"))
    }

    /// Takes what was made, or held. A call that is repeated has done what it needed that for: then
    /// there is nothing any more.
    pub fn take_made(&mut self) -> Made {
        self.made.take().unwrap_or_else(Made::gone)
    }

    /// Stored bytes, with the key that opens them.
    pub fn stored(&self, stored: &Stored) -> wasmtime::Result<StoredBytes> {
        let key = stored.key.map(|number| self.data_key(number)).transpose()?;
        Ok(StoredBytes { spans: stored.spans.clone(), key })
    }

    /// The policy of the endpoint by which the call came.
    pub fn endpoint_policy(&self) -> Option<&EndpointPolicy> {
        self.endpoint.as_ref()?.policy.as_ref()
    }

    /// Goes over to another stage; the one that was left, when the call's stages are timed.
    pub fn enter(&mut self, stage: usize) -> Option<Left> {
        Some(self.stopwatch.as_mut()?.enter(stage))
    }

    /// The request line without its version, then every header as `name: value\n`.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(64 + self.headers.len() * 64);
        text.push_str(self.method.as_str());
        text.push(' ');
        text.push_str(self.uri.path());
        if let Some(query) = self.uri.query() {
            text.push('?');
            text.push_str(query);
        }
        text.push('\n');
        for (name, value) in &self.headers {
            text.push_str(name.as_str());
            text.push_str(": ");
            push_text(&mut text, value.as_bytes());
            text.push('\n');
        }
        text
    }
}

/// UTF-8 as it is, anything else as Latin-1.
fn text(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len());
    push_text(&mut out, bytes);
    out
}

fn push_text(out: &mut String, bytes: &[u8]) {
    match std::str::from_utf8(bytes) {
        Ok(text) => out.push_str(text),
        Err(_) => out.extend(bytes.iter().map(|&byte| char::from(byte))),
    }
}

/// The calls that one pipeline instance has, by slots. A slot is free again when the host has taken
/// the call out and every handle is dropped.
#[derive(Debug, Default)]
pub struct Calls {
    slots: Vec<Slot>,
    free: Vec<u32>,
}

#[derive(Debug, Default)]
struct Slot {
    /// Boxed, because it is handed on a few times and has more than a kilobyte.
    state: Option<Box<CallState>>,
    handles: u32,
}

impl Calls {
    /// Takes a call in; returns its slot, with one handle for the pipeline.
    pub fn insert(&mut self, state: Box<CallState>) -> u32 {
        let slot = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot::default());
            u32::try_from(self.slots.len() - 1).unwrap_or(u32::MAX)
        });
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            *entry = Slot { state: Some(state), handles: 1 };
        }
        slot
    }

    /// The call of a slot.
    pub fn get(&mut self, slot: u32) -> Option<&mut CallState> {
        self.slots.get_mut(slot as usize)?.state.as_deref_mut()
    }

    /// The call behind a handle. A handle without its call is a bug of the guest, and a trap.
    pub fn of(&mut self, handle: &Resource<CallHandle>) -> wasmtime::Result<&mut CallState> {
        self.get(handle.rep()).ok_or_else(|| wasmtime::Error::msg("the call has ended"))
    }

    /// One more handle; answers how many there are.
    pub fn share(&mut self, slot: u32) -> u32 {
        let Some(entry) = self.slots.get_mut(slot as usize) else { return 0 };
        entry.handles = entry.handles.saturating_add(1);
        entry.handles
    }

    /// One handle less.
    pub fn release(&mut self, slot: u32) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            entry.handles = entry.handles.saturating_sub(1);
            if entry.handles == 0 && entry.state.is_none() {
                self.free.push(slot);
            }
        }
    }

    /// The instance that had the handles is gone, and the handles with it.
    pub fn drop_handles(&mut self) {
        for (number, slot) in self.slots.iter_mut().enumerate() {
            let had_handles = std::mem::take(&mut slot.handles) > 0;
            if had_handles && slot.state.is_none() {
                self.free.extend(u32::try_from(number));
            }
        }
    }

    /// One handle for the pipeline, for a call that runs again.
    pub fn adopt(&mut self, slot: u32) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            entry.handles = 1;
        }
    }

    /// Lends the call of a slot to an added stage; the slot stays taken.
    pub fn lend(&mut self, slot: u32) -> Option<Box<CallState>> {
        self.slots.get_mut(slot as usize)?.state.take()
    }

    /// Takes a lent call back.
    pub fn give_back(&mut self, slot: u32, call: Box<CallState>) {
        if let Some(entry) = self.slots.get_mut(slot as usize) {
            entry.state = Some(call);
        }
    }

    /// Ends a call, and takes it out.
    pub fn finish(&mut self, slot: u32) -> Option<Box<CallState>> {
        let entry = self.slots.get_mut(slot as usize)?;
        let state = entry.state.take()?;
        if entry.handles == 0 {
            self.free.push(slot);
        }
        Some(state)
    }
}

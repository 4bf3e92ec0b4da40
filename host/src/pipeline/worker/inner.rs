//! Inner requests: what a worker asks itself for, on behalf of the principal of a call
//! (docs/adr/0029).
//!
//! Such a request is a call like any other one, and decided on like any other one. It has no socket
//! and no signature: the host says who asks. It counts for the shares of the request that it is
//! made for, waits for nothing that changes anything, and makes no inner request itself.

use std::rc::Rc;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http_body_util::Empty;
use tokio::sync::mpsc::Receiver;

use super::{Ticket, Worker};
use crate::pipeline::bindings::calls::{Failure, InnerPurpose, InnerResponse, Outcome};
use crate::pipeline::call::{CallResponse, CallResponseBody, CallState, Explanation, OnBehalf, Work};
use crate::pipeline::contract::{self, volume_span};
use crate::pipeline::inner::{WantedObject, object_reads};
use crate::pipeline::request_body::RequestBody;
use crate::pipeline::shares::Pass;
use crate::pipeline::work::{Done, Sender};
use crate::transforms::Objects;
use crate::transforms::bindings::objects::ObjectsError;

/// Bytes of an object that are read at once.
const STEP_BYTES: usize = 256 << 10;

/// Whether a call that is an inner request may wait for this: it neither changes anything nor has
/// others do something.
pub(super) fn may_wait_for(work: &Work) -> bool {
    matches!(work, Work::Pause)
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or(u64::MAX)
}

impl Worker {
    /// On whose behalf inner requests of a call are made.
    fn on_behalf(&self, ticket: &Ticket) -> Option<Rc<OnBehalf>> {
        let mut instance = self.instance.try_borrow_mut().ok()?;
        let call = instance.store.data_mut().calls.get(ticket.slot)?;
        call.on_behalf_of().map(Rc::new)
    }

    /// Makes the inner request that a stage wants.
    pub(super) async fn request(
        &self,
        ticket: &Ticket,
        (target, purpose): (&str, InnerPurpose),
        sender: &Sender,
    ) -> Done {
        if let Sender::Refused = sender {
            return Outcome::Failed(Failure::Overloaded).into();
        }
        let Some(of) = self.on_behalf(ticket) else { return Outcome::Failed(Failure::StorageFailed).into() };
        let Some(response) = Box::pin(ticket.for_inner(false).answer(&of, target, purpose)).await else {
            return Outcome::Failed(Failure::StorageFailed).into();
        };
        let CallResponse { status, headers, body } = response;
        let document = match &body {
            CallResponseBody::Bytes(bytes) => Some(bytes.clone()),
            _ => None,
        };
        let answered = InnerResponse { status, headers, length: body.length(), document, at_ms: now_ms() };
        Done { inner: Some(body), ..Done::from(Outcome::Responded(answered)) }
    }

    /// What reads other objects for a transform, as long as its call lasts.
    pub(super) fn lend_objects(&self, ticket: &Ticket) -> Option<Arc<dyn Objects>> {
        let of = self.on_behalf(ticket)?;
        let (objects, wanted) = object_reads();
        let inner = ticket.for_inner(true);
        tokio::task::spawn_local(attend(inner, of, wanted));
        Some(objects)
    }
}

/// What makes inner requests: a worker, within the shares of a request.
pub(super) struct Asks {
    pub(super) worker: Rc<Worker>,
    pub(super) pass: Rc<Pass>,
    /// Whether denials are explained. Those of a listing, and of tags, are part of an answer that
    /// is good.
    explains: bool,
}

impl Ticket {
    fn for_inner(&self, explains: bool) -> Asks {
        Asks { worker: Rc::clone(&self.worker), pass: Rc::clone(&self.pass), explains }
    }
}

/// Does the reads of a transform until it has ended.
async fn attend(asks: Asks, of: Rc<OnBehalf>, mut wanted: Receiver<WantedObject>) {
    while let Some(WantedObject { key, version_id, bytes_max, mut reply }) = wanted.recv().await {
        let target = contract::object_target(&of.target, &key, version_id.as_deref());
        let read = tokio::select! {
            read = asks.read(&of, &target, bytes_max) => read,
            // The transform has ended.
            () = reply.closed() => continue,
        };
        // It may have ended just now.
        let _ = reply.send(read);
    }
}

impl Asks {
    /// The response to an inner request; none where it is lost.
    async fn answer(&self, of: &Rc<OnBehalf>, target: &str, purpose: InnerPurpose) -> Option<CallResponse> {
        let parts = of.parts(target)?;
        let (id, received_ms) = (self.worker.shared.ids.next(), now_ms());
        if of.has_ended(received_ms) {
            return Some(CallResponse { status: 403, headers: String::new(), body: CallResponseBody::None });
        }
        let mut body = RequestBody::new(Empty::<Bytes>::new(), &parts);
        let mut call = Box::new(CallState::inner(Rc::clone(of), purpose, parts, id, received_ms));
        call.explanation = if self.explains { Explanation::Open } else { Explanation::Closed };
        let slot = self.worker.instance.try_borrow_mut().ok()?.store.data_mut().calls.insert(call);
        let mut ticket = Ticket {
            worker: Rc::clone(&self.worker),
            incarnation: self.worker.incarnation.clone(),
            slot,
            id,
            pass: Rc::clone(&self.pass),
            is_inner: true,
            done: false,
        };
        let answered = self.worker.run(&ticket, &mut body).await;
        if answered.is_none() {
            ticket.forget();
        }
        ticket.done = true;
        let finished = self.worker.finish(slot)?;
        self.worker.shared.metrics.inner_request();
        answered?;
        let status = finished.response.as_ref().map(|response| response.status);
        tracing::debug!(request_id = of.request_id, target, status, "an inner request");
        finished.response
    }

    /// The bytes of an object.
    async fn read(&self, of: &Rc<OnBehalf>, target: &str, bytes_max: usize) -> Result<Vec<u8>, ObjectsError> {
        let response =
            Box::pin(self.answer(of, target, InnerPurpose::AsItIs)).await.ok_or(ObjectsError::Failed)?;
        match response.status {
            200 => {}
            404 => return Err(ObjectsError::Missing),
            // 405 is that of a rule: nobody gets what is stored there.
            403 | 405 => return Err(ObjectsError::Denied),
            _ => return Err(ObjectsError::Failed),
        }
        let stored = match response.body {
            CallResponseBody::None => return Ok(Vec::new()),
            CallResponseBody::Bytes(bytes) if bytes.len() <= bytes_max => return Ok(bytes),
            CallResponseBody::Bytes(_) => return Err(ObjectsError::TooLong),
            CallResponseBody::Stored(stored) => stored,
            CallResponseBody::Made(_) | CallResponseBody::Inner => return Err(ObjectsError::Failed),
        };
        let spans: Vec<_> = stored.spans.iter().map(volume_span).collect();
        let failed = |error: volume::VolumeError| {
            crate::telemetry::reason::given(&error, "stored bytes could not be read for a transform");
            ObjectsError::Failed
        };
        let mut reader = self.worker.shared.volume.reader(&spans, stored.key.as_ref()).map_err(failed)?;
        let length = usize::try_from(reader.length()).map_err(|_| ObjectsError::TooLong)?;
        if length > bytes_max {
            return Err(ObjectsError::TooLong);
        }
        let mut bytes = Vec::with_capacity(length);
        while let Some(piece) = reader.next(STEP_BYTES).await.map_err(failed)? {
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

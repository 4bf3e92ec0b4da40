//! Calls that wait for a webhook, and the answers that come to them as requests of their own.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http_body::Body;
use subtle::ConstantTimeEq as _;
use tokio::sync::{mpsc, oneshot};

use super::Webhooks;
use super::input::WebhookInput;
use crate::body::receive::{BoxError, PieceSink};
use crate::body::{self, Failure, Payload, Plan};
use crate::pipeline::bindings::calls::{Unanswered, WebhookAnswer, WebhookContent};
use crate::pipeline::request_body::RequestBody;
use crate::random::{self, ID_LETTERS, NoRandomness};

/// Where all answers go. One name is enough, and needs one name in DNS: the token says which call
/// it is.
pub(super) const ROUTE: &str = "io-portcullis-001";
/// Letters of the number of a call, with which both secrets begin.
pub(super) const ID_LETTERS_COUNT: usize = 20;
/// Letters of a secret: 260 bits.
const SECRET_LETTERS_COUNT: usize = 52;
/// Pieces of an answer that wait for the client. A function that is ahead of it stops.
const PIECES_AHEAD: usize = 4;
/// Bytes of one of them.
const PIECE_BYTES_MAX: usize = 128 << 10;

/// A piece of an answer, or its end.
pub(super) type AnswerPiece = Result<Bytes, Failure>;

/// What a call that waits is given.
pub(super) struct DeliveredAnswer {
    pub(super) content: WebhookContent,
    /// Bytes, where they are known.
    pub(super) length: Option<u64>,
    /// `None` at the end of it, when all of it was what was promised; an end without that is a
    /// failure.
    pub(super) pieces: mpsc::Receiver<Option<AnswerPiece>>,
}

/// A call that waits.
pub(super) struct WaitingCall {
    /// The secret of the answer.
    token: String,
    /// The secret of the input, with what it opens.
    pub(super) input: WebhookInput,
    answer: Mutex<Option<oneshot::Sender<DeliveredAnswer>>>,
}

/// The calls that wait, by their numbers.
#[derive(Default)]
pub(super) struct WaitingCalls {
    count: AtomicUsize,
    calls: Mutex<HashMap<String, Arc<WaitingCall>>>,
}

/// Keeps a call among those that wait.
pub(super) struct Waits {
    all: Arc<WaitingCalls>,
    id: String,
    pub(super) token: String,
}

/// A number and the two secrets of a call.
pub(super) struct Secrets {
    pub(super) id: String,
    pub(super) token: String,
    pub(super) signature: String,
}

impl Secrets {
    /// Draws them.
    pub(super) fn draw() -> Result<Secrets, NoRandomness> {
        const DIGITS: &[u8] = b"0123456789abcdef";
        let id = format!("PCIN{}", random::text(ID_LETTERS, ID_LETTERS_COUNT - 4)?);
        let token = format!("{id}{}", random::text(ID_LETTERS, SECRET_LETTERS_COUNT)?);
        Ok(Secrets { id, token, signature: random::text(DIGITS, 64)? })
    }
}

impl WaitingCalls {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<WaitingCall>>> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn has_any(&self) -> bool {
        self.count.load(Ordering::Relaxed) > 0
    }

    pub(super) fn get(&self, id: &str) -> Option<Arc<WaitingCall>> {
        self.lock().get(id).cloned()
    }

    /// Adds a call, and what its answer comes by.
    pub(super) fn add(
        self: &Arc<WaitingCalls>,
        secrets: Secrets,
        input: WebhookInput,
    ) -> (Waits, oneshot::Receiver<DeliveredAnswer>) {
        let (sender, receiver) = oneshot::channel();
        let Secrets { id, token, .. } = secrets;
        let call = WaitingCall { token: token.clone(), input, answer: Mutex::new(Some(sender)) };
        self.lock().insert(id.clone(), Arc::new(call));
        self.count.fetch_add(1, Ordering::Relaxed);
        (Waits { all: Arc::clone(self), id, token }, receiver)
    }

    /// The call of a token, and whether it is one.
    fn of_token(&self, token: &str) -> Option<Arc<WaitingCall>> {
        let call = self.get(token.get(..ID_LETTERS_COUNT)?)?;
        bool::from(call.token.as_bytes().ct_eq(token.as_bytes())).then_some(call)
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.all.lock().remove(&self.id);
        self.all.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// What became of an answer.
pub(crate) enum AnswerOutcome {
    /// All of it arrived.
    Whole,
    /// It went nowhere.
    Nowhere(Unanswered),
    /// Its body failed.
    Failed(Failure),
}

/// Hands an answer to the call that waits for it, and its body piece by piece, as fast as the
/// client of that call takes them.
pub(crate) async fn deliver<B>(
    webhooks: &Webhooks,
    answer: WebhookAnswer,
    (body, payload): (&mut RequestBody<B>, Payload),
    idle: Duration,
) -> AnswerOutcome
where
    B: Body<Data = Bytes> + Unpin,
    B::Error: Into<BoxError>,
{
    let WebhookAnswer { route, token, content } = answer;
    let call = webhooks.waiting.of_token(&token).filter(|_| route == ROUTE);
    let Some(call) = call else { return AnswerOutcome::Nowhere(Unanswered::Unknown) };
    let sender = call.answer.lock().unwrap_or_else(PoisonError::into_inner).take();
    let Some(sender) = sender else { return AnswerOutcome::Nowhere(Unanswered::AnsweredBefore) };
    drop(call);
    let is_reply = matches!(content, WebhookContent::Reply(_));
    let content_length = body.content_length();
    let length = body::announced(&payload, content_length);
    let (pieces, receiver) = mpsc::channel(PIECES_AHEAD);
    if sender.send(DeliveredAnswer { content, length, pieces: receiver }).is_err() {
        return AnswerOutcome::Nowhere(Unanswered::Gone);
    }
    if !is_reply {
        return AnswerOutcome::Whole;
    }
    let Some(body) = body.take() else { return AnswerOutcome::Failed(Failure::BodyIncomplete) };
    let mut sink = AnswerSink { pieces, is_gone: false };
    let plan = Plan { length_max: u64::MAX, content_length, ..Plan::default() };
    let passed = body::receive::pass_on(body, payload, plan, idle, &mut sink).await;
    match passed {
        Ok(_) => match sink.pieces.send(None).await {
            Ok(()) => AnswerOutcome::Whole,
            // A client that was told the length asks for no end: it has all bytes.
            Err(_) if length.is_some() => AnswerOutcome::Whole,
            Err(_) => AnswerOutcome::Nowhere(Unanswered::Gone),
        },
        Err(_) if sink.is_gone => AnswerOutcome::Nowhere(Unanswered::Gone),
        Err(failure) => {
            // Where the client is gone, nobody needs to know.
            let _ = sink.pieces.send(Some(Err(failure))).await;
            AnswerOutcome::Failed(failure)
        }
    }
}

/// Where the bytes of an answer go.
struct AnswerSink {
    pieces: mpsc::Sender<Option<AnswerPiece>>,
    is_gone: bool,
}

impl PieceSink for AnswerSink {
    async fn take(&mut self, mut piece: Bytes) -> Result<(), Failure> {
        while !piece.is_empty() {
            let step = piece.split_to(piece.len().min(PIECE_BYTES_MAX));
            if self.pieces.send(Some(Ok(step))).await.is_err() {
                self.is_gone = true;
                return Err(Failure::BodyIncomplete);
            }
        }
        Ok(())
    }
}

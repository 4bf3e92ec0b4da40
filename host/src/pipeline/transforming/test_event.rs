//! Test events: a function is called once, with what its caller says, and all of its answer is
//! read.

use std::pin::pin;

use http_body_util::BodyExt as _;

use super::{LentToRun, Transforming, context, failures, given, head, listed};
use crate::pipeline::bindings::calls::{
    self, MadeError, NewObjectHead, Tested, TransformFailure, TransformFailureKind, TransformedPart,
    Transformer,
};
use crate::pipeline::call::TestWork;
use crate::transforms::{
    self, Answer, Call, CallFailure, CallLent, Entry, FailureKind, ReplyBody, StoredHead, Transform,
};

/// Bytes of the lines that are shown: what Lambda shows of them.
const LOG_BYTES_MAX: usize = 4 << 10;

impl Transforming {
    /// Calls a function with a test event. Who tests a function is told all that is known of a
    /// failure.
    pub(crate) async fn test(&self, work: TestWork, lent: LentToRun<'_>) -> Tested {
        let request_id = work.request_id.clone();
        let mut body = Vec::new();
        let mut log = String::new();
        let made = match self.prepared(&work, lent).await {
            Err(failure) => Err(failure),
            Ok((runtime, transform)) => {
                let before = transform.log().after(0).last().map_or(0, |line| line.number);
                let length_max = work.event.length_max;
                // What calls share is not a test's to change.
                let outbound = Some(std::sync::Arc::clone(lent.outbound));
                let lent = CallLent { objects: None, outbound, own_scratch: true };
                let answer = runtime.run(&transform, call(work, lent)).await;
                let made = match answer {
                    Ok(answer) => take(answer, length_max, &mut body).await,
                    Err(failure) => Err(failure),
                };
                log = last_lines(&transform, before, &request_id);
                made.map_err(|failure| known(&failure))
            }
        };
        Tested { made, body, log }
    }

    async fn prepared(
        &self,
        work: &TestWork,
        lent: LentToRun<'_>,
    ) -> Result<(std::sync::Arc<transforms::Transforms>, std::sync::Arc<Transform>), TransformFailure> {
        match &work.event.plan.transformer {
            Transformer::Function(function) => {
                self.catalogue.ready(function, lent.volume, &work.request_id).await
            }
            Transformer::Webhook(_) => Err(failures::unavailable("webhooks get no test events")),
        }
    }
}

/// The call that a test event stands for.
fn call(work: TestWork, lent: CallLent) -> Call {
    let TestWork { event, request_id } = work;
    let context = context::of(&event.plan, request_id);
    let entry = match event.plan.part {
        TransformedPart::NewObject(_) => Entry::Put,
        TransformedPart::Object => Entry::Get,
        TransformedPart::Head => Entry::Head,
        TransformedPart::Page(page) => Entry::ListPage(given(page)),
    };
    Call { entry, context, body: transforms::whole(event.body), lent }
}

/// Reads an answer to its end.
async fn take(answer: Answer, length_max: u64, body: &mut Vec<u8>) -> Result<calls::Made, CallFailure> {
    Ok(match answer {
        Answer::Reply(reply) => {
            *body = read(reply.body, length_max).await?;
            calls::Made::Reply(head(reply.head, None))
        }
        Answer::Head(of_head, size) => {
            calls::Made::Reply(calls::MadeHead { length: size, ..head(of_head, None) })
        }
        Answer::Page(page) => calls::Made::Page(listed(page)),
        Answer::Stored(stored, bytes) => {
            *body = read(bytes, length_max).await?;
            let StoredHead { content_type, metadata } = stored;
            calls::Made::NewObject(NewObjectHead { content_type, metadata, length: body.len() as u64 })
        }
        Answer::Refused(error) => {
            let transforms::bindings::types::Error { status, code, message } = error;
            calls::Made::Refused(MadeError { status, code, message })
        }
    })
}

async fn read(body: ReplyBody, length_max: u64) -> Result<Vec<u8>, CallFailure> {
    let (mut body, mut bytes) = (pin!(body), Vec::new());
    while let Some(frame) = body.frame().await {
        let Ok(piece) = frame?.into_data() else { continue };
        if (bytes.len() + piece.len()) as u64 > length_max {
            let words = format!("the body of an answer to a test event has up to {length_max} bytes");
            return Err(CallFailure::new(FailureKind::OutputTooLong, words));
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// What is known of a failure.
fn known(failure: &CallFailure) -> TransformFailure {
    let told = failures::told(failure);
    let kind = match failure.kind {
        // The bytes are in the event.
        FailureKind::SourceFailed => TransformFailureKind::Unavailable,
        _ => told.kind,
    };
    TransformFailure { kind, words: failure.words.clone() }
}

/// The last lines that a call wrote.
fn last_lines(transform: &Transform, before: u64, request_id: &str) -> String {
    let lines = transform.log().after(before).into_iter().filter(|line| &*line.request_id == request_id);
    let text: String = lines.map(|line| format!("{}: {}\n", line.level.name(), line.text)).collect();
    let start = text.ceil_char_boundary(text.len().saturating_sub(LOG_BYTES_MAX));
    text.get(start..).unwrap_or_default().to_owned()
}

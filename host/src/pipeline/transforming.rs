//! Transforms of responses: the stage `transform` schedules them, and they run in the room
//! [`transforms`](crate::transforms), on threads of its own.
//!
//! [`catalogue`] has the components that are ready to run, [`context`] what a transform is told,
//! [`made`] what came of it.

mod catalogue;
mod context;
mod failures;
mod made;

use std::path::PathBuf;
use std::sync::Arc;

use http_body_util::BodyExt as _;
use wasmtime::{Error, Result};

use crate::body::respond::ResponseBody;
use crate::pipeline::bindings::calls::{
    self, ListedObject, ListedPage, MadeError, MadeHead, TransformFailure, TransformFailureKind,
    TransformPlan, TransformedPart, Transformer,
};
use crate::pipeline::call::{CallResponseBody, CallState, TransformInput, TransformWork};
use crate::pipeline::contract::volume_span;
use crate::pipeline::header_lines;
use crate::pipeline::shared::Shared;
use crate::transforms::{self, Answer, Body, BodyFailed, Call, CallLent, Entry, Page, PageEntry, ReplyHead};
use catalogue::Catalogue;
pub use made::Made;
use volume::Volume;

/// What runs transforms, and those that are ready.
pub struct Transforming {
    catalogue: Catalogue,
}

/// The work of transforming the response that is set on a call: it takes the body of that response.
///
/// # Errors
/// A call without a response is a bug of the stage.
pub(crate) fn work(call: &mut CallState, plan: TransformPlan) -> Result<TransformWork> {
    let context = context::of(call, &plan);
    let response = call.response.as_mut().ok_or_else(|| Error::msg("there is no response to transform"))?;
    let input = match std::mem::replace(&mut response.body, CallResponseBody::None) {
        CallResponseBody::Bytes(bytes) => TransformInput::Bytes(bytes),
        CallResponseBody::Stored(stored) => TransformInput::Stored(stored),
        CallResponseBody::None => TransformInput::Bytes(Vec::new()),
        CallResponseBody::Made(_) => return Err(Error::msg("what was made is not transformed again")),
    };
    Ok(TransformWork { plan, context, input, is_for_head: call.method == http::Method::HEAD })
}

impl Transforming {
    /// None is ready yet. Compiled components are kept in a folder.
    pub fn new(cache: PathBuf) -> Transforming {
        Transforming { catalogue: Catalogue::new(cache) }
    }

    /// Transforms a response.
    ///
    /// # Errors
    /// What became of a transform that made nothing.
    pub(crate) async fn transform(
        &self,
        work: TransformWork,
        shared: &Shared,
    ) -> std::result::Result<(calls::Made, Option<Made>), TransformFailure> {
        let TransformWork { plan, context, input, is_for_head } = work;
        let Transformer::Function(function) = plan.transformer else {
            return Err(failures::unavailable("webhooks are not served"));
        };
        let etag = context::variant(&function, &plan.payload, &context).map(|key| context::etag(&key));
        let (runtime, transform) = self.catalogue.ready(&function, &shared.volume).await?;
        let (entry, body) = match plan.part {
            TransformedPart::Object => (Entry::Get, body(input, &shared.volume)?),
            TransformedPart::Head => (Entry::Head, transforms::whole(Vec::new())),
            TransformedPart::Page(page) => (Entry::ListPage(given(page)), transforms::whole(Vec::new())),
        };
        let lent = CallLent { objects: None, outbound: Some(Arc::clone(&shared.outbound)) };
        let answer = runtime.run(&transform, Call { entry, context, body, lent }).await;
        match answer.map_err(|failure| failures::told(&failure))? {
            Answer::Reply(reply) => {
                let made = Made::of(reply.body, plan.whole, is_for_head).await?;
                let head = MadeHead { length: made.length(), ..head(reply.head, etag) };
                Ok((calls::Made::Reply(head), Some(made)))
            }
            Answer::Head(of_head, size) => {
                Ok((calls::Made::Reply(MadeHead { length: size, ..head(of_head, etag) }), None))
            }
            Answer::Page(page) => Ok((calls::Made::Page(listed(page)), None)),
            Answer::Refused(error) => {
                let transforms::bindings::types::Error { status, code, message } = error;
                Ok((calls::Made::Refused(MadeError { status, code, message }), None))
            }
            Answer::Stored(..) => Err(failures::unavailable("it answered to another call")),
        }
    }
}

fn head(head: ReplyHead, etag: Option<String>) -> MadeHead {
    let ReplyHead { status, headers, metadata } = head;
    MadeHead { status, headers: header_lines::lines(&headers), metadata, length: None, etag }
}

fn given(page: ListedPage) -> Page {
    let entry = |listed: ListedObject| {
        let ListedObject { key, size, etag, last_modified_ms } = listed;
        PageEntry { key, size, etag, last_modified_ms }
    };
    Page { entries: page.entries.into_iter().map(entry).collect(), common_prefixes: page.common_prefixes }
}

fn listed(page: Page) -> ListedPage {
    let object = |entry: PageEntry| {
        let PageEntry { key, size, etag, last_modified_ms } = entry;
        ListedObject { key, size, etag, last_modified_ms }
    };
    ListedPage {
        entries: page.entries.into_iter().map(object).collect(),
        common_prefixes: page.common_prefixes,
    }
}

/// The bytes of a response as a transform reads them.
fn body(input: TransformInput, volume: &Volume) -> std::result::Result<Body, TransformFailure> {
    let stored = match input {
        TransformInput::Bytes(bytes) => return Ok(transforms::whole(bytes)),
        TransformInput::Stored(stored) => stored,
    };
    let spans: Vec<_> = stored.spans.iter().map(volume_span).collect();
    let body = volume.reader(&spans, stored.key.as_ref()).and_then(ResponseBody::stored);
    match body {
        Ok(body) => Ok(body.map_err(|error| BodyFailed(error.to_string())).boxed_unsync()),
        Err(error) => {
            crate::telemetry::reason::given(&error, "stored bytes could not be read");
            Err(failures::of(TransformFailureKind::SourceFailed, ""))
        }
    }
}

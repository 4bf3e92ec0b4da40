//! Transforms of responses and of new objects: the stage `transform` schedules them, and they run
//! in the room [`transforms`](crate::transforms), on threads of its own.
//!
//! [`catalogue`] has the components that are ready to run, [`context`] what a transform is told,
//! [`made`] what came of it, [`held`] what is to be stored; [`package`] checks what is to be
//! deployed, with its [`settings`], and [`tried`] is its code until it is. [`test_event`] calls a
//! function apart from any response.

mod catalogue;
mod context;
mod explain;
mod failures;
mod figures;
mod held;
mod made;
mod package;
mod range_cut;
mod settings;
mod test_event;
mod tried;

use std::path::PathBuf;
use std::sync::Arc;

use http_body_util::BodyExt as _;

use crate::body::respond::ResponseBody;
use crate::config::TransformOptions;
use crate::keys::vault::Vault;
use crate::outbound::Outbound;
use crate::pipeline::bindings::calls::{
    self, FunctionCode, ListedObject, ListedPage, MadeError, MadeHead, MadeNeed, NewObjectHead, Target,
    TransformFailure, TransformFailureKind, TransformedPart,
};
use crate::pipeline::call::{CallResponseBody, Facts, TransformInput, TransformWork};
use crate::pipeline::contract::volume_span;
use crate::pipeline::header_lines;
use crate::telemetry::explanations::Explanations;
use crate::telemetry::metrics::{Family, FamilySource};
use crate::transforms::{
    self, Answer, Body, BodyFailed, Call, CallCaps, CallFailure, CallLent, Entry, FailureKind, LogRing,
    Objects, Page, PageEntry, ReplyHead, RuntimeOptions, Spooled, StoredHead, TransformReply, VariantKey,
    Variants,
};
use catalogue::Catalogue;
pub(crate) use explain::{FailedTransform, OfTransform};
use made::EarlierFailure;
pub use made::Made;
pub(crate) use package::{CheckedPackage, Unpackaged};
pub use tried::TriedCode;
use volume::Volume;

/// Bytes that are written down, at most, where a response needs to know how many there are, and of
/// a new object.
const WHOLE_BYTES_MAX: u64 = 1 << 30;

/// Bytes of a result that wait in memory for their client. A longer one is written down first.
const AT_HAND_BYTES_MAX: u64 = 256 << 10;

/// What a transform is lent of the server.
#[derive(Clone, Copy)]
pub(crate) struct LentToRun<'a> {
    /// Where objects and code are.
    pub(crate) volume: &'a Arc<Volume>,
    /// Fetches from elsewhere.
    pub(crate) outbound: &'a Arc<Outbound>,
    /// Makes what reads other objects, on behalf of the principal.
    pub(crate) objects: &'a dyn Fn() -> Option<Arc<dyn Objects>>,
}

/// What runs transforms, those that are ready, and what they made.
pub struct Transforming {
    catalogue: Catalogue,
    variants: Variants,
    /// Held while a function is deployed.
    deploying: Arc<tokio::sync::Mutex<()>>,
}

impl Transforming {
    /// None is ready yet. Compiled components, and what was made, are kept in the cache folder.
    pub fn new(
        options: &TransformOptions,
        cache: PathBuf,
        vault: Arc<Vault>,
        explanations: Arc<Explanations>,
    ) -> Transforming {
        let runtime = RuntimeOptions {
            threads: options.threads,
            calls_max: options.calls_max,
            memory_bytes_max: options.memory_bytes_max,
            queue_max: options.queue_max,
            caps: CallCaps {
                time_max: options.call_time_max,
                cpu_max: options.cpu_time_max,
                // So that no call has all of it.
                memory_bytes_max: options.memory_bytes_max / 2,
                queue_time_max: options.queue_time_max,
            },
        };
        Transforming {
            variants: Variants::new(cache.join("made"), options.kept_bytes_max),
            catalogue: Catalogue::new(cache, options.code_bytes_max, runtime, (vault, explanations)),
            deploying: Arc::default(),
        }
    }

    /// The latest lines of functions with a name, or an ARN: by their ARNs.
    pub fn logs(&self, name: &str) -> Vec<(String, Arc<LogRing>)> {
        self.catalogue.logs(name)
    }

    /// Forgets what was made of the objects that a call has changed.
    pub(crate) fn forget(&self, facts: &Facts) {
        let Some(Target { bucket: Some(bucket), key, .. }) = &facts.target else { return };
        if let Some(key) = key {
            self.variants.forget(bucket, key);
        }
        for named in facts.named.iter().flatten() {
            self.variants.forget(bucket, &named.key);
        }
    }

    /// Transforms a response.
    ///
    /// # Errors
    /// What became of a transform that made nothing.
    pub(crate) async fn transform(
        &self,
        function: &FunctionCode,
        work: TransformWork,
        lent: LentToRun<'_>,
    ) -> Result<(calls::Made, Option<Made>), TransformFailure> {
        // Nothing stands for what it reads of other objects, so what it makes is not kept, and has
        // no ETag.
        let is_certain = function.vary.is_some() && !function.reads_objects;
        let variant = is_certain.then(|| context::variant(function, &work.plan));
        let etag = variant.as_ref().map(context::etag);
        let is_kept = matches!(work.plan.part, TransformedPart::Object) && self.variants.is_on();
        let Some(key) = variant.filter(|_| is_kept) else {
            return self.run(function, work, lent, (etag, None)).await;
        };
        let lead = match self.variants.get(&key) {
            Some(kept) => Ok(kept),
            None => self.variants.lead(&key).await.map_err(|failure| failures::told(&failure))?,
        };
        match lead {
            Ok(kept) => {
                let made = Made::kept(Arc::clone(&kept), work.plan.need);
                Ok((calls::Made::Reply(made_head(kept.head.clone(), etag, &made)), Some(made)))
            }
            Err(_lead) => self.run(function, work, lent, (etag, Some(key))).await,
        }
    }

    async fn run(
        &self,
        function: &FunctionCode,
        work: TransformWork,
        lent: LentToRun<'_>,
        (etag, key): (Option<String>, Option<VariantKey>),
    ) -> Result<(calls::Made, Option<Made>), TransformFailure> {
        let TransformWork { plan, request_id, input, .. } = work;
        let context = context::of(&plan, request_id);
        let account = function.arn.split(':').nth(4).unwrap_or_default();
        let (runtime, transform) = self.catalogue.ready(function, lent.volume, &context.request_id).await?;
        let earlier = EarlierFailure::default();
        let (entry, body) = match plan.part {
            TransformedPart::Object => (Entry::Get, body(input, lent.volume, &earlier)?),
            TransformedPart::Head => (Entry::Head, transforms::whole(Vec::new())),
            TransformedPart::Page(page) => (Entry::ListPage(given(page)), transforms::whole(Vec::new())),
            TransformedPart::NewObject(_) => (Entry::Put, body(input, lent.volume, &earlier)?),
        };
        let object = key.map(|key| (key, context.bucket.clone(), context.key.clone()));
        let objects = if transform.reads_objects() { (lent.objects)() } else { None };
        let lent = CallLent { objects, outbound: Some(Arc::clone(lent.outbound)), own_scratch: false };
        let answer = runtime.run(&transform, Call { entry, context, body, lent }).await;
        let told = |failure| failures::told(&earlier.or(failure));
        match answer.map_err(told)? {
            Answer::Reply(reply) => {
                let head = reply.head.clone();
                let made = self.made(reply, object, plan.need, account).await;
                let made = made.map_err(told)?;
                Ok((calls::Made::Reply(made_head(head, etag, &made)), Some(made)))
            }
            Answer::Head(of_head, size) => {
                Ok((calls::Made::Reply(MadeHead { length: size, ..head(of_head, etag) }), None))
            }
            Answer::Page(page) => Ok((calls::Made::Page(listed(page)), None)),
            Answer::Refused(error) => {
                let transforms::bindings::types::Error { status, code, message } = error;
                Ok((calls::Made::Refused(MadeError { status, code, message }), None))
            }
            Answer::Stored(StoredHead { content_type, metadata }, body) => {
                let nothing = ReplyHead { status: 200, headers: Vec::new(), metadata: None };
                let made =
                    self.made(TransformReply { head: nothing, body }, None, MadeNeed::Whole, account).await;
                let made = made.map_err(told)?;
                let length = made.length().unwrap_or_default();
                Ok((calls::Made::NewObject(NewObjectHead { content_type, metadata, length }), Some(made)))
            }
        }
    }

    /// What becomes of a reply: kept for the next one, read to its end, or sent as it comes.
    async fn made(
        &self,
        reply: TransformReply,
        object: Option<(VariantKey, String, String)>,
        need: MadeNeed,
        account: &str,
    ) -> Result<Made, CallFailure> {
        let TransformReply { head, body } = reply;
        let is_stream = body.length().is_none();
        let object =
            object.filter(|_| !(is_stream && need == MadeNeed::Bytes && self.variants.is_short_of_room()));
        if let Some((key, bucket, name)) = object.filter(|_| head.status == 200) {
            let length = body.length();
            let bytes_max =
                if need == MadeNeed::Whole { WHOLE_BYTES_MAX } else { self.variants.variant_bytes_max() };
            return match self.variants.spool(head, body, bytes_max, account).await? {
                Spooled::Whole(variant) => {
                    if variant.length() <= self.variants.variant_bytes_max() {
                        self.variants.keep(key, (&bucket, &name), Arc::clone(&variant));
                    }
                    Ok(Made::kept(variant, need))
                }
                Spooled::TooLong(begun, rest) => match need {
                    MadeNeed::Bytes => Ok(Made::begun(begun, rest, length)),
                    MadeNeed::Length => Made::counted_from(begun.length(), rest).await,
                    MadeNeed::Whole => Err(too_long()),
                },
            };
        }
        match need {
            MadeNeed::Length => return Made::counted_from(0, body).await,
            MadeNeed::Bytes if body.length().is_none() => return Ok(Made::of(body)),
            // Bytes at hand wait in memory for their client, so these are few.
            _ if body.length().is_some_and(|length| length <= AT_HAND_BYTES_MAX) => {
                return Ok(Made::of(body));
            }
            MadeNeed::Bytes | MadeNeed::Whole => {}
        }
        let length = body.length();
        match self.variants.spool(head, body, WHOLE_BYTES_MAX, account).await? {
            Spooled::Whole(variant) => Ok(Made::kept(variant, need)),
            Spooled::TooLong(begun, rest) if need == MadeNeed::Bytes => Ok(Made::begun(begun, rest, length)),
            Spooled::TooLong(..) => Err(too_long()),
        }
    }
}

/// The transforms, as a source of figures.
pub struct TransformFamilies(pub Arc<Transforming>);

impl FamilySource for TransformFamilies {
    fn families(&self) -> Vec<Family> {
        let (functions, places) = self.0.catalogue.figures();
        figures::families(&functions, places, self.0.variants.figures())
    }
}

fn too_long() -> CallFailure {
    let words = format!("ranges and new objects are of results of up to {WHOLE_BYTES_MAX} bytes");
    CallFailure::new(FailureKind::OutputTooLong, words)
}

fn made_head(of: ReplyHead, etag: Option<String>, made: &Made) -> MadeHead {
    MadeHead { length: made.length(), ..head(of, etag) }
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
fn body(input: TransformInput, volume: &Volume, earlier: &EarlierFailure) -> Result<Body, TransformFailure> {
    let stored = match input {
        TransformInput::Bytes(bytes) => return Ok(transforms::whole(bytes)),
        TransformInput::Stored(stored) => stored,
        TransformInput::Made(made) => return made.input(earlier.clone()),
        TransformInput::Inner(Some(CallResponseBody::None)) => return Ok(transforms::whole(Vec::new())),
        TransformInput::Inner(Some(CallResponseBody::Bytes(bytes))) => return Ok(transforms::whole(bytes)),
        TransformInput::Inner(Some(CallResponseBody::Stored(stored))) => stored,
        TransformInput::Inner(_) => return Err(failures::of(TransformFailureKind::SourceFailed, "")),
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

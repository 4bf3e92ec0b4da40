//! Transforms by servers elsewhere: a webhook gets the event of AWS, and its answer is the
//! response.
//!
//! Nothing of the stored object's head is added to it, and no range is applied: what the function
//! says is what the client gets, as in AWS.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html>

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use gateway::bucket::object_lambda::{self, transformer_of};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::sigv4::amz_date::AmzDate;
use gateway::operations::Operation;
use gateway::request::query::Query;
use sdk::bindings::transform::portcullis::gateway::functions;
use sdk::{
    Body, Call, Head, Made, MadeHead, MadeNeed, SeenRequest, SentHead, Target, TransformFailure,
    TransformFailureKind, TransformPlan, Transformation, TransformedPart, Transformer, Webhook,
    WebhookContent, Work as _,
};

use crate::event::{self, Fields};
use crate::prepare::{of_rules, part_number, without};
use crate::shown::Shown;
use crate::stored::Stored;
use crate::{document, failure, forwarded, listing, reply};

/// Before and behind the name of a webhook in an ARN of MinIO.
const MINIO_ARN: (&str, &str) = ("arn:minio:s3-object-lambda::", ":webhook");
/// The parameter by which a request itself names one.
const LAMBDA_ARN: &str = "lambdaArn";
/// The setting with the operator's webhooks, between commas: `aws/redact`, `minio/upper`.
const NAMES: &str = "webhooks";
/// The setting that lets requests name one.
const TAKES_LAMBDA_ARN: &str = "minio_lambda_arn";

/// How a webhook answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// By a request of its own.
    Aws,
    /// In its response.
    Minio,
}

/// What the operator set.
struct Known {
    webhooks: BTreeMap<String, Kind>,
    takes_lambda_arn: bool,
}

thread_local! {
    static KNOWN: OnceCell<Rc<Known>> = const { OnceCell::new() };
}

fn known() -> Rc<Known> {
    KNOWN.with(|known| known.get_or_init(|| Rc::new(read_known())).clone())
}

fn read_known() -> Known {
    let names = sdk::settings::get(NAMES).unwrap_or_default();
    let webhook = |text: &str| {
        let (kind, name) = text.split_once('/')?;
        Some((name.to_owned(), if kind == "minio" { Kind::Minio } else { Kind::Aws }))
    };
    Known {
        webhooks: names.split(',').filter_map(webhook).collect(),
        takes_lambda_arn: sdk::settings::get(TAKES_LAMBDA_ARN).is_some_and(|word| word == "on"),
    }
}

/// A webhook that a request comes to.
pub(crate) struct Named {
    name: String,
    kind: Kind,
    /// What an Object Lambda access point says; none where the request itself names the webhook.
    by_access_point: Option<(String, Transformation)>,
}

/// A request whose response a webhook makes.
pub(crate) struct ForWebhook {
    named: Named,
    asked: &'static str,
    /// Whether the client gets the head alone.
    is_head: bool,
    shown: Shown,
    target: Target,
}

/// The webhook by which a request comes, if it is one: a deployed function of that name goes
/// before. `LambdaNotFound` where the request itself names one that is not there.
pub(crate) fn named(call: &Call, sent: &SentHead) -> Result<Option<Named>> {
    let known = known();
    if let Some(object_lambda) = call.object_lambda() {
        let Some(transformation) = object_lambda.transformation else {
            return match named_by(sent, call, &known)? {
                None => Ok(None),
                Some(_) => Err(S3Error::invalid_request(
                    "An Object Lambda access point takes no parameter lambdaArn",
                )),
            };
        };
        let arn = transformation.function_arn.as_str();
        let Some((name, kind)) = name_in(arn).and_then(|name| known.webhooks.get_key_value(name)) else {
            return Ok(None);
        };
        // What cannot be read is refused where functions are found.
        if !matches!(functions::find(arn), Ok(None)) {
            return Ok(None);
        }
        let (name, kind) = (name.clone(), *kind);
        return Ok(Some(Named { name, kind, by_access_point: Some((object_lambda.arn, transformation)) }));
    }
    let Some(arn) = named_by(sent, call, &known)? else { return Ok(None) };
    match minio_name(&arn).and_then(|name| known.webhooks.get_key_value(name)) {
        Some((name, kind)) => Ok(Some(Named { name: name.clone(), kind: *kind, by_access_point: None })),
        None => Err(failure::not_found(&arn)),
    }
}

/// What the request itself names, where requests may.
fn named_by(sent: &SentHead, call: &Call, known: &Known) -> Result<Option<String>> {
    if !known.takes_lambda_arn || call.target().operation != Operation::GetObject.name() {
        return Ok(None);
    }
    let (head, _) = Head::split(sent.clone());
    Ok(Query::parse(&head.query)?.get_non_empty(LAMBDA_ARN).map(str::to_owned))
}

/// The name of a function in an ARN: of AWS, with or without a version, or of MinIO.
fn name_in(arn: &str) -> Option<&str> {
    match transformer_of(arn)? {
        object_lambda::Transformer::Function(function) => Some(function.name),
        object_lambda::Transformer::Webhook(name) => Some(name),
    }
}

fn minio_name(arn: &str) -> Option<&str> {
    arn.strip_prefix(MINIO_ARN.0)?.strip_suffix(MINIO_ARN.1)
}

/// What is asked of a webhook, and the head that `storage` is to see: the object is read whole,
/// because the function applies ranges itself. `NotImplemented` for a range that the access point
/// does not allow.
///
/// A rule of the bucket says that a function transforms the object. A webhook gets what is stored,
/// so such an object is not for it.
pub(crate) fn prepare(
    call: &Call,
    named: Named,
    sent: SentHead,
    target: Target,
    rules: bool,
) -> Result<(ForWebhook, SeenRequest)> {
    let (head, headers) = Head::split(sent.clone());
    let query = Query::parse(&head.query)?;
    let follows_rule = match target.key {
        Some(_) => rules && !of_rules(&target, &query)?.is_empty(),
        None => rules && listing::for_everybody(&target, &query)?.is_some(),
    };
    if follows_rule {
        let message = "A rule of the bucket transforms what is read, and a webhook cannot follow it";
        return Err(S3Error::new(ErrorCode::NotImplemented).message(message));
    }
    let part_number = part_number(&query)?;
    if let Some((_, transformation)) = &named.by_access_point {
        let is_refused = (headers.has("range") && !transformation.allows_range)
            || (part_number.is_some() && !transformation.allows_part_number);
        if is_refused {
            return Err(ErrorCode::NotImplemented.into());
        }
    }
    let asked = match Operation::parse(&target.operation) {
        Some(Operation::GetObject) => "getObjectContext",
        Some(Operation::HeadObject) => "headObjectContext",
        Some(Operation::ListObjects) => "listObjectsContext",
        Some(Operation::ListObjectsV2) => "listObjectsV2Context",
        _ => return Err(ErrorCode::InternalError.into()),
    };
    let is_head = asked == "headObjectContext";
    let is_of_object = is_head || asked == "getObjectContext";
    let sent = match is_of_object {
        true => SentHead { text: without(&head, &headers, &sent.text), ..sent },
        false => sent,
    };
    let shown = Shown::read(call, &head, &headers, &query);
    let prepared = ForWebhook { named, asked, is_head, shown, target: target.clone() };
    Ok((prepared, SeenRequest { head: sent, target, takes_absence: is_of_object }))
}

/// Asks the webhook, and makes the response of its answer.
pub(crate) async fn run(call: &Call, prepared: ForWebhook) -> Result<()> {
    let response = call.response().ok_or(ErrorCode::InternalError)?;
    let ForWebhook { named, asked, is_head, shown, target } = prepared;
    let (access_point_arn, payload) = match named.by_access_point {
        Some((arn, transformation)) => (Some(arn), transformation.payload),
        None => (None, String::new()),
    };
    let fields = if named.kind == Kind::Minio { Fields::Lists } else { Fields::Texts };
    let webhook = Webhook {
        name: named.name,
        asked: asked.to_owned(),
        event: event::of(call, &shown, &payload, access_point_arn.as_deref(), fields),
        url: shown.request.url.clone(),
        moment: AmzDate::from_milliseconds(shown.at_ms).basic(),
    };
    let stored = Stored::read(&response.headers, response.length);
    let plan = TransformPlan {
        transformer: Transformer::Webhook(webhook),
        part: TransformedPart::Object,
        bucket: target.bucket.unwrap_or_default(),
        key: target.key.unwrap_or_default(),
        object: stored.object(),
        request: shown.request,
        caller: shown.caller,
        now_ms: shown.at_ms,
        payload,
        access_point_arn,
        range: None,
        part_number: None,
        need: MadeNeed::Bytes,
    };
    match call.transform(&plan).await.map_err(|failed| failure::error(&failed))? {
        Made::Reply(head) if named.kind == Kind::Minio => return of_response(call, &stored, &head),
        Made::Reply(head) => respond(call, head),
        Made::Document(document) if is_head => {
            return document::head(call, &document).map_err(|why| invalid(&why));
        }
        Made::Document(document) => return document::listing(call, &document).map_err(|why| invalid(&why)),
        Made::Refused(error) => reply::refuse(call, is_head, &error),
        Made::Page(_) | Made::NewObject(_) => return Err(ErrorCode::InternalError.into()),
    }
    Ok(())
}

fn invalid(why: &str) -> S3Error {
    failure::error(&TransformFailure { kind: TransformFailureKind::BadReply, words: why.to_owned() })
}

/// Responds with what a webhook of MinIO's kind says in the headers of its response.
fn of_response(call: &Call, stored: &Stored, head: &MadeHead) -> Result<()> {
    let fields = head.headers.lines().filter_map(|line| line.split_once(": "));
    match forwarded::read(fields, false) {
        WebhookContent::Reply(mut reply) => {
            let says_type = reply.headers.lines().any(|line| line.starts_with("content-type: "));
            if let (false, 200 | 206, Some(value)) = (says_type, reply.status, stored.get("content-type")) {
                sdk::response::push_header(&mut reply.headers, "content-type", value);
            }
            respond(call, reply);
        }
        WebhookContent::Refused(error) => reply::refuse(call, false, &error),
        WebhookContent::Invalid(why) => return Err(invalid(&why)),
    }
    Ok(())
}

fn respond(call: &Call, head: MadeHead) {
    let body = if head.status == 304 { Body::None } else { Body::Made(None) };
    call.respond(head.status, &head.headers, &body);
}

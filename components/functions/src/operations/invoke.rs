//! Invoke: a test event for a function.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>. A function transforms what
//! clients read or write; this calls it apart from that, with what the event says
//! (docs/transforms.md).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::hex;
use gateway::operations::functions::invalid;
use gateway::operations::functions::test_event::{
    BODY_BYTES_MAX, TestCaller, TestEntry, TestInput, TestPage, TestPageEntry, TestReply, failed_document,
    page_document, refused_document,
};
use sdk::response::push_header;
use sdk::{
    Call, FunctionCode, Head, ListedObject, ListedPage, Made, MadeError, MadeHead, MadeNeed, NewObjectHead,
    Principal, Response, ShownCaller, ShownRequest, TestEvent, TransformFailure, TransformFailureKind,
    TransformPlan, TransformedObject, TransformedPart, Transformer, Work as _, digests, failure_to_error,
    shown,
};
use serde_json::Value;

use super::document::json as document;
use crate::request::{Input, Request};
use crate::shown::{code, version_name};

/// Invoke. `ResourceNotFoundException`; `TooManyRequestsException` where too many calls run;
/// `InvalidParameterValueException` for an event that would have to wait.
pub(crate) async fn invoke(call: &Call, request: Request) -> Result<Response> {
    let row = request.function()?;
    let (number, version) = request.version(&row)?;
    let executed = version_name(number);
    let (_, headers) = Head::read(call);
    match headers.get("x-amz-invocation-type").unwrap_or("RequestResponse") {
        "RequestResponse" => {}
        "DryRun" => return Ok(Response::new(204).header("x-amz-executed-version", &executed)),
        _ => {
            return Err(invalid(
                "X-Amz-Invocation-Type must be RequestResponse or DryRun: nobody would get the answer of an Event.",
            ));
        }
    }
    let shows_log = match headers.get("x-amz-log-type") {
        None | Some("None") => false,
        Some("Tail") => true,
        Some(_) => return Err(invalid("X-Amz-Log-Type must be None or Tail.")),
    };
    let function = code(request.arn_of(&executed), version, row.record.calls_max);
    let Input::Event(input) = request.input else { return Err(ErrorCode::InternalError.into()) };
    let is_head = input.entry == TestEntry::Head;
    let event = event(call, *input, function, request.now_ms);
    let tested = call.test(&event).await.map_err(failure_to_error)?;
    let (answer, is_failure) = match tested.made {
        Ok(made) => (answer(made, &tested.body, is_head)?, false),
        Err(failure) => (failed(&failure)?, true),
    };
    let mut response = document(200, &answer).header("x-amz-executed-version", &executed);
    if is_failure {
        response = response.header("x-amz-function-error", "Unhandled");
    }
    if shows_log {
        response = response.header("x-amz-log-result", &BASE64.encode(tested.log));
    }
    Ok(response)
}

/// The call that an event stands for. A function that says what it depends on is shown nothing
/// else, as where it transforms.
fn event(call: &Call, input: TestInput, function: FunctionCode, now_ms: u64) -> TestEvent {
    let caller = match input.caller {
        TestCaller::Anonymous => None,
        TestCaller::Invoker => invoker(call),
        TestCaller::Other(other) => Some(ShownCaller {
            account: other.account,
            arn: other.arn,
            unique_id: other.user_id,
            session_tags: other.session_tags.into_iter().collect(),
        }),
    };
    let request =
        ShownRequest { method: input.method, url: input.url, headers: input.headers, query: input.query };
    let last_modified_ms = input.last_modified_ms.unwrap_or(now_ms);
    let (request, caller, now_ms) = match &function.vary {
        Some(vary) => (shown::only(&request, vary), shown::caller_only(caller, vary), last_modified_ms),
        None => (request, caller, now_ms),
    };
    let object = TransformedObject {
        version_id: input.version_id,
        size: input.body.len() as u64,
        etag: input.etag.unwrap_or_else(|| hex::encode(&digests::md5(&input.body))),
        content_type: input.content_type,
        last_modified_ms,
        metadata: input.metadata,
        tags: Vec::new(),
    };
    let part = match input.entry {
        TestEntry::Get => TransformedPart::Object,
        TestEntry::Put => TransformedPart::NewObject(None),
        TestEntry::Head => TransformedPart::Head,
        TestEntry::ListPage => TransformedPart::Page(given(input.page)),
    };
    TestEvent {
        body: input.body,
        length_max: BODY_BYTES_MAX,
        plan: TransformPlan {
            transformer: Transformer::Function(function),
            part,
            bucket: input.bucket,
            key: input.key,
            object,
            request,
            caller,
            now_ms,
            payload: input.payload,
            access_point_arn: input.access_point_arn,
            range: input.range,
            part_number: input.part_number,
            need: MadeNeed::Bytes,
        },
    }
}

fn invoker(call: &Call) -> Option<ShownCaller> {
    let Principal::Authenticated(identity) = call.principal() else { return None };
    Some(ShownCaller {
        account: identity.account,
        arn: identity.arn,
        unique_id: identity.unique_id,
        session_tags: call.session().map(|session| session.tags).unwrap_or_default(),
    })
}

fn given(page: TestPage) -> ListedPage {
    let entry = |entry: TestPageEntry| {
        let TestPageEntry { key, size, etag, last_modified_ms } = entry;
        ListedObject { key, size, etag, last_modified_ms }
    };
    ListedPage {
        entries: page.entries.into_iter().map(entry).collect(),
        common_prefixes: page.common_prefixes,
    }
}

/// The document of what was made.
fn answer(made: Made, body: &[u8], is_head: bool) -> Result<Value> {
    Ok(match made {
        Made::Reply(MadeHead { status, headers, metadata, length, .. }) => TestReply {
            status,
            headers: &headers,
            metadata: metadata.as_deref(),
            body: (!is_head).then_some(body),
            size: length.filter(|_| is_head),
        }
        .document(),
        Made::NewObject(NewObjectHead { content_type, metadata, .. }) => {
            let mut headers = String::new();
            if let Some(content_type) = content_type {
                push_header(&mut headers, "content-type", &content_type);
            }
            let metadata = metadata.as_deref();
            TestReply { status: 200, headers: &headers, metadata, body: Some(body), size: None }.document()
        }
        Made::Page(ListedPage { entries, common_prefixes }) => {
            let entry = |listed: ListedObject| {
                let ListedObject { key, size, etag, last_modified_ms } = listed;
                TestPageEntry { key, size, etag, last_modified_ms }
            };
            page_document(&TestPage { entries: entries.into_iter().map(entry).collect(), common_prefixes })
        }
        Made::Refused(MadeError { status, code, message }) => refused_document(status, &code, &message),
        Made::Document(_) => return Err(ErrorCode::InternalError.into()),
    })
}

/// The document of a call that made nothing, in the words of Lambda where it has some.
/// `TooManyRequestsException`; `ServiceException` where the fault is not the function's.
fn failed(failure: &TransformFailure) -> Result<Value> {
    use TransformFailureKind as Kind;
    let kind = match failure.kind {
        Kind::Busy => {
            let error = S3Error::new(ErrorCode::TooManyRequestsException);
            return Err(error.message(format!("Too many calls of the function run: {}.", failure.words)));
        }
        Kind::Unavailable | Kind::SourceFailed | Kind::Abandoned | Kind::CutShort => {
            return Err(S3Error::new(ErrorCode::ServiceException).message("The function cannot be run."));
        }
        Kind::NotExported => "Runtime.HandlerNotFound",
        Kind::Trapped | Kind::OutOfMemory => "Runtime.ExitError",
        Kind::TimedOut => "Sandbox.Timedout",
        Kind::InputTooLong => "Function.RequestSizeTooLarge",
        Kind::OutputTooLong => "Function.ResponseSizeTooLarge",
        Kind::BadReply => "Runtime.InvalidResponse",
        Kind::Incomplete => "Runtime.NoResponse",
    };
    Ok(failed_document(kind, &failure.words))
}

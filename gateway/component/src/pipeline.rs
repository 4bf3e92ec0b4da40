//! The walk of a request. Read it from top to bottom: this is the order of the stages.

use gateway::errors::{ErrorCode, S3Error};
use gateway::identity::sigv4::credential_scope::claimed_service;
use gateway::operations::addressing;
use gateway::operations::copy_source::{self, CopySource};
use gateway::operations::{self, Operation, Purpose, RequestHead, Resolved, aws_query, functions};
use gateway::request::headers::{CODE_HEADER, Headers, check_single};
use gateway::request::query::Query;
use gateway::sse::{MARK, is_about as concerns};
use iam::Planned;
use sdk::bindings::gateway::portcullis::gateway::{
    access_point_control, auth, cors, encryption, function_control, iam, policy, stages, storage, transform,
    website,
};
use sdk::{
    Call, DefaultProtection, Head, NewObjectHead, ObjectVersion, Progress, Protection, ReceivedObject,
    Refusal, Sealed, SeenRequest, SentHead, Target, Work, failure_to_error, refuse, trace,
};
use stages::Position;
use storage::{Given, Sealing, Step};
use transform::Writing;

use crate::access_point::{self, Reached};
use crate::form;
use crate::key_use;
use crate::refusals;
use crate::settings::settings;

/// What the target of a call has instead of an operation's name: for preflights, and for requests
/// that cannot be resolved.
const PREFLIGHT: &str = "Preflight";
const UNKNOWN: &str = "Unknown";

/// Serves a call: the walk, or the rendering of its refusal.
pub(crate) async fn serve(call: Call, sent: SentHead) -> Result<(), S3Error> {
    let (head, headers) = Head::split(sent.clone());
    let walked = walk(&call, &sent, &head, &headers).await;
    if let Err(refusal) = walked {
        // Where another stage has refused, `storage` still keeps its record of the call.
        storage::abandon(head.id);
        access_point_control::abandon(head.id);
        function_control::abandon(head.id);
        transform::abandon(head.id);
        refusals::respond(&call, &head, &refusal);
    }
    // An added stage that looks at responses may fail. The response that it has not seen is not
    // sent then: the refusal takes its place.
    if let Err(refusal) = added(Position::OnResponse, &call) {
        refusals::respond(&call, &head, &refusal);
    }
    Ok(())
}

async fn walk(call: &Call, sent: &SentHead, head: &Head, headers: &Headers) -> Result<(), Refusal> {
    let border = Border { call, timed: head.timed };

    // Before anything else: an added stage may refuse what a client may not even ask for.
    added(Position::AfterAccept, call)?;

    // What is requested? The head alone says it.
    let Request { operation, mut target, transforms, lambda_arn } = match resolve(call, head, headers) {
        Ok(resolved) => resolved,
        Err(error) => return Err(unresolved(call, head, headers, error, &border)),
    };
    // The fields of a form say who sends it and where it goes. They stand ahead of the file, and
    // are received first.
    let form = match operation.is_some_and(Operation::is_upload_form) {
        true => Some(form::receive(call, headers).await),
        false => None,
    };
    if let Some(Ok(form)) = &form {
        target.key = Some(form.key.clone());
    }
    call.set_target(&target);

    // Before `auth`, because browsers send preflights without credentials, and need the headers on
    // refusals too.
    if head.method == "OPTIONS" || headers.has("origin") {
        border.enter("cors");
        if let Progress::Responded = cors::evaluate(call)? {
            return Ok(());
        }
    }

    // Before `auth`, because a website's visitor is anonymous and gets pages, not XML.
    if settings().is_website(&head.host) {
        border.enter("website");
        if let Progress::Responded = website::resolve(call)? {
            return Ok(());
        }
    }

    // A form that cannot be read is refused only here, because its refusal needs the headers of
    // `cors`.
    let form = form.transpose().map_err(refuse)?;
    // A preflight is no operation. Where neither `cors` nor `website` responded to it, it is
    // refused.
    let operation = operation.ok_or_else(|| refuse(ErrorCode::AccessDenied.into()))?;
    // Calls of Query APIs sign the hash of their form and do not send the hash. So `auth` cannot
    // verify the signature before the form is here.
    if operation.is_query_call() {
        let body = call.collect(aws_query::FORM_BYTES_MAX).await.map_err(failure_to_error).map_err(refuse)?;
        call.set_parameters(&aws_query::form_text(body.body).map_err(refuse)?);
    }

    // So do requests to the API of functions, whose documents may have megabytes.
    if operation.is_of_functions() {
        receive_document(call, head).await?;
    }

    // Who is the principal? From here on it is known, possibly as `anonymous`.
    border.enter("auth");
    auth::verify(call, sent)?;
    added(Position::AfterAuth, call)?;
    if walk_apart(call, operation, head.id, &border).await? {
        return Ok(());
    }
    // A one-time code is used up before any stage relies on it.
    if operation.row().takes_code && headers.has(CODE_HEADER) {
        verify_code(call, head.id, &border).await?;
    }

    // Who owns the bucket, and may the principal do it? `storage` refuses what `policy` did not
    // allow.
    border.enter("storage");
    let located = storage::locate(call.share(), sent, &target)?;
    border.enter("policy");
    policy::authorize(call)?;
    if let Some(arn) = &lambda_arn {
        policy::authorize_invocation(call, arn)?;
    }

    // How are the bytes sealed, and does a transform rewrite them?
    let says = || concerns_sealing(head, headers) || form.as_ref().is_some_and(|form| form.concerns_sealing);
    let sealing = plan_bytes(call, (operation, &target), &says, located.default_protection, &border)?;

    // The end of the pipeline: `storage` does the operation.
    added(Position::BeforeStorage, call)?;
    if operation.copies() {
        added_for_source(call, head, headers)?;
    }
    let seen = match transforms || located.transforms {
        true => prepare_transform(call, sent, &target, located.transforms, &border)?,
        false => None,
    };
    operate(call, (sent, head, headers), &target, (&sealing, seen.as_ref()), &border).await?;
    border.enter("gateway");
    Ok(())
}

/// The rest of the walk of an operation that `storage` does not do. `false` for other operations.
async fn walk_apart(
    call: &Call,
    operation: Operation,
    id: u64,
    border: &Border<'_>,
) -> Result<bool, Refusal> {
    if operation.is_query_call() {
        walk_query(call, id, border).await?;
    } else if operation.is_of_functions() {
        walk_functions(call, id, border).await?;
    } else if operation.is_of_access_points() {
        walk_access_points(call, id, border).await?;
    } else if operation == Operation::WriteGetObjectResponse {
        walk_answer(call, id, border).await?;
    } else {
        return Ok(false);
    }
    Ok(true)
}

/// Does the operation, and has its response transformed where that was prepared.
async fn operate(
    call: &Call,
    request: (&SentHead, &Head, &Headers),
    target: &Target,
    (sealing, seen): (&Sealing, Option<&SeenRequest>),
    border: &Border<'_>,
) -> Result<(), Refusal> {
    let head = request.1;
    border.enter("storage");
    let done = match storage::start(head.id, sealing, seen) {
        Ok(step) => carry_out(call, request, target, step, border).await,
        Err(refusal) => Err(refusal),
    };
    match done {
        // A webhook may make an object that is not there.
        Err(refusal) if is_absence(&refusal) && seen.is_some_and(|seen| seen.takes_absence) => {
            storage::abandon(head.id);
            refusals::hand_on(call, head, &refusal);
        }
        done => done?,
    }
    if seen.is_some() {
        transform_response(head.id, border).await?;
    }
    Ok(())
}

/// Whether a refusal says that there is no such object.
fn is_absence(refusal: &Refusal) -> bool {
    ErrorCode::parse(&refusal.code)
        .is_some_and(|code| matches!(code, ErrorCode::NoSuchKey | ErrorCode::NoSuchVersion))
}

/// The rest of the walk of an answer of a webhook: whether the principal may give it, and to whom
/// it goes.
async fn walk_answer(call: &Call, id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    border.enter("policy");
    policy::authorize(call)?;
    added(Position::BeforeStorage, call)?;
    border.enter("transform");
    let progress = transform::answer(call.share())?;
    end_of_transform(id, progress, border).await?;
    border.enter("gateway");
    Ok(())
}

/// What `storage` is to see of a request whose response is transformed.
fn prepare_transform(
    call: &Call,
    sent: &SentHead,
    target: &Target,
    rules: bool,
    border: &Border<'_>,
) -> Result<Option<SeenRequest>, Refusal> {
    border.enter("transform");
    transform::prepare(call.share(), sent, target, rules)
}

/// Has the response of `storage` transformed.
async fn transform_response(id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    border.enter("transform");
    let progress = transform::start(id)?;
    end_of_transform(id, progress, border).await
}

/// Resumes `transform` until it has ended what it began.
async fn end_of_transform(id: u64, mut progress: Progress, border: &Border<'_>) -> Result<(), Refusal> {
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        border.enter("transform");
        progress = transform::resume(id)?;
    }
    Ok(())
}

/// Has functions make what is stored of what was received. None where one of them has refused it:
/// then the response says so.
async fn make_object(
    call: &Call,
    sent: &SentHead,
    target: &Target,
    received: &ReceivedObject,
    border: &Border<'_>,
) -> Result<Option<NewObjectHead>, Refusal> {
    border.enter("transform");
    let mut writing = transform::write(call.share(), sent, target, received)?;
    loop {
        match writing {
            Writing::Made(head) => return Ok(Some(head)),
            Writing::Responded => return Ok(None),
            Writing::Pending => {
                sdk::executor::suspend().await;
                border.enter("transform");
                writing = transform::resume_write(sent.id)?;
            }
        }
    }
}

/// Takes the operation from its first step to the response. On the way `storage` waits for work of
/// the host, and for what other stages say of things that only it has found.
async fn carry_out(
    call: &Call,
    (sent, head, headers): (&SentHead, &Head, &Headers),
    target: &Target,
    mut step: Step,
    border: &Border<'_>,
) -> Result<(), Refusal> {
    loop {
        let mut given = None;
        match step {
            Step::Responded => return Ok(()),
            Step::Pending => sdk::executor::suspend().await,
            // Only the body names the objects, so `policy` decides on them now.
            Step::Named => {
                border.enter("policy");
                policy::authorize_each(call)?;
                added(Position::NamedObjects, call)?;
            }
            // The document in the body is here, or what the decision rested on may have changed:
            // `policy` decides again.
            Step::Again(said) => {
                border.enter("policy");
                policy::authorize_again(call, &said)?;
            }
            // Only the stored row says which key opens it.
            Step::Sealed(sealed) => {
                border.enter("encryption");
                given = Some(Given::Opening(open(call, (head, headers), target, &sealed, border)?));
            }
            // The bytes of a new object are here, and a rule of the bucket is about it.
            Step::Received(received) => match make_object(call, sent, target, &received, border).await? {
                Some(made) => given = Some(Given::Made(made)),
                None => {
                    storage::abandon(head.id);
                    return Ok(());
                }
            },
        }
        border.enter("storage");
        step = storage::resume(head.id, given.as_ref())?;
    }
}

/// The rest of the walk of a call of IAM or STS: which access it needs, whether the principal has
/// it, the reply.
async fn walk_query(call: &Call, id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    // Before the decision: whether a code came with the call is a condition of policies.
    verify_code(call, id, border).await?;
    border.enter("iam");
    let mut planned = iam::plan(call)?;
    while let Planned::Pending = planned {
        sdk::executor::suspend().await;
        border.enter("iam");
        planned = iam::resume_plan(id)?;
    }
    border.enter("policy");
    policy::authorize(call)?;
    added(Position::BeforeStorage, call)?;
    border.enter("iam");
    let progress = iam::start(call.share())?;
    end_of_iam(id, progress, border).await?;
    border.enter("gateway");
    Ok(())
}

/// The rest of the walk of a request about an access point itself: which access it needs, whether
/// the principal has it, the response.
async fn walk_access_points(call: &Call, id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    border.enter("access-points");
    let planned = access_point_control::plan(call.share())?;
    end_of_access_points(id, planned, border).await?;
    border.enter("policy");
    policy::authorize(call)?;
    added(Position::BeforeStorage, call)?;
    border.enter("access-points");
    let progress = access_point_control::start(id)?;
    end_of_access_points(id, progress, border).await?;
    border.enter("gateway");
    Ok(())
}

/// Receives the document of a request to the API of functions, which the host keeps.
async fn receive_document(call: &Call, head: &Head) -> Result<(), Refusal> {
    let resolved = functions::table::resolve(&head.method, &head.path).map_err(refuse)?;
    let most = resolved.operation.length_max();
    let received = call.receive(most).await;
    received.map_err(failure_to_error).map_err(refuse)
}

/// The rest of the walk of a request to the API of functions: which access it needs, whether the
/// principal has it, the response.
async fn walk_functions(call: &Call, id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    border.enter("functions");
    let planned = function_control::plan(call.share())?;
    end_of_functions(id, planned, border).await?;
    border.enter("policy");
    policy::authorize(call)?;
    added(Position::BeforeStorage, call)?;
    border.enter("functions");
    let progress = function_control::start(id)?;
    end_of_functions(id, progress, border).await?;
    border.enter("gateway");
    Ok(())
}

/// Resumes `functions` until it has ended what it began.
async fn end_of_functions(id: u64, mut progress: Progress, border: &Border<'_>) -> Result<(), Refusal> {
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        border.enter("functions");
        progress = function_control::resume(id)?;
    }
    Ok(())
}

/// Resumes `access-points` until it has ended what it began.
async fn end_of_access_points(id: u64, mut progress: Progress, border: &Border<'_>) -> Result<(), Refusal> {
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        border.enter("access-points");
        progress = access_point_control::resume(id)?;
    }
    Ok(())
}

/// Has `iam` verify the one-time code of a call, if it brings one.
async fn verify_code(call: &Call, id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    border.enter("iam");
    let progress = iam::verify_code(call.share())?;
    end_of_iam(id, progress, border).await
}

/// Resumes `iam` until it has ended what it began.
async fn end_of_iam(id: u64, mut progress: Progress, border: &Border<'_>) -> Result<(), Refusal> {
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        border.enter("iam");
        progress = iam::resume(id)?;
    }
    Ok(())
}

/// Asks the stages that decide what happens to the bytes of an object. Only operations on bodies
/// need them, and only where something is said about it: by the request, or by the bucket for new
/// objects.
fn plan_bytes(
    call: &Call,
    (operation, target): (Operation, &Target),
    says: &dyn Fn() -> bool,
    bucket_default: Option<DefaultProtection>,
    border: &Border<'_>,
) -> Result<Sealing, Refusal> {
    Ok(match operation.purpose() {
        Purpose::ReadObject if says() => Sealing::Said,
        // The stored object or upload says how it is sealed.
        Purpose::DescribeObject | Purpose::WritePart | Purpose::CompleteUpload if says() => {
            // A bucket that blocks SSE-C refuses new parts under customer keys as well.
            let refuses = bucket_default.as_ref().is_some_and(|default| default.blocks_sse_c);
            if refuses && operation.purpose() == Purpose::WritePart {
                border.enter("encryption");
                encryption::plan_seal(call, bucket_default.as_ref())?;
            }
            Sealing::Said
        }
        Purpose::WriteObject | Purpose::BeginUpload
            if says() || bucket_default.as_ref().is_some_and(|default| default.master_key.is_some()) =>
        {
            border.enter("encryption");
            let mut protection = encryption::plan_seal(call, bucket_default.as_ref())?;
            if let Some(Protection::SseKms(key)) = &mut protection {
                border.enter("policy");
                key_use::authorize_write(call, target, key)?;
            }
            protection.map_or(Sealing::Said, Sealing::Under)
        }
        _ => Sealing::Unsaid,
    })
}

/// How something stored is opened. Refuses a principal that may not use its master key.
fn open(
    call: &Call,
    request: (&Head, &Headers),
    target: &Target,
    sealed: &Sealed,
    border: &Border<'_>,
) -> Result<Protection, Refusal> {
    let protection = encryption::plan_open(call, sealed)?;
    if let Protection::SseKms(key) = &protection {
        border.enter("policy");
        key_use::authorize_read(call, request, target, sealed.role, key)?;
    }
    Ok(protection)
}

/// Marks where one stage ends and the next begins. The host times the stages of some calls only,
/// because marking a border costs more than most stages.
struct Border<'a> {
    call: &'a Call,
    timed: bool,
}

impl Border<'_> {
    fn enter(&self, stage: &str) {
        if self.timed {
            trace::enter(self.call, stage);
        }
    }
}

/// The client is gone: the stages that keep something of the call forget it.
pub(crate) fn abandon(id: u64) {
    storage::abandon(id);
    iam::abandon(id);
    access_point_control::abandon(id);
    function_control::abandon(id);
    transform::abandon(id);
}

/// What is requested.
struct Request {
    /// A preflight is none.
    operation: Option<Operation>,
    /// As the contract has it. Where the address names an access point, it has its bucket.
    target: Target,
    /// Whether an Object Lambda access point, or a webhook that the query names, transforms what
    /// is returned.
    transforms: bool,
    /// The ARN of that webhook.
    lambda_arn: Option<String>,
}

/// What is requested, as the head says it.
fn resolve(call: &Call, head: &Head, headers: &Headers) -> gateway::errors::Result<Request> {
    check_single(headers)?;
    let settings = settings();
    if head.method == "OPTIONS" {
        // `cors` responds to preflights, whatever their target is.
        let address = addressing::address(&head.host, &head.path, &settings.domains)?;
        let mut target = Target { operation: PREFLIGHT.to_owned(), bucket: address.bucket, key: address.key };
        let service = || claimed_service(headers, &Query::parse(&head.query).ok()?);
        access_point::reach(call, None, &mut target, address.in_host, &service)?;
        return Ok(Request { operation: None, target, transforms: false, lambda_arn: None });
    }
    if functions::is_addressed(&head.path, headers.get("authorization")) {
        let operation = Operation::Lambda;
        let target = Target { operation: operation.name().to_owned(), bucket: None, key: None };
        return Ok(Request { operation: Some(operation), target, transforms: false, lambda_arn: None });
    }
    let query = Query::parse(&head.query)?;
    let request = RequestHead {
        method: &head.method,
        path: &head.path,
        query: &query,
        host: &head.host,
        has_header: &|name| headers.has(name),
    };
    let Resolved { operation, bucket, key, in_host } = operations::resolve(&request, &settings.domains)?;
    copy_source::refuse_elsewhere(operation, headers)?;
    let mut target = Target { operation: operation.name().to_owned(), bucket, key };
    let service = || claimed_service(headers, &query);
    let reached = access_point::reach(call, Some(operation), &mut target, in_host, &service)?;
    if operation.copies() {
        access_point::reach_source(call, head, headers)?;
    }
    let transforms = reached == Reached::Transformed;
    let names_webhook = settings.takes_lambda_arn && !transforms && operation == Operation::GetObject;
    let lambda_arn = match names_webhook {
        true => query.get_non_empty("lambdaArn").map(str::to_owned),
        false => None,
    };
    let transforms = transforms || lambda_arn.is_some();
    Ok(Request { operation: Some(operation), target, transforms, lambda_arn })
}

/// The refusal of a request that cannot be resolved. It passes `cors` as well, so that a page of
/// another origin can read it.
fn unresolved(call: &Call, head: &Head, headers: &Headers, error: S3Error, border: &Border<'_>) -> Refusal {
    if head.method == "OPTIONS" || !headers.has("origin") {
        return refuse(error);
    }
    let Ok(address) = addressing::address(&head.host, &head.path, &settings().domains) else {
        return refuse(error);
    };
    call.set_target(&Target { operation: UNKNOWN.to_owned(), bucket: address.bucket, key: address.key });
    border.enter("cors");
    cors::evaluate(call).err().unwrap_or_else(|| refuse(error))
}

/// Whether a request says anything about sealing: in a header, or in the parameter that stands for
/// it in a presigned URL.
fn concerns_sealing(head: &Head, headers: &Headers) -> bool {
    headers.iter().any(|(name, _)| name.contains(MARK)) || head.query.split('&').any(parameter_concerns)
}

/// The same of one parameter. A client may percent-encode its name.
fn parameter_concerns(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    match name.contains('%') {
        false => concerns(name),
        true => Query::parse(name).is_ok_and(|query| query.iter().any(|(name, _)| concerns(name))),
    }
}

/// Shows the source of a copy to the stages that the operator added for named objects. Usually
/// there are none.
fn added_for_source(call: &Call, head: &Head, headers: &Headers) -> Result<(), Refusal> {
    if !settings().has_added_stages {
        return Ok(());
    }
    let sent = key_use::sent_source(head, headers).map_err(refuse)?;
    let CopySource { bucket, key, version_id } = access_point::source(call, sent);
    call.set_source(&ObjectVersion { bucket, key, version_id });
    added(Position::NamedObjects, call)
}

/// Runs the stages that the operator added at a position. Usually there are none.
fn added(position: Position, call: &Call) -> Result<(), Refusal> {
    if settings().has_added_stages { stages::run(position, call) } else { Ok(()) }
}

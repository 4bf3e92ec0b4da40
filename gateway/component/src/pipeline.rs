//! The walk of a request. Read it from top to bottom: this is the order of the stages.

use gateway::errors::{ErrorCode, S3Error};
use gateway::operations::addressing;
use gateway::operations::copy_source;
use gateway::operations::{self, Operation, Purpose, RequestHead, Resolved, aws_query};
use gateway::request::headers::{Headers, check_single};
use gateway::request::query::Query;
use gateway::sse::{MARK, is_about as concerns};
use iam::Planned;
use sdk::bindings::gateway::portcullis::gateway::{
    auth, cors, encryption, iam, policy, stages, storage, transform, website,
};
use sdk::{
    Call, DefaultProtection, Head, Progress, Protection, Refusal, Sealed, SentHead, Target, Work,
    failure_to_error, refuse, trace,
};
use stages::Position;
use storage::{Sealing, Step};

use crate::form;
use crate::key_use;
use crate::refusals;
use crate::settings::settings;

/// The header with a one-time code.
const CODE_HEADER: &str = "x-amz-mfa";

/// How the aliases of Object Lambda access points end.
const TRANSFORMING_ALIAS: &str = "--ol-s3";

/// What stands in the place of an operation's name: of preflights, and of requests that nobody can
/// resolve.
const PREFLIGHT: &str = "Preflight";
const UNKNOWN: &str = "Unknown";

/// Serves a call: the walk, or the rendering of its refusal.
pub(crate) async fn serve(call: Call, sent: SentHead) -> Result<(), S3Error> {
    let (head, headers) = Head::split(sent.clone());
    let walked = walk(&call, &sent, &head, &headers).await;
    if let Err(refusal) = walked {
        // Storage keeps a record of the call where it was another stage that refused.
        storage::abandon(head.id);
        refusals::respond(&call, &head, &refusal);
    }
    // A stage that looks at responses is not skipped when it fails: what it has not seen is not
    // given out.
    if let Err(refusal) = added(Position::OnResponse, &call) {
        refusals::respond(&call, &head, &refusal);
    }
    Ok(())
}

async fn walk(call: &Call, sent: &SentHead, head: &Head, headers: &Headers) -> Result<(), Refusal> {
    let border = Border { call, timed: head.timed };

    // Before anything else: what a tenant may not even ask.
    added(Position::AfterAccept, call)?;

    // What is asked for, from method, host, path and query alone.
    let (operation, mut target) = match resolve(head, headers) {
        Ok(resolved) => resolved,
        Err(error) => return Err(unresolved(call, head, headers, error, &border)),
    };
    // A form says ahead of its file who sends it, and where it goes.
    let form = match operation.is_some_and(Operation::is_upload_form) {
        true => Some(form::receive(call, headers).await),
        false => None,
    };
    if let Some(Ok(form)) = &form {
        target.key = Some(form.key.clone());
    }
    call.set_target(&target);

    // Before auth, because browsers send preflights without credentials, and want its headers on
    // refusals too.
    if head.method == "OPTIONS" || headers.has("origin") {
        border.enter("cors");
        if let Progress::Responded = cors::evaluate(call)? {
            return Ok(());
        }
    }

    // Before auth, because a website's visitor is anonymous and gets pages, not XML.
    if settings().is_website(&head.host) {
        border.enter("website");
        if let Progress::Responded = website::resolve(call)? {
            return Ok(());
        }
    }

    let form = form.transpose().map_err(refuse)?;
    // A preflight is no operation: what neither of them answered, nobody may ask for.
    let operation = operation.ok_or_else(|| refuse(ErrorCode::AccessDenied.into()))?;
    // Calls of Query APIs sign the hash of their form and do not send it: nobody can say who asks
    // before it is here.
    if operation.is_query_call() {
        let body = call.collect(aws_query::FORM_BYTES_MAX).await.map_err(failure_to_error).map_err(refuse)?;
        call.set_parameters(&aws_query::form_text(body.body).map_err(refuse)?);
    }

    // Who asks. From here on the principal is known, possibly as anonymous.
    border.enter("auth");
    auth::verify(call, sent)?;
    added(Position::AfterAuth, call)?;
    if operation.is_query_call() {
        return walk_query(call, head.id, &border).await;
    }
    // A one-time code is used up before anybody relies on it.
    if operation.row().takes_code && headers.has(CODE_HEADER) {
        verify_code(call, head.id, &border).await?;
    }

    // Whose it is, then whether they may. Storage refuses whatever policy did not allow.
    border.enter("storage");
    let fallback = storage::locate(call.share(), sent, &target)?;
    border.enter("policy");
    policy::authorize(call)?;

    // What will happen to the bytes.
    let says = || concerns_sealing(head, headers) || form.as_ref().is_some_and(|form| form.concerns_sealing);
    let sealing = plan_bytes(call, (operation, &target), &says, fallback, &border)?;

    // The end of the pipeline: S3 object semantics.
    added(Position::BeforeStorage, call)?;
    border.enter("storage");
    let step = storage::start(head.id, &sealing)?;
    carry_out(call, (head, headers), &target, step, &border).await?;
    border.enter("gateway");
    Ok(())
}

/// What storage takes on its way to a response: work of the host, and the word of others on what
/// only it has found.
async fn carry_out(
    call: &Call,
    request: (&Head, &Headers),
    target: &Target,
    mut step: Step,
    border: &Border<'_>,
) -> Result<(), Refusal> {
    loop {
        let mut given = None;
        match step {
            Step::Responded => return Ok(()),
            Step::Pending => sdk::executor::suspend().await,
            // Only the body says which objects are meant: policy judges them now.
            Step::Named => {
                border.enter("policy");
                policy::authorize_each(call)?;
            }
            // The document in the body is here, or what was decided may rest on what is no more:
            // policy decides again.
            Step::Again(said) => {
                border.enter("policy");
                policy::authorize_again(call, &said)?;
            }
            // Only what is stored says which key it takes.
            Step::Sealed(sealed) => {
                border.enter("encryption");
                given = Some(open(call, request, target, &sealed, border)?);
            }
        }
        border.enter("storage");
        step = storage::resume(request.0.id, given.as_ref())?;
    }
}

/// The rest of the walk of a call of IAM or STS: what it takes, whether the caller may, the answer.
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
    let mut progress = iam::start(call.share())?;
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        border.enter("iam");
        progress = iam::resume(id)?;
    }
    border.enter("gateway");
    Ok(())
}

/// Has `iam` judge the one-time code of a call, if it brings one.
async fn verify_code(call: &Call, id: u64, border: &Border<'_>) -> Result<(), Refusal> {
    border.enter("iam");
    let mut progress = iam::verify_code(call.share())?;
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        border.enter("iam");
        progress = iam::resume(id)?;
    }
    Ok(())
}

/// Asks the stages that have a say in what happens to the bytes of an object. Only operations on
/// object bodies have any of it, and only if asked for: by the request, or of new objects by their
/// bucket.
fn plan_bytes(
    call: &Call,
    (operation, target): (Operation, &Target),
    says: &dyn Fn() -> bool,
    fallback: Option<DefaultProtection>,
    border: &Border<'_>,
) -> Result<Sealing, Refusal> {
    Ok(match operation.purpose() {
        Purpose::ReadObject => {
            if target.bucket.as_deref().is_some_and(|bucket| bucket.ends_with(TRANSFORMING_ALIAS)) {
                border.enter("transform");
                transform::select(call)?;
            }
            if says() { Sealing::Said } else { Sealing::Unsaid }
        }
        // What is stored says how: the object, or the upload.
        Purpose::DescribeObject | Purpose::WritePart | Purpose::CompleteUpload if says() => {
            // A bucket that refuses keys of clients refuses new parts under them, too.
            let refuses = fallback.as_ref().is_some_and(|fallback| fallback.blocks_customer_keys);
            if refuses && operation.purpose() == Purpose::WritePart {
                border.enter("encryption");
                encryption::plan_seal(call, fallback.as_ref())?;
            }
            Sealing::Said
        }
        Purpose::WriteObject | Purpose::BeginUpload
            if says() || fallback.as_ref().is_some_and(|fallback| fallback.key.is_some()) =>
        {
            border.enter("encryption");
            let mut protection = encryption::plan_seal(call, fallback.as_ref())?;
            if let Some(Protection::Managed(key)) = &mut protection {
                border.enter("policy");
                key_use::authorize_write(call, target, key)?;
            }
            protection.map_or(Sealing::Said, Sealing::Under)
        }
        _ => Sealing::Unsaid,
    })
}

/// With what something is opened that was stored before, and whether who asks may use its key.
fn open(
    call: &Call,
    request: (&Head, &Headers),
    target: &Target,
    sealed: &Sealed,
    border: &Border<'_>,
) -> Result<Protection, Refusal> {
    let protection = encryption::plan_open(call, sealed)?;
    if let Protection::Managed(key) = &protection {
        border.enter("policy");
        key_use::authorize_read(call, request, target, sealed.role, key)?;
    }
    Ok(protection)
}

/// Where one stage ends and the next begins. The host asks for the time of the stages of some
/// calls; marking borders for nobody costs more than most stages.
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

/// The client is gone: whoever works for the call forgets it too.
pub(crate) fn abandon(id: u64) {
    storage::abandon(id);
    iam::abandon(id);
}

/// What a request asks for: the operation, and the same in the words of the contract. There is no
/// operation for a preflight, which is addressed to something all the same.
fn resolve(head: &Head, headers: &Headers) -> gateway::errors::Result<(Option<Operation>, Target)> {
    check_single(headers)?;
    let settings = settings();
    let domains = settings.domains();
    if head.method == "OPTIONS" {
        // A preflight is no operation of S3's: it is answered by `cors`, whatever it is addressed
        // to.
        let address = addressing::address(&head.host, &head.path, &domains)?;
        let target = Target { operation: PREFLIGHT.to_owned(), bucket: address.bucket, key: address.key };
        return Ok((None, target));
    }
    let query = Query::parse(&head.query)?;
    let request = RequestHead {
        method: &head.method,
        path: &head.path,
        query: &query,
        host: &head.host,
        has_header: &|name| headers.has(name),
    };
    let Resolved { operation, bucket, key } = operations::resolve(&request, &domains)?;
    copy_source::refuse_elsewhere(operation, headers)?;
    Ok((Some(operation), Target { operation: operation.name().to_owned(), bucket, key }))
}

/// The refusal of a request of which nobody knows what it asks for: a page of another origin is to
/// see that, too.
fn unresolved(call: &Call, head: &Head, headers: &Headers, error: S3Error, border: &Border<'_>) -> Refusal {
    if head.method == "OPTIONS" || !headers.has("origin") {
        return refuse(error);
    }
    let Ok(address) = addressing::address(&head.host, &head.path, &settings().domains()) else {
        return refuse(error);
    };
    call.set_target(&Target { operation: UNKNOWN.to_owned(), bucket: address.bucket, key: address.key });
    border.enter("cors");
    cors::evaluate(call).err().unwrap_or_else(|| refuse(error))
}

/// Whether a request names any protection of what is stored: a header, or its twin in a presigned
/// query.
fn concerns_sealing(head: &Head, headers: &Headers) -> bool {
    headers.iter().any(|(name, _)| name.contains(MARK)) || head.query.split('&').any(parameter_concerns)
}

/// The names of parameters are written as their client likes.
fn parameter_concerns(parameter: &str) -> bool {
    let name = parameter.split('=').next().unwrap_or_default();
    match name.contains('%') {
        false => concerns(name),
        true => Query::parse(name).is_ok_and(|query| query.iter().any(|(name, _)| concerns(name))),
    }
}

/// Stages that users added at a position; usually there are none.
fn added(position: Position, call: &Call) -> Result<(), Refusal> {
    if settings().has_added_stages { stages::run(position, call) } else { Ok(()) }
}

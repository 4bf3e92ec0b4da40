//! The walk of a request. Read it from top to bottom: this is the order of the stages.

use gateway::addressing;
use gateway::headers::Headers;
use gateway::operations::{self, RequestHead};
use gateway::operations::{Operation, aws_query};
use gateway::query::Query;
use sdk::bindings::gateway::portcullis::gateway::{
    auth, cors, encryption, iam, policy, stages, storage, transform, website,
};
use sdk::{Call, Head, Progress, Refusal, Target, Work, failure_to_error, refuse, trace};
use stages::Position;
use storage::Step;

use crate::refusals;
use crate::settings::settings;

/// How the aliases of Object Lambda access points end.
const TRANSFORMING_ALIAS: &str = "--ol-s3";

/// The one operation on a bucket that need not exist.
const CREATE_BUCKET: &str = "CreateBucket";

/// What the names of the operations hold that read another object than the one that they write.
const COPY: &str = "Copy";

/// Serves a call: the walk, or the rendering of its refusal.
pub(crate) async fn serve(call: Call, head: Head, headers: Headers) -> Result<(), gateway::errors::S3Error> {
    let walked = walk(&call, &head, &headers).await;
    if let Err(refusal) = walked {
        refusals::respond(&call, &head, &refusal);
    }
    // A stage that looks at responses is not skipped when it fails: what it has not seen is not given out.
    if let Err(refusal) = added(Position::OnResponse, &call) {
        refusals::respond(&call, &head, &refusal);
    }
    Ok(())
}

async fn walk(call: &Call, head: &Head, headers: &Headers) -> Result<(), Refusal> {
    // The host asks for the time of the stages of some calls; marking borders for nobody costs more than most stages.
    let enter = |stage| {
        if head.timed {
            trace::enter(call, stage);
        }
    };

    // Before anything else: what a tenant may not even ask.
    added(Position::AfterAccept, call)?;

    // What is asked for, from method, host, path and query alone.
    let target = resolve(head, headers).map_err(refuse)?;
    call.set_target(&target);

    // Before auth, because browsers send preflights without credentials, and want its headers on refusals too.
    if head.method == "OPTIONS" || headers.has("origin") {
        enter("cors");
        if let Progress::Responded = cors::evaluate(call)? {
            return Ok(());
        }
    }

    // Before auth, because a website's visitor is anonymous and gets pages, not XML.
    if settings().is_website(&head.host) {
        enter("website");
        if let Progress::Responded = website::resolve(call)? {
            return Ok(());
        }
    }

    // Calls of Query APIs sign the hash of their form and do not send it: nobody can say who asks before it is here.
    let is_query = is_query(&target);
    if is_query {
        receive_form(call).await.map_err(refuse)?;
    }

    // Who asks. From here on the principal is known, possibly as anonymous.
    enter("auth");
    auth::verify(call)?;
    added(Position::AfterAuth, call)?;

    if is_query {
        return answer_query(call, head, &enter).await;
    }

    // Whose it is, then whether they may. Storage refuses whatever policy did not allow.
    if let Some(bucket) = target.bucket.as_deref().filter(|_| target.operation != CREATE_BUCKET) {
        enter("storage");
        storage::locate(call, head.id, bucket, target.operation.contains(COPY))?;
    }
    enter("policy");
    policy::authorize(call)?;

    // What will happen to the bytes. Only operations on object bodies can have any of it, and only if asked for.
    match target.operation.as_str() {
        "GetObject" | "HeadObject" => {
            if target.bucket.as_deref().is_some_and(|bucket| bucket.ends_with(TRANSFORMING_ALIAS)) {
                enter("transform");
                transform::select(call)?;
            }
            if concerns_sealing(head, headers) {
                enter("encryption");
                encryption::plan_open(call)?;
            }
        }
        "PutObject" | "CopyObject" | "CreateMultipartUpload" | "UploadPart" | "UploadPartCopy"
            if concerns_sealing(head, headers) =>
        {
            enter("encryption");
            encryption::plan_seal(call)?;
        }
        _ => {}
    }

    // The end of the pipeline: S3 object semantics.
    added(Position::BeforeStorage, call)?;
    enter("storage");
    answer(call, head, &enter).await?;
    enter("gateway");
    Ok(())
}

/// The form of a call of a Query API, as a fact.
async fn receive_form(call: &Call) -> gateway::errors::Result<()> {
    let form = call.collect(aws_query::FORM_BYTES_MAX).await.map_err(failure_to_error)?;
    call.set_form(&aws_query::form_text(form.body)?);
    Ok(())
}

/// The operation itself, step by step.
async fn answer(call: &Call, head: &Head, enter: &impl Fn(&'static str)) -> Result<(), Refusal> {
    let mut step = storage::start(call.share())?;
    loop {
        match step {
            Step::Responded => break,
            Step::Pending => sdk::executor::suspend().await,
            // Only the body says which objects are meant: policy judges them now.
            Step::Named => {
                enter("policy");
                policy::authorize_each(call)?;
            }
        }
        enter("storage");
        step = storage::resume(head.id)?;
    }
    Ok(())
}

/// The other way, of calls of Query APIs: `iam` says what they take, `policy` judges that, `iam` answers.
async fn answer_query(call: &Call, head: &Head, enter: &impl Fn(&'static str)) -> Result<(), Refusal> {
    enter("iam");
    iam::plan(call)?;
    enter("policy");
    policy::authorize(call)?;
    added(Position::BeforeStorage, call)?;
    enter("iam");
    let mut progress = iam::start(call.share())?;
    while let Progress::Pending = progress {
        sdk::executor::suspend().await;
        enter("iam");
        progress = iam::resume(head.id)?;
    }
    enter("gateway");
    Ok(())
}

/// Whether a call is one of a Query API, which `iam` answers.
fn is_query(target: &Target) -> bool {
    Operation::parse(&target.operation).is_some_and(Operation::is_query_call)
}

/// The client is gone: whoever works for the call forgets it too.
pub(crate) fn abandon(id: u64) {
    storage::abandon(id);
    iam::abandon(id);
}

/// What a request asks for.
fn resolve(head: &Head, headers: &Headers) -> gateway::errors::Result<Target> {
    let settings = settings();
    let domains = settings.domains();
    if head.method == "OPTIONS" {
        // A preflight is no operation of S3's: it is answered by `cors`, whatever it is addressed to.
        let address = addressing::address(&head.host, &head.path, &domains)?;
        return Ok(Target { operation: "Preflight".to_owned(), bucket: address.bucket, key: address.key });
    }
    let query = Query::parse(&head.query)?;
    let request = RequestHead {
        method: &head.method,
        path: &head.path,
        query: &query,
        host: &head.host,
        has_header: &|name| headers.has(name),
    };
    let resolved = operations::resolve(&request, &domains)?;
    Ok(Target { operation: resolved.operation.name().to_owned(), bucket: resolved.bucket, key: resolved.key })
}

/// Whether a request names any protection of what is stored: a header, or its twin in a presigned query.
fn concerns_sealing(head: &Head, headers: &Headers) -> bool {
    const MARK: &str = "server-side-encryption";
    headers.iter().any(|(name, _)| name.contains(MARK)) || head.query.contains(MARK)
}

/// Stages that users added at a position; usually there are none.
fn added(position: Position, call: &Call) -> Result<(), Refusal> {
    if settings().has_added_stages { stages::run(position, call) } else { Ok(()) }
}

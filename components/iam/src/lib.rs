//! IAM and STS: users, groups, roles and their policies, access keys, second factors, temporary
//! credentials.
//!
//! A call is read from its form ([`form`]), found in THE IAM ACTIONS TABLE ([`actions`]), and
//! answered by the function of its row. The function reads rows and makes a reply: a document, and
//! the changes that it wants. When another call has changed the rows meanwhile, it runs again. What
//! is stored is described in [`tables`] (keys) and [`records`] (values). `auth` and `policy` ask
//! through the export `identities` ([`identities`]).

mod account;
mod actions;
mod entities;
mod form;
mod identities;
mod index;
mod mfa;
mod names;
mod pages;
mod policies;
mod records;
mod reply;
mod request;
mod rows;
mod sts;
mod tables;
#[cfg(test)]
mod tests;
mod web_identity;

use std::task::Poll;

use gateway::errors::{ErrorCode, Result};
use gateway::xml;
use sdk::bindings::iam::exports::portcullis::gateway::iam::{Guest, Planned};
use sdk::bindings::iam::exports::portcullis::gateway::identities as identities_contract;
use sdk::{
    Call, CommitError, Progress, Refusal, Response, Session, Work, executor, failure_to_error, refuse, trace,
};

use crate::actions::row::On;
use crate::reply::ATTEMPTS_MAX;

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Iam;

impl Guest for Iam {
    fn verify_code(call: Call) -> std::result::Result<Progress, Refusal> {
        progress(executor::start(call.id(), Box::pin(mfa::verify::verify(call))))
    }

    fn plan(call: &Call) -> std::result::Result<Planned, Refusal> {
        let (request, _) = actions::read(call).map_err(refuse)?;
        trace::named(call, request.operation.name);
        // The token is verified first, which may have to wait for the keys of its provider.
        if request.operation.on == On::WebIdentityRole {
            let plan = web_identity::plan(call.share(), request);
            return planned(executor::start(call.id(), Box::pin(plan)));
        }
        let needed = actions::needed_access::needed_access(&request).map_err(refuse)?;
        call.set_needed_access(&needed);
        Ok(Planned::Ready)
    }

    fn resume_plan(id: u64) -> std::result::Result<Planned, Refusal> {
        planned(executor::resume(id))
    }

    fn start(call: Call) -> std::result::Result<Progress, Refusal> {
        // Nothing is done without a decision of `policy`.
        call.decision().ok_or_else(|| refuse(ErrorCode::AccessDenied.into()))?;
        progress(executor::start(call.id(), Box::pin(serve(call))))
    }

    fn resume(id: u64) -> std::result::Result<Progress, Refusal> {
        progress(executor::resume(id))
    }

    fn abandon(id: u64) {
        executor::abandon(id);
    }
}

impl identities_contract::Guest for Iam {
    fn key(access_key_id: String) -> Option<identities_contract::StoredKey> {
        identities::key(&access_key_id).ok().flatten()
    }

    fn is_current(session: Session) -> bool {
        identities::is_current(&session)
    }

    fn permissions(unique_id: String) -> std::result::Result<Option<identities_contract::OwnPolicies>, ()> {
        identities::permissions(&unique_id).map_err(drop)
    }

    fn managed(arn: String, account: String) -> Option<identities_contract::Source> {
        identities::managed(&arn, &account).ok().flatten()
    }

    fn trust(role_arn: String) -> Option<identities_contract::Source> {
        identities::trust(role_arn)
    }

    fn text(id: String) -> Option<String> {
        identities::text(&id).ok().flatten()
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::iam::export!(Iam with_types_in sdk::bindings::iam);

fn planned(run: Poll<Result<()>>) -> std::result::Result<Planned, Refusal> {
    match run {
        Poll::Ready(Ok(())) => Ok(Planned::Ready),
        Poll::Ready(Err(error)) => Err(refuse(error)),
        Poll::Pending => Ok(Planned::Pending),
    }
}

fn progress(run: Poll<Result<()>>) -> std::result::Result<Progress, Refusal> {
    match run {
        Poll::Ready(Ok(())) => Ok(Progress::Responded),
        Poll::Ready(Err(error)) => Err(refuse(error)),
        Poll::Pending => Ok(Progress::Pending),
    }
}

/// Whether an operation says of what is there what it may do: its changes go on when the disk is
/// nearly full. What makes something waits for space, as does what describes something.
fn is_essential(name: &str) -> bool {
    let verbs = ["Attach", "Deactivate", "Delete", "Detach", "Put", "Remove", "SetDefault", "Update"];
    verbs.iter().any(|verb| name.starts_with(verb))
}

/// Replies to a call, once its changes are durable.
async fn serve(call: Call) -> Result<()> {
    let (request, handle) = actions::read(&call)?;
    for _ in 0..ATTEMPTS_MAX {
        let reply = handle(&request)?;
        if !reply.changes.is_empty() {
            let changes = match is_essential(request.operation.name) {
                true => reply.changes.essential(),
                false => reply.changes,
            };
            match call.commit(changes.into_batch()).await {
                Ok(_) => {}
                // Another call has changed a row that this one read: plan the changes again.
                Err(CommitError::Conflict) => continue,
                Err(CommitError::Failed(failure)) => return Err(failure_to_error(failure)),
                // Rows of IAM have no usage.
                Err(CommitError::Exceeded(_)) => return Err(ErrorCode::InternalError.into()),
            }
        }
        let mut document = request.document(reply.result);
        xml::declare(&mut document);
        Response::new(200).header("content-type", "text/xml").bytes(document.into_bytes()).send(&call);
        return Ok(());
    }
    Err(ErrorCode::OperationAborted.into())
}

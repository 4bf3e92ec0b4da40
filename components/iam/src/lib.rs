//! IAM and STS: users, groups, roles and their policies, access keys, second factors, temporary credentials.
//!
//! A call is read from its form ([`form`]), found in THE IAM ACTIONS TABLE ([`actions`]), and answered by the function
//! that stands there. Such a function reads rows and answers with a document and with the changes that it wants; when
//! somebody else changed the rows meanwhile, it is asked again. What is stored is described in [`tables`] (keys) and
//! [`records`] (values). `auth` and `policy` ask through the export `identities` ([`identities`]).

mod access_keys;
mod account;
mod actions;
mod aliases;
mod answer;
mod attached;
mod details;
mod entities;
mod form;
mod groups;
mod holder;
mod identities;
mod index;
mod inline;
mod managed;
mod mfa;
mod names;
mod oidc;
mod pages;
mod predefined;
mod records;
mod remembered;
mod report;
mod request;
mod roles;
mod rows;
mod simulate;
mod sts;
mod tables;
mod tags;
#[cfg(test)]
mod tests;
mod users;
mod versions;
mod web_identity;

use std::task::Poll;

use gateway::errors::{ErrorCode, Result};
use gateway::xml;
use sdk::bindings::iam::exports::portcullis::gateway::iam::{Guest, Planned};
use sdk::{Call, CommitError, Progress, Refusal, Response, Work, executor, failure_to_error, refuse};

use crate::actions::On;
use crate::request::Request;

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Iam;

impl Guest for Iam {
    fn verify_code(call: Call) -> std::result::Result<Progress, Refusal> {
        progress(executor::start(call.id(), Box::pin(mfa::verify::verify(call))))
    }

    fn plan(call: &Call) -> std::result::Result<Planned, Refusal> {
        let request = Request::read(call).map_err(refuse)?;
        if request.row.on == On::WebIdentityRole {
            let plan = web_identity::plan(call.share(), request);
            return planned(executor::start(call.id(), Box::pin(plan)));
        }
        let asked = actions::asked(&request).map_err(refuse)?;
        call.set_asked(&asked);
        Ok(Planned::Ready)
    }

    fn resume_plan(id: u64) -> std::result::Result<Planned, Refusal> {
        planned(executor::resume(id))
    }

    fn start(call: Call) -> std::result::Result<Progress, Refusal> {
        // What policy did not allow goes no further.
        call.decision().ok_or_else(|| refuse(ErrorCode::AccessDenied.into()))?;
        progress(executor::start(call.id(), Box::pin(answer(call))))
    }

    fn resume(id: u64) -> std::result::Result<Progress, Refusal> {
        progress(executor::resume(id))
    }

    fn abandon(id: u64) {
        executor::abandon(id);
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

/// How often a call is planned before it gives up: more often than there are calls in flight.
const ATTEMPTS_MAX: u32 = 1024;

async fn answer(call: Call) -> Result<()> {
    let request = Request::read(&call)?;
    for _ in 0..ATTEMPTS_MAX {
        let answered = (request.row.handle)(&request)?;
        if !answered.changes.is_empty() {
            match call.commit(answered.changes.into_batch()).await {
                Ok(_) => {}
                Err(CommitError::Conflict) => continue,
                Err(CommitError::Failed(failure)) => return Err(failure_to_error(failure)),
            }
        }
        let mut document = request.document(answered.result);
        xml::declare(&mut document);
        Response::new(200).header("content-type", "text/xml").bytes(document.into_bytes()).send(&call);
        return Ok(());
    }
    Err(ErrorCode::OperationAborted.into())
}

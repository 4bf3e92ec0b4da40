//! IAM and STS: users, groups, roles and their policies, access keys, second factors, temporary credentials.
//!
//! A call is read from its form ([`form`]), found in THE IAM ACTIONS TABLE ([`actions`]), and answered by the function
//! that stands there. Such a function reads rows and answers with a document and with the changes that it wants; when
//! somebody else changed the rows meanwhile, it is asked again. What is stored is described in [`tables`] (keys) and
//! [`records`] (values). `auth` and `policy` ask through the export `identities` ([`identities`]).

mod account;
mod actions;
mod answer;
mod entities;
mod form;
mod identities;
mod index;
mod mfa;
mod names;
mod pages;
mod policies;
mod records;
mod request;
mod rows;
mod sts;
mod tables;
#[cfg(test)]
mod tests;
mod web_identity;

use gateway::errors::{ErrorCode, Result};
use gateway::xml;
use sdk::bindings::iam::exports::portcullis::gateway::iam::{Guest, Planned};
use sdk::executor::Suspended;
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

fn planned(suspended: Result<Option<Suspended>>) -> std::result::Result<Planned, Refusal> {
    match suspended {
        Ok(None) => Ok(Planned::Ready),
        Ok(Some(_)) => Ok(Planned::Pending),
        Err(error) => Err(refuse(error)),
    }
}

fn progress(suspended: Result<Option<Suspended>>) -> std::result::Result<Progress, Refusal> {
    match suspended {
        Ok(None) => Ok(Progress::Responded),
        Ok(Some(_)) => Ok(Progress::Pending),
        Err(error) => Err(refuse(error)),
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

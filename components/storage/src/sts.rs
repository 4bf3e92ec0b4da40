//! STS: GetCallerIdentity, with which clients find out who they are.
//!
//! <https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html>. The AWS Query protocol:
//! parameters come as a form in the body or in the query.

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::aws_query;
use gateway::query::Query;
use sdk::{Identity, Response, Work, digests, failure_to_error};

use crate::request::Request;

/// The one version of the API.
const VERSION: &str = "2011-06-15";
/// A form is a handful of short parameters.
const FORM_BYTES_MAX: u64 = 64 << 10;

/// GetCallerIdentity. `InvalidAction` for every other action, `MissingAction` when none is named.
pub(crate) async fn get_caller_identity(request: &Request) -> Result<Response> {
    let body = request.call.collect(FORM_BYTES_MAX).await.map_err(failure_to_error)?.body;
    check(&request.query, &body)?;
    let identity = request.identity().ok_or(ErrorCode::AccessDenied)?;
    let request_id = &request.call.request_id();
    let document =
        aws_query::caller_identity(&identity.account, &user_id(&identity), &arn(&identity), request_id);
    Ok(Response::new(200).header("content-type", "text/xml").bytes(document.into_bytes()))
}

fn check(query: &Query, body: &[u8]) -> Result<()> {
    // The only operation that there is.
    aws_query::operation(query, body)?;
    let form = std::str::from_utf8(body).map_err(|_| ErrorCode::ValidationError)?;
    let form = Query::parse(form).map_err(|_| ErrorCode::ValidationError)?;
    match form.get("Version").or(query.get("Version")) {
        Some(VERSION) => Ok(()),
        version => {
            let version = version.unwrap_or_default();
            let message = format!("Could not find operation GetCallerIdentity for version {version}");
            Err(S3Error::new(ErrorCode::InvalidAction).message(message))
        }
    }
}

fn arn(identity: &Identity) -> String {
    match identity.user.as_str() {
        "" => format!("arn:aws:iam::{}:root", identity.account),
        user => format!("arn:aws:iam::{}:user/{user}", identity.account),
    }
}

/// The unique id of a user: the account's number for its root user; for any other `AIDA` and 17 characters
/// that follow from who it is.
fn user_id(identity: &Identity) -> String {
    if identity.user.is_empty() {
        return identity.account.clone();
    }
    id_from_digest(&digests::sha256(&arn(identity)))
}

/// Spells the start of a hexadecimal digest in the letters of AWS's ids.
fn id_from_digest(digest: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let letters = digest.as_bytes().chunks_exact(2).take(17).map(|pair| {
        let number =
            pair.iter().fold(0_usize, |sum, digit| sum.wrapping_mul(31).wrapping_add(usize::from(*digit)));
        LETTERS.get(number % LETTERS.len()).copied().map_or('A', char::from)
    });
    "AIDA".chars().chain(letters).collect()
}

#[cfg(test)]
mod tests;

//! Stage: who is the principal, and what does the request promise of its body?

mod form;
mod settings;
mod stored;
mod verify;

use gateway::errors::S3Error;
use gateway::identity::sigv4::Request;
use gateway::operations::form::{Form, multipart};
use gateway::operations::functions;
use sdk::bindings::auth::exports::portcullis::gateway::auth::Guest;
use sdk::{Call, Head, Refusal, SentHead, digests, refuse};

use crate::settings::settings;
use crate::verify::{Host, identify};

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Auth;

impl Guest for Auth {
    fn verify(call: &Call, head: SentHead) -> Result<(), Refusal> {
        verify(call, head).map_err(refuse)
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::auth::export!(Auth with_types_in sdk::bindings::auth);

/// Establishes the principal and the payload, or refuses.
fn verify(call: &Call, head: SentHead) -> Result<(), S3Error> {
    let (head, headers) = Head::split(head);
    // Calls of Query APIs go to the service as a whole, whose path is `/`. No other call has
    // parameters.
    let is_query = head.path == "/" && (head.method == "POST" || head.query.contains("Action="));
    let parameters = if is_query { call.parameters() } else { None };
    let is_of_functions = functions::is_addressed(&head.path, headers.get("authorization"));
    // The host has the hash of a document that it keeps.
    let body_sha256 = match is_of_functions {
        true => call.received_sha256(),
        false => parameters.map(|parameters| digests::sha256(&parameters)),
    };
    let request = Request {
        method: &head.method,
        path: &head.path,
        query: &head.query,
        host: &head.host,
        headers: &headers,
        form_sha256: body_sha256.as_deref(),
        received_ms: head.received_ms,
    };
    let settings = settings();
    if may_be_form(&head.method, &request)
        && let Some(fields) = call.form()
    {
        let form = Form::new(fields.fields, &fields.file_name);
        // A form names the bucket as its address does.
        let bucket =
            call.access_point().map(|point| point.address).or(call.target().bucket).unwrap_or_default();
        return form::identify(&request, &form, &bucket, settings.version2, &Host { call });
    }
    identify(&request, &settings, &Host { call })
}

/// Whether a request may be an upload from a form. Only then the host is asked for one.
fn may_be_form(method: &str, request: &Request<'_>) -> bool {
    method == "POST" && request.headers.get("content-type").is_some_and(multipart::is_form)
}

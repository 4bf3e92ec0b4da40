//! Refusals rendered: the one place where an error document is written.

use gateway::access::explanation::signature::{Seen, of_mismatch};
use gateway::access::explanation::{Circumstances, of_refusal};
use gateway::errors::{ErrorCode, Occurrence, render_parts};
use gateway::operations::{account_control, aws_query, functions};
use gateway::xml;
use sdk::explanation::circumstances;
use sdk::response::push_header;
use sdk::{Body, Call, Head, Refusal, trace};

/// Makes a refusal the call's response.
pub(crate) fn respond(call: &Call, head: &Head, refusal: &Refusal) {
    // A code that the table does not have comes from a stage that is not ours. For the client, the
    // server has failed.
    let code = ErrorCode::parse(&refusal.code).unwrap_or(ErrorCode::InternalError);
    explain(call, code, refusal);
    trace::refused(call, code.as_str());
    render(call, head, code, refusal);
}

/// Makes the error document of a refusal the call's response, and tells nobody else: a transform
/// makes another response of it.
pub(crate) fn hand_on(call: &Call, head: &Head, refusal: &Refusal) {
    render(call, head, ErrorCode::parse(&refusal.code).unwrap_or(ErrorCode::InternalError), refusal);
}

fn render(call: &Call, head: &Head, code: ErrorCode, refusal: &Refusal) {
    let mut headers = refusal.headers.clone();
    // 304 and HEAD have no body; SDKs go by the status then.
    if head.method == "HEAD" || code.status() == 304 {
        call.respond(code.status(), &headers, &Body::None);
        return;
    }
    let request_id = &call.request_id();
    // Calls of Query APIs get the error document of IAM and STS.
    if let Some(parameters) = call.parameters() {
        let message = refusal.message.as_deref();
        let mut document = aws_query::render_error(code, message, &parameters, request_id);
        xml::declare(&mut document);
        headers.push_str("content-type: text/xml\n");
        call.respond(aws_query::status(code), &headers, &Body::Bytes(document.into_bytes()));
        return;
    }
    // So do those of the API of functions.
    if functions::is_addressed(&head.path, call.header("authorization").as_deref()) {
        let (status, kind, document) = functions::render_error(code, refusal.message.as_deref());
        push_header(&mut headers, "content-type", "application/json");
        push_header(&mut headers, "x-amzn-errortype", kind);
        push_header(&mut headers, "x-amzn-requestid", request_id);
        call.respond(status, &headers, &Body::Bytes(document.into_bytes()));
        return;
    }
    let details = refusal.details.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let occurrence = Occurrence { resource: &head.path, request_id, host_id: request_id };
    // The API for the settings of an account (s3control) has an error document of its own.
    let mut document = match account_control::is_addressed(&head.path, &|name| call.header(name).is_some()) {
        true => account_control::render_error(code, refusal.message.as_deref(), occurrence),
        false => render_parts(code, refusal.message.as_deref(), details, occurrence),
    };
    xml::declare(&mut document);
    headers.push_str("content-type: application/xml\n");
    if code == ErrorCode::SlowDown || code == ErrorCode::ServiceUnavailable {
        headers.push_str("retry-after: 1\n");
    }
    call.respond(code.status(), &headers, &Body::Bytes(document.into_bytes()));
}

/// Tells the operator in short why a call is denied, where the stage that denied it has not told
/// more.
fn explain(call: &Call, code: ErrorCode, refusal: &Refusal) {
    if !is_denial(code) {
        return;
    }
    let Some(told) = trace::denied(call) else { return };
    let mut circumstances = circumstances(&told);
    // A client whose signature was refused has named an access key all the same.
    let claimed = refusal.details.iter().find(|(name, _)| name == "AWSAccessKeyId");
    if let Some((_, id)) = claimed.filter(|_| circumstances.principal.access_key_id.is_empty()) {
        circumstances.principal.access_key_id = id;
    }
    let message = refusal.message.as_deref().unwrap_or(code.message());
    if code == ErrorCode::SignatureDoesNotMatch {
        trace::explain(call, &mismatch(call, &circumstances, message, refusal));
        return;
    }
    trace::explain(call, &of_refusal(&circumstances, code.as_str(), message));
}

/// Explains a signature that is wrong. The details of the refusal have the texts that the server
/// made of the request, where these hold no secret.
fn mismatch(call: &Call, circumstances: &Circumstances<'_>, message: &str, refusal: &Refusal) -> String {
    let (head, headers) = Head::read(call);
    let detail = |wanted: &str| {
        let found = refusal.details.iter().find(|(name, _)| name == wanted);
        found.map(|(_, value)| value.as_str()).unwrap_or_default()
    };
    let seen = Seen {
        method: &head.method,
        host: &head.host,
        path: &head.path,
        query: &head.query,
        headers: &headers,
        canonical_request: detail("CanonicalRequest"),
        string_to_sign: detail("StringToSign"),
    };
    of_mismatch(circumstances, message, &seen)
}

/// Whether a code says that the principal may not do something, or that the client did not prove
/// who it is.
fn is_denial(code: ErrorCode) -> bool {
    use ErrorCode::{
        AuthorizationHeaderMalformed, AuthorizationQueryParametersError, ExpiredToken, InvalidToken,
    };
    code.status() == 403
        || matches!(
            code,
            AuthorizationHeaderMalformed | AuthorizationQueryParametersError | ExpiredToken | InvalidToken
        )
}

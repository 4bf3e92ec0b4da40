//! What this stage reads of a request.

use gateway::errors::Result;
use gateway::operations::form::Form;
use gateway::request::headers::{Headers, with_presigned};
use gateway::request::query::Query;
use gateway::sse::{CustomerKey, refuse_repeated};
use sdk::{Call, Head, Protection, digests};

use crate::settings;

/// The headers of a request, with the fields of a form or the parameters of a presigned URL that
/// count as headers.
pub(crate) fn headers(call: &Call) -> Result<Headers> {
    let headers = match call.form() {
        Some(form) => Form::new(form.fields, &form.file_name).headers()?,
        None => {
            let (head, headers) = Head::read(call);
            with_presigned(headers, &Query::parse(&head.query)?)?
        }
    };
    refuse_repeated(&headers)?;
    Ok(headers)
}

/// Whether the request may carry a customer key: it came over TLS, or the operator permits open
/// connections.
pub(crate) fn is_secure(call: &Call) -> bool {
    settings::takes_keys_over_http() || call.tls_version().is_some()
}

/// The MD5 of a customer key.
pub(crate) fn digest(bytes: &[u8]) -> [u8; 16] {
    // The host returns 16 bytes. Should it not, the zeros match no MD5 that a client sent, and the
    // key is refused.
    digests::md5(bytes).try_into().unwrap_or_default()
}

/// A customer key, in the words of the contract.
pub(crate) fn sse_c(key: CustomerKey) -> Protection {
    Protection::SseC(sdk::CustomerKey { key: key.key.to_vec(), md5: key.md5 })
}

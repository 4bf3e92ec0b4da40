//! Uploads from HTML forms: the fields ahead of the file say what is requested.

use gateway::errors::{ErrorCode, Result};
use gateway::operations::form::multipart::{self, Reader};
use gateway::operations::form::too_large;
use gateway::request::headers::Headers;
use gateway::sse::is_about;
use sdk::{Call, Failure, Work, failure_to_error};

/// The form of a call.
pub(crate) struct Received {
    /// The object to make.
    pub(crate) key: String,
    /// Whether a field says how to seal it.
    pub(crate) concerns_sealing: bool,
}

/// Receives a form up to its file, sets the fact `form`, and leaves the file to `storage`.
pub(crate) async fn receive(call: &Call, headers: &Headers) -> Result<Received> {
    let boundary = multipart::boundary(headers.get("content-type").unwrap_or_default())?;
    let mut reader = Reader::new(&boundary);
    // Each step takes a part of the body. The loop ends, because the reader refuses fields beyond
    // its limit.
    loop {
        let bytes = match call.part(&boundary, multipart::HEAD_LENGTH_MAX as u64).await {
            Ok(bytes) => bytes,
            Err(Failure::BodyTooLarge) => return Err(too_large()),
            Err(Failure::BodyIncomplete) => return Err(reader.end()),
            Err(failure) => return Err(failure_to_error(failure)),
        };
        match reader.push(&bytes)? {
            None => {}
            Some(start) if start == bytes.len() => break,
            // The host and the reader do not agree where the file starts.
            Some(_) => return Err(ErrorCode::MalformedPOSTRequest.into()),
        }
    }
    // The fields are expanded here, once. All later stages get the result.
    let form = reader.form()?;
    let concerns_sealing = form.iter().any(|(name, _)| is_about(name));
    let key = form.key().map(str::to_owned);
    let (fields, file_name) = form.into_fields();
    call.set_form(&sdk::Form { fields, file_name });
    Ok(Received { key: key?, concerns_sealing })
}

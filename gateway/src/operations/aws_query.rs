//! The AWS Query protocol, which STS and IAM speak: parameters in a form, XML in the reply.
//!
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/programming.html>

use crate::errors::{ErrorCode, Result};
use crate::xml::XmlWriter;

/// The namespace of the documents of STS.
pub const STS_NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";
/// The namespace of the documents of IAM.
pub const IAM_NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";
/// The version of IAM's API.
pub const IAM_VERSION: &str = "2010-05-08";
/// The version of STS's API.
pub const STS_VERSION: &str = "2011-06-15";

/// The longest parameter that IAM documents is a policy document of 131,072 characters
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreatePolicy.html>), of which each may
/// be escaped, and then takes three bytes; the rest is for the other parameters. A form is received
/// before its signature is verified, so it needs a limit.
pub const FORM_BYTES_MAX: u64 = (3 * 128 + 32) << 10;

/// The services that a call may be signed for: that of its action, or both where it names no
/// action.
pub fn services(action: &str) -> &'static [&'static str] {
    const STS: [&str; 11] = [
        "AssumeRole",
        "AssumeRoleWithSAML",
        "AssumeRoleWithWebIdentity",
        "AssumeRoot",
        "DecodeAuthorizationMessage",
        "GetAccessKeyInfo",
        "GetCallerIdentity",
        "GetDelegatedAccessToken",
        "GetFederationToken",
        "GetSessionToken",
        "GetWebIdentityToken",
    ];
    match action {
        "" => &["iam", "sts"],
        _ if STS.contains(&action) => &["sts"],
        _ => &["iam"],
    }
}

/// The text of a form. `ValidationError` for bytes that are not text.
pub fn form_text(body: Vec<u8>) -> Result<String> {
    String::from_utf8(body).map_err(|_| ErrorCode::ValidationError.into())
}

/// A reply. `push` writes the result, for operations that have one.
pub fn document(
    namespace: &str,
    operation: &str,
    request_id: &str,
    push: Option<&dyn Fn(&mut XmlWriter)>,
) -> String {
    let mut xml = XmlWriter::document_in(&format!("{operation}Response"), namespace);
    if let Some(push) = push {
        let result = format!("{operation}Result");
        xml.open(&result);
        push(&mut xml);
        xml.close(&result);
    }
    xml.open("ResponseMetadata");
    xml.text("RequestId", request_id);
    xml.close("ResponseMetadata");
    xml.finish()
}

/// The code that STS and IAM have for an error that S3 spells differently.
fn code_of(code: ErrorCode) -> ErrorCode {
    match code {
        ErrorCode::InvalidAccessKeyId | ErrorCode::InvalidToken => ErrorCode::InvalidClientTokenId,
        ErrorCode::OperationAborted => ErrorCode::EntityTemporarilyUnmodifiable,
        other => other,
    }
}

/// The status of a code. One code has another status than in S3.
pub fn status(code: ErrorCode) -> u16 {
    match code_of(code) {
        ErrorCode::ExpiredToken => 403,
        other => other.status(),
    }
}

/// The error document, which differs from that of S3. `form` says which service was meant. The
/// fault is the sender's below status 500.
pub fn render_error(code: ErrorCode, message: Option<&str>, form: &str, request_id: &str) -> String {
    let is_iam = form.contains(IAM_VERSION);
    let namespace = if is_iam { IAM_NAMESPACE } else { STS_NAMESPACE };
    let own = code_of(code);
    let mut xml = XmlWriter::document_in("ErrorResponse", namespace);
    xml.open("Error");
    xml.text("Type", if own.status() < 500 { "Sender" } else { "Receiver" });
    xml.text("Code", own.as_str());
    // Where the code is replaced, a message that was written for S3's code does not fit.
    xml.text("Message", message.filter(|_| own == code).unwrap_or(own.message()));
    xml.close("Error");
    xml.text("RequestId", request_id);
    xml.finish()
}

#[cfg(test)]
mod tests;

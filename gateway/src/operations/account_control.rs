//! The settings of an account, which have an API of their own (s3control): its paths, and its
//! errors.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_AWS_S3_Control.html>. Clients
//! put the account id before the host (`111122223333.s3.example.com`), and also into a header. Only
//! the header counts.

use crate::errors::{ErrorCode, Occurrence};
use crate::xml::{CONTROL_NAMESPACE, XmlWriter};

/// The header that names the account. A request without it is not for this API: its path then names
/// a bucket, which may be called like the API's version.
pub const ACCOUNT_ID_HEADER: &str = "x-amz-account-id";

/// How the paths of its operations begin.
const PATH: &str = "/v20180820/";

/// Whether a request is for this API.
pub fn is_addressed(path: &str, has_header: &dyn Fn(&str) -> bool) -> bool {
    path.starts_with(PATH) && has_header(ACCOUNT_ID_HEADER)
}

/// The name in a path, which stands alone between how the path begins and ends.
pub(super) fn name_between<'a>(path: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let name = path.strip_prefix(start)?.strip_suffix(end)?;
    (!name.is_empty() && !name.contains('/')).then_some(name)
}

/// The error document, which differs from that of S3.
pub fn render_error(code: ErrorCode, message: Option<&str>, occurrence: Occurrence<'_>) -> String {
    let mut xml = XmlWriter::document_in("ErrorResponse", CONTROL_NAMESPACE);
    xml.open("Error");
    xml.text("Code", code.as_str());
    xml.text("Message", message.unwrap_or(code.message()));
    xml.close("Error");
    xml.text("RequestId", occurrence.request_id);
    xml.text("HostId", occurrence.host_id);
    xml.finish()
}

#[cfg(test)]
mod tests;

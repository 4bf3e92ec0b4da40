//! What an answer of a webhook says in its headers: the status, the headers and the error of the
//! response that a client gets.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_WriteGetObjectResponse.html>. MinIO's webhooks
//! say the same in the headers of their response.

use gateway::object::metadata::METADATA_PREFIX;
use sdk::{MadeError, MadeHead, WebhookContent};

use crate::document::push_checked;

/// Before a header of the response.
const HEADER_PREFIX: &str = "x-amz-fwd-header-";
const STATUS: &str = "x-amz-fwd-status";
const ERROR_CODE: &str = "x-amz-fwd-error-code";
const ERROR_MESSAGE: &str = "x-amz-fwd-error-message";
/// Headers of one answer.
const HEADERS_MAX: usize = 64;
/// Bytes of names and values of metadata, as S3 counts them.
const METADATA_BYTES_MAX: usize = 2 << 10;
const MESSAGE_BYTES_MAX: usize = 1 << 10;

/// What an answer says. `has_body` is whether bytes come with it.
pub(crate) fn read<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>, has_body: bool) -> WebhookContent {
    content(fields, has_body).unwrap_or_else(WebhookContent::Invalid)
}

fn content<'a>(
    fields: impl Iterator<Item = (&'a str, &'a str)>,
    has_body: bool,
) -> Result<WebhookContent, String> {
    let (mut status, mut code, mut message) = (None, None, None);
    let (mut headers, mut metadata, mut count) = (String::new(), String::new(), 0);
    for (name, value) in fields {
        match name {
            STATUS => status = Some(value),
            ERROR_CODE => code = Some(value).filter(|code| !code.is_empty()),
            ERROR_MESSAGE => message = Some(value).filter(|message| !message.is_empty()),
            _ if name.starts_with(METADATA_PREFIX) => push_checked(&mut metadata, name, value)?,
            _ => match name.strip_prefix(HEADER_PREFIX) {
                // The length is that of the body.
                None | Some("content-length") => continue,
                Some("etag") if !value.ends_with('"') => {
                    push_checked(&mut headers, "etag", &format!("\"{value}\""))?;
                }
                Some(name) => push_checked(&mut headers, name, value)?,
            },
        }
        count += 1;
        if count > HEADERS_MAX {
            return Err(format!("It has more than {HEADERS_MAX} headers for the response"));
        }
    }
    if metadata.len() > METADATA_BYTES_MAX {
        return Err(format!("Its metadata has more than {METADATA_BYTES_MAX} bytes"));
    }
    let status = status.map_or(Some(200), read_status).ok_or_else(|| {
        "The status of the response has to be 200, 206, 304, or one from 400 to 599".to_owned()
    })?;
    if code.is_none() && message.is_none() {
        headers.push_str(&metadata);
        let head = MadeHead { status, headers, metadata: None, length: None, etag: None };
        return Ok(WebhookContent::Reply(head));
    }
    if status < 400 {
        return Err(format!("An error does not have the status {status}"));
    }
    if has_body {
        return Err("A response has an error or a body, and not both".to_owned());
    }
    let (code, message) = (code.unwrap_or("LambdaRuntimeError"), message.unwrap_or_default());
    let is_code = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !is_code || message.len() > MESSAGE_BYTES_MAX {
        return Err(
            "The code of an error has up to 64 letters and digits, its message up to 1024 bytes".to_owned()
        );
    }
    Ok(WebhookContent::Refused(MadeError { status, code: code.to_owned(), message: message.to_owned() }))
}

/// `404`, or `404 Not Found`. MinIO's webhooks may also send the reason alone.
fn read_status(text: &str) -> Option<u16> {
    const REASONS: [(&str, u16); 12] = [
        ("OK", 200),
        ("Partial Content", 206),
        ("Not Modified", 304),
        ("Bad Request", 400),
        ("Unauthorized", 401),
        ("Forbidden", 403),
        ("Not Found", 404),
        ("Method Not Allowed", 405),
        ("Conflict", 409),
        ("Precondition Failed", 412),
        ("Internal Server Error", 500),
        ("Service Unavailable", 503),
    ];
    let text = text.trim();
    let number = text.split(' ').next().and_then(|number| number.parse().ok());
    let status =
        number.or_else(|| REASONS.iter().find(|(reason, _)| *reason == text).map(|known| known.1))?;
    matches!(status, 200 | 206 | 304 | 400..=599).then_some(status)
}

#[cfg(test)]
mod tests;

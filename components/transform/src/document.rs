//! What a webhook answers for heads and listings: a document.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-writing-lambda.html>

use gateway::policy::json::Json;
use gateway::xml::{self, push_escaped};
use sdk::{Body, Call, MadeError};

use crate::reply;

/// Headers of one answer.
const HEADERS_MAX: usize = 64;
/// Bytes of a name or a value.
const HEADER_BYTES_MAX: usize = 4 << 10;
/// Elements of a listing within each other.
const DEPTH_MAX: usize = 8;

/// Headers that only the server sets, one a line. The host reads the same table.
const OF_THE_SERVER: &str = include_str!("../../../gateway/server-headers.txt");
/// One of them, which answers may have all the same: of a head, it is what GET would return.
const LENGTH: &str = "content-length";

/// The names of a listing's elements, as S3 writes them. Functions write them with a small letter
/// first, as models of SDKs have them, or as they stand here.
const ELEMENTS: [&str; 29] = [
    "ChecksumAlgorithm",
    "ChecksumType",
    "CommonPrefixes",
    "Contents",
    "ContinuationToken",
    "Delimiter",
    "DisplayName",
    "ETag",
    "EncodingType",
    "ID",
    "IsRestoreInProgress",
    "IsTruncated",
    "Key",
    "KeyCount",
    "LastModified",
    "Marker",
    "MaxKeys",
    "Name",
    "NextContinuationToken",
    "NextMarker",
    "Owner",
    "Prefix",
    "RequestCharged",
    "RestoreExpiryDate",
    "RestoreStatus",
    "Size",
    "StartAfter",
    "StorageClass",
    "Type",
];

type Checked<T> = std::result::Result<T, String>;

/// An answer, taken apart.
struct Answer {
    status: u16,
    document: Json,
}

impl Answer {
    fn read(bytes: &[u8]) -> Checked<Answer> {
        let text = std::str::from_utf8(bytes).map_err(|_| "its answer is not UTF-8".to_owned())?;
        let document = Json::parse(text).map_err(|_| "its answer is no JSON".to_owned())?;
        if document.members().is_none() {
            return Err("its answer is no JSON object".to_owned());
        }
        let status = match document.member("statusCode") {
            None | Some(Json::Null) => 200,
            Some(Json::Number(text) | Json::Text(text)) => text
                .parse()
                .ok()
                .filter(|status| matches!(status, 200 | 206 | 304 | 400..=599))
                .ok_or_else(|| "its statusCode is none of 200, 206, 304 and 400 to 599".to_owned())?,
            Some(_) => return Err("its statusCode is no number".to_owned()),
        };
        Ok(Answer { status, document })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.document.member(name).and_then(Json::text).filter(|text| !text.is_empty())
    }

    /// The error that it tells the client, if it tells one.
    fn error(&self) -> Checked<Option<MadeError>> {
        let (code, message) = (self.text("errorCode"), self.text("errorMessage"));
        if code.is_none() && message.is_none() && self.status < 400 {
            return Ok(None);
        }
        if self.status < 400 && self.status != 304 {
            return Err(format!("an error with the status {}", self.status));
        }
        let code = code.unwrap_or("LambdaRuntimeError");
        let is_code = code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let message = message.unwrap_or_default();
        if !is_code
            || message.len() > 1024
            || message.chars().any(|other| other.is_control() && other != '\n')
        {
            return Err("its error has no code of letters, or a message of over 1024 bytes".to_owned());
        }
        Ok(Some(MadeError { status: self.status, code: code.to_owned(), message: message.to_owned() }))
    }
}

/// Responds with the head that an answer says. The reason why it is no head.
pub(crate) fn head(call: &Call, bytes: &[u8]) -> Checked<()> {
    let answer = Answer::read(bytes)?;
    if let Some(error) = answer.error()? {
        reply::refuse(call, true, &error);
        return Ok(());
    }
    let mut lines = String::new();
    let headers = answer.document.member("headers").and_then(Json::members).unwrap_or_default();
    if headers.len() > HEADERS_MAX {
        return Err(format!("it set {} headers; {HEADERS_MAX} is the most", headers.len()));
    }
    for (name, value) in headers {
        let name = name.to_ascii_lowercase();
        let value = match value {
            Json::Text(text) | Json::Number(text) => text.clone(),
            Json::Bool(word) => word.to_string(),
            Json::Null => continue,
            Json::List(_) | Json::Object(_) => return Err("a header that is no text".to_owned()),
        };
        push_checked(&mut lines, &name, &value)?;
    }
    call.respond(answer.status, &lines, &Body::None);
    Ok(())
}

/// Adds a header line; the reason why a response cannot have it.
pub(crate) fn push_checked(lines: &mut String, name: &str, value: &str) -> Checked<()> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let is_name = (1..=HEADER_BYTES_MAX).contains(&name.len()) && name.bytes().all(is_token);
    let is_value = value.len() <= HEADER_BYTES_MAX && !value.bytes().any(|byte| byte < b' ' || byte == 0x7f);
    if !is_name || !is_value {
        return Err("a header that HTTP cannot have".to_owned());
    }
    if name != LENGTH && OF_THE_SERVER.lines().any(|known| known == name) {
        return Err(format!("the header `{name}` is not a function's to set"));
    }
    if name == LENGTH && value.parse::<u64>().is_err() {
        return Err("a content-length that is no number".to_owned());
    }
    sdk::response::push_header(lines, name, value);
    Ok(())
}

/// Responds with the listing that an answer says. The reason why it is none.
pub(crate) fn listing(call: &Call, bytes: &[u8]) -> Checked<()> {
    let answer = Answer::read(bytes)?;
    if let Some(error) = answer.error()? {
        reply::refuse(call, false, &error);
        return Ok(());
    }
    let document = match (answer.text("listResultXml"), answer.document.member("listBucketResult")) {
        (Some(document), None | Some(Json::Null)) => document.to_owned(),
        (None, Some(result @ Json::Object(_))) => rendered(result)?,
        (Some(_), Some(_)) => return Err("both listResultXml and listBucketResult".to_owned()),
        _ => return Err("neither listResultXml nor listBucketResult".to_owned()),
    };
    call.respond(answer.status, "content-type: application/xml\n", &Body::Bytes(document.into_bytes()));
    Ok(())
}

/// The document of S3 that a result stands for.
fn rendered(result: &Json) -> Checked<String> {
    // What reads documents of S3 may have a root.
    let result = result.member("ListBucketResult").unwrap_or(result);
    let mut out = String::from("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    push_members(&mut out, result, DEPTH_MAX)?;
    out.push_str("</ListBucketResult>");
    xml::declare(&mut out);
    Ok(out)
}

fn push_members(out: &mut String, value: &Json, depth: usize) -> Checked<()> {
    for (name, value) in value.members().unwrap_or_default() {
        let element = ELEMENTS.iter().find(|known| known.eq_ignore_ascii_case(name));
        let Some(element) = element else {
            if name.starts_with('@') || name == "xmlns" || name == "$" {
                continue;
            }
            return Err("its listBucketResult has an element that no listing has".to_owned());
        };
        for item in value.items() {
            push_element(out, element, item, depth)?;
        }
    }
    Ok(())
}

fn push_element(out: &mut String, name: &str, value: &Json, depth: usize) -> Checked<()> {
    let deeper = depth.checked_sub(1).ok_or("its listBucketResult is nested too deep")?;
    let text = match value {
        Json::Null => return Ok(()),
        Json::Text(text) | Json::Number(text) => text.clone(),
        Json::Bool(word) => word.to_string(),
        Json::Object(_) => String::new(),
        Json::List(_) => return Err("a list in a list".to_owned()),
    };
    out.extend(["<", name, ">"]);
    match value {
        Json::Object(_) => push_members(out, value, deeper)?,
        _ => push_escaped(out, &text),
    }
    out.extend(["</", name, ">"]);
    Ok(())
}

#[cfg(test)]
mod tests;

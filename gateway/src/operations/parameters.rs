//! Parameters that several operations have.

use crate::errors::{Result, S3Error};
use crate::headers::Headers;
use crate::query::Query;
use crate::url_encoding;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The largest part number.
pub const PART_NUMBER_MAX: u32 = 10_000;
/// The largest body of PutObject and UploadPart: 5 GiB.
pub const PUT_LENGTH_MAX: u64 = 5 << 30;
/// The largest object: 10,000 parts of 5 GiB.
pub const OBJECT_LENGTH_MAX: u64 = PUT_LENGTH_MAX * 10_000;
/// The smallest part but the last: 5 MiB.
pub const PART_LENGTH_MIN: u64 = 5 << 20;
/// How many entries a page of a listing has at most.
pub const PAGE_MAX: u32 = 1000;

/// `versionId`. `InvalidArgument` when it is empty.
pub fn version_id(query: &Query) -> Result<Option<String>> {
    match query.get("versionId") {
        Some("") => Err(S3Error::invalid_argument("versionId", "", "Version id cannot be the empty string")),
        id => Ok(id.map(str::to_owned)),
    }
}

/// `uploadId`, which the operations that have it need.
pub fn upload_id(query: &Query) -> Result<String> {
    match query.get_non_empty("uploadId") {
        Some(id) => Ok(id.to_owned()),
        None => Err(S3Error::invalid_argument("uploadId", "", "Upload id cannot be the empty string")),
    }
}

/// `partNumber`, 1 to 10,000. `InvalidArgument` otherwise.
pub fn part_number(query: &Query) -> Result<Option<u32>> {
    let Some(text) = query.get("partNumber") else { return Ok(None) };
    match text.parse() {
        Ok(number) if (1..=PART_NUMBER_MAX).contains(&number) => Ok(Some(number)),
        _ => {
            let message = "Part number must be an integer between 1 and 10000, inclusive";
            Err(S3Error::invalid_argument("partNumber", text, message))
        }
    }
}

/// The limit of a page: `max-keys` and its relatives. Larger ones count as `max`; `InvalidArgument` for what
/// is no number from 0 to 2,147,483,647.
pub fn limit(name: &'static str, text: Option<&str>, max: u32) -> Result<u32> {
    let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(max) };
    match text.parse::<i64>() {
        Ok(number) if (0..=i64::from(i32::MAX)).contains(&number) => {
            Ok(u32::try_from(number).unwrap_or(max).min(max))
        }
        Ok(_) => {
            let message = format!("Argument {name} must be an integer between 0 and 2147483647");
            Err(S3Error::invalid_argument(name, text, message))
        }
        Err(_) => {
            let message = format!("Provided {name} not an integer or within integer range");
            Err(S3Error::invalid_argument(name, text, message))
        }
    }
}

/// How keys are written in a listing.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Encoding {
    /// Escaped for XML only.
    #[default]
    Xml,
    /// `encoding-type=url`: percent-encoded, so that every key survives.
    Url,
}

impl Encoding {
    /// Reads `encoding-type`. `InvalidArgument` for another than `url`.
    pub fn parse(query: &Query) -> Result<Encoding> {
        match query.get_non_empty("encoding-type") {
            None => Ok(Encoding::Xml),
            Some(name) if name.eq_ignore_ascii_case("url") => Ok(Encoding::Url),
            Some(name) => {
                let message = "Invalid Encoding Method specified in Request";
                Err(S3Error::invalid_argument("encoding-type", name, message))
            }
        }
    }

    /// Appends `<name>text</name>`.
    pub fn push(self, out: &mut String, name: &str, text: &str) {
        out.push('<');
        out.push_str(name);
        out.push('>');
        self.push_text(out, text);
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }

    /// Appends text.
    pub fn push_text(self, out: &mut String, text: &str) {
        match self {
            Encoding::Xml => crate::xml::push_escaped(out, text),
            Encoding::Url => url_encoding::push_listing(out, text),
        }
    }
}

/// An opaque token from which a listing goes on after `position`. It begins with a checksum, so that a token
/// that was cut or changed is told from one that was given out.
pub fn continuation_token(position: &str) -> String {
    let mut token = Vec::with_capacity(position.len() + 4);
    token.extend_from_slice(&checksum(position));
    token.extend_from_slice(position.as_bytes());
    URL_SAFE_NO_PAD.encode(token)
}

/// FNV-1a. It tells mistakes; there is nothing to be gained by forging a token.
fn checksum(position: &str) -> [u8; 4] {
    let fold = |hash: u32, byte: u8| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193);
    position.bytes().fold(0x811c_9dc5, fold).to_be_bytes()
}

/// The position in a token. `InvalidArgument` for a token that was not given out; an empty one is the start.
pub fn parse_continuation_token(query: &Query) -> Result<Option<String>> {
    let Some(token) = query.get_non_empty("continuation-token") else { return Ok(None) };
    let position = || {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (sum, position) = bytes.split_first_chunk::<4>()?;
        let position = std::str::from_utf8(position).ok()?;
        (*sum == checksum(position)).then(|| position.to_owned())
    };
    match position() {
        Some(position) => Ok(Some(position)),
        None => {
            let message = "The continuation token provided is incorrect";
            Err(S3Error::invalid_argument("continuation-token", token, message))
        }
    }
}

/// `x-amz-expected-bucket-owner` or `x-amz-source-expected-bucket-owner`: an account id.
/// `InvalidBucketOwnerAWSAccountID` unless it has 12 digits.
pub fn expected_owner<'a>(headers: &'a Headers, name: &str) -> Result<Option<&'a str>> {
    let Some(account) = headers.get(name) else { return Ok(None) };
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(Some(account));
    }
    Err(S3Error::new(crate::errors::ErrorCode::InvalidBucketOwnerAWSAccountID))
}

/// Whether a header says `true`.
pub fn is_true(headers: &Headers, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value.eq_ignore_ascii_case("true"))
}

/// The length of the body of a PutObject or UploadPart, without `aws-chunked` framing. `MissingContentLength`
/// when the client does not tell, `EntityTooLarge` beyond 5 GiB, `InvalidArgument` for what is no length.
pub fn body_length(headers: &Headers) -> Result<u64> {
    let name = if headers.has("x-amz-decoded-content-length") {
        "x-amz-decoded-content-length"
    } else {
        "content-length"
    };
    let text = headers.get(name).ok_or(crate::errors::ErrorCode::MissingContentLength)?;
    let length: u64 = text
        .parse()
        .map_err(|_| S3Error::invalid_argument("Content-Length", text, "The length is not a number"))?;
    if length > PUT_LENGTH_MAX {
        return Err(S3Error::new(crate::errors::ErrorCode::EntityTooLarge)
            .detail("ProposedSize", length.to_string())
            .detail("MaxSizeAllowed", PUT_LENGTH_MAX.to_string()));
    }
    Ok(length)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::errors::ErrorCode;

    fn query(raw: &str) -> Query {
        Query::parse(raw).unwrap()
    }

    #[test]
    fn part_numbers_run_from_1_to_10000() {
        assert_eq!(part_number(&query("partNumber=10000")).unwrap(), Some(10_000));
        assert_eq!(part_number(&query("")).unwrap(), None);
        for raw in ["partNumber=0", "partNumber=10001", "partNumber=-1", "partNumber", "partNumber=x"] {
            let error = part_number(&query(raw)).unwrap_err();
            assert_eq!(error.code, ErrorCode::InvalidArgument, "{raw}");
            assert_eq!(error.details[0], ("ArgumentName", "partNumber".to_owned()));
        }
    }

    #[test]
    fn limits_are_capped() {
        assert_eq!(limit("max-keys", None, 1000).unwrap(), 1000);
        assert_eq!(limit("max-keys", Some(""), 1000).unwrap(), 1000);
        assert_eq!(limit("max-keys", Some("0"), 1000).unwrap(), 0);
        assert_eq!(limit("max-keys", Some("2147483647"), 1000).unwrap(), 1000);
        for text in ["-1", "2147483648", "99999999999999999999", "blah", "1.5"] {
            assert_eq!(
                limit("max-keys", Some(text), 1000).unwrap_err().code,
                ErrorCode::InvalidArgument,
                "{text}"
            );
        }
    }

    #[test]
    fn tokens_are_opaque_and_read_back() {
        let token = continuation_token("photos/é 1+");
        assert!(token.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
        let read = |token: &str| parse_continuation_token(&query(&format!("continuation-token={token}")));
        assert_eq!(read(&token).unwrap().as_deref(), Some("photos/é 1+"));
        assert_eq!(read("").unwrap(), None);
        let cut = &token[..token.len() - 2];
        let changed = token.replacen(&token[8..9], if &token[8..9] == "A" { "B" } else { "A" }, 1);
        for token in ["*", "AAAA", "cGhvdG9z", cut, &changed] {
            assert_eq!(read(token).unwrap_err().code, ErrorCode::InvalidArgument, "{token}");
        }
    }

    #[test]
    fn empty_ids_are_invalid() {
        assert_eq!(version_id(&query("versionId=")).unwrap_err().code, ErrorCode::InvalidArgument);
        assert_eq!(version_id(&query("versionId=null")).unwrap().as_deref(), Some("null"));
        assert_eq!(upload_id(&query("uploadId")).unwrap_err().code, ErrorCode::InvalidArgument);
        assert_eq!(upload_id(&query("uploadId=u")).unwrap(), "u");
    }

    #[test]
    fn an_owner_is_an_account_id() {
        let owner = |value| {
            let headers = Headers::from_iter([("x-amz-expected-bucket-owner", value)]);
            expected_owner(&headers, "x-amz-expected-bucket-owner").map(|owner| owner.map(str::to_owned))
        };
        assert_eq!(owner("111122223333").unwrap().as_deref(), Some("111122223333"));
        assert_eq!(owner("unknown").unwrap_err().code, ErrorCode::InvalidBucketOwnerAWSAccountID);
    }

    #[test]
    fn a_body_has_a_length_within_the_limit() {
        let length = |pairs: &[(&str, &str)]| {
            body_length(&Headers::from_iter(pairs.iter().copied())).map_err(|error| error.code)
        };
        assert_eq!(length(&[("content-length", "5")]), Ok(5));
        assert_eq!(length(&[("content-length", "90"), ("x-amz-decoded-content-length", "5")]), Ok(5));
        assert_eq!(length(&[]), Err(ErrorCode::MissingContentLength));
        assert_eq!(length(&[("content-length", "5368709121")]), Err(ErrorCode::EntityTooLarge));
        assert_eq!(length(&[("content-length", "-1")]), Err(ErrorCode::InvalidArgument));
    }
}

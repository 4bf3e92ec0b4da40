//! Signature Version 2: which access key signed a request, and which text exactly.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTAuthentication.html>. It is an HMAC-SHA1,
//! with the secret access key itself, of a text without the host, the body and most of the query.
//! S3 has replaced it, but still serves the URLs and forms that boto3 and aws-cli make with it by
//! default. As in [`sigv4`](crate::identity::sigv4), no secret key is here.

use std::borrow::Cow;
use std::fmt;

use crate::errors::{ErrorCode, S3Error};
use crate::identity::sigv4::amz_date::AmzDate;
use crate::identity::sigv4::payload::Payload;
use crate::identity::sigv4::presigned::{self, Mechanism};
use crate::identity::sigv4::{Request, check_skew, signature_mismatch, unknown_access_key};
use crate::request::headers::{Headers, with_signed_query};
use crate::request::query::Query;
use crate::request::subresource;
use crate::request::url_encoding::decode_query;

/// A well-formed, timely claim to have signed a request. It proves nothing until its signature is
/// verified.
pub struct Signed<'a> {
    access_key_id: Cow<'a, str>,
    signature: Cow<'a, str>,
    string_to_sign: String,
    with_slash: Option<String>,
    payload: Payload,
    is_presigned: bool,
    security_token: Option<String>,
}

/// Reads a request that claims to be signed in this way; `None` for every other request. `bucket`
/// finds the bucket that the host names. Errors are those that S3 gives before it looks at the
/// signature.
pub fn authenticate<'a, 'b>(
    request: &Request<'a>,
    bucket: impl FnOnce() -> Option<&'b str>,
) -> Option<Result<Signed<'a>, S3Error>> {
    let mut authorizations = request.headers.iter().filter(|(name, _)| *name == "authorization");
    let authorization = authorizations.next().map(|(_, value)| value).filter(|value| !value.is_empty());
    if authorizations.next().is_some() {
        return None;
    }
    match (authorization, presigned::mechanism(request.query)) {
        (Some(value), None) => {
            let (scheme, credentials) = value.split_once(' ').unwrap_or((value, ""));
            (scheme == "AWS").then(|| header_signed(request, credentials, bucket()))
        }
        (None, Some(Mechanism::SigV2)) => Some(query_signed(request, bucket())),
        _ => None,
    }
}

fn header_signed<'a>(
    request: &Request<'a>,
    credentials: &'a str,
    bucket: Option<&str>,
) -> Result<Signed<'a>, S3Error> {
    let parts = credentials.rsplit_once(':').filter(|(access_key_id, _)| !access_key_id.is_empty());
    let Some((access_key_id, signature)) = parts else {
        return Err(S3Error::new(ErrorCode::InvalidArgument)
            .message("AWS authorization header is invalid.  Expected AwsAccessKeyId:signature")
            .detail("ArgumentName", "Authorization"));
    };
    let headers = all_headers(request)?;
    let sent = headers.get("x-amz-date").or_else(|| headers.get("date"));
    let date = sent.and_then(AmzDate::parse_http).ok_or_else(|| {
        S3Error::new(ErrorCode::AccessDenied)
            .message("AWS authentication requires a valid Date or x-amz-date header")
    })?;
    check_skew(request, date)?;
    // With `x-amz-date` this line is empty: the date is among the `x-amz-` headers.
    let line = if headers.has("x-amz-date") { "" } else { headers.get("date").unwrap_or_default() };
    Ok(Signed {
        access_key_id: Cow::Borrowed(access_key_id),
        signature: Cow::Borrowed(signature),
        string_to_sign: string_to_sign(request, &headers, line, bucket)?,
        with_slash: with_slash(request, &headers, line, bucket)?,
        payload: Payload::of_anonymous(&headers)?,
        is_presigned: false,
        security_token: security_token(&headers),
    })
}

fn query_signed<'a>(request: &Request<'a>, bucket: Option<&str>) -> Result<Signed<'a>, S3Error> {
    let query = Query::parse(request.query)?;
    let required = |name| {
        query.get_non_empty(name).ok_or_else(|| {
            S3Error::new(ErrorCode::AccessDenied).message(
                "Query-string authentication requires the Signature, Expires and AWSAccessKeyId parameters",
            )
        })
    };
    let (access_key_id, expires) = (required("AWSAccessKeyId")?, required("Expires")?);
    // A `+` that was not escaped has become a space, of which base64 has none.
    let signature = required("Signature")?.replace(' ', "+");
    let headers = all_headers(request)?;
    let is_number = expires.bytes().all(|byte| byte.is_ascii_digit());
    let seconds: u64 = expires.parse().ok().filter(|_| is_number).ok_or_else(|| {
        S3Error::new(ErrorCode::AccessDenied)
            .message(format!("Invalid date (should be seconds since epoch): {expires}"))
    })?;
    let end = AmzDate::from_milliseconds(seconds.saturating_mul(1000));
    if end.milliseconds() < request.received_ms {
        return Err(S3Error::new(ErrorCode::AccessDenied)
            .message("Request has expired")
            .detail("Expires", end.extended())
            .detail("ServerTime", AmzDate::from_milliseconds(request.received_ms).extended()));
    }
    Ok(Signed {
        access_key_id: Cow::Owned(access_key_id.to_owned()),
        signature: Cow::Owned(signature),
        string_to_sign: string_to_sign(request, &headers, expires, bucket)?,
        with_slash: with_slash(request, &headers, expires, bucket)?,
        payload: Payload::of_anonymous(&headers)?,
        is_presigned: true,
        security_token: security_token(&headers),
    })
}

/// All headers, with those in a presigned query: these count as headers, so they are signed as
/// headers.
fn all_headers(request: &Request<'_>) -> Result<Headers, S3Error> {
    with_signed_query(request.headers.clone(), &Query::parse(request.query)?)
}

/// The token of temporary credentials, which is signed like every `x-amz-` header.
fn security_token(headers: &Headers) -> Option<String> {
    headers.get("x-amz-security-token").map(str::to_owned)
}

/// The same text with `/bucket/`, where `/bucket` was sent. Both mean the bucket, and some clients
/// sign the one and send the other.
fn with_slash(
    request: &Request<'_>,
    headers: &Headers,
    date: &str,
    bucket: Option<&str>,
) -> Result<Option<String>, S3Error> {
    let is_bucket = request.path.len() > 1 && request.path.rfind('/') == Some(0);
    if bucket.is_some() || !is_bucket {
        return Ok(None);
    }
    let path = [request.path, "/"].concat();
    string_to_sign(&Request { path: &path, ..*request }, headers, date, bucket).map(Some)
}

/// The text that client and server both write. `date` is its fourth line.
fn string_to_sign(
    request: &Request<'_>,
    headers: &Headers,
    date: &str,
    bucket: Option<&str>,
) -> Result<String, S3Error> {
    let mut out = String::with_capacity(256);
    let line = |name| headers.get(name).unwrap_or_default();
    for text in [request.method, line("content-md5"), line("content-type"), date] {
        out.push_str(text);
        out.push('\n');
    }
    push_headers(&mut out, headers);
    push_resource(&mut out, request, bucket)?;
    Ok(out)
}

/// The `x-amz-` headers, sorted by name, each once: values of one name follow one another in the
/// order sent. A presigned URL may carry thousands of them, so they are not compared each with
/// each.
fn push_headers(out: &mut String, headers: &Headers) {
    let mut lines: Vec<(&str, &str)> =
        headers.iter().filter(|(name, _)| name.starts_with("x-amz-")).collect();
    lines.sort_by_key(|(name, _)| *name);
    let mut before = None;
    for (name, value) in lines {
        if before == Some(name) {
            out.push(',');
        } else {
            if before.is_some() {
                out.push('\n');
            }
            out.push_str(name);
            out.push(':');
        }
        out.push_str(value);
        before = Some(name);
    }
    if before.is_some() {
        out.push('\n');
    }
}

/// The bucket and the path as sent, then the parameters that change the operation, sorted and with
/// their values decoded. Every subresource is among them: otherwise it could be added to a
/// presigned URL without being signed.
fn push_resource(out: &mut String, request: &Request<'_>, bucket: Option<&str>) -> Result<(), S3Error> {
    if let Some(bucket) = bucket {
        out.push('/');
        out.push_str(&bucket.to_ascii_lowercase());
    }
    out.push_str(request.path);
    let mut parameters = Vec::new();
    for pair in request.query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = match pair.split_once('=') {
            Some((name, value)) => (name, Some(decode_query(value)?)),
            None => (pair, None),
        };
        let name = decode_query(name)?;
        if is_signed(&name) {
            parameters.push((name, value));
        }
    }
    parameters.sort_by(|(one, _), (other, _)| one.cmp(other));
    for (at, (name, value)) in parameters.iter().enumerate() {
        out.push(if at == 0 { '?' } else { '&' });
        out.push_str(name);
        if let Some(value) = value {
            out.push('=');
            out.push_str(value);
        }
    }
    Ok(())
}

/// Whether a parameter is part of the resource.
fn is_signed(name: &str) -> bool {
    subresource::of_parameter(name).is_some()
        || matches!(
            name,
            "partNumber"
                | "response-cache-control"
                | "response-content-disposition"
                | "response-content-encoding"
                | "response-content-language"
                | "response-content-type"
                | "response-expires"
                | "select-type"
                | "versionId"
        )
}

impl Signed<'_> {
    /// The access key that the request names.
    pub fn access_key_id(&self) -> &str {
        &self.access_key_id
    }

    /// The text whose HMAC is the signature, if the claim is true.
    pub fn string_to_sign(&self) -> &str {
        &self.string_to_sign
    }

    /// That text in every form in which the signer may have written it.
    pub fn strings_to_sign(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.string_to_sign.as_str()).chain(self.with_slash.as_deref())
    }

    /// The signature as sent, in base64.
    pub fn signature(&self) -> &str {
        &self.signature
    }

    /// Whether the signature stands in the query.
    pub fn is_presigned(&self) -> bool {
        self.is_presigned
    }

    /// What the request promises about its body.
    pub fn payload(&self) -> &Payload {
        &self.payload
    }

    /// The token of temporary credentials.
    pub fn security_token(&self) -> Option<&str> {
        self.security_token.as_deref()
    }

    /// The error for an access key that does not exist.
    pub fn unknown_access_key(&self) -> S3Error {
        unknown_access_key(&self.access_key_id)
    }

    /// The error for a signature that is wrong.
    pub fn mismatch(&self) -> S3Error {
        signature_mismatch(&self.access_key_id, &self.string_to_sign, &self.signature)
    }
}

impl fmt::Debug for Signed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Signed").field("access_key_id", &self.access_key_id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;

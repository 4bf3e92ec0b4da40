//! Uploads from HTML forms: what the fields of a form say.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html>. [`multipart`] reads the
//! fields from the body; the fields are checked by the form's own policy
//! ([`post_policy`](crate::operations::post_policy)), and then mean what the headers of a PutObject
//! mean. Anybody may send a form, and each field may repeat the name of the file many times. So the
//! length of the result is checked before the fields are expanded.

pub mod multipart;

use crate::errors::{ErrorCode, Result, S3Error};
use crate::identity::sigv4::credential_scope::Credential;
use crate::identity::sigv4::string_to_sign::ALGORITHM;
use crate::object::tagging::{TagSet, Tagged};
use crate::request::headers::{Headers, is_token};
use crate::request::lookup::Order;
use crate::timestamp;
use crate::xml;
use std::borrow::Cow;

/// The limit of all fields before the file, as sent, and again after `${filename}` is replaced:
/// bytes of their names and values. The name of the file has the same limit.
pub const FIELDS_LENGTH_MAX: usize = 20 << 10;

/// Stands in a field for the name of the file.
const FILE_NAME: &str = "${filename}";

/// The fields of a form, in the order sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Form {
    /// Names in lower case, and values with `${filename}` replaced.
    fields: Vec<(String, String)>,
    order: Order,
    file_name: String,
}

impl std::fmt::Debug for Form {
    /// Values are not shown: they include a signature.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_list().entries(self.fields.iter().map(|(name, _)| name)).finish()
    }
}

impl Form {
    /// The fields before the file as sent, and the name that the client gives to the file; where it
    /// has a path, only the last part counts. It replaces every `${filename}`.
    /// `MaxPostPreDataLengthExceededError` beyond [`FIELDS_LENGTH_MAX`].
    pub fn expand(mut fields: Vec<(String, String)>, file_name: &str) -> Result<Form> {
        let file_name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
        for (name, _) in &mut fields {
            name.make_ascii_lowercase();
        }
        // Fields that are signed, or that sign, must stay as they are.
        let is_expanded = |name: &str| !matches!(name, "policy" | "signature") && !is_authentication(name);
        let length = |(name, value): &(String, String)| {
            let occurrences = if is_expanded(name) { value.matches(FILE_NAME).count() } else { 0 };
            let left = value.len().saturating_sub(occurrences.saturating_mul(FILE_NAME.len()));
            let added = occurrences.saturating_mul(file_name.len());
            name.len().saturating_add(left).saturating_add(added)
        };
        let total = fields.iter().map(length).fold(0, usize::saturating_add);
        if total.max(file_name.len()) > FIELDS_LENGTH_MAX {
            return Err(too_large());
        }
        for (name, value) in &mut fields {
            if is_expanded(name) && value.contains(FILE_NAME) {
                *value = value.replace(FILE_NAME, file_name);
            }
        }
        Ok(Form::new(fields, file_name))
    }

    /// A form that was expanded before: what [`Form::into_fields`] gave.
    pub fn new(mut fields: Vec<(String, String)>, file_name: &str) -> Form {
        for (name, _) in &mut fields {
            name.make_ascii_lowercase();
        }
        let name = |at: usize| fields.get(at).map_or("", |(name, _): &(String, String)| name.as_str());
        let order = Order::of(fields.len(), name);
        Form { fields, order, file_name: file_name.to_owned() }
    }

    /// The fields and the name of the file, for [`Form::new`].
    pub fn into_fields(self) -> (Vec<(String, String)>, String) {
        (self.fields, self.file_name)
    }

    /// The first value of a field by its lower-case name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.all(name).next()
    }

    /// Every value of a field.
    pub fn all<'a>(&'a self, name: &str) -> impl Iterator<Item = &'a str> {
        let name_at = |at: usize| self.fields.get(at).map_or("", |(name, _)| name.as_str());
        let (found, scanned) = match self.order.find(name, name_at) {
            None => (&[][..], self.fields.as_slice()),
            Some(found) => (found, &[][..]),
        };
        let found = found.iter().filter_map(|at| self.fields.get(*at as usize));
        found.chain(scanned.iter().filter(move |(own, _)| own == name)).map(|(_, value)| value.as_str())
    }

    /// Every field, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The name of the file, without a path.
    pub fn file_name(&self) -> &str {
        &self.file_name
    }

    /// The key of the object. `InvalidArgument` when the form has none, `KeyTooLongError` and
    /// `InvalidURI` as for other requests.
    pub fn key(&self) -> Result<&str> {
        let key = self.get("key").filter(|key| !key.is_empty()).ok_or_else(|| missing("key"))?;
        crate::object::key::check(key)?;
        Ok(key)
    }

    /// The fields that mean what a header of PutObject means, as such headers.
    /// `MalformedPOSTRequest` for a name or a value that no header could have; `MalformedXML` and
    /// `InvalidTag` for wrong tags.
    pub fn headers(&self) -> Result<Headers> {
        let mut pairs: Vec<(&str, Cow<'_, str>)> = Vec::new();
        for (name, value) in self.iter() {
            match name {
                "acl" => pairs.push(("x-amz-acl", Cow::Borrowed(value))),
                "tagging" => pairs.push(("x-amz-tagging", Cow::Owned(tagging_header(value)?))),
                _ if is_header(name) => pairs.push((name, Cow::Borrowed(value))),
                _ => {}
            }
        }
        // Such a name would be stored, and could never be sent in a response.
        if !pairs.iter().all(|(name, value)| is_token(name) && !value.chars().any(char::is_control)) {
            return Err(ErrorCode::MalformedPOSTRequest.into());
        }
        Ok(Headers::from_iter(pairs.iter().map(|(name, value)| (*name, &**value))))
    }

    /// The headers of the PutObject that the form stands for: those of the request that are about
    /// the request itself, which conditions of policies may compare, and [`Form::headers`].
    pub fn over(&self, sent: &Headers) -> Result<Headers> {
        const KEPT: [&str; 5] = ["host", "origin", "referer", "user-agent", "x-amz-expected-bucket-owner"];
        let own = self.headers()?;
        let kept = sent.iter().filter(|(name, _)| KEPT.contains(name));
        Ok(kept.chain(own.iter()).collect())
    }

    /// The response when the object is stored.
    pub fn success(&self) -> Success<'_> {
        let redirect = self.get("success_action_redirect").or_else(|| self.get("redirect"));
        // S3 ignores a text that is not a URL.
        if let Some(url) = redirect.filter(|url| is_url(url)) {
            return Success::Redirect(url);
        }
        match self.get("success_action_status") {
            Some("200") => Success::Empty(200),
            Some("201") => Success::Document,
            _ => Success::Empty(204),
        }
    }

    /// How the form is signed; `None` where it is not. `InvalidArgument` for a field that is
    /// missing or wrong.
    pub fn authorization(&self) -> Result<Option<Authorization<'_>>> {
        let has = |name: &&str| self.get(name).is_some();
        if ["x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature"].iter().any(has) {
            return self.signature_v4().map(Some);
        }
        if ["awsaccesskeyid", "signature"].iter().any(has) {
            let required = |name| self.get(name).ok_or_else(|| missing(name));
            return Ok(Some(Authorization::V2 {
                access_key_id: self.get("awsaccesskeyid").ok_or_else(|| missing("AWSAccessKeyId"))?,
                signature: required("signature")?,
                policy: required("policy")?,
                session_token: self.get("x-amz-security-token"),
            }));
        }
        // A policy without a signature.
        if has(&"policy") {
            return Err(missing("x-amz-algorithm"));
        }
        Ok(None)
    }

    fn signature_v4(&self) -> Result<Authorization<'_>> {
        let required = |name| self.get(name).ok_or_else(|| missing(name));
        let policy = required("policy")?;
        let algorithm = required("x-amz-algorithm")?;
        let credential = required("x-amz-credential")?;
        let date = required("x-amz-date")?;
        let signature = required("x-amz-signature")?;
        if algorithm != ALGORITHM {
            let message = "Only AWS4-HMAC-SHA256 is supported";
            return Err(S3Error::invalid_argument("x-amz-algorithm", algorithm, message));
        }
        let signed_ms = timestamp::parse_amz_date(date).ok_or_else(|| {
            let message = "X-Amz-Date must be formatted via ISO8601 Long format";
            S3Error::invalid_argument("x-amz-date", date, message)
        })?;
        let parsed = Credential::parse(Cow::Borrowed(credential))
            .map_err(|error| S3Error::invalid_argument("x-amz-credential", credential, error.to_string()))?;
        if !date.starts_with(parsed.date()) {
            let message = "The date of the credential is not that of x-amz-date.";
            return Err(S3Error::invalid_argument("x-amz-credential", credential, message));
        }
        let session_token = self.get("x-amz-security-token");
        Ok(Authorization::V4 { credential: parsed, signed_ms, signature, policy, session_token })
    }
}

/// How a form is signed. What is signed is its policy, as it stands in the form.
#[derive(Clone, PartialEq, Eq)]
pub enum Authorization<'a> {
    /// Signature Version 4.
    V4 {
        /// The access key, and the scope.
        credential: Credential<'a>,
        /// When, in milliseconds since 1970.
        signed_ms: u64,
        /// Of the policy: 64 hexadecimal digits.
        signature: &'a str,
        /// The string to sign.
        policy: &'a str,
        /// Of temporary credentials.
        session_token: Option<&'a str>,
    },
    /// Signature Version 2: HMAC-SHA1 of the policy, in base64.
    V2 {
        /// Who signed.
        access_key_id: &'a str,
        /// Of the policy.
        signature: &'a str,
        /// The string to sign.
        policy: &'a str,
        /// Of temporary credentials.
        session_token: Option<&'a str>,
    },
}

impl std::fmt::Debug for Authorization<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Authorization::V4 { credential, .. } => write!(formatter, "V4({credential:?})"),
            Authorization::V2 { access_key_id, .. } => write!(formatter, "V2({access_key_id:?})"),
        }
    }
}

/// The response to an upload that succeeded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Success<'a> {
    /// This status, without a body: 200 or 204.
    Empty(u16),
    /// 201, with [`document`].
    Document,
    /// 303, to [`redirect`] of this URL.
    Redirect(&'a str),
}

/// The document of a 201. `location` is the URL of the object.
pub fn document(location: &str, bucket: &str, key: &str, etag: &str) -> String {
    let mut out = String::with_capacity(256);
    out.push_str(xml::DECLARATION);
    out.push_str("<PostResponse>");
    for (name, text) in [("Location", location), ("Bucket", bucket), ("Key", key), ("ETag", etag)] {
        xml::push_element(&mut out, name, text);
    }
    out.push_str("</PostResponse>");
    out
}

/// Where a 303 leads: the URL with bucket, key and ETag (with its quotes) as parameters.
pub fn redirect(url: &str, bucket: &str, key: &str, etag: &str) -> String {
    let (before, fragment) = url.split_at(url.find('#').unwrap_or(url.len()));
    let mut out = String::with_capacity(url.len() + 256);
    push_url(&mut out, before);
    let mut separator = if before.contains('?') { '&' } else { '?' };
    for (name, value) in [("bucket", bucket), ("key", key), ("etag", etag)] {
        out.push(separator);
        out.push_str(name);
        out.push('=');
        push_component(&mut out, value);
        separator = '&';
    }
    push_url(&mut out, fragment);
    out
}

/// Appends a URL as it may stand in a header: what is not ASCII is escaped.
fn push_url(out: &mut String, url: &str) {
    for character in url.chars() {
        match character.is_ascii() {
            true => out.push(character),
            false => crate::request::url_encoding::push_path(out, character.encode_utf8(&mut [0; 4])),
        }
    }
}

/// Appends a text as the part of a URL between two delimiters: `/` is escaped, too.
fn push_component(out: &mut String, text: &str) {
    for (at, part) in text.split('/').enumerate() {
        if at > 0 {
            out.push_str("%2F");
        }
        crate::request::url_encoding::push_path(out, part);
    }
}

/// `MaxPostPreDataLengthExceededError`.
pub fn too_large() -> S3Error {
    S3Error::new(ErrorCode::MaxPostPreDataLengthExceededError)
        .detail("MaxPostPreDataLengthExceeded", FIELDS_LENGTH_MAX.to_string())
}

/// `InvalidArgument` for a field that the form needs.
fn missing(name: &'static str) -> S3Error {
    let message = format!(
        "Bucket POST must contain a field named '{name}'.  If it is specified, please check the order of the fields."
    );
    S3Error::invalid_argument(name, "", message)
}

/// Whether a field is part of the authentication.
fn is_authentication(name: &str) -> bool {
    matches!(
        name,
        "awsaccesskeyid"
            | "x-amz-algorithm"
            | "x-amz-credential"
            | "x-amz-date"
            | "x-amz-security-token"
            | "x-amz-signature"
    )
}

/// Whether a field means what the header of the same name means. Other headers, such as
/// `x-amz-copy-source`, would make it another operation.
fn is_header(name: &str) -> bool {
    const NAMES: [&str; 10] = [
        "cache-control",
        "content-disposition",
        "content-encoding",
        "content-language",
        "content-md5",
        "content-type",
        "expires",
        "x-amz-sdk-checksum-algorithm",
        "x-amz-storage-class",
        "x-amz-website-redirect-location",
    ];
    const PREFIXES: [&str; 4] =
        ["x-amz-checksum-", "x-amz-meta-", "x-amz-object-lock-", "x-amz-server-side-encryption"];
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

/// The field `tagging` is a document; the header is not.
fn tagging_header(document: &str) -> Result<String> {
    let tags = TagSet::parse_document(document.as_bytes(), Tagged::Object)?;
    let mut out = String::new();
    for (key, value) in &tags.tags {
        if !out.is_empty() {
            out.push('&');
        }
        push_component(&mut out, key);
        out.push('=');
        push_component(&mut out, value);
    }
    Ok(out)
}

/// Whether a browser can be sent there. The text must not contain anything that ends a header.
fn is_url(text: &str) -> bool {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    rest.is_some_and(|rest| {
        !rest.is_empty() && !rest.starts_with('/') && !text.chars().any(|own| own.is_control() || own == ' ')
    })
}

#[cfg(test)]
mod tests;

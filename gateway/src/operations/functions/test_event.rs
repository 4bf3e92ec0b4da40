//! Test events of Invoke: what a function is called with, and the document of its answer.
//!
//! Functions here transform objects, so an event says what object it is, in words of its own. Those
//! of AWS's events for Object Lambda are taken as well, as far as they say the same: they have an
//! URL where the bytes are, and here the bytes stand in the event.
//! <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-event-context.html>

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::de::{Deserializer, IgnoredAny};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::invalid;
use crate::errors::{ErrorCode, Result, S3Error};
use crate::request::query::Query;

/// Bytes of an event, as of those of Lambda.
pub const EVENT_BYTES_MAX: u64 = 6 << 20;
/// Bytes of the body of an answer. In base64 they are shorter than an answer of Lambda may be.
pub const BODY_BYTES_MAX: u64 = 4 << 20;
/// Quotation marks of an event: a page of a listing has 16 for each of a thousand keys.
const QUOTES_MAX: usize = 40_000;
/// What an event is about where it does not say it.
const BUCKET: &str = "amzn-s3-demo-bucket";
const KEY: &str = "test.txt";

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TestEntry {
    /// `get`, or `get-stream`.
    Get,
    /// `put`, or `put-stream`.
    Put,
    /// `head`
    Head,
    /// `list-page`
    ListPage,
}

/// Who reads the object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TestCaller {
    /// Who sends the event.
    Invoker,
    /// Nobody who is known.
    Anonymous,
    /// Somebody else. Nothing is decided on that: a function that is tested reads no other objects.
    Other(CallerInput),
}

/// Somebody, as an event says it.
#[derive(Clone, Default, PartialEq, Eq, Debug, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct CallerInput {
    /// 12 digits.
    pub account: String,
    /// The ARN.
    pub arn: String,
    /// `AIDA...`
    pub user_id: String,
    /// Tags of the session.
    pub session_tags: BTreeMap<String, String>,
}

/// A page of a listing.
#[derive(Clone, Default, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct TestPage {
    /// The keys.
    pub entries: Vec<TestPageEntry>,
    /// The common prefixes.
    pub common_prefixes: Vec<String>,
}

/// One key of a page.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct TestPageEntry {
    /// The key.
    pub key: String,
    /// Bytes.
    #[serde(default)]
    pub size: u64,
    /// Without quotes.
    #[serde(default)]
    pub etag: String,
    /// In milliseconds since 1970.
    #[serde(default)]
    pub last_modified_ms: u64,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
struct EventDocument {
    entry: Option<String>,
    bucket: Option<String>,
    key: Option<String>,
    body: Option<String>,
    is_base64_encoded: bool,
    content_type: Option<String>,
    metadata: BTreeMap<String, String>,
    version_id: Option<String>,
    etag: Option<String>,
    last_modified_ms: Option<u64>,
    method: Option<String>,
    url: Option<String>,
    headers: BTreeMap<String, String>,
    query: BTreeMap<String, String>,
    payload: Option<String>,
    access_point_arn: Option<String>,
    range: Option<String>,
    part_number: Option<u32>,
    #[serde(deserialize_with = "said")]
    caller: Option<Option<CallerInput>>,
    page: Option<TestPage>,

    // What AWS's events have.
    get_object_context: Option<IgnoredAny>,
    head_object_context: Option<IgnoredAny>,
    list_objects_context: Option<IgnoredAny>,
    list_objects_v2_context: Option<IgnoredAny>,
    configuration: EventConfiguration,
    user_request: UserRequest,
    #[serde(rename = "userIdentity")]
    _user_identity: IgnoredAny,
    #[serde(rename = "protocolVersion")]
    _protocol_version: IgnoredAny,
    #[serde(rename = "xAmzRequestId")]
    _request_id: IgnoredAny,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct EventConfiguration {
    access_point_arn: Option<String>,
    payload: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct UserRequest {
    url: Option<String>,
    headers: BTreeMap<String, String>,
}

/// A member that is `null` says something else than one that is not there.
fn said<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> std::result::Result<Option<Option<T>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// What a function is called with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TestInput {
    /// What is called.
    pub entry: TestEntry,
    /// The bucket.
    pub bucket: String,
    /// The key; of a listing, the prefix.
    pub key: String,
    /// The bytes of the object.
    pub body: Vec<u8>,
    /// What kind of bytes these are.
    pub content_type: Option<String>,
    /// Without `x-amz-meta-`.
    pub metadata: Vec<(String, String)>,
    /// The version.
    pub version_id: Option<String>,
    /// Without quotes; none for that of the bytes.
    pub etag: Option<String>,
    /// In milliseconds since 1970; none for the time of the request.
    pub last_modified_ms: Option<u64>,
    /// The method of the request.
    pub method: String,
    /// Its URL.
    pub url: String,
    /// Its headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its parameters.
    pub query: Vec<(String, String)>,
    /// What an access point or a rule hands to the function.
    pub payload: String,
    /// The Object Lambda access point.
    pub access_point_arn: Option<String>,
    /// The range that is handed on.
    pub range: Option<String>,
    /// The number of the part that is handed on.
    pub part_number: Option<u32>,
    /// Who reads the object.
    pub caller: TestCaller,
    /// The page of a listing.
    pub page: TestPage,
}

impl TestInput {
    /// Reads an event; one without bytes is an empty object. `InvalidRequestContentException` for
    /// what is no event, `InvalidParameterValueException` for what one may not say.
    pub fn parse(event: &[u8]) -> Result<TestInput> {
        let refused =
            |message: String| S3Error::new(ErrorCode::InvalidRequestContentException).message(message);
        if memchr::memchr_iter(b'"', event).take(QUOTES_MAX + 1).count() > QUOTES_MAX {
            let message =
                format!("A test event has at most {QUOTES_MAX} quotation marks: give its body in base64.");
            return Err(refused(message));
        }
        let event = if event.is_empty() { b"{}".as_slice() } else { event };
        let document: EventDocument = serde_json::from_slice(event)
            .map_err(|error| refused(format!("Could not parse request body into json: {error}")))?;
        document.read()
    }
}

impl EventDocument {
    fn entry(&self) -> Result<TestEntry> {
        let entry = match self.entry.as_deref() {
            Some("get") => TestEntry::Get,
            Some("put") => TestEntry::Put,
            Some("head") => TestEntry::Head,
            Some("list-page") => TestEntry::ListPage,
            Some(_) => return Err(invalid("entry must be get, put, head or list-page.")),
            None if self.head_object_context.is_some() => TestEntry::Head,
            None if self.list_objects_context.is_some() || self.list_objects_v2_context.is_some() => {
                TestEntry::ListPage
            }
            None if self.get_object_context.is_some() && self.body.is_none() => {
                return Err(invalid(
                    "Nothing is fetched from inputS3Url: give the bytes of the object as body, in base64 with \
                     isBase64Encoded.",
                ));
            }
            None => TestEntry::Get,
        };
        match (entry, &self.page) {
            (TestEntry::ListPage, None) => {
                Err(invalid("A listing needs a page: {\"entries\":[{\"key\":\"a.txt\",\"size\":1}]}."))
            }
            _ => Ok(entry),
        }
    }

    fn read(self) -> Result<TestInput> {
        let entry = self.entry()?;
        let text = self.body.unwrap_or_default();
        let body = match self.is_base64_encoded {
            true => BASE64.decode(text).map_err(|_| invalid("body is not in base64."))?,
            false => text.into_bytes(),
        };
        let url = self.url.or(self.user_request.url);
        let (path, parameters) = url.as_deref().map_or(("", ""), |url| {
            let url = url.split_once("://").map_or(url, |(_, rest)| rest);
            let (path, query) = url.split_once('?').unwrap_or((url, ""));
            (path.split_once('/').map_or("", |(_, key)| key), query)
        });
        let mut query: Vec<(String, String)> = self.query.into_iter().collect();
        if query.is_empty() {
            let parsed = Query::parse(parameters)?;
            query = parsed.iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        }
        let is_page = entry == TestEntry::ListPage;
        let key = match self.key {
            Some(key) => key,
            None if is_page => String::new(),
            None if path.is_empty() => KEY.to_owned(),
            None => path.to_owned(),
        };
        let bucket = self.bucket.unwrap_or_else(|| BUCKET.to_owned());
        let headers = if self.headers.is_empty() { self.user_request.headers } else { self.headers };
        let usual = match entry {
            TestEntry::Get | TestEntry::ListPage => "GET",
            TestEntry::Put => "PUT",
            TestEntry::Head => "HEAD",
        };
        Ok(TestInput {
            entry,
            url: url.unwrap_or_else(|| format!("http://localhost/{bucket}/{key}")),
            method: self.method.unwrap_or_else(|| usual.to_owned()),
            headers: headers.into_iter().map(|(name, value)| (name.to_ascii_lowercase(), value)).collect(),
            query,
            bucket,
            key,
            body,
            content_type: self.content_type,
            metadata: self.metadata.into_iter().collect(),
            version_id: self.version_id,
            etag: self.etag,
            last_modified_ms: self.last_modified_ms,
            payload: self.payload.or(self.configuration.payload).unwrap_or_default(),
            access_point_arn: self.access_point_arn.or(self.configuration.access_point_arn),
            range: self.range,
            part_number: self.part_number,
            caller: match self.caller {
                None => TestCaller::Invoker,
                Some(None) => TestCaller::Anonymous,
                Some(Some(other)) => TestCaller::Other(other),
            },
            page: self.page.unwrap_or_default(),
        })
    }
}

/// What a function answered.
#[derive(Clone, Copy, Debug)]
pub struct TestReply<'a> {
    /// The status.
    pub status: u16,
    /// `name: value\n` lines.
    pub headers: &'a str,
    /// Without `x-amz-meta-`; none leaves the object's.
    pub metadata: Option<&'a [(String, String)]>,
    /// The bytes; none for a head.
    pub body: Option<&'a [u8]>,
    /// Bytes that GET would return, of a head.
    pub size: Option<u64>,
}

impl TestReply<'_> {
    /// The document. A body that is plain text is one, every other is in base64.
    pub fn document(&self) -> Value {
        let fields = |fields: &mut dyn Iterator<Item = (&str, &str)>| -> Value {
            fields
                .map(|(name, value)| (name.to_owned(), Value::from(value)))
                .collect::<serde_json::Map<_, _>>()
                .into()
        };
        let mut lines = self.headers.lines().filter_map(|line| line.split_once(": "));
        let mut document = serde_json::Map::new();
        let mut say = |name: &str, value: Value| drop(document.insert(name.to_owned(), value));
        say("statusCode", self.status.into());
        say("headers", fields(&mut lines));
        if let Some(metadata) = self.metadata {
            let mut metadata = metadata.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            say("metadata", fields(&mut metadata));
        }
        if let Some(body) = self.body {
            let is_plain =
                |text: &&str| !text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'));
            let text = str::from_utf8(body).ok().filter(is_plain);
            say("isBase64Encoded", text.is_none().into());
            say("body", text.map_or_else(|| BASE64.encode(body), str::to_owned).into());
        }
        if let Some(size) = self.size {
            say("size", size.into());
        }
        document.into()
    }
}

/// The document of a page.
pub fn page_document(page: &TestPage) -> Value {
    json!({ "statusCode": 200, "page": page })
}

/// The document of an error that a function returned for the client.
pub fn refused_document(status: u16, code: &str, message: &str) -> Value {
    json!({ "statusCode": status, "errorCode": code, "errorMessage": message })
}

/// The document of a call that made nothing.
pub fn failed_document(kind: &str, words: &str) -> Value {
    json!({ "errorType": kind, "errorMessage": words })
}

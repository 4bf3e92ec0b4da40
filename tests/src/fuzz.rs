//! The entry points that fuzz targets and the mutation loop share: each takes any bytes and must
//! return, at a cost that grows with them and no faster.
//!
//! `tests/fuzz` runs them under cargo-fuzz, `it/fuzz_smoke.rs` for a few seconds with every test
//! run. A panic is a failure there, and so is more memory or time than a target may take for a
//! byte; what a parser makes of the bytes is judged where it is cheap to: reading twice gives the
//! same answer. [`shapes`] are inputs that grow.

pub mod shapes;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use gateway::bucket::acl::RequestedAcl;
use gateway::bucket::cors::{self, ResourceType, row};
use gateway::bucket::encryption::BucketEncryption;
use gateway::identity::sigv2;
use gateway::identity::sigv4;
use gateway::identity::web_identity::{Keys, TOKEN_LENGTH_MAX, Token, provider};
use gateway::object::checksum::RequestChecksum;
use gateway::object::metadata::{SystemHeaders, user_metadata, website_redirect};
use gateway::object::tagging::{TagSet, Tagged};
use gateway::operations::addressing::Domains;
use gateway::operations::form::multipart;
use gateway::operations::post_policy::PostPolicy;
use gateway::operations::{RequestHead, complete_multipart_upload, resolve};
use gateway::policy::{self, ContextEntries, Kind, Policies, Policy, Principal, Source};
use gateway::request::headers::{Headers, with_presigned};
use gateway::request::query::Query;
use gateway::xml::Element;

use crate::cost;

/// A target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Also the folder of its corpus.
    pub name: &'static str,
    /// Takes any bytes.
    pub entry: fn(&[u8]),
    /// Bytes that it may ask for, and hold, for each byte of its input.
    pub allocated_per_byte: u64,
    /// Nanoseconds that it may take for each.
    pub nanoseconds_per_byte: u64,
}

/// What a target may ask for beside that: buffers that have a size of their own.
const ALLOCATED_AT_LEAST: u64 = 256 << 10;
/// Time that it may take beside that.
const TIME_AT_LEAST: Duration = Duration::from_millis(5);
/// How much slower instrumented code may be.
const INSTRUMENTED: u32 = 50;
/// How often an input is tried again that took too long. Other programs run as well.
const TRIES: usize = 8;

const fn target(name: &'static str, entry: fn(&[u8]), allocated: u64, nanoseconds: u64) -> Target {
    Target { name, entry, allocated_per_byte: allocated, nanoseconds_per_byte: nanoseconds }
}

/// Every target that needs no server.
pub const TARGETS: [Target; 13] = [
    target("request_head", request_head, 300, 1000),
    target("authorization_header", authorization_header, 300, 1000),
    target("sigv2_request", sigv2_request, 300, 1000),
    target("xml_body", xml_body, 600, 1000),
    target("request_documents", request_documents, 2000, 3000),
    target("query_string", query_string, 300, 1000),
    target("query_form", query_form, 300, 1000),
    target("upload_headers", upload_headers, 300, 1000),
    target("policy_document", policy_document, 12_000, 20_000),
    target("policy_lint", policy_lint, 500_000, 500_000),
    target("post_form", post_form, 600, 1000),
    target("web_identity", web_identity, 600, 2000),
    target("cors_document", cors_document, 2000, 4000),
];

/// Runs a target under instrumentation, and judges what it cost.
///
/// # Panics
/// As [`Target::judge`].
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name).expect("a target of this name");
    target.judge_slower(bytes, INSTRUMENTED);
}

impl Target {
    /// Runs the target, and judges what it cost.
    ///
    /// # Panics
    /// As the target does, and where it cost more than it may.
    pub fn judge(&self, bytes: &[u8]) {
        self.judge_slower(bytes, 1);
    }

    fn judge_slower(&self, bytes: &[u8], slower: u32) {
        let length = bytes.len() as u64;
        let cost = cost::of(|| (self.entry)(bytes));
        let allocated = ALLOCATED_AT_LEAST + self.allocated_per_byte * length;
        assert!(
            cost.allocated <= allocated,
            "{}: {} bytes asked for by {length} bytes, of {allocated} that may be",
            self.name,
            cost.allocated
        );
        let time = (TIME_AT_LEAST + Duration::from_nanos(self.nanoseconds_per_byte * length)) * slower;
        if cost.time > time {
            let least = cost::least(TRIES, || (self.entry)(bytes)).time;
            assert!(least <= time, "{}: {least:?} for {length} bytes, of {time:?} that may be", self.name);
        }
    }
}

/// `METHOD TARGET`, then `name: value` lines: is it resolved to an operation?
pub fn request_head(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (line, block) = text.split_once('\n').unwrap_or((text, ""));
    let (method, target) = line.split_once(' ').unwrap_or((line, "/"));
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let Ok(query) = Query::parse(query) else { return };
    let headers = Headers::parse(block.to_ascii_lowercase());
    let host = headers.get("host").unwrap_or("127.0.0.1").to_string();
    let has_header = |name: &str| headers.get(name).is_some();
    let head = RequestHead { method, path, query: &query, host: &host, has_header: &has_header };
    let domains = Domains::new(["s3.example.com"]);
    let once = resolve(&head, &domains).ok();
    assert_eq!(once, resolve(&head, &domains).ok());
}

/// `name: value` lines with an `authorization` among them, or a presigned query: who signed what?
pub fn authorization_header(bytes: &[u8]) {
    let Some((query, headers)) = query_and_headers(bytes) else { return };
    // 2013-05-24, the day of Amazon's examples, which the corpus holds.
    let request = signed_request(query, &headers, 1_369_353_600_000);
    if let Ok(sigv4::Authentication::Signed(signed)) = sigv4::authenticate(&request) {
        let text = signed.string_to_sign(&"0".repeat(64));
        assert!(!text.is_empty() && !signed.access_key_id().is_empty());
        let _ = signed.mismatch(&text);
    }
}

/// The same for Signature Version 2.
pub fn sigv2_request(bytes: &[u8]) {
    let Some((query, headers)) = query_and_headers(bytes) else { return };
    // 2007-03-27, the day of the examples.
    let request = signed_request(query, &headers, 1_175_024_202_000);
    for bucket in [None, Some("photos")] {
        if let Some(Ok(signed)) = sigv2::authenticate(&request, || bucket) {
            assert!(signed.strings_to_sign().all(|text| text.starts_with("PUT\n")));
            let _ = signed.mismatch();
        }
    }
}

/// `?query` and a line's end, if it starts so, then header lines.
fn query_and_headers(bytes: &[u8]) -> Option<(&str, Headers)> {
    let text = std::str::from_utf8(bytes).ok()?;
    let (query, block) = match text.strip_prefix('?').and_then(|rest| rest.split_once('\n')) {
        Some((query, block)) => (query, block),
        None => ("", text),
    };
    Some((query, Headers::parse(block.to_string())))
}

fn signed_request<'a>(query: &'a str, headers: &'a Headers, received_ms: u64) -> sigv4::Request<'a> {
    sigv4::Request {
        method: "PUT",
        path: "/photos/cat.jpg",
        query,
        host: "127.0.0.1",
        headers,
        form_sha256: None,
        received_ms,
    }
}

/// What an upload says of the object, in its headers or in a presigned query.
pub fn upload_headers(bytes: &[u8]) {
    let Some((query, headers)) = query_and_headers(bytes) else { return };
    let Ok(query) = Query::parse(query) else { return };
    let Ok(headers) = with_presigned(headers, &query) else { return };
    if let Ok(metadata) = user_metadata(&headers) {
        assert!(metadata.iter().map(|(name, value)| name.len() + value.len()).sum::<usize>() <= 2048);
    }
    if let Ok(system) = SystemHeaders::parse(&headers) {
        let values = [
            system.content_type,
            system.content_encoding,
            system.content_disposition,
            system.content_language,
            system.cache_control,
            system.expires,
        ];
        assert!(values.iter().flatten().map(String::len).sum::<usize>() <= 2048);
    }
    let tags = headers.get("x-amz-tagging").map(TagSet::parse_header);
    assert!(!tags.is_some_and(|tags| tags.is_ok_and(|tags| tags.tags.len() > 10)));
    let _ =
        (website_redirect(&headers), RequestChecksum::parse(&headers), RequestedAcl::of_headers(&headers));
}

/// A form of IAM or STS, whose lists are looked up member by member.
pub fn query_form(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(form) = Query::parse(text) else { return };
    let found = (1..=200).filter(|number| form.has(&format!("Tags.member.{number}.Key"))).count();
    assert!(found <= form.iter().count());
    let _ = (form.get("Action"), form.get_non_empty("Version"));
}

/// Any bytes as the document of each operation that takes one.
pub fn request_documents(bytes: &[u8]) {
    for tagged in [Tagged::Object, Tagged::Bucket] {
        if let Ok(tags) = TagSet::parse_document(bytes, tagged) {
            assert_eq!(TagSet::parse_document(tags.document().as_bytes(), tagged), Ok(tags));
        }
    }
    let query = Query::parse("uploadId=u").expect("a query");
    if let Ok(read) = complete_multipart_upload::Input::parse(&query, &Headers::default(), bytes) {
        assert!(!read.parts.is_empty() && read.parts.len() <= 10_000);
    }
    let _ = RequestedAcl::of_request(&Headers::default(), bytes);
    if let Ok(document) = Element::parse_named(bytes, "Delete") {
        let keys = document.children("Object").filter_map(|object| object.text_of("Key"));
        assert!(keys.count() <= document.children.len());
    }
}

/// A request document.
pub fn xml_body(bytes: &[u8]) {
    if let Ok(element) = Element::parse(bytes) {
        assert!(!element.name.is_empty());
    }
    if let Ok(read) = BucketEncryption::parse_document(bytes, false) {
        assert_eq!(BucketEncryption::parse_document(read.document().as_bytes(), true), Ok(read));
    }
}

/// What follows `?`.
pub fn query_string(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(query) = Query::parse(text) {
        for (name, _) in query.iter() {
            assert!(query.has(name));
        }
    }
}

/// A policy document, of every kind: read, asked, explained, looked at.
pub fn policy_document(bytes: &[u8]) {
    let context = ContextEntries::default()
        .with("aws:SourceIp", &["203.0.113.7"])
        .with("aws:username", &["alice"])
        .with("s3:prefix", &["a/"]);
    for kind in [Kind::Bucket("photos"), Kind::Identity, Kind::Trust, Kind::Endpoint, Kind::Key] {
        let Ok(policy) = Policy::parse_bytes(kind, bytes) else { continue };
        let source = Source { label: "fuzz", policy: &policy };
        let policies =
            Policies { owner: Some("111122223333"), resource: Some(source), ..Policies::default() };
        for (action, key) in [("s3:GetObject", Some("a/cat.jpg")), ("s3:ListBucket", None)] {
            let resource = policy::resource_arn("photos", key);
            let request = policy::Request::new(&Principal::ANONYMOUS, action, &resource, &context);
            let decision = policy::decide(&request, &policies);
            assert_eq!(decision, policy::explain(&request, &policies).decision);
            // To somebody without an account, what the only policy allows is allowed.
            assert!(decision.is_allowed() || !policy.evaluate(&request).is_allowed());
        }
        let _ = policy::is_public(&policy);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for place in policy::positions::statements(text) {
        assert!((place.start.line, place.start.column) < (place.end.line, place.end.column));
    }
    let document = |role| policy::Document { label: "fuzz".to_owned(), role, text: text.to_owned() };
    for role in [policy::Role::Identity, policy::Role::Resource] {
        let _ = policy::context_keys(&[document(role)]);
    }
}

/// What lint says of a policy of any kind: only to operators, for it compares each name that there
/// is not with all that there are.
pub fn policy_lint(bytes: &[u8]) {
    for kind in [Kind::Bucket("photos"), Kind::Identity, Kind::Trust, Kind::Endpoint, Kind::Key] {
        if let Ok(policy) = Policy::parse_bytes(kind, bytes) {
            let _ = policy::lint(&policy);
        }
    }
    // Whatever it is, there is something to say.
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for kind in [policy::kind_of(text), Kind::Bucket(""), Kind::Identity] {
        let _ = policy::lint_text(kind, text);
    }
}

/// The body of a form with the boundary `B`, and the policy in it.
pub fn post_form(bytes: &[u8]) {
    let read = |chunk_length: usize| {
        let mut reader = multipart::Reader::new("B");
        let mut passed = 0;
        for chunk in bytes.chunks(chunk_length) {
            if let Some(start) = reader.push(chunk)? {
                return Ok((reader.form()?, passed + start));
            }
            passed += chunk.len();
        }
        Err(reader.end())
    };
    let whole = read(bytes.len().max(1));
    // However the body arrives, it is the same form.
    assert_eq!(whole, read(7));
    let Ok((form, _)) = whole else { return };
    let _ = (form.key(), form.over(&Headers::default()), form.success(), form.authorization());
    let policy = form.get("policy").map(PostPolicy::parse);
    if let Some(Ok(policy)) = policy {
        let _ = (policy.check(&form, "photos", 1_577_836_800_000), policy.check_length(10));
    }
}

/// What a stranger shows, or a provider publishes: a token as it is sent, a payload of one, a set
/// of keys, a discovery document.
pub fn web_identity(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // {"alg":"ES256"}
    let payload = format!("eyJhbGciOiJFUzI1NiJ9.{}.AAAA", URL_SAFE_NO_PAD.encode(text));
    for token in [text, &payload] {
        let Ok(token) = Token::parse(token) else { continue };
        assert!(token.signed.len() <= TOKEN_LENGTH_MAX);
        let Ok(claims) = token.claims() else { continue };
        let client = claims.client(&["app".to_owned()]);
        assert!(client.is_err() || client == Ok("app"));
        let context = claims.context(provider::name(&claims.issuer), "app");
        assert!(context.iter().all(|(_, values)| !values.is_empty()));
        let _ = (claims.check_time(0), claims.check_time(u64::MAX));
    }
    let token = Token::parse(&payload).ok();
    if let (Ok(keys), Some(token)) = (Keys::parse(bytes), token) {
        assert!(keys.candidates(&token).len() <= 1, "a token without the id of its key is of the only one");
    }
    if let Ok(address) = provider::keys_address("https://idp.example.com", bytes) {
        assert!(address.starts_with("https://"));
    }
}

/// The document of PutBucketCors, and behind a zero byte the headers of requests that are held to
/// its rules. Any bytes are tried as a row, too.
pub fn cors_document(bytes: &[u8]) {
    if let Ok(configuration) = row::decode(bytes) {
        let again = row::encode(&configuration).and_then(|value| row::decode(&value));
        assert_eq!(again.as_ref(), Ok(&configuration));
    }
    let (document, block) = match bytes.iter().position(|byte| *byte == 0) {
        Some(at) => (&bytes[..at], String::from_utf8_lossy(&bytes[at + 1..]).into_owned()),
        None => (bytes, "origin: https://a\naccess-control-request-method: GET\n".to_owned()),
    };
    let Ok(configuration) = cors::Configuration::parse_document(document) else { return };
    assert_eq!(
        cors::Configuration::parse_document(configuration.document().as_bytes()).as_ref(),
        Ok(&configuration)
    );
    let stored = row::encode(&configuration).and_then(|value| row::decode(&value));
    assert_eq!(stored.as_ref(), Ok(&configuration));
    let headers = Headers::parse(block);
    let found = || Ok(cors::Found::Rules(configuration.clone()));
    let preflight = cors::preflight(&headers, ResourceType::Object, found).unwrap_or_default();
    let actual = cors::actual("GET", &headers, || Ok(Some(configuration.clone()))).unwrap_or_default();
    for line in preflight.lines().chain(actual.lines()) {
        // Nothing that a rule or a request says begins a header of its own.
        assert!(line.starts_with("access-control-") || line.starts_with("vary: Origin, "), "{line}");
    }
}

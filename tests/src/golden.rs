//! Files that hold exchanges: what goes to the server, and exactly what comes back.
//!
//! ```text
//! What the file shows, in a sentence.
//!
//! === setup
//! PUT /photos
//!
//! === request
//! GET /photos/cat.jpg?versionId={{version-1}}
//! @as: anonymous
//! range: bytes=0-3
//!
//! === response 206
//! content-length: 4
//! …
//!
//! cats
//! ```
//!
//! - `setup` is a request that must work; its response is not written down.
//! - Lines that start with `@` direct the test: `@as: main|alt|anonymous`, `@payload: unsigned`,
//!   `@body: repeat 5242880 a` for bodies too long to write down, `@lines: crlf` for bodies of
//!   forms.
//! - The line `=== response 404 NoSuchKey` is a promise made by hand: `BLESS=1` rewrites what
//!   stands below it, never the line.
//! - An XML body of a request is indented here, and sent as one line: lines are joined without the
//!   white space that they start with.
//! - Headers of a response are sorted. An XML body is broken into lines between its tags.
//! - What differs from run to run has a name in double braces. Version ids, upload ids and tokens
//!   are numbered in the order in which they first appear, and later requests may use them:
//!   `{{version-1}}`, `{{upload-1}}`, `{{access-key-1}}`.

use std::fmt::Write as _;

use crate::bodies;
use crate::http::{Request, Response};

/// What a file says, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    /// What the file shows: the text before the first exchange.
    pub story: String,
    /// One after the other, on one server.
    pub exchanges: Vec<Exchange>,
}

/// A request and its response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Exchange {
    /// The text of the request block, placeholders included.
    pub request: String,
    /// `None` for a setup step.
    pub promise: Option<Promise>,
    /// The text of the response block below its first line.
    pub response: String,
}

/// The line `=== response 404 NoSuchKey`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// `404`
    pub status: u16,
    /// The code of the error document; empty for a response that has none.
    pub code: String,
}

/// On whose behalf a request of the file is sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sender {
    /// The user that owns the buckets.
    #[default]
    Main,
    /// A user of another account.
    Alt,
    /// Nobody.
    Anonymous,
}

/// A request block, ready to be sent.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// Without `Host` and signature.
    pub request: Request,
    /// Who sends it.
    pub sender: Sender,
    /// Whether the body's SHA-256 is left out of the signature.
    pub unsigned_payload: bool,
}

impl File {
    /// Reads a file.
    ///
    /// # Errors
    /// What is wrong, for the person who wrote it.
    pub fn parse(text: &str) -> Result<File, String> {
        let mut blocks = text.split("\n=== ");
        let story = blocks.next().unwrap_or_default().trim().to_string();
        let mut exchanges: Vec<Exchange> = Vec::new();
        for block in blocks {
            let (title, body) = block.split_once('\n').unwrap_or((block, ""));
            let body = body.trim_end_matches('\n').to_string();
            let mut words = title.split_whitespace();
            match words.next() {
                Some("setup" | "request") => {
                    exchanges.push(Exchange { request: body, ..Exchange::default() })
                }
                Some("response") => {
                    let status =
                        words.next().and_then(|word| word.parse().ok()).ok_or("a response has a status")?;
                    let code = words.next().unwrap_or_default().to_string();
                    let exchange = exchanges.last_mut().filter(|exchange| exchange.promise.is_none());
                    let exchange = exchange.ok_or("a response follows its request")?;
                    exchange.promise = Some(Promise { status, code });
                    exchange.response = body;
                }
                other => return Err(format!("no such block: {other:?}")),
            }
        }
        Ok(File { story, exchanges })
    }

    /// The file as it is written.
    pub fn render(&self) -> String {
        let mut text = format!("{}\n", self.story);
        for exchange in &self.exchanges {
            let title = if exchange.promise.is_some() { "request" } else { "setup" };
            let _written = write!(text, "\n=== {title}\n{}\n", exchange.request);
            if let Some(promise) = &exchange.promise {
                let line = format!("{} {}", promise.status, promise.code);
                let _written = write!(text, "\n=== response {}\n{}\n", line.trim_end(), exchange.response);
            }
        }
        text
    }
}

/// Reads a request block whose placeholders are filled in.
///
/// # Errors
/// What is wrong with it.
pub fn prepare(block: &str) -> Result<Prepared, String> {
    let (head, body) = block.split_once("\n\n").unwrap_or((block, ""));
    let mut lines = head.lines();
    let (method, target) =
        lines.next().and_then(|line| line.split_once(' ')).ok_or("a request starts with its line")?;
    let mut prepared = Prepared { request: Request::new(method, target), ..Prepared::default() };
    let body = if body.starts_with('<') { as_sent(body) } else { body.to_string() };
    prepared.request.body = body.clone().into_bytes();
    for line in lines {
        let (name, value) = line.split_once(':').ok_or_else(|| format!("no header: {line}"))?;
        let value = value.trim();
        match name {
            "@as" => prepared.sender = sender(value)?,
            "@payload" => prepared.unsigned_payload = value == "unsigned",
            "@lines" if value == "crlf" => prepared.request.body = body.replace('\n', "\r\n").into_bytes(),
            "@body" => prepared.request.body = generated(value)?,
            _ => prepared.request.headers.push((name.into(), value.into())),
        }
    }
    Ok(prepared)
}

/// A document without the indentation that it has for readers. Lengths, digests and signatures are
/// those of the document that is sent.
fn as_sent(document: &str) -> String {
    document.lines().map(str::trim_start).collect()
}

fn sender(name: &str) -> Result<Sender, String> {
    match name {
        "main" => Ok(Sender::Main),
        "alt" => Ok(Sender::Alt),
        "anonymous" => Ok(Sender::Anonymous),
        other => Err(format!("nobody is called {other}")),
    }
}

/// `repeat 5242880 a`
fn generated(text: &str) -> Result<Vec<u8>, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words.as_slice() {
        ["repeat", count, pattern] => {
            let count = count.parse().map_err(|_| format!("no count: {count}"))?;
            Ok(pattern.bytes().cycle().take(count).collect())
        }
        _ => Err(format!("no such body: {text}")),
    }
}

/// The names of values that differ from run to run, gathered while a file is played.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// Value and name: (`3sL4…`, `version-1`).
    known: Vec<(String, String)>,
}

/// Headers whose value says nothing that a test could know.
const VOLATILE_HEADERS: [(&str, &str); 5] = [
    ("date", "{{date}}"),
    ("last-modified", "{{date}}"),
    ("x-amz-request-id", "{{request-id}}"),
    ("x-amz-id-2", "{{host-id}}"),
    ("x-amzn-requestid", "{{request-id}}"),
];

/// Elements whose text says nothing that a test could know.
const VOLATILE_ELEMENTS: [(&str, &str); 18] = [
    ("LastModified", "{{time}}"),
    ("CreationDate", "{{time}}"),
    ("Initiated", "{{time}}"),
    ("ServerTime", "{{time}}"),
    ("RequestTime", "{{time}}"),
    ("RequestId", "{{request-id}}"),
    ("HostId", "{{host-id}}"),
    ("StringToSign", "{{string-to-sign}}"),
    ("StringToSignBytes", "{{string-to-sign}}"),
    ("CanonicalRequest", "{{canonical-request}}"),
    ("CanonicalRequestBytes", "{{canonical-request}}"),
    ("SignatureProvided", "{{signature}}"),
    ("AWSAccessKeyId", "{{access-key-id}}"),
    ("CreateDate", "{{time}}"),
    ("UpdateDate", "{{time}}"),
    ("Expiration", "{{time}}"),
    ("SecretAccessKey", "{{secret}}"),
    ("SessionToken", "{{session-token}}"),
];

/// Elements whose text is opaque, and numbered under a name.
const OPAQUE_ELEMENTS: [(&str, &str); 14] = [
    ("VersionId", "version"),
    ("DeleteMarkerVersionId", "version"),
    ("NextVersionIdMarker", "version"),
    ("UploadId", "upload"),
    ("NextUploadIdMarker", "upload"),
    ("NextContinuationToken", "token"),
    ("ContinuationToken", "token"),
    ("UserId", "user"),
    ("GroupId", "group"),
    ("RoleId", "role"),
    ("PolicyId", "policy"),
    ("AccessKeyId", "access-key"),
    ("Alias", "alias"),
    ("NextToken", "token"),
];

impl Names {
    /// Starts with a value that is known from outside, such as the server's address.
    #[must_use]
    pub fn with(mut self, value: &str, name: &str) -> Names {
        self.known.push((value.into(), name.into()));
        self
    }

    /// The text with every `{{name}}` replaced by its value.
    pub fn fill(&self, text: &str) -> String {
        let mut filled = text.to_string();
        for (value, name) in &self.known {
            filled = filled.replace(&format!("{{{{{name}}}}}"), value);
        }
        filled
    }

    /// The response as it stands in a file.
    pub fn describe(&mut self, response: &Response) -> String {
        self.learn(response);
        let mut headers: Vec<String> =
            response.headers.iter().map(|(name, value)| header(name, value)).collect();
        let body = body(response);
        if body.starts_with("<?xml") {
            // Its length follows from the body, but for the placeholders in it.
            headers.retain(|line| !line.starts_with("content-length:"));
        }
        headers.sort();
        let mut text = headers.join("\n");
        if !body.is_empty() {
            let _written = write!(text, "\n\n{body}");
        }
        for (value, name) in &self.known {
            text = text.replace(value.as_str(), &format!("{{{{{name}}}}}"));
        }
        text.trim_end_matches('\n').to_string()
    }

    /// Numbers the opaque values of a response.
    pub fn learn(&mut self, response: &Response) {
        if let Some(version) = response.header("x-amz-version-id") {
            self.number(version, "version");
        }
        let text = response.text();
        // The ETag of what is sealed under a data key is drawn at random.
        if is_sealed(response) {
            let etags = texts_of(&text, "ETag").into_iter().map(|etag| etag.replace("&quot;", ""));
            let in_header = response.header("etag").map(|etag| etag.replace('"', ""));
            in_header.into_iter().chain(etags).for_each(|etag| self.number(&etag, "etag"));
        }
        if text.starts_with("<?xml") {
            for (element, kind) in OPAQUE_ELEMENTS {
                for value in texts_of(&text, element) {
                    // The alias of an Object Lambda access point has a status beside it.
                    let inner = texts_of(&value, "Value").pop();
                    self.number(&inner.unwrap_or(value), kind);
                }
            }
        }
    }

    fn number(&mut self, value: &str, kind: &str) {
        if !is_plain(value) && !self.known.iter().any(|(known, _)| known == value) {
            let count = self.known.iter().filter(|(_, name)| name.starts_with(&format!("{kind}-"))).count();
            self.known.push((value.to_string(), format!("{kind}-{}", count + 1)));
        }
    }
}

/// Whether an answer is about something that is sealed under a data key.
fn is_sealed(response: &Response) -> bool {
    response.header("x-amz-server-side-encryption-customer-algorithm").is_some()
        || response.header("x-amz-server-side-encryption") == Some("aws:kms")
        // S3 does not repeat it at the end of an upload.
        || (response.header("x-amz-server-side-encryption").is_none()
            && response.text().contains("<CompleteMultipartUploadResult"))
}

/// What stands where opaque values do, and is none: `null`, the version `v1` of a policy, the
/// digits of an account.
fn is_plain(value: &str) -> bool {
    value == "null" || value.trim_start_matches('v').bytes().all(|byte| byte.is_ascii_digit())
}

fn header(name: &str, value: &str) -> String {
    match VOLATILE_HEADERS.iter().find(|(volatile, _)| *volatile == name) {
        Some((_, placeholder)) => format!("{name}: {placeholder}"),
        None => format!("{name}: {value}"),
    }
}

/// The body as text that fits into a file.
fn body(response: &Response) -> String {
    let text = match std::str::from_utf8(&response.body) {
        Ok(text) if text.len() <= 64 * 1024 => text.to_string(),
        _ => {
            return format!("{{{{{} bytes, md5 {}}}}}", response.body.len(), bodies::md5_hex(&response.body));
        }
    };
    if !text.starts_with("<?xml") {
        return if text.len() <= 4096 {
            text
        } else {
            format!("{{{{{} bytes, md5 {}}}}}", text.len(), bodies::md5_hex(text.as_bytes()))
        };
    }
    let mut text = text;
    for (element, placeholder) in VOLATILE_ELEMENTS {
        for value in texts_of(&text, element) {
            let was = format!("<{element}>{value}</{element}>");
            text = text.replace(&was, &format!("<{element}>{placeholder}</{element}>"));
        }
    }
    text.replace("><", ">\n<")
}

/// The text of every element of this name.
fn texts_of(document: &str, element: &str) -> Vec<String> {
    let (open, close) = (format!("<{element}>"), format!("</{element}>"));
    let pieces = document.split(open.as_str()).skip(1);
    pieces.filter_map(|piece| piece.split_once(close.as_str()).map(|(text, _)| text.to_string())).collect()
}

#[cfg(test)]
mod tests;

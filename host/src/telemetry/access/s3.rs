//! Lines in the format of the server access logs of S3: 27 fields with a blank in between, `-` for
//! what is not known (<https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html>).
//!
//! The programs that read this format split at blanks, and take what is in brackets or in double
//! quotes as one field. So no field has a blank or a double quote of a client's: they are
//! percent-encoded, as control characters and whatever is not ASCII.

use http::Version;
use http::header::{CONTENT_LENGTH, CONTENT_RANGE};

use super::line::{AccessLine, AnsweredLine, Resolved};
use super::moment::Moment;

/// The parameters of queries whose values are shown. Those of others may be secrets: signatures,
/// session tokens, the parameters of IAM and STS.
const SHOWN: [&str; 31] = [
    "Action",
    "Version",
    "X-Amz-Algorithm",
    "X-Amz-Content-Sha256",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    "AWSAccessKeyId",
    "Expires",
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "key-marker",
    "list-type",
    "marker",
    "max-buckets",
    "max-keys",
    "max-parts",
    "max-uploads",
    "part-number-marker",
    "partNumber",
    "prefix",
    "response-content-disposition",
    "response-content-type",
    "start-after",
    "uploadId",
    "upload-id-marker",
    "versionId",
    "x-id",
];

/// What stands in the place of a secret.
const REDACTED: &str = "REDACTED";

/// Adds a query without its secrets. Shown are names, such as those of sub-resources, and the
/// values of some. A name with other characters may be a query that was encoded as a whole.
fn push_query(text: &mut String, query: &str) {
    let mut separator = '?';
    for parameter in query.split('&') {
        text.push(separator);
        separator = '&';
        let (name, value) = match parameter.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (parameter, None),
        };
        let is_name = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte));
        text.push_str(if is_name { name } else { REDACTED });
        if let Some(value) = value {
            text.push('=');
            text.push_str(if value.is_empty() || SHOWN.contains(&name) { value } else { REDACTED });
        }
    }
}

/// The page that led to a request, as its client says: it may be a URL with secrets in its query,
/// in its fragment, or ahead of its host.
fn without_secrets(url: &str) -> String {
    let url = url.split_once('#').map_or(url, |(url, _)| url);
    let (address, query) = match url.split_once('?') {
        Some((address, query)) => (address, Some(query)),
        None => (url, None),
    };
    let mut text = String::with_capacity(url.len());
    match address.split_once("//") {
        Some((scheme, rest)) => {
            let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
            text.extend([scheme, "//", host, path]);
        }
        None => text.push_str(address),
    }
    if let Some(query) = query {
        push_query(&mut text, query);
    }
    text
}

/// One line.
pub(super) fn render(line: &AccessLine) -> String {
    let (nothing, nobody) = (None, Resolved::default());
    let answered = line.answered.as_ref();
    let resolved = line.resolved().unwrap_or(&nobody);
    let requester = if resolved.is_root { &resolved.canonical_id } else { &resolved.principal };
    let header = |name: &str| answered.and_then(|answered| text_header(answered, name));
    let size = answered.map_or(nothing, |answered| object_size(line, answered, resolved));
    let millis = |took: std::time::Duration| took.as_millis().to_string();
    let fields = [
        plain(&resolved.owner),
        plain(&resolved.bucket),
        format!("[{}]", Moment::of(line.at).clf()),
        line.origin.client.map_or_else(|| "-".to_owned(), |client| client.ip().to_canonical().to_string()),
        plain(requester),
        plain(&line.request_id),
        operation(line.method.as_str(), resolved),
        key(&resolved.key),
        quoted(&request_line(line)),
        answered.map_or_else(|| "-".to_owned(), |answered| answered.status.to_string()),
        plain(answered.and_then(|answered| answered.error.as_ref()).map_or("", |error| &*error.0)),
        if line.bytes_out == 0 { "-".to_owned() } else { line.bytes_out.to_string() },
        size.map_or_else(|| "-".to_owned(), |size| size.to_string()),
        millis(line.took),
        answered.map_or_else(|| "-".to_owned(), |answered| millis(answered.turned_around)),
        quoted(&without_secrets(&line.referer())),
        quoted(&line.user_agent()),
        plain(&header("x-amz-version-id").unwrap_or_default()),
        plain(&header("x-amz-id-2").unwrap_or_default()),
        plain(resolved.signed_by.version),
        // The cipher suite: proxies that end TLS do not pass it on.
        "-".to_owned(),
        plain(resolved.signed_by.place),
        plain(&line.host()),
        // The version of TLS, the ARN of an access point, whether an ACL was required, and the
        // region that a copy came from: not known here.
        "-".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
        "-".to_owned(),
    ];
    fields.join(" ")
}

fn text_header(answered: &AnsweredLine, name: &str) -> Option<String> {
    Some(answered.headers.get(name)?.to_str().ok()?.to_owned())
}

/// The size of the object, where a response or a request is about all of one.
fn object_size(line: &AccessLine, answered: &AnsweredLine, resolved: &Resolved) -> Option<u64> {
    let header = |name: http::HeaderName| text_header(answered, name.as_str());
    match (line.method.as_str(), answered.status) {
        ("GET" | "HEAD", 206) => header(CONTENT_RANGE)?.rsplit_once('/')?.1.parse().ok(),
        ("GET", 200) if !resolved.key.is_empty() => answered.announced,
        ("HEAD", 200) if !resolved.key.is_empty() => header(CONTENT_LENGTH)?.parse().ok(),
        ("PUT", 200) if !resolved.key.is_empty() && line.bytes_in > 0 => Some(line.bytes_in),
        _ => None,
    }
}

/// The line of a request, without secrets of its query.
fn request_line(line: &AccessLine) -> String {
    let mut text = format!("{} {}", line.method, line.uri.path());
    if let Some(query) = line.uri.query() {
        push_query(&mut text, query);
    }
    text.push_str(match line.version {
        Version::HTTP_2 => " HTTP/2.0",
        Version::HTTP_10 => " HTTP/1.0",
        _ => " HTTP/1.1",
    });
    text
}

/// `REST.GET.OBJECT`: the method, and the kind of resource that an operation is about. Derived from
/// the name of the operation, which is a verb and a resource. Calls of IAM and STS, of which S3 has
/// no words, have their whole name.
pub(super) fn operation(method: &str, resolved: &Resolved) -> String {
    let operation = resolved.operation.as_str();
    if resolved.is_by_form {
        return format!("REST.{}.{}", plain(method), plain(&upper_snake(operation)));
    }
    let second_word = operation.char_indices().skip(1).find(|(_, letter)| letter.is_ascii_uppercase());
    let (verb, resource) = operation.split_at(second_word.map_or(operation.len(), |(at, _)| at));
    let method = if verb == "Copy" || resource.ends_with("Copy") { "COPY" } else { method };
    let resource = match (verb, resource.trim_end_matches("Copy")) {
        (_, "") => return format!("REST.{}.SERVICE", plain(method)),
        ("Delete", "Objects") => "MULTI_OBJECT_DELETE".to_owned(),
        ("List", "Objects" | "ObjectsV2") => "BUCKET".to_owned(),
        ("List", "ObjectVersions") => "BUCKETVERSIONS".to_owned(),
        ("List", "Buckets") => "SERVICE".to_owned(),
        ("Create", "MultipartUpload") | ("List", "MultipartUploads") => "UPLOADS".to_owned(),
        (_, "MultipartUpload" | "Parts") => "UPLOAD".to_owned(),
        (_, "BucketPolicy") => "BUCKETPOLICY".to_owned(),
        (_, "BucketLogging") => "LOGGING_STATUS".to_owned(),
        (_, "ObjectTagging") => "OBJECT_TAGGING".to_owned(),
        (_, resource) => {
            let shorter = resource.strip_prefix("Bucket").or_else(|| resource.strip_prefix("Object"));
            upper_snake(shorter.filter(|shorter| !shorter.is_empty()).unwrap_or(resource))
        }
    };
    format!("REST.{}.{}", plain(method), plain(&resource))
}

/// `PublicAccessBlock` to `PUBLIC_ACCESS_BLOCK`.
fn upper_snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() && !text.is_empty() {
            text.push('_');
        }
        text.push(letter.to_ascii_uppercase());
    }
    text
}

/// A field without quotes; `-` when it is empty.
fn plain(value: &str) -> String {
    if value.is_empty() {
        "-".to_owned()
    } else {
        encoded(value, |byte| byte.is_ascii_graphic() && byte != b'"')
    }
}

/// The key, which is not encoded yet: so a percent sign of its own is.
fn key(key: &str) -> String {
    if key.is_empty() {
        plain(key)
    } else {
        encoded(key, |byte| byte.is_ascii_graphic() && !b"\"%".contains(&byte))
    }
}

/// A field in double quotes. For some readers, a backslash takes its meaning from the quote behind
/// it.
fn quoted(value: &str) -> String {
    let value = if value.is_empty() { "-" } else { value };
    let stands = |byte: u8| byte == b' ' || byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
    format!("\"{}\"", encoded(value, stands))
}

/// Percent-encodes every byte that may not stand as it is. A percent sign stands as it is in what
/// is encoded already: paths, queries and URLs.
fn encoded(value: &str, stands: impl Fn(u8) -> bool) -> String {
    let mut text = String::with_capacity(value.len());
    for byte in value.bytes() {
        if stands(byte) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            for digit in [byte >> 4, byte & 15] {
                text.push(char::from_digit(digit.into(), 16).unwrap_or('0').to_ascii_uppercase());
            }
        }
    }
    text
}

//! docs/operate/limits.md is printed from the code: `BLESS=1 cargo test -p tests limits_page`
//! writes it. Each row names a constant. Its value is read where it is declared, so the page cannot
//! be stale.

use std::fmt::Write as _;

use tests::workspace;

/// What a number counts.
#[derive(Clone, Copy)]
enum Unit {
    Bytes,
    Count,
    Seconds,
    Milliseconds,
}

use Unit::{Bytes, Count, Milliseconds, Seconds};

/// What is limited, the constant, where it is declared, and what it counts.
type Row = (&'static str, &'static str, &'static str, Unit);

const S3: &[Row] = &[
    (
        "body of one PutObject or UploadPart",
        "BODY_BYTES_MAX",
        "components/storage/src/object/put_object.rs",
        Bytes,
    ),
    ("parts of an upload", "PART_NUMBER_MAX", "gateway/src/operations/parameters.rs", Count),
    ("each part but the last, at least", "PART_LENGTH_MIN", "gateway/src/operations/parameters.rs", Bytes),
    ("key", "LENGTH_MAX", "gateway/src/object/key.rs", Bytes),
    ("user metadata, names and values", "USER_METADATA_MAX", "gateway/src/object/metadata.rs", Bytes),
    ("system metadata, names and values", "SYSTEM_METADATA_MAX", "gateway/src/object/metadata.rs", Bytes),
    ("redirect of an object", "REDIRECT_LENGTH_MAX", "gateway/src/object/metadata.rs", Bytes),
    ("key of a tag, in characters", "KEY_LENGTH_MAX", "gateway/src/object/tagging.rs", Count),
    ("value of a tag, in characters", "VALUE_LENGTH_MAX", "gateway/src/object/tagging.rs", Count),
    ("entries of one page of a listing", "PAGE_MAX", "gateway/src/operations/parameters.rs", Count),
    ("buckets of one page", "PAGE_MAX", "gateway/src/operations/list_buckets.rs", Count),
    ("keys of one DeleteObjects", "OBJECTS_MAX", "components/storage/src/object/delete_objects.rs", Count),
    ("grants of an ACL", "GRANTS_MAX", "gateway/src/bucket/acl.rs", Count),
    ("policy of a bucket", "BUCKET_POLICY_LENGTH_MAX", "gateway/policy-language/src/document.rs", Bytes),
    ("cross-origin rules of a bucket", "RULES_MAX", "gateway/src/bucket/cors/document.rs", Count),
    ("retention, in days", "DAYS_MAX", "gateway/src/object/object_lock.rs", Count),
    (
        "life of a presigned URL (Version 4)",
        "EXPIRES_SECONDS_MAX",
        "gateway/src/identity/sigv4/presigned.rs",
        Seconds,
    ),
    (
        "difference of the clocks of client and server",
        "CLOCK_SKEW_MS_MAX",
        "gateway/src/identity/sigv4/request.rs",
        Milliseconds,
    ),
    ("encryption context", "LENGTH_MAX", "gateway/src/sse/context.rs", Bytes),
    (
        "form of an upload: all before the file",
        "HEAD_LENGTH_MAX",
        "gateway/src/operations/form/multipart.rs",
        Bytes,
    ),
    ("fields of a form", "FIELDS_LENGTH_MAX", "gateway/src/operations/form.rs", Bytes),
];

const HTTP: &[Row] = &[
    ("headers of a request", "HEADERS_BYTES_MAX", "host/src/pipeline/head.rs", Bytes),
    ("request line and headers", "HEAD_BYTES_MAX", "host/src/pipeline/head.rs", Bytes),
    ("lines of headers", "HEADERS_MAX", "host/src/front/connection.rs", Count),
    ("requests of one connection of HTTP/2", "STREAMS_MAX", "host/src/front/connection.rs", Count),
    ("a chunk of aws-chunked", "CHUNK_BYTES_MAX", "host/src/body/framing.rs", Bytes),
    ("trailers", "TRAILERS_MAX", "host/src/body/framing.rs", Count),
    ("bytes of trailers", "TRAILER_BYTES_MAX", "host/src/body/framing.rs", Bytes),
    ("signed headers", "NAMES_MAX", "gateway/src/identity/sigv4/signed_headers.rs", Count),
    ("nesting of an XML document", "DEPTH_MAX", "gateway/src/xml/reader.rs", Count),
    ("elements of an XML document", "ELEMENTS_MAX", "gateway/src/xml/reader.rs", Count),
];

const IAM: &[Row] = &[
    ("access points of an account", "OF_ACCOUNT_MAX", "gateway/src/bucket/access_point.rs", Count),
    (
        "Object Lambda access points of an account",
        "OF_ACCOUNT_MAX",
        "gateway/src/bucket/object_lambda.rs",
        Count,
    ),
    (
        "payload that one hands to a function",
        "PAYLOAD_BYTES_MAX",
        "gateway/src/bucket/object_lambda.rs",
        Bytes,
    ),
    ("rules of a bucket about transforms", "RULES_MAX", "gateway/src/bucket/transforms.rs", Count),
    ("functions of such a rule", "FUNCTIONS_MAX", "gateway/src/bucket/transforms.rs", Count),
    ("payload of such a rule", "PAYLOAD_BYTES_MAX", "gateway/src/bucket/transforms.rs", Bytes),
    ("what a transform made and is kept", "VARIANT_BYTES_MAX", "host/src/transforms/variants.rs", Bytes),
    ("form of a call", "FORM_BYTES_MAX", "gateway/src/operations/aws_query.rs", Bytes),
    ("parameters of a call", "PARAMETERS_MAX", "components/iam/src/form.rs", Count),
    ("items of one page", "ITEMS_MAX", "components/iam/src/pages.rs", Count),
    ("tags of a user, a role, …", "TAGS_MAX", "components/iam/src/form.rs", Count),
    ("access keys of a user", "KEYS_MAX", "components/iam/src/entities/access_keys.rs", Count),
    ("groups of a user", "GROUPS_MAX", "components/iam/src/entities/groups.rs", Count),
    (
        "managed policies attached to one principal",
        "ATTACHED_MAX",
        "components/iam/src/policies/attached.rs",
        Count,
    ),
    ("managed policy", "BYTES_MAX", "components/iam/src/policies/managed.rs", Bytes),
    ("versions of a managed policy", "VERSIONS_MAX", "components/iam/src/policies/versions.rs", Count),
    ("trust policy", "TRUST_BYTES_MAX", "components/iam/src/entities/roles.rs", Bytes),
    ("session policy", "POLICY_BYTES_MAX", "components/iam/src/sts.rs", Bytes),
    ("life of a session, at least", "SECONDS_MIN", "components/iam/src/sts.rs", Seconds),
    ("life of a session, at most", "SECONDS_MAX", "components/iam/src/sts.rs", Seconds),
    ("devices of a user", "DEVICES_MAX", "components/iam/src/mfa/assigned.rs", Count),
    (
        "wrong one-time codes until a device is locked",
        "FAILURES_MAX",
        "components/iam/src/mfa/codes.rs",
        Count,
    ),
    ("token of a web identity", "TOKEN_LENGTH_MAX", "gateway/src/identity/web_identity/token.rs", Bytes),
    (
        "work of the policies of one request, in steps",
        "WORK_MAX",
        "gateway/policy-language/src/budget.rs",
        Count,
    ),
];

const OPERATOR: &[Row] = &[
    ("configuration file", "FILE_BYTES_MAX", "host/src/config/file.rs", Bytes),
    ("policy of an endpoint or a key", "POLICY_BYTES_MAX", "host/src/config.rs", Bytes),
    (
        "secret access key beyond loopback, in characters, at least",
        "SECRET_BYTES_MIN",
        "host/src/keys/accounts.rs",
        Count,
    ),
    ("rate of requests in a second", "REQUESTS_PER_SECOND_MAX", "host/src/config/rate.rs", Count),
    ("rate of bytes in a second, at least", "BYTES_PER_SECOND_MIN", "host/src/config/rate.rs", Bytes),
    ("document of an identity provider", "LENGTH_MAX", "host/src/outbound.rs", Bytes),
    ("explanation of a denial", "EXPLANATION_BYTES_MAX", "gateway/src/access/explanation.rs", Bytes),
    ("key of a row of the index", "KEY_BYTES_MAX", "host/volume/src/commit/batch.rs", Bytes),
    ("value of a row of the index", "VALUE_BYTES_MAX", "host/volume/src/commit/batch.rs", Bytes),
    ("rows of one commit", "BATCH_BYTES_MAX", "host/volume/src/commit/batch.rs", Bytes),
    (
        "memory of an instance of the pipeline",
        "INSTANCE_BYTES_MAX",
        "host/src/pipeline/instance_limits.rs",
        Bytes,
    ),
];

/// The value of a constant, as its declaration says it: numbers, `<<`, `*`, `+` and parentheses.
fn value(name: &str, file: &str) -> u64 {
    let text = std::fs::read_to_string(workspace::root().join(file))
        .unwrap_or_else(|error| panic!("{file}: {error}"));
    let start = format!("const {name}: ");
    let declared =
        text.lines().find_map(|line| line.split_once(&start)?.1.split_once(" = ")?.1.strip_suffix(';'));
    let declared = declared.unwrap_or_else(|| panic!("{file} declares no {name} in one line"));
    evaluated(declared).unwrap_or_else(|| panic!("{file}: {name} = {declared}: too hard to read"))
}

/// Shifts bind less than sums, and sums less than products, as in Rust.
fn evaluated(text: &str) -> Option<u64> {
    let text = text.trim();
    for (operator, apply) in [("<<", shift as fn(u64, u64) -> u64), ("+", |a, b| a + b), ("*", |a, b| a * b)]
    {
        let outside = |at: &usize| text[..*at].matches('(').count() == text[..*at].matches(')').count();
        if let Some((at, _)) = text.match_indices(operator).filter(|(at, _)| outside(at)).last() {
            return Some(apply(evaluated(&text[..at])?, evaluated(&text[at + operator.len()..])?));
        }
    }
    match text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) {
        Some(text) => evaluated(text),
        None => text.replace('_', "").parse().ok(),
    }
}

fn shift(number: u64, bits: u64) -> u64 {
    number << bits
}

fn shown(number: u64, unit: Unit) -> String {
    let grouped = |number: u64| {
        let digits = number.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|own| std::str::from_utf8(own).unwrap()).collect();
        groups.join(",")
    };
    match unit {
        Count => grouped(number),
        Milliseconds => shown(number / 1000, Seconds),
        Seconds if number >= 86_400 && number.is_multiple_of(86_400) => format!("{} d", number / 86_400),
        Seconds if number >= 3600 && number.is_multiple_of(3600) => format!("{} h", number / 3600),
        Seconds if number >= 60 && number.is_multiple_of(60) => format!("{} min", number / 60),
        Seconds => format!("{number} s"),
        Bytes => match [(30, "GiB"), (20, "MiB"), (10, "KiB")]
            .iter()
            .find(|(bits, _)| number >= 1 << bits && number.is_multiple_of(1 << bits))
        {
            Some((bits, unit)) => format!("{} {unit}", number >> bits),
            None => format!("{} bytes", grouped(number)),
        },
    }
}

fn table(title: &str, rows: &[Row]) -> String {
    let mut text =
        format!("## {title}\n\n| what | at most | constant | declared in |\n| --- | --- | --- | --- |\n");
    for (what, name, file, unit) in rows {
        let _written =
            writeln!(text, "| {what} | {} | `{name}` | `{file}` |", shown(value(name, file), *unit));
    }
    text + "\n"
}

fn page() -> String {
    let head = "# Limits\n\n\
        Printed from the code by `tests/it/limits_page.rs`; do not edit. What an operator can set is in\n\
        [configuration.md](../configuration.md#limits): connections, requests in flight, times, memory, rates. What added\n\
        stages may use is in [stages.md](../stages.md). Why each bound is there is in\n\
        [security-model.md](../security-model.md). A whole object has no limit but those of its parts.\n\n";
    let page = head.to_owned()
        + &table("S3", S3)
        + &table("Requests", HTTP)
        + &table("IAM, STS and policies", IAM)
        + &table("Operators", OPERATOR);
    format!("{}\n", page.trim_end())
}

#[test]
fn the_page_says_what_the_code_says() {
    let path = workspace::root().join("docs/operate/limits.md");
    let page = page();
    if workspace::blessing() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(page == written, "docs/operate/limits.md is not what the code says; BLESS=1 writes it");
}

#[test]
fn a_declaration_is_read_as_the_compiler_reads_it() {
    for (text, expected) in [
        ("8 << 10", 8192),
        ("(3 * 128 + 32) << 10", 416 << 10),
        ("32 * 1024 * 1024", 32 << 20),
        ("604_800", 604_800),
    ] {
        assert_eq!(evaluated(text), Some(expected), "{text}");
    }
    assert_eq!(evaluated("OTHER / 2"), None);
    assert_eq!(
        (shown(8192, Bytes), shown(2048, Bytes), shown(20_000, Bytes)),
        ("8 KiB".into(), "2 KiB".into(), "20,000 bytes".into())
    );
    assert_eq!(
        (shown(604_800, Seconds), shown(900_000, Milliseconds), shown(16_000, Count)),
        ("7 d".into(), "15 min".into(), "16,000".into())
    );
}

//! Rows of every table, byte by byte: every later release reads them, and writes the same bytes.
//!
//! `BLESS=1 cargo test -p storage golden` rewrites `rows.txt` beside this file. Lines may be added.
//! A line that changes stands for rows that data folders hold and this release no longer reads.

use std::fmt::Debug;

use gateway::bucket::cors::{Configuration, Rule};
use gateway::request::method::Method;

use super::*;

/// Rows by name, in the order in which they are written.
#[derive(Default)]
struct Rows(Vec<(String, Vec<u8>)>);

impl Rows {
    /// Adds the row of a record, from which the record is read back.
    fn add<T: Record + PartialEq + Debug>(&mut self, name: &str, record: &T) {
        self.old(name, record.encode().unwrap(), record);
    }

    /// Adds a row as an older release wrote it, which is read as this record.
    fn old<T: Record + PartialEq + Debug>(&mut self, name: &str, value: Vec<u8>, record: &T) {
        assert_eq!(&T::decode(&value).unwrap(), record, "{name}");
        assert!(self.0.iter().all(|(other, _)| other != name), "{name} is there twice");
        self.0.push((name.to_owned(), value));
    }

    /// `name hex` lines.
    fn print(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name} {}\n", gateway::hex::encode(value))).collect()
    }
}

#[test]
fn every_row_is_as_the_golden_file_says() {
    let mut rows = Rows::default();
    buckets(&mut rows);
    buckets_of_older_releases(&mut rows);
    accounts_and_policies(&mut rows);
    cross_origin_rules(&mut rows);
    versions(&mut rows);
    details(&mut rows);
    uploads(&mut rows);
    parts(&mut rows);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/records/tests/rows.txt");
    let came = rows.print();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &came).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    for (came, written) in came.lines().zip(written.lines()) {
        assert_eq!(came, written);
    }
    assert_eq!(came.lines().count(), written.lines().count(), "BLESS=1 rewrites {path}");
}

fn pairs(of: &[(&str, &str)]) -> Vec<(String, String)> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn bucket() -> BucketRow {
    BucketRow {
        id: 300,
        owner: Account(111_122_223_333),
        created_ms: 1_700_000_000_000,
        region: "us-east-1".to_owned(),
        ..BucketRow::default()
    }
}

fn buckets(rows: &mut Rows) {
    rows.add("buckets/least", &BucketRow::default());
    rows.add("buckets/plain", &bucket());
    let mut add = |name: &str, change: &dyn Fn(&mut BucketRow)| {
        let mut row = bucket();
        change(&mut row);
        rows.add(&format!("buckets/{name}"), &row);
    };
    for versioning in [Versioning::Unversioned, Versioning::Enabled, Versioning::Suspended] {
        add(&format!("versioning-{versioning:?}"), &|row| row.versioning = versioning);
    }
    add("lock-without-default", &|row| row.object_lock = Some(ObjectLockConfiguration::default()));
    for mode in [RetentionMode::Governance, RetentionMode::Compliance] {
        for period in [RetentionPeriod::Days(36_500), RetentionPeriod::Years(100)] {
            let default_retention = Some(DefaultRetention { mode, period });
            let lock = ObjectLockConfiguration { default_retention };
            add(&format!("lock-{mode:?}-{period:?}"), &|row| row.object_lock = Some(lock));
        }
    }
    add("tags", &|row| row.tags = pairs(&[("team", "blue"), ("empty", "")]));
    for ownership in [
        ObjectOwnership::BucketOwnerEnforced,
        ObjectOwnership::BucketOwnerPreferred,
        ObjectOwnership::ObjectWriter,
    ] {
        add(&format!("ownership-{ownership:?}"), &|row| row.ownership = Some(ownership));
    }
    for (name, block) in blocks() {
        add(&format!("blocks-{name}"), &|row| row.public_access = Some(block));
    }
    add("acl-shared", &|row| row.acl = Acl::of(&shared(), row.owner));
    add("acl-empty", &|row| row.acl = Acl::of(&acl::Acl::default(), row.owner));
    add("policy", &|row| row.policy = Some(u64::MAX));
    add("holds-foreign", &|row| row.holds_foreign = true);
    for mfa_delete in [MfaDelete::Disabled, MfaDelete::Enabled] {
        add(&format!("mfa-delete-{mfa_delete:?}"), &|row| row.mfa_delete = Some(mfa_delete));
    }
    for payer in [Payer::BucketOwner, Payer::Requester] {
        add(&format!("payer-{payer:?}"), &|row| row.payer = payer);
    }
    let named = |name: Option<&str>| DefaultKey::SseKms(name.map(str::to_owned));
    for (name, key) in
        [("own", DefaultKey::SseS3), ("managed", named(None)), ("named", named(Some("alias/photos")))]
    {
        add(&format!("key-{name}"), &|row| row.encryption.key = key.clone());
    }
    add("bucket-key", &|row| row.encryption.bucket_key = true);
    add("blocks-customer-keys", &|row| row.encryption.blocks_sse_c = true);
}

/// Each switch of Block Public Access alone, none and all.
fn blocks() -> [(&'static str, PublicAccessBlock); 6] {
    let none = PublicAccessBlock::default;
    [
        ("none", none()),
        ("acls", PublicAccessBlock { block_public_acls: true, ..none() }),
        ("ignores-acls", PublicAccessBlock { ignore_public_acls: true, ..none() }),
        ("policy", PublicAccessBlock { block_public_policy: true, ..none() }),
        ("restricts", PublicAccessBlock { restrict_public_buckets: true, ..none() }),
        ("all", PublicAccessBlock::ALL),
    ]
}

fn buckets_of_older_releases(rows: &mut Rows) {
    let row = BucketRow { mfa_delete: Some(MfaDelete::Enabled), payer: Payer::Requester, ..bucket() };
    rows.old("buckets/format-2", without_encryption(&row), &row);
    // The first format ends before the second factor and the payer. Each is one byte by default.
    let row = BucketRow { holds_foreign: true, ..bucket() };
    let mut first = without_encryption(&row);
    first.truncate(first.len() - 2);
    first[0] = 1;
    rows.old("buckets/format-1", first, &row);
}

fn accounts_and_policies(rows: &mut Rows) {
    rows.add("accounts/nothing", &AccountRow { public_access: None });
    for (name, block) in blocks() {
        rows.add(&format!("accounts/{name}"), &AccountRow { public_access: Some(block) });
    }
    rows.add("policies/policy", &PolicyRow { text: "{\"Statement\":[]}".to_owned() });
}

fn cross_origin_rules(rows: &mut Rows) {
    rows.add("cors/least", &Configuration::default());
    let texts = |of: &[&str]| of.iter().map(|text| (*text).to_owned()).collect();
    let full = Rule {
        id: Some("first".to_owned()),
        allowed_origins: texts(&["https://*.example.com", "*"]),
        allowed_methods: Method::ALL.to_vec(),
        allowed_headers: texts(&["x-amz-*"]),
        exposed_headers: texts(&["etag"]),
        max_age_seconds: Some(-1),
    };
    rows.add("cors/rules", &Configuration { rules: vec![full, Rule::default()] });
}

/// What differs in summaries.
fn versions(rows: &mut Rows) {
    rows.add("versions/full", &version());
    let mut add = |name: &str, change: &dyn Fn(&mut Summary)| {
        let mut summary = version().summary;
        change(&mut summary);
        let row = Version { summary, details: Details::default() };
        rows.add(&format!("versions/{name}"), &row);
    };
    for kind in [Kind::Object, Kind::DeleteMarker] {
        add(&format!("kind-{kind:?}"), &|row| row.kind = kind);
    }
    add("null", &|row| row.null = true);
    add("etag-of-a-whole", &|row| row.etag = ETag { md5: [7; 16], parts: 0 });
    add("etag-of-parts", &|row| row.etag = ETag { md5: [7; 16], parts: 10_000 });
    add("etag-of-a-marker", &|row| row.etag = ETag::default());
    for class in CLASSES {
        add(&format!("class-{class:?}"), &|row| row.storage_class = class);
    }
    for algorithm in ChecksumAlgorithm::ALL {
        let checksums = [Checksum { algorithm, value: Vec::new() }];
        let set = AlgorithmSet::of(&checksums);
        add(&format!("algorithms-{algorithm:?}"), &|row| row.checksum_algorithms = set);
    }
    for covers in [ChecksumType::FullObject, ChecksumType::Composite] {
        add(&format!("covers-{covers:?}"), &|row| row.checksum_type = covers);
    }
    rows.add("nulls/sequence", &300_u64);
}

const CLASSES: [StorageClass; 15] = [
    StorageClass::Standard,
    StorageClass::ReducedRedundancy,
    StorageClass::StandardIa,
    StorageClass::OnezoneIa,
    StorageClass::IntelligentTiering,
    StorageClass::Glacier,
    StorageClass::DeepArchive,
    StorageClass::GlacierIr,
    StorageClass::ExpressOnezone,
    StorageClass::Outposts,
    StorageClass::Snow,
    StorageClass::FsxOpenzfs,
    StorageClass::FsxOntap,
    StorageClass::AwsBackupWarm,
    StorageClass::AwsBackupLowCostWarm,
];

fn content() -> SystemHeaders {
    SystemHeaders {
        content_type: Some("type".to_owned()),
        content_encoding: Some("encoding".to_owned()),
        content_disposition: Some("disposition".to_owned()),
        content_language: Some("language".to_owned()),
        cache_control: Some("cache".to_owned()),
        expires: Some("expires".to_owned()),
    }
}

/// Every way in which bytes are kept.
fn protections() -> [(&'static str, Protection); 4] {
    [
        ("unsaid", Protection::Unsaid),
        ("folder", Protection::SseS3),
        ("customer", Protection::SseC(vec![4; 77])),
        ("managed", sse_kms()),
    ]
}

/// What differs in details.
fn details(rows: &mut Rows) {
    let mut add = |name: &str, details: Details| {
        let row = Version { summary: version().summary, details };
        rows.add(&format!("objects/{name}"), &row);
    };
    let none = Details::default;
    add("least", none());
    add("content", Details { content: content(), ..none() });
    add("metadata", Details { metadata: pairs(&[("a", "1,2"), ("b", "é")]), ..none() });
    add("tags", Details { tags: pairs(&[("team", "blue")]), ..none() });
    for algorithm in ChecksumAlgorithm::ALL {
        let checksums = vec![Checksum { algorithm, value: vec![1; algorithm.length()] }];
        add(&format!("checksum-{algorithm:?}"), Details { checksums, ..none() });
    }
    let spans = vec![Span { blob: 1, offset: 2, length: 3 }, Span { blob: u64::MAX, offset: 0, length: 1 }];
    add("spans", Details { body: Body::Spans(spans), ..none() });
    let body = Body::Parts { manifest: 9, count: 10_000, page_offsets: vec![0, 5 << 30] };
    add("parts", Details { body, ..none() });
    for mode in [RetentionMode::Governance, RetentionMode::Compliance] {
        let retention = Some(Retention { mode, until_ms: 1_800_000_000_000 });
        add(&format!("retention-{mode:?}"), Details { retention, ..none() });
    }
    for held in [false, true] {
        add(&format!("legal-hold-{held}"), Details { legal_hold: Some(held), ..none() });
    }
    add("upload", Details { upload: Some((300, u64::MAX)), ..none() });
    add("redirect", Details { website_redirect: Some("/other".to_owned()), ..none() });
    for (name, protection) in protections() {
        add(name, Details { protection, ..none() });
    }
    add("acl-shared", Details { acl: Acl::of(&shared(), Account(123)), ..none() });
}

fn uploads(rows: &mut Rows) {
    let mut add = |name: &str, row: Upload| rows.add(&format!("uploads/{name}"), &row);
    let plain = || upload(Protection::SseS3);
    for (name, protection) in protections() {
        add(name, upload(protection.clone()));
        let begun_with = pairs(&[("x-amz-acl", "public-read")]);
        add(&format!("{name}-begun-with"), Upload { begun_with, ..upload(protection) });
    }
    for algorithm in ChecksumAlgorithm::ALL {
        let checksum_algorithm = Some(algorithm);
        add(&format!("algorithm-{algorithm:?}"), Upload { checksum_algorithm, ..plain() });
    }
    for covers in [ChecksumType::FullObject, ChecksumType::Composite] {
        add(&format!("covers-{covers:?}"), Upload { checksum_type: Some(covers), ..plain() });
    }
    let full = Upload {
        initiator: Initiator {
            id: "arn:aws:iam::000000000004:user/ann".to_owned(),
            display_name: "ann".to_owned(),
            account: Account(4),
        },
        content: content(),
        metadata: pairs(&[("a", "b")]),
        tags: pairs(&[("team", "blue")]),
        storage_class: StorageClass::GlacierIr,
        retention: Some(Retention { mode: RetentionMode::Compliance, until_ms: 7 }),
        legal_hold: Some(true),
        website_redirect: Some("/other".to_owned()),
        acl: Acl::of(&shared(), Account(4)),
        ..plain()
    };
    add("full", full);
}

fn parts(rows: &mut Rows) {
    let checksums = || vec![Checksum { algorithm: ChecksumAlgorithm::Sha256, value: vec![2; 32] }];
    let spans = || vec![Span { blob: 4, offset: 5, length: 3 }];
    let least =
        Part { number: 1, size: 0, modified_ms: 0, md5: [0; 16], checksums: Vec::new(), spans: Vec::new() };
    let full = Part {
        number: 10_000,
        size: 3,
        modified_ms: 1_700_000_000_000,
        md5: [0xAB; 16],
        checksums: checksums(),
        spans: spans(),
    };
    rows.add("parts/least", &least);
    rows.add("parts/full", &full);
    let part =
        ManifestPart { number: 10_000, offset: 5 << 30, size: 3, checksums: checksums(), spans: spans() };
    rows.add("manifests/empty", &ManifestPage::default());
    rows.add("manifests/page", &ManifestPage { parts: vec![part.clone(), part] });
}

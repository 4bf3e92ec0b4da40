use gateway::bucket::acl;
use gateway::bucket::encryption::{BucketEncryption, DefaultKey};
use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::bucket::request_payment::Payer;
use gateway::bucket::versioning::MfaDelete;
use gateway::errors::ErrorCode;
use gateway::identity::account::Account;
use gateway::object::checksum::{ChecksumAlgorithm, ChecksumType};
use gateway::object::etag::ETag;
use gateway::object::metadata::SystemHeaders;
use gateway::object::object_lock::{
    DefaultRetention, ObjectLockConfiguration, Retention, RetentionMode, RetentionPeriod,
};
use gateway::object::storage_class::StorageClass;

use crate::version_id;

use super::*;

mod golden;

fn version() -> Version {
    let checksums = vec![Checksum { algorithm: ChecksumAlgorithm::Crc64Nvme, value: vec![1; 8] }];
    Version {
        summary: Summary {
            kind: Kind::Object,
            sequence: 300,
            nonce: u64::MAX,
            null: false,
            modified_ms: 1_700_000_000_000,
            size: 5,
            etag: ETag { md5: [0xAB; 16], parts: 2 },
            storage_class: StorageClass::StandardIa,
            checksum_algorithms: AlgorithmSet::of(&checksums),
            checksum_type: ChecksumType::FullObject,
            owner: Account(123),
        },
        details: Details {
            content: SystemHeaders {
                content_type: Some("text/plain".to_owned()),
                ..SystemHeaders::default()
            },
            metadata: vec![("a".to_owned(), "b".to_owned())],
            tags: vec![("c".to_owned(), String::new())],
            checksums,
            body: Body::Parts { manifest: 9, count: 2, page_offsets: vec![0] },
            retention: Some(Retention { mode: RetentionMode::Compliance, until_ms: 7 }),
            legal_hold: Some(true),
            upload: Some((1, 2)),
            ..Details::default()
        },
    }
}

#[test]
fn a_version_is_read_back_and_its_summary_alone_too() {
    let value = version().encode().unwrap();
    assert_eq!(value[0], FORMAT);
    assert_eq!(Version::decode(&value).unwrap(), version());
    assert_eq!(Summary::decode(&value).unwrap(), version().summary);
}

#[test]
fn the_summary_of_a_version_is_in_the_first_bytes_of_its_row() {
    let most = Summary {
        kind: Kind::DeleteMarker,
        sequence: u64::MAX,
        nonce: u64::MAX,
        null: true,
        modified_ms: u64::MAX,
        size: u64::MAX,
        etag: ETag { md5: [0xFF; 16], parts: u32::MAX },
        storage_class: StorageClass::AwsBackupLowCostWarm,
        checksum_algorithms: AlgorithmSet(u16::MAX),
        checksum_type: ChecksumType::Composite,
        owner: Account(u64::MAX),
    };
    let mut row = Version { summary: most, ..version() };
    row.details.content.content_disposition = Some("d".repeat(60_000));
    let value = row.encode().unwrap();
    assert_eq!(Summary::decode(&value[..SUMMARY_BYTES_MAX as usize]).unwrap(), most);
}

#[test]
fn the_head_of_a_bucket_is_in_the_first_bytes_of_its_row() {
    let bucket = BucketRow {
        id: u64::MAX,
        owner: Account(u64::MAX),
        created_ms: u64::MAX,
        region: "r".repeat(100),
        tags: vec![("k".repeat(128), "v".repeat(256)); 50],
        ..BucketRow::default()
    };
    let value = bucket.encode().unwrap();
    let head = BucketHead::decode(&value[..BUCKET_HEAD_BYTES_MAX as usize]).unwrap();
    assert_eq!((head.id, head.owner, head.created_ms), (u64::MAX, Account(u64::MAX), u64::MAX));
    assert_eq!(head.region, bucket.region);
}

#[test]
fn other_records_are_read_back() {
    let bucket = BucketRow {
        id: 1,
        owner: Account(2),
        created_ms: 3,
        region: "us-east-1".to_owned(),
        versioning: Versioning::Suspended,
        object_lock: Some(ObjectLockConfiguration {
            default_retention: Some(DefaultRetention {
                mode: RetentionMode::Governance,
                period: RetentionPeriod::Years(1),
            }),
        }),
        tags: vec![("k".to_owned(), "v".to_owned())],
        ownership: Some(ObjectOwnership::BucketOwnerPreferred),
        public_access: Some(PublicAccessBlock::ALL),
        acl: Acl::of(&shared(), Account(2)),
        policy: Some(6),
        holds_foreign: true,
        mfa_delete: Some(MfaDelete::Enabled),
        payer: Payer::Requester,
        encryption: BucketEncryption {
            key: DefaultKey::SseKms(Some("alias/photos".to_owned())),
            bucket_key: true,
            blocks_sse_c: true,
        },
        transforms: true,
    };
    assert_eq!(BucketRow::decode(&bucket.encode().unwrap()).unwrap(), bucket);
    let account = AccountRow { public_access: Some(PublicAccessBlock::ALL) };
    assert_eq!(AccountRow::decode(&account.encode().unwrap()).unwrap(), account);
    let part = ManifestPart {
        number: 1,
        offset: 0,
        size: 3,
        checksums: Vec::new(),
        spans: vec![Span { blob: 4, offset: 5, length: 3 }],
    };
    let page = ManifestPage { parts: vec![part] };
    assert_eq!(ManifestPage::decode(&page.encode().unwrap()).unwrap(), page);
    assert_eq!(u64::decode(&77_u64.encode().unwrap()).unwrap(), 77);
}

/// Every kind of grantee and every permission.
fn shared() -> acl::Acl {
    let group = |group| acl::Grantee::Group(group);
    let grantees = [
        acl::Grantee::Account(Account(3)),
        group(acl::Group::AllUsers),
        group(acl::Group::AuthenticatedUsers),
        group(acl::Group::LogDelivery),
    ];
    let grants = grantees.into_iter().flat_map(|grantee| {
        acl::Permission::ALL.into_iter().map(move |permission| acl::Grant { grantee, permission })
    });
    acl::Acl { grants: grants.collect() }
}

#[test]
fn an_acl_is_read_back_and_a_private_one_takes_a_byte() {
    let stored = Acl::of(&shared(), Account(3));
    assert_eq!(stored.to_acl(Account(3)), shared());
    let private = acl::Acl::private(Account(3));
    assert_eq!(Acl::of(&private, Account(3)), Acl::Private);
    assert_eq!(Acl::Private.to_acl(Account(3)), private);
    assert_ne!(Acl::of(&private, Account(4)), Acl::Private, "it grants something to another account");
    assert_eq!(postcard::to_allocvec(&Acl::Private).unwrap(), [0]);
    let bytes = postcard::to_allocvec(&stored).unwrap();
    let first = [1, 20, 0, 3, 1, 0, 3, 2, 0, 3, 3, 0, 3, 4, 0, 3, 0, 1, 1, 1, 2];
    assert_eq!(bytes[..first.len()], first, "the numbers of stored variants never change");
}

#[test]
fn without_controls_an_object_belongs_to_its_writer() {
    let mut bucket = BucketRow::default();
    assert_eq!(bucket.ownership(), ObjectOwnership::ObjectWriter);
    assert_eq!(bucket.public_access(), PublicAccessBlock::default());
    assert!(bucket.has_acls() && !bucket.is_guarded());
    bucket.holds_foreign = true;
    assert!(bucket.is_guarded());
    bucket.ownership = Some(ObjectOwnership::BucketOwnerEnforced);
    assert!(!bucket.has_acls() && !bucket.is_guarded(), "everything is the owner's again");
    bucket.policy = Some(1);
    assert!(bucket.is_guarded());
}

#[test]
fn a_bucket_of_the_first_format_is_paid_by_its_owner() {
    let bucket = BucketRow { id: 300, holds_foreign: true, ..BucketRow::default() };
    let mut first = without_encryption(&bucket);
    first.pop();
    assert!(BucketRow::decode(&first).is_err(), "a row that is cut short is no row");
    first[0] = 1;
    assert_eq!(BucketRow::decode(&first).unwrap(), bucket);
}

/// The row of a bucket as it was written before buckets said anything about sealing.
fn without_encryption(bucket: &BucketRow) -> Vec<u8> {
    let mut second = bucket.encode().unwrap();
    assert_eq!(second[0], 3);
    assert_eq!(second.split_off(second.len() - 3), [0, 0, 0]);
    second[0] = 2;
    second
}

#[test]
fn a_bucket_of_the_second_format_says_nothing_about_sealing() {
    let bucket = BucketRow { id: 300, payer: Payer::Requester, ..BucketRow::default() };
    assert_eq!(BucketRow::decode(&without_encryption(&bucket)).unwrap(), bucket);
    assert!(bucket.default_protection().is_none());
    let value = bucket.encode().unwrap();
    for length in 0..value.len() {
        assert!(BucketRow::decode(&value[..length]).is_err(), "a row that is cut short is no row: {length}");
    }
}

#[test]
fn a_bucket_default_is_told_where_it_says_something() {
    let with = |key, bucket_key, blocks_sse_c| {
        let encryption = BucketEncryption { key, bucket_key, blocks_sse_c };
        let default = BucketRow { encryption, ..BucketRow::default() }.default_protection();
        default.map(|own| (own.master_key, own.bucket_key, own.blocks_sse_c))
    };
    let named = |name: Option<&str>| DefaultKey::SseKms(name.map(str::to_owned));
    let key = |name: &str| Some(name.to_owned());
    assert_eq!(with(DefaultKey::SseS3, false, false), None);
    assert_eq!(with(DefaultKey::SseS3, false, true), Some((None, false, true)));
    assert_eq!(with(DefaultKey::SseS3, true, false), Some((None, true, false)));
    assert_eq!(with(named(None), true, true), Some((key("alias/aws/s3"), true, true)));
    assert_eq!(with(named(Some("k")), false, false), Some((key("k"), false, false)));
}

#[test]
fn a_row_of_another_format_is_an_error_and_no_panic() {
    let mut value = version().encode().unwrap();
    for length in 0..value.len() {
        assert!(Version::decode(&value[..length]).is_err(), "{length}");
    }
    value[0] = SEALED_FORMAT + 1;
    assert_eq!(Version::decode(&value).unwrap_err().code, ErrorCode::InternalError);
}

fn sse_kms() -> Protection {
    let context = vec![("a".to_owned(), "1".to_owned())];
    let arn = "arn:aws:kms:us-east-1:000000000001:key/k".to_owned();
    Protection::SseKms(Box::new(SseKms { arn, context, bucket_key: true, wrapped: vec![5; 60] }))
}

#[test]
fn older_releases_cannot_read_rows_of_objects_under_data_keys() {
    for (protection, format) in
        [(Protection::Unsaid, 1), (Protection::SseS3, 1), (Protection::SseC(vec![4; 77]), 2), (sse_kms(), 2)]
    {
        let mut sealed = version();
        sealed.details.protection = protection.clone();
        let value = sealed.encode().unwrap();
        assert_eq!(value[0], format);
        assert_eq!(Version::decode(&value).unwrap(), sealed);
        assert_eq!(Summary::decode(&value).unwrap(), sealed.summary);
        for length in 0..value.len() {
            assert!(Version::decode(&value[..length]).is_err(), "{length}");
        }
        let upload = upload(protection);
        let value = upload.encode().unwrap();
        assert_eq!(value[0], format);
        assert_eq!(Upload::decode(&value).unwrap(), upload);
    }
}

#[test]
fn rows_of_the_first_format_say_nothing_of_sealing() {
    // The protection stands where the first format had a byte, 0 in every row.
    assert_eq!(postcard::to_allocvec(&Protection::Unsaid).unwrap(), [0]);
    assert_eq!(postcard::to_allocvec(&Protection::SseS3).unwrap(), [1]);
    assert_eq!(postcard::to_allocvec(&Protection::SseC(vec![9])).unwrap(), [2, 1, 9]);
    let bytes = postcard::to_allocvec(&sse_kms()).unwrap();
    assert_eq!((bytes[0], bytes[1]), (3, 40), "the number of the variant, then the length of the ARN");
}

/// An upload that says nothing of its object.
pub(crate) fn upload(protection: Protection) -> Upload {
    Upload {
        sequence: 1,
        nonce: 2,
        initiated_ms: 3,
        owner: Account(4),
        initiator: Initiator::default(),
        content: SystemHeaders::default(),
        metadata: Vec::new(),
        tags: Vec::new(),
        storage_class: StorageClass::Standard,
        checksum_algorithm: None,
        checksum_type: None,
        retention: None,
        legal_hold: None,
        website_redirect: None,
        protection,
        acl: Acl::Private,
        begun_with: Vec::new(),
    }
}

#[test]
fn an_upload_keeps_the_headers_that_it_was_begun_with() {
    for protection in [Protection::SseS3, Protection::SseC(vec![1])] {
        let plain = upload(protection);
        let encoded = plain.encode().unwrap();
        assert!(encoded[0] < 3, "a release that does not know of them reads the row");
        assert_eq!(Upload::decode(&encoded).unwrap(), plain);
        let begun_with = vec![("x-amz-acl".to_owned(), "public-read".to_owned())];
        let begun = Upload { begun_with, ..plain };
        let encoded = begun.encode().unwrap();
        assert_eq!(encoded[0], 3);
        assert_eq!(Upload::decode(&encoded).unwrap(), begun);
        assert!(Upload::decode(&encoded[..encoded.len() - 1]).is_err());
    }
}

#[test]
fn version_ids_print_as_clients_see_them() {
    assert_eq!(VersionId::Null.to_string(), "null");
    let id = version().summary.version_id().to_string();
    assert_eq!(version_id::decode(&id), Some((300, u64::MAX)));
}

#[test]
fn a_set_of_algorithms_lists_them_in_order() {
    let of = |algorithm: ChecksumAlgorithm| Checksum { algorithm, value: Vec::new() };
    let set = AlgorithmSet::of(&[of(ChecksumAlgorithm::XxHash128), of(ChecksumAlgorithm::Crc32)]);
    let listed = ChecksumAlgorithm::of_bits(set.0);
    assert_eq!(listed.collect::<Vec<_>>(), [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::XxHash128]);
}

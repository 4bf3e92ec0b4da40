//! Rows of every table, byte by byte: every later release reads them, and writes the same bytes.
//!
//! `BLESS=1 cargo test -p access-points rows` rewrites `tests/rows.txt` beside this file. Lines may
//! be added. A line that changes stands for rows that data folders hold and this release no longer
//! reads.

use gateway::errors::ErrorCode;
use serde::de::DeserializeOwned;

use super::*;
use crate::tables;

fn least() -> AccessPoint {
    AccessPoint {
        kind: Kind::Bucket,
        bucket: "photos".to_owned(),
        bucket_account: "111122223333".to_owned(),
        alias: "reports-abc-s3alias".to_owned(),
        created_ms: 1_369_353_600_000,
        network: None,
        public_access: PublicAccessBlock::default(),
        policy: None,
        tags: Vec::new(),
    }
}

fn least_object_lambda() -> ObjectLambda {
    ObjectLambda {
        supporting: "arn:aws:s3:us-east-1:111122223333:accesspoint/reports".to_owned(),
        alias: "redacted-abc--ol-s3".to_owned(),
        created_ms: 1_369_353_600_000,
        metrics: false,
        features: Vec::new(),
        transformations: vec![Transformation {
            actions: vec![TransformedAction::GetObject],
            function_arn: "arn:aws:lambda:us-east-1:111122223333:function:redact".to_owned(),
            has_payload: false,
        }],
        policy: None,
    }
}

fn full_object_lambda() -> ObjectLambda {
    use TransformedAction::{HeadObject, ListObjects, ListObjectsV2};
    let mut full = least_object_lambda();
    full.metrics = true;
    full.policy = Some(7);
    full.features = vec![
        Feature::GetObjectRange,
        Feature::GetObjectPartNumber,
        Feature::HeadObjectRange,
        Feature::HeadObjectPartNumber,
    ];
    full.transformations.push(Transformation {
        actions: vec![HeadObject, ListObjects, ListObjectsV2],
        function_arn: "arn:minio:s3-object-lambda::hook:webhook".to_owned(),
        has_payload: true,
    });
    full
}

fn line<T: Serialize + DeserializeOwned + PartialEq + std::fmt::Debug>(name: &str, record: &T) -> String {
    let value = encode(record).unwrap();
    assert_eq!(&decode::<T>(&value).unwrap(), record, "{name}");
    format!("{name} {}\n", gateway::hex::encode(&value))
}

#[test]
fn all_rows_are_as_the_golden_file_says() {
    let full = AccessPoint {
        network: Some("vpc-1a2b".to_owned()),
        public_access: PublicAccessBlock::ALL,
        policy: Some(7),
        tags: vec![("team".to_owned(), "blue".to_owned())],
        ..least()
    };
    let came = [
        line("access-points/least", &least()),
        line("access-points/full", &full),
        line("access-point-policies/policy", &Policy { text: "{\"Statement\":[]}".to_owned() }),
        format!(
            "access-point-aliases/alias {}\n",
            gateway::hex::encode(&tables::key("111122223333", "reports"))
        ),
        "access-points-of/row -\n".to_owned(),
        line("object-lambda-access-points/least", &least_object_lambda()),
        line("object-lambda-access-points/full", &full_object_lambda()),
        line("object-lambda-policies/policy", &Policy { text: "{\"Statement\":[]}".to_owned() }),
        format!(
            "object-lambda-aliases/alias {}\n",
            gateway::hex::encode(&tables::key("111122223333", "redacted"))
        ),
        line("object-lambda-payloads/payload", &Payload { text: "{\"level\":2}".to_owned() }),
    ]
    .concat();
    for table in tables::ALL {
        assert!(came.contains(&format!("{table}/")), "{table}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/records/tests/rows.txt");
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &came).unwrap();
    }
    let held = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(came, held, "BLESS=1 rewrites {path}");
}

#[test]
fn a_damaged_row_is_an_error() {
    let whole = encode(&least()).unwrap();
    for length in 0..whole.len() {
        assert!(decode::<AccessPoint>(&whole[..length]).is_err(), "{length}");
    }
    let own = encode(&full_object_lambda()).unwrap();
    for length in 0..own.len() {
        assert!(decode::<ObjectLambda>(&own[..length]).is_err(), "{length}");
    }
    let newer = [&[2], &whole[1..]].concat();
    assert_eq!(decode::<AccessPoint>(&newer).unwrap_err().code, ErrorCode::InternalError);
}

#[test]
fn keys_are_in_the_order_of_names_and_keep_accounts_apart() {
    let key = tables::key("111122223333", "reports");
    assert_eq!(tables::split_key(&key), Some(("111122223333", "reports")));
    assert_eq!(tables::split_key(b"1111"), None);
    let range = tables::of_account("111122223333", "reports");
    assert!(!range.contains(&key));
    assert!(range.contains(&tables::key("111122223333", "reports-a")));
    assert!(!range.contains(&tables::key("111122223334", "reports-a")));
    let payload = tables::payload_key("111122223333", "reports", 3);
    assert_eq!(payload, b"111122223333reports\0\x03");
    let range = tables::of_bucket_and_account("photos", "111122223333", "");
    assert!(range.contains(&tables::of_bucket_key("photos", "111122223333", "a")));
    assert!(!range.contains(&tables::of_bucket_key("photos", "111122223334", "a")));
    assert!(!range.contains(&tables::of_bucket_key("photos-a", "111122223333", "a")));
}

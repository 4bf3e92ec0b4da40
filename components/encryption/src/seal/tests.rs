//! What counts: the request before the bucket.

use super::*;

fn bucket(key: Option<&str>, bucket_key: bool) -> DefaultProtection {
    DefaultProtection { master_key: key.map(str::to_owned), bucket_key, blocks_sse_c: false }
}

fn sse_kms(name: &str, account: KeyAccount, bucket_key: bool) -> Choice {
    Choice::SseKms { name: name.to_owned(), account, context: Vec::new(), bucket_key }
}

#[test]
fn the_request_goes_before_the_bucket() {
    let nothing = || RequestedSealing::Nothing { bucket_key: None };
    let kms = |name: Option<&str>, bucket_key| {
        RequestedSealing::SseKms(MasterKeyChoice {
            name: name.map(str::to_owned),
            context: Vec::new(),
            bucket_key,
        })
    };
    let key = bucket(Some("k"), true);
    let alias = bucket(Some("alias/k"), false);
    let plain = bucket(None, true);
    let cases = [
        (nothing(), None, Choice::Nothing),
        (nothing(), Some(&plain), Choice::Nothing),
        (nothing(), Some(&key), sse_kms("k", KeyAccount::Owner, true)),
        (nothing(), Some(&alias), sse_kms("alias/k", KeyAccount::Principal, false)),
        (
            RequestedSealing::Nothing { bucket_key: Some(false) },
            Some(&key),
            sse_kms("k", KeyAccount::Owner, false),
        ),
        (RequestedSealing::SseS3, Some(&key), Choice::SseS3),
        (kms(None, None), None, sse_kms(AWS_MANAGED_ALIAS, KeyAccount::Principal, false)),
        // The AWS managed key of the account, not the bucket's default key. The bucket key setting
        // is the bucket's.
        (kms(None, None), Some(&key), sse_kms(AWS_MANAGED_ALIAS, KeyAccount::Principal, true)),
        (kms(Some("x"), Some(false)), Some(&key), sse_kms("x", KeyAccount::Principal, false)),
    ];
    for (requested, bucket_default, choice) in cases {
        let said = format!("{requested:?} {bucket_default:?}");
        assert_eq!(choose(requested, bucket_default), choice, "{said}");
    }
}

#[test]
fn a_stored_arn_gets_the_region_that_the_deployment_has_now() {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/photos";
    assert_eq!(with_region(arn, "eu-west-1"), "arn:aws:kms:eu-west-1:111122223333:key/photos");
    assert_eq!(with_region("arn:aws", "eu-west-1"), "arn:aws");
}

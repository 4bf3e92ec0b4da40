//! Whose word counts.

use super::*;

fn bucket(key: Option<&str>, bucket_key: bool) -> DefaultProtection {
    DefaultProtection { key: key.map(str::to_owned), bucket_key, blocks_customer_keys: false }
}

fn managed(name: &str, whose: Whose, bucket_key: bool) -> Choice {
    Choice::Managed { name: name.to_owned(), whose, context: Vec::new(), bucket_key }
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
        (nothing(), Some(&key), managed("k", Whose::Owner, true)),
        (nothing(), Some(&alias), managed("alias/k", Whose::Caller, false)),
        (
            RequestedSealing::Nothing { bucket_key: Some(false) },
            Some(&key),
            managed("k", Whose::Owner, false),
        ),
        (RequestedSealing::SseS3, Some(&key), Choice::Folder),
        (kms(None, None), None, managed(AWS_MANAGED_ALIAS, Whose::Caller, false)),
        // The key of the account, not that of the bucket; but used as the bucket says.
        (kms(None, None), Some(&key), managed(AWS_MANAGED_ALIAS, Whose::Caller, true)),
        (kms(Some("x"), Some(false)), Some(&key), managed("x", Whose::Caller, false)),
    ];
    for (requested, fallback, choice) in cases {
        let said = format!("{requested:?} {fallback:?}");
        assert_eq!(choose(requested, fallback), choice, "{said}");
    }
}

#[test]
fn a_stored_arn_is_of_the_region_of_today() {
    let arn = "arn:aws:kms:us-east-1:111122223333:key/photos";
    assert_eq!(of_today(arn, "eu-west-1"), "arn:aws:kms:eu-west-1:111122223333:key/photos");
    assert_eq!(of_today("arn:aws", "eu-west-1"), "arn:aws");
}

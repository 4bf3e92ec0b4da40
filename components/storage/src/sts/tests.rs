use gateway::errors::ErrorCode;
use gateway::query::Query;
use sdk::Identity;

use super::{arn, check, id_from_digest};

fn identity(user: &str) -> Identity {
    Identity {
        account: "000000000042".to_owned(),
        canonical_id: "c0ffee".to_owned(),
        display_name: "display".to_owned(),
        user: user.to_owned(),
        access_key_id: "AKIA".to_owned(),
    }
}

fn judge(query: &str, form: &str) -> Option<ErrorCode> {
    check(&Query::parse(query).unwrap(), form.as_bytes()).err().map(|error| error.code)
}

#[test]
fn the_action_comes_in_the_form_or_in_the_query() {
    let call = "Action=GetCallerIdentity&Version=2011-06-15";
    assert_eq!(judge("", call), None);
    assert_eq!(judge(call, ""), None);
    assert_eq!(judge("", ""), Some(ErrorCode::MissingAction));
    assert_eq!(judge("", "Action=GetCallerIdentity&Version=2012-01-01"), Some(ErrorCode::InvalidAction));
    assert_eq!(judge("", "Action=AssumeRole&Version=2011-06-15"), Some(ErrorCode::InvalidAction));
}

#[test]
fn a_user_has_an_arn() {
    assert_eq!(arn(&identity("")), "arn:aws:iam::000000000042:root");
    assert_eq!(arn(&identity("alice")), "arn:aws:iam::000000000042:user/alice");
}

#[test]
fn a_user_id_has_the_form_of_aws() {
    let id = id_from_digest("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_eq!(id.len(), 21);
    assert!(id.starts_with("AIDA"));
    assert!(id.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit()));
}

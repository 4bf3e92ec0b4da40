//! The catalogue of condition keys.

use super::*;

#[test]
fn names_occur_once() {
    let mut names: Vec<String> = KeyId::ALL.iter().map(|id| id.name().to_ascii_lowercase()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(names.iter().all(|name| name.contains(':')), "{names:?}");
}

#[test]
fn every_key_is_read_by_its_name_in_any_case() {
    for id in KeyId::ALL {
        let name = if id.is_family() { format!("{}team", id.name()) } else { id.name().to_owned() };
        for spelling in [name.clone(), name.to_ascii_uppercase(), name.to_ascii_lowercase()] {
            assert_eq!(Key::parse(&spelling).id(), *id, "{spelling}");
        }
        assert_eq!(Key::parse(&name).to_string(), name);
    }
}

#[test]
fn the_key_of_a_tag_follows_the_name() {
    let key = Key::parse("S3:ExistingObjectTag/Cost/Center");
    assert_eq!(
        (key.id(), key.tag(), key.name()),
        (KeyId::ExistingObjectTag, "Cost/Center", "s3:existingobjecttag/Cost/Center")
    );
    assert_ne!(key, Key::parse("s3:ExistingObjectTag/cost/center"));
    assert_eq!(Key::parse("aws:SourceIp").tag(), "");
    assert_eq!(Key::parse("aws:PrincipalTag/").id(), KeyId::Other);
    assert_eq!(Key::parse("aws:PrincipalTag").id(), KeyId::Other);
}

#[test]
fn the_key_of_an_encryption_context_follows_the_name_in_any_case() {
    let key = Key::parse("kms:encryptionContext:aws:s3:ARN");
    assert_eq!((key.id(), key.tag()), (KeyId::KmsEncryptionContext, "aws:s3:arn"));
    assert_eq!(key, Key::parse("KMS:EncryptionContext:aws:s3:arn"));
    assert_eq!(key.to_string(), "kms:EncryptionContext:aws:s3:arn");
    assert_eq!(Key::parse("kms:EncryptionContext:a/b").tag(), "a/b");
    assert_eq!(Key::parse("kms:EncryptionContext:").id(), KeyId::Other);
    assert_eq!(Key::parse("kms:EncryptionContextKeys").id(), KeyId::KmsEncryptionContextKeys);
}

#[test]
fn other_keys_are_kept_by_name() {
    let claim = Key::parse("Token.example.com/Path:sub");
    assert_eq!((claim.id(), claim.name(), claim.tag()), (KeyId::Other, "token.example.com/path:sub", ""));
    assert_eq!(claim, Key::parse("token.example.com/path:SUB"));
    assert_eq!(claim.to_string(), "token.example.com/path:sub");
}

#[test]
fn keys_are_carried_by_actions_that_exist() {
    for id in KeyId::ALL {
        if let Carried::By(actions) = id.carried() {
            for action in actions {
                let services = ["s3:*", "s3-object-lambda:*", "lambda:*", "iam:*", "sts:*", "kms:*"];
                let is_service = services.contains(action);
                let exists = crate::actions::level(action).is_some()
                    || crate::actions::lambda::ACTIONS.contains(action);
                assert!(is_service || exists, "{id:?} {action}");
            }
        }
    }
}

//! The catalogue against the operations table.

use super::*;
use crate::operations::{Action, Operation, TargetKind};

#[test]
fn actions_are_listed_once_and_in_order() {
    let folded: Vec<String> = ACTIONS.iter().map(|(name, _)| name.to_ascii_lowercase()).collect();
    assert!(folded.windows(2).all(|pair| pair[0] < pair[1]), "{folded:?}");
}

#[test]
fn every_action_of_the_operations_table_is_catalogued() {
    for operation in Operation::ALL {
        let row = operation.row();
        let of_target = match row.target {
            TargetKind::Service => Level::Account,
            TargetKind::Bucket => Level::Bucket,
            TargetKind::Object => Level::Object,
        };
        // What a header adds concerns the same as the operation: the objects named in the body, where there are such.
        let of_each = row.actions.iter().any(|action| matches!(action, Action::Each(..)));
        let of_target = if of_each { Level::Object } else { of_target };
        for action in row.actions {
            let (names, expected) = match action {
                Action::Target(name) | Action::WithHeader(_, name) => (vec![*name], of_target),
                Action::Versioned(name, version) => (vec![*name, *version], of_target),
                Action::Source(name, version) | Action::Each(name, version) => {
                    (vec![*name, *version], Level::Object)
                }
            };
            for name in names.into_iter().filter(|name| name.starts_with("s3:")) {
                // Their bodies name the objects.
                let names_objects = matches!(operation, Operation::PostObject | Operation::DeleteObjects);
                let expected = if names_objects { Level::Object } else { expected };
                assert_eq!(level(name), Some(expected), "{operation} {name}");
            }
        }
    }
}

#[test]
fn actions_are_compared_without_regard_to_case() {
    for (pattern, action, expected) in [
        ("s3:GetObject", "s3:getobject", true),
        ("S3:GETOBJECT", "s3:getobject", true),
        ("s3:Get*", "s3:getbucketacl", true),
        ("s3:???Object", "s3:putobject", true),
        ("*", "sts:assumerole", true),
        ("s3:*", "sts:assumerole", false),
        ("s3:GetObject", "s3:getobjectacl", false),
    ] {
        assert_eq!(ActionPattern::parse(pattern).matches(action), expected, "{pattern} {action}");
    }
}

//! THE OPERATIONS TABLE against the catalogue of actions that the policy language has.

use crate::operations::{Action, Operation, TargetKind};
use crate::policy::actions::{Level, level};

#[test]
fn every_action_of_the_operations_table_is_catalogued() {
    for operation in Operation::ALL {
        let row = operation.row();
        let of_target = match row.target {
            TargetKind::Service => Level::Account,
            TargetKind::Bucket => Level::Bucket,
            TargetKind::Object => Level::Object,
        };
        // The action of a header is on what the operation is on: the objects that the body names,
        // if it names any.
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
                // Buckets have tags by these as well, at AWS.
                let of_any = matches!(
                    operation,
                    Operation::TagResource | Operation::UntagResource | Operation::ListTagsForResource
                );
                let expected = if of_any { Level::Bucket } else { expected };
                assert_eq!(level(name), Some(expected), "{operation} {name}");
            }
        }
    }
}

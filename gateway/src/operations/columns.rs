//! What the columns of the table say about an operation: the properties that other code needs.
//!
//! Each property follows from the row alone. Rows are constant data, found by the number of the
//! operation, so that reading one costs next to nothing.

use super::row::{Action, BodyKind, Purpose, Selector, TargetKind};
use super::{ACCESS_POINT, ACCESS_POINTS, ACCOUNT_ID_HEADER, OBJECT_LAMBDA, OBJECT_LAMBDAS, Operation};
use crate::policy::actions::object_lambda::standing_for;

impl Operation {
    /// The purpose of the operation.
    pub fn purpose(self) -> Purpose {
        self.row().purpose
    }

    /// Whether it makes the bucket that it is addressed to.
    pub fn makes_bucket(self) -> bool {
        self.purpose() == Purpose::MakeBucket
    }

    /// Whether its headers describe a new object: it makes one, or begins an upload.
    pub fn starts_object(self) -> bool {
        matches!(self.purpose(), Purpose::WriteObject | Purpose::BeginUpload)
    }

    /// Whether there is a new object when it is done.
    pub fn finishes_object(self) -> bool {
        matches!(self.purpose(), Purpose::WriteObject | Purpose::CompleteUpload)
    }

    /// Whether it adds to an upload that was begun before, or completes it.
    pub fn is_of_upload(self) -> bool {
        matches!(self.purpose(), Purpose::WritePart | Purpose::CompleteUpload)
    }

    /// Whether it changes what is stored about an object that is there. The decision is about that
    /// object, which has to be the same when the change takes effect.
    pub fn changes_object(self) -> bool {
        let changes = matches!(self.purpose(), Purpose::SetAcl | Purpose::SetTags | Purpose::SetLock);
        changes && self.row().target == TargetKind::Object
    }

    /// Whether its headers may name an ACL.
    pub fn takes_acl(self) -> bool {
        self.starts_object() || matches!(self.purpose(), Purpose::MakeBucket | Purpose::SetAcl)
    }

    /// Whether it reads another object than the one that it writes.
    pub fn copies(self) -> bool {
        self.row().actions.iter().any(|action| matches!(action, Action::Source(..)))
    }

    /// Whether it makes an object of another one, and takes over what that has besides bytes. A
    /// part that is copied takes over bytes only.
    pub fn copies_whole_object(self) -> bool {
        self.purpose() == Purpose::WriteObject && self.copies()
    }

    /// Whether it takes an action on the bucket or the object that it is addressed to, whatever its
    /// headers say.
    pub fn takes(self, action: &str) -> bool {
        self.row().actions.iter().any(|own| matches!(own, Action::Target(name) if *name == action))
    }

    /// Whether its requests are HTML forms, whose fields count as headers.
    pub fn is_upload_form(self) -> bool {
        self.row().body == BodyKind::UploadForm
    }

    /// Whether it is a call of a Query API: of STS or IAM.
    pub fn is_query_call(self) -> bool {
        matches!(self.row().body, BodyKind::Form(_))
    }

    /// Whether it is a call of the API of Lambda, whose operations have a table of their own
    /// ([`functions::table`](super::functions::table)).
    pub fn is_of_functions(self) -> bool {
        self == Operation::Lambda
    }

    /// Whether it is of the API for the settings of an account, which a header names (s3control).
    pub fn is_of_account(self) -> bool {
        self.row().selected_by.contains(&Selector::Header(ACCOUNT_ID_HEADER))
    }

    /// Whether it makes, shows or changes access points, which are a component's of their own.
    pub fn is_of_access_points(self) -> bool {
        self.row().selected_by.iter().any(|selector| {
            matches!(
                selector,
                Selector::Under(..) | Selector::Below(_) | Selector::Path(ACCESS_POINTS | OBJECT_LAMBDAS)
            )
        })
    }

    /// Whether it is about Object Lambda access points, and not about the others.
    pub fn is_of_object_lambda(self) -> bool {
        self.row().selected_by.iter().any(|selector| {
            matches!(selector, Selector::Under(OBJECT_LAMBDA, _) | Selector::Path(OBJECT_LAMBDAS))
        })
    }

    /// Whether it is about the scope of an access point, which those of directory buckets have.
    pub fn is_of_scope(self) -> bool {
        self.row().selected_by.contains(&Selector::Under(ACCESS_POINT, "/scope"))
    }

    /// Whether its requests may come by an Object Lambda access point: each of its actions has one
    /// of Object Lambda that stands for it.
    ///
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-use.html>
    pub fn goes_by_object_lambda(self) -> bool {
        let stands = |action: &str| standing_for(action).is_some();
        self.goes_by_access_point()
            && !self.is_upload_form()
            && self.row().actions.iter().all(|action| match *action {
                Action::Target(action) | Action::WithHeader(_, action) => stands(action),
                Action::Versioned(current, version) | Action::Each(current, version) => {
                    stands(current) && stands(version)
                }
                // The object that is copied is not reached by it.
                Action::Source(..) => true,
            })
    }

    /// Whether its requests may come by an access point.
    pub fn goes_by_access_point(self) -> bool {
        self.row().by_access_point
    }
}

//! The kind of a policy, the version of the language, and the effect of a statement.

/// What a policy is attached to, which decides what it may say.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind<'a> {
    /// A user, a group or a role.
    Identity,
    /// The bucket with this name.
    Bucket(&'a str),
    /// The access point with this ARN: `arn:aws:s3:us-east-1:111122223333:accesspoint/reports`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-policies.html>
    AccessPoint(&'a str),
    /// The Object Lambda access point with this ARN:
    /// `arn:aws:s3-object-lambda:us-east-1:111122223333:accesspoint/redacted`.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/olap-policies.html>
    ObjectLambda(&'a str),
    /// The function with this ARN, without version and alias: who may invoke it.
    /// <https://docs.aws.amazon.com/lambda/latest/dg/access-control-resource-based.html>
    Function(&'a str),
    /// A role: who may assume it.
    Trust,
    /// A session, when it is made.
    Session,
    /// A user or a role, as the limit of what its policies can grant.
    Boundary,
    /// A listener: what may pass through it.
    Endpoint,
    /// A master key: who may use it.
    /// <https://docs.aws.amazon.com/kms/latest/developerguide/key-policies.html>
    Key,
}

impl Kind<'_> {
    /// Whether statements say whom they are about.
    pub(crate) fn names_principals(self) -> bool {
        self.is_of_s3() || matches!(self, Kind::Trust | Kind::Endpoint | Kind::Key | Kind::Function(_))
    }

    /// Whether S3 keeps such policies: those of buckets and of both kinds of access points.
    pub(crate) fn is_of_s3(self) -> bool {
        matches!(self, Kind::Bucket(_) | Kind::AccessPoint(_) | Kind::ObjectLambda(_))
    }
}

/// A version of the policy language.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// 2008-10-17, also where a document names none: `${…}` is text.
    V2008,
    /// 2012-10-17
    V2012,
}

impl Version {
    /// `2012-10-17`
    pub fn as_str(self) -> &'static str {
        match self {
            Version::V2008 => "2008-10-17",
            Version::V2012 => "2012-10-17",
        }
    }
}

/// What a statement does when it applies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// It allows, unless another one denies.
    Allow,
    /// It denies, whatever others allow.
    Deny,
}

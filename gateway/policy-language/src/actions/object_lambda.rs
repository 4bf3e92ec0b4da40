//! The actions of S3 Object Lambda by their names: each stands for the action of S3 with the same
//! name, asked of an Object Lambda access point.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3objectlambda.html>

/// How their names begin.
pub(crate) const PREFIX: &str = "s3-object-lambda:";

/// Every action, in the order of their names. Those that AWS does not have are of requests that
/// are let through here all the same.
pub(crate) const ACTIONS: &[&str] = &[
    "s3-object-lambda:AbortMultipartUpload",
    "s3-object-lambda:BypassGovernanceRetention",
    "s3-object-lambda:DeleteObject",
    "s3-object-lambda:DeleteObjectTagging",
    "s3-object-lambda:DeleteObjectVersion",
    "s3-object-lambda:DeleteObjectVersionTagging",
    "s3-object-lambda:GetBucketLocation",
    "s3-object-lambda:GetObject",
    "s3-object-lambda:GetObjectAcl",
    "s3-object-lambda:GetObjectAttributes",
    "s3-object-lambda:GetObjectLegalHold",
    "s3-object-lambda:GetObjectRetention",
    "s3-object-lambda:GetObjectTagging",
    "s3-object-lambda:GetObjectVersion",
    "s3-object-lambda:GetObjectVersionAcl",
    "s3-object-lambda:GetObjectVersionAttributes",
    "s3-object-lambda:GetObjectVersionTagging",
    "s3-object-lambda:ListBucket",
    "s3-object-lambda:ListBucketMultipartUploads",
    "s3-object-lambda:ListBucketVersions",
    "s3-object-lambda:ListMultipartUploadParts",
    "s3-object-lambda:PutObject",
    "s3-object-lambda:PutObjectAcl",
    "s3-object-lambda:PutObjectLegalHold",
    "s3-object-lambda:PutObjectRetention",
    "s3-object-lambda:PutObjectTagging",
    "s3-object-lambda:PutObjectVersionAcl",
    "s3-object-lambda:PutObjectVersionTagging",
    "s3-object-lambda:RestoreObject",
    "s3-object-lambda:WriteGetObjectResponse",
];

/// The action of S3 Object Lambda that stands for one of S3; `None` for one that goes by no Object
/// Lambda access point.
pub fn standing_for(action: &str) -> Option<&'static str> {
    let name = action.strip_prefix("s3:")?;
    ACTIONS.iter().copied().find(|own| own.strip_prefix(PREFIX) == Some(name))
}

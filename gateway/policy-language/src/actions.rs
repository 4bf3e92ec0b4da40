//! The actions of S3, and what each is about.
//!
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazons3.html>

pub(crate) mod iam;
pub(crate) mod kms;
pub mod lambda;
pub mod object_lambda;

use super::budget::Budget;
use super::pattern::{Pattern, Piece, Syntax, Variables, Wildcards, matches, matches_within};
use std::sync::OnceLock;

/// What an action is about. It decides with which resources the action can stand in a statement.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Level {
    /// No bucket in particular, or one that does not exist yet.
    Account,
    /// A bucket.
    Bucket,
    /// An object.
    Object,
}

/// An action of a policy document: a name with wildcards, compared without regard to case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct ActionPattern {
    /// As written.
    pub(crate) text: Box<str>,
    folded: Pattern,
    /// The actions of S3 that it means.
    pub(crate) known: ActionSet,
}

impl ActionPattern {
    pub(crate) fn parse(text: &str) -> ActionPattern {
        let syntax = Syntax { wildcards: Wildcards::Match, variables: Variables::Literal };
        let folded = Pattern::parse(&text.to_ascii_lowercase(), syntax);
        let known = ActionSet::of(&folded);
        ActionPattern { text: text.into(), folded, known }
    }

    /// Whether it means an action whose name is in lower case.
    pub(crate) fn matches(&self, folded: &str) -> bool {
        matches(self.folded.pieces(), folded)
    }

    /// The same with a budget: `false` also where it ends first.
    pub(crate) fn matches_within(&self, folded: &str, budget: &Budget) -> bool {
        matches_within(self.folded.pieces(), folded, budget)
    }

    /// Whether it means an action of IAM or STS.
    pub(crate) fn is_of_iam(&self) -> bool {
        iam::ACTIONS.iter().any(|name| self.matches(&name.to_ascii_lowercase()))
    }

    /// Whether it means an action of S3 Object Lambda.
    pub(crate) fn is_of_object_lambda(&self) -> bool {
        object_lambda::ACTIONS.iter().any(|name| self.matches(&name.to_ascii_lowercase()))
    }

    /// The actions of Lambda that it means.
    pub(crate) fn of_lambda(&self) -> impl Iterator<Item = &'static str> {
        lambda::ACTIONS.iter().copied().filter(|name| self.matches(&name.to_ascii_lowercase()))
    }

    /// Whether it means an action of KMS.
    pub(crate) fn is_of_kms(&self) -> bool {
        kms::ACTIONS.iter().any(|name| self.matches(&name.to_ascii_lowercase()))
    }

    /// The actions of S3 that it means.
    pub(crate) fn known(&self) -> impl Iterator<Item = (&'static str, Level)> {
        ACTIONS.iter().copied().enumerate().filter(|(at, _)| self.known.has(*at)).map(|(_, action)| action)
    }
}

/// Actions of S3, by their numbers. A bit for each, because every statement is compared with the
/// action for every key of every request.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub(crate) struct ActionSet([u64; WORDS]);

const WORDS: usize = ACTIONS.len().div_ceil(64);

impl ActionSet {
    /// Those that a pattern in lower case means.
    fn of(folded: &Pattern) -> ActionSet {
        match folded.pieces() {
            [Piece::Text(name)] => {
                number(name).map_or(ActionSet::default(), |one| ActionSet::default().and(one))
            }
            // Only names that begin as the pattern does are compared.
            pieces => {
                let begin = match pieces.first() {
                    Some(Piece::Text(begin)) => &**begin,
                    _ => "",
                };
                let first = names().partition_point(|(name, _)| name.as_str() < begin);
                let rest = names().get(first..).unwrap_or_default();
                let alike = rest.iter().take_while(|(name, _)| name.starts_with(begin));
                alike
                    .filter(|(name, _)| matches(pieces, name))
                    .fold(ActionSet::default(), |set, (_, number)| set.and(*number))
            }
        }
    }

    /// Those whose names are listed, in any case; `s3:*` stands for all of a service.
    pub(crate) fn named(listed: &[&str]) -> ActionSet {
        listed.iter().fold(ActionSet::default(), |set, name| set.with(ActionPattern::parse(name).known))
    }

    fn and(mut self, number: usize) -> ActionSet {
        if let Some(word) = self.0.get_mut(number / 64) {
            *word |= 1 << (number % 64);
        }
        self
    }

    /// These and others.
    #[must_use]
    pub(crate) fn with(mut self, other: ActionSet) -> ActionSet {
        self.0.iter_mut().zip(other.0).for_each(|(own, other)| *own |= other);
        self
    }

    /// Whether some are in both.
    pub(crate) fn meets(self, other: ActionSet) -> bool {
        self.0.iter().zip(other.0).any(|(own, other)| own & other != 0)
    }

    /// Whether the action of a number is in it.
    pub(crate) fn has(self, number: usize) -> bool {
        self.0.get(number / 64).is_some_and(|word| word & (1 << (number % 64)) != 0)
    }

    /// Whether none is.
    pub(crate) fn is_empty(self) -> bool {
        self.0 == [0; WORDS]
    }
}

/// The number of an action of S3 whose name is in lower case: its position in [`ACTIONS`].
pub(crate) fn number(folded: &str) -> Option<usize> {
    let names = names();
    let found = names.binary_search_by(|(name, _)| name.as_str().cmp(folded)).ok()?;
    names.get(found).map(|(_, number)| *number)
}

/// The names in lower case, in their order, with their numbers.
fn names() -> &'static [(String, usize)] {
    static NAMES: OnceLock<Vec<(String, usize)>> = OnceLock::new();
    NAMES.get_or_init(|| {
        let folded = |(at, (name, _)): (usize, &(&str, Level))| (name.to_ascii_lowercase(), at);
        let mut names: Vec<_> = ACTIONS.iter().enumerate().map(folded).collect();
        names.sort_unstable();
        names
    })
}

/// What an action is about; `None` for one that S3 does not have. The name is compared without
/// regard to case.
pub fn level(action: &str) -> Option<Level> {
    ACTIONS.iter().find(|(name, _)| name.eq_ignore_ascii_case(action)).map(|(_, level)| *level)
}

use Level::{Account, Bucket, Object};

/// Every action of S3, in the order of their names.
pub const ACTIONS: &[(&str, Level)] = &[
    ("s3:AbortMultipartUpload", Object),
    ("s3:AssociateAccessGrantsIdentityCenter", Account),
    ("s3:BypassGovernanceRetention", Object),
    ("s3:CreateAccessGrant", Account),
    ("s3:CreateAccessGrantsInstance", Account),
    ("s3:CreateAccessGrantsLocation", Account),
    ("s3:CreateAccessPoint", Account),
    ("s3:CreateAccessPointForObjectLambda", Account),
    ("s3:CreateBucket", Bucket),
    ("s3:CreateBucketMetadataTableConfiguration", Bucket),
    ("s3:CreateJob", Account),
    ("s3:CreateMultiRegionAccessPoint", Account),
    ("s3:CreateStorageLensGroup", Account),
    ("s3:DeleteAccessGrant", Account),
    ("s3:DeleteAccessGrantsInstance", Account),
    ("s3:DeleteAccessGrantsInstanceResourcePolicy", Account),
    ("s3:DeleteAccessGrantsLocation", Account),
    ("s3:DeleteAccessPoint", Account),
    ("s3:DeleteAccessPointForObjectLambda", Account),
    ("s3:DeleteAccessPointPolicy", Account),
    ("s3:DeleteAccessPointPolicyForObjectLambda", Account),
    ("s3:DeleteBucket", Bucket),
    ("s3:DeleteBucketMetadataTableConfiguration", Bucket),
    ("s3:DeleteBucketPolicy", Bucket),
    ("s3:DeleteBucketWebsite", Bucket),
    ("s3:DeleteJobTagging", Account),
    ("s3:DeleteMultiRegionAccessPoint", Account),
    ("s3:DeleteObject", Object),
    ("s3:DeleteObjectAnnotation", Object),
    ("s3:DeleteObjectTagging", Object),
    ("s3:DeleteObjectVersion", Object),
    ("s3:DeleteObjectVersionAnnotation", Object),
    ("s3:DeleteObjectVersionTagging", Object),
    ("s3:DeleteStorageLensConfiguration", Account),
    ("s3:DeleteStorageLensConfigurationTagging", Account),
    ("s3:DeleteStorageLensGroup", Account),
    ("s3:DescribeJob", Account),
    ("s3:DescribeMultiRegionAccessPointOperation", Account),
    ("s3:DissociateAccessGrantsIdentityCenter", Account),
    ("s3:GetAccelerateConfiguration", Bucket),
    ("s3:GetAccessGrant", Account),
    ("s3:GetAccessGrantsInstance", Account),
    ("s3:GetAccessGrantsInstanceForPrefix", Account),
    ("s3:GetAccessGrantsInstanceResourcePolicy", Account),
    ("s3:GetAccessGrantsLocation", Account),
    ("s3:GetAccessPoint", Account),
    ("s3:GetAccessPointConfigurationForObjectLambda", Account),
    ("s3:GetAccessPointForObjectLambda", Account),
    ("s3:GetAccessPointPolicy", Account),
    ("s3:GetAccessPointPolicyForObjectLambda", Account),
    ("s3:GetAccessPointPolicyStatus", Account),
    ("s3:GetAccessPointPolicyStatusForObjectLambda", Account),
    ("s3:GetAccountPublicAccessBlock", Account),
    ("s3:GetAnalyticsConfiguration", Bucket),
    ("s3:GetBucketAbac", Bucket),
    ("s3:GetBucketAcl", Bucket),
    ("s3:GetBucketCORS", Bucket),
    ("s3:GetBucketLocation", Bucket),
    ("s3:GetBucketLogging", Bucket),
    ("s3:GetBucketMetadataTableConfiguration", Bucket),
    ("s3:GetBucketNotification", Bucket),
    ("s3:GetBucketObjectLockConfiguration", Bucket),
    ("s3:GetBucketOwnershipControls", Bucket),
    ("s3:GetBucketPolicy", Bucket),
    ("s3:GetBucketPolicyStatus", Bucket),
    ("s3:GetBucketPublicAccessBlock", Bucket),
    ("s3:GetBucketRequestPayment", Bucket),
    ("s3:GetBucketTagging", Bucket),
    ("s3:GetBucketTransforms", Bucket),
    ("s3:GetBucketVersioning", Bucket),
    ("s3:GetBucketWebsite", Bucket),
    ("s3:GetDataAccess", Account),
    ("s3:GetEncryptionConfiguration", Bucket),
    ("s3:GetIntelligentTieringConfiguration", Bucket),
    ("s3:GetInventoryConfiguration", Bucket),
    ("s3:GetJobTagging", Account),
    ("s3:GetLifecycleConfiguration", Bucket),
    ("s3:GetMetricsConfiguration", Bucket),
    ("s3:GetMultiRegionAccessPoint", Account),
    ("s3:GetMultiRegionAccessPointPolicy", Account),
    ("s3:GetMultiRegionAccessPointPolicyStatus", Account),
    ("s3:GetMultiRegionAccessPointRoutes", Account),
    ("s3:GetObject", Object),
    ("s3:GetObjectAcl", Object),
    ("s3:GetObjectAnnotation", Object),
    ("s3:GetObjectAttributes", Object),
    ("s3:GetObjectLegalHold", Object),
    ("s3:GetObjectRetention", Object),
    ("s3:GetObjectTagging", Object),
    ("s3:GetObjectTorrent", Object),
    ("s3:GetObjectVersion", Object),
    ("s3:GetObjectVersionAcl", Object),
    ("s3:GetObjectVersionAnnotation", Object),
    ("s3:GetObjectVersionAttributes", Object),
    ("s3:GetObjectVersionForReplication", Object),
    ("s3:GetObjectVersionTagging", Object),
    ("s3:GetObjectVersionTorrent", Object),
    ("s3:GetReplicationConfiguration", Bucket),
    ("s3:GetStorageLensConfiguration", Account),
    ("s3:GetStorageLensConfigurationTagging", Account),
    ("s3:GetStorageLensDashboard", Account),
    ("s3:GetStorageLensGroup", Account),
    ("s3:InitiateReplication", Object),
    ("s3:ListAccessGrants", Account),
    ("s3:ListAccessGrantsInstances", Account),
    ("s3:ListAccessGrantsLocations", Account),
    ("s3:ListAccessPoints", Account),
    ("s3:ListAccessPointsForObjectLambda", Account),
    ("s3:ListAllMyBuckets", Account),
    ("s3:ListBucket", Bucket),
    ("s3:ListBucketMultipartUploads", Bucket),
    ("s3:ListBucketVersions", Bucket),
    ("s3:ListCallerAccessGrants", Account),
    ("s3:ListJobs", Account),
    ("s3:ListMultipartUploadParts", Object),
    ("s3:ListMultiRegionAccessPoints", Account),
    ("s3:ListObjectAnnotations", Object),
    ("s3:ListObjectVersionAnnotations", Object),
    ("s3:ListStorageLensConfigurations", Account),
    ("s3:ListStorageLensGroups", Account),
    ("s3:ListTagsForResource", Bucket),
    ("s3:ObjectOwnerOverrideToBucketOwner", Object),
    ("s3:PauseReplication", Bucket),
    ("s3:PutAccelerateConfiguration", Bucket),
    ("s3:PutAccessGrantsInstanceResourcePolicy", Account),
    ("s3:PutAccessPointConfigurationForObjectLambda", Account),
    ("s3:PutAccessPointPolicy", Account),
    ("s3:PutAccessPointPolicyForObjectLambda", Account),
    ("s3:PutAccessPointPublicAccessBlock", Account),
    ("s3:PutAccountPublicAccessBlock", Account),
    ("s3:PutAnalyticsConfiguration", Bucket),
    ("s3:PutBucketAbac", Bucket),
    ("s3:PutBucketAcl", Bucket),
    ("s3:PutBucketCORS", Bucket),
    ("s3:PutBucketLogging", Bucket),
    ("s3:PutBucketNotification", Bucket),
    ("s3:PutBucketObjectLockConfiguration", Bucket),
    ("s3:PutBucketOwnershipControls", Bucket),
    ("s3:PutBucketPolicy", Bucket),
    ("s3:PutBucketPublicAccessBlock", Bucket),
    ("s3:PutBucketRequestPayment", Bucket),
    ("s3:PutBucketTagging", Bucket),
    ("s3:PutBucketTransforms", Bucket),
    ("s3:PutBucketVersioning", Bucket),
    ("s3:PutBucketWebsite", Bucket),
    ("s3:PutEncryptionConfiguration", Bucket),
    ("s3:PutIntelligentTieringConfiguration", Bucket),
    ("s3:PutInventoryConfiguration", Bucket),
    ("s3:PutJobTagging", Account),
    ("s3:PutLifecycleConfiguration", Bucket),
    ("s3:PutMetricsConfiguration", Bucket),
    ("s3:PutMultiRegionAccessPointPolicy", Account),
    ("s3:PutObject", Object),
    ("s3:PutObjectAcl", Object),
    ("s3:PutObjectAnnotation", Object),
    ("s3:PutObjectLegalHold", Object),
    ("s3:PutObjectRetention", Object),
    ("s3:PutObjectTagging", Object),
    ("s3:PutObjectVersionAcl", Object),
    ("s3:PutObjectVersionAnnotation", Object),
    ("s3:PutObjectVersionTagging", Object),
    ("s3:PutReplicationConfiguration", Bucket),
    ("s3:PutStorageLensConfiguration", Account),
    ("s3:PutStorageLensConfigurationTagging", Account),
    ("s3:ReplicateDelete", Object),
    ("s3:ReplicateObject", Object),
    ("s3:ReplicateTags", Object),
    ("s3:RestoreObject", Object),
    ("s3:SubmitMultiRegionAccessPointRoutes", Account),
    ("s3:TagResource", Bucket),
    ("s3:UntagResource", Bucket),
    ("s3:UpdateAccessGrantsLocation", Account),
    ("s3:UpdateBucketMetadataAnnotationTableConfiguration", Bucket),
    ("s3:UpdateBucketMetadataInventoryTableConfiguration", Bucket),
    ("s3:UpdateBucketMetadataJournalTableConfiguration", Bucket),
    ("s3:UpdateJobPriority", Account),
    ("s3:UpdateJobStatus", Account),
    ("s3:UpdateObjectEncryption", Object),
    ("s3:UpdateStorageLensGroup", Account),
];

#[cfg(test)]
mod tests;

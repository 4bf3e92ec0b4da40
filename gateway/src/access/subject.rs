//! What an action is decided on: a bucket, an object, an upload.

use crate::bucket::acl::Acl;
use crate::bucket::object_ownership::ObjectOwnership;
use crate::bucket::public_access_block::{BlockLevels, PublicAccessBlock};
use crate::bucket::request_payment::Payer;
use crate::identity::account::Account;
use crate::object::tagging::Tags;
use crate::policy::{Policy, resource_arn, resource_arn_by};
use std::rc::Rc;

/// A bucket: what decides on who may use it.
#[derive(Clone, Debug)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Account,
    /// Who owns objects that others write into it.
    pub ownership: ObjectOwnership,
    /// What the bucket blocks, together with what its owner's account blocks for all buckets.
    pub public_access: PublicAccessBlock,
    /// The same, each level alone: for explanations.
    pub block_levels: BlockLevels,
    /// Its own ACL; without effect where ACLs are disabled.
    pub acl: Acl,
    /// Its policy.
    pub policy: Option<Rc<Policy>>,
    /// Who is charged for requests.
    pub payer: Payer,
    /// The access point by which the request comes, and what of the two this is; `None` for a
    /// request that names the bucket.
    pub by: Option<ByAccessPoint>,
}

/// An access point of either kind by which a request comes. All of them and the bucket have to
/// allow the request, so each is decided on as a [`Bucket`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ByAccessPoint {
    /// Its ARN.
    pub arn: String,
    /// The name of the bucket.
    pub bucket: String,
    /// Which of them is decided on.
    pub level: AccessLevel,
}

/// What is decided on, of all that has to allow a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AccessLevel {
    /// The Object Lambda access point.
    ObjectLambda,
    /// The access point.
    AccessPoint,
    /// The bucket.
    Bucket,
    /// The function that transforms the response.
    Function,
}

/// An Object Lambda access point by which a request comes: what decides on who may use it.
#[derive(Clone, Debug)]
pub struct ObjectLambdaAccess {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who owns it.
    pub account: Account,
    /// What it blocks.
    pub public_access: PublicAccessBlock,
    /// Its policy.
    pub policy: Option<Rc<Policy>>,
    /// What transforms the response; `None` where it passes as it is.
    pub function: Option<FunctionAccess>,
}

/// What transforms a response: a function, or a webhook. What decides on who may invoke it.
#[derive(Clone, Debug)]
pub struct FunctionAccess {
    /// Its ARN, as the Object Lambda access point names it.
    pub arn: String,
    /// The other ARN that policies may have for it.
    pub other_arn: Option<String>,
    /// Who owns it.
    pub account: Account,
    /// Its policy.
    pub policy: Option<Rc<Policy>>,
    /// Its tags.
    pub tags: Tags,
}

/// An access point: what decides on who may use it.
#[derive(Clone, Debug)]
pub struct AccessPoint {
    /// Its name.
    pub name: String,
    /// Its ARN.
    pub arn: String,
    /// Who owns it.
    pub account: Account,
    /// The network from which alone it is reached.
    pub network: Option<String>,
    /// What it blocks.
    pub public_access: PublicAccessBlock,
    /// Its policy.
    pub policy: Option<Rc<Policy>>,
    /// Its tags.
    pub tags: Tags,
}

impl Bucket {
    /// The ARN of what an action is decided on: of the bucket or the access point, or of an object.
    pub fn arn(&self, key: Option<&str>) -> String {
        match &self.by {
            Some(by) if by.level == AccessLevel::AccessPoint => resource_arn_by(&by.arn, key),
            // Objects have no ARN below an Object Lambda access point.
            Some(by) if by.level == AccessLevel::ObjectLambda => by.arn.clone(),
            _ => resource_arn(&self.name, key),
        }
    }

    /// The other name that this has in the request, which policies of principals may mean as well.
    pub(super) fn other_arn(&self, key: Option<&str>) -> Option<String> {
        let by = self.by.as_ref()?;
        match by.level {
            AccessLevel::AccessPoint => Some(resource_arn(&by.bucket, key)),
            AccessLevel::Bucket => Some(resource_arn_by(&by.arn, key)),
            AccessLevel::ObjectLambda | AccessLevel::Function => None,
        }
    }

    /// The name of the bucket, also where this is an access point.
    pub(super) fn bucket_name(&self) -> &str {
        self.by.as_ref().map_or(&self.name, |by| &by.bucket)
    }

    /// Which of the levels this is.
    pub(super) fn level(&self) -> AccessLevel {
        self.by.as_ref().map_or(AccessLevel::Bucket, |by| by.level)
    }
}

/// What has to allow a request: a bucket, and the access points by which the request comes to it.
#[derive(Clone, Debug)]
pub(super) struct Levels {
    /// The Object Lambda access point.
    pub(super) object_lambda: Option<(ObjectLambdaAccess, Bucket)>,
    /// The access point.
    pub(super) access_point: Option<(AccessPoint, Bucket)>,
    /// The bucket.
    pub(super) bucket: Bucket,
}

impl Levels {
    /// The access point and the bucket, or the bucket alone.
    pub(super) fn all(&self) -> impl Iterator<Item = &Bucket> {
        self.access_point.iter().map(|(_, own)| own).chain([&self.bucket])
    }

    /// A bucket, and the access point. Of Block Public Access, what one of the two blocks counts
    /// for both:
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-points-bpa-settings.html>.
    pub(super) fn of(bucket: Bucket, access_point: Option<AccessPoint>) -> Levels {
        let object_lambda = None;
        let Some(point) = access_point else { return Levels { object_lambda, access_point: None, bucket } };
        let by = |level| Some(ByAccessPoint { arn: point.arn.clone(), bucket: bucket.name.clone(), level });
        let block_levels = BlockLevels { access_point: point.public_access, ..bucket.block_levels };
        let public_access = bucket.public_access.together_with(point.public_access);
        let own = Bucket {
            name: point.name.clone(),
            owner: point.account,
            // An access point has no ACL, and nothing is owned by others in it.
            ownership: ObjectOwnership::BucketOwnerEnforced,
            public_access,
            block_levels,
            acl: Acl::private(point.account),
            policy: point.policy.clone(),
            payer: Payer::BucketOwner,
            by: by(AccessLevel::AccessPoint),
        };
        let by = by(AccessLevel::Bucket);
        let bucket = Bucket { public_access, block_levels, by, ..bucket };
        Levels { object_lambda, access_point: Some((point, own)), bucket }
    }

    /// The same with the Object Lambda access point in front of them. Its public access is its own
    /// matter: it is always blocked.
    pub(super) fn behind(self, object_lambda: Option<ObjectLambdaAccess>) -> Levels {
        let Some(point) = object_lambda else { return self };
        let own = Bucket {
            name: point.name.clone(),
            owner: point.account,
            // There are no ACLs, and nothing is owned by others.
            ownership: ObjectOwnership::BucketOwnerEnforced,
            public_access: point.public_access,
            block_levels: BlockLevels::default(),
            acl: Acl::private(point.account),
            policy: point.policy.clone(),
            payer: Payer::BucketOwner,
            by: Some(ByAccessPoint {
                arn: point.arn.clone(),
                bucket: self.bucket.name.clone(),
                level: AccessLevel::ObjectLambda,
            }),
        };
        Levels { object_lambda: Some((point, own)), ..self }
    }
}

/// An object: what decides on who may use it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Object {
    /// Who owns it.
    pub owner: Account,
    /// Its ACL; without effect where ACLs are disabled.
    pub acl: Acl,
}

/// What an action is decided on.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// The bucket.
    Bucket,
    /// A key, whatever is there: to write it or to delete it.
    Key(&'a str),
    /// An object that the request itself is about to make.
    Created(&'a str),
    /// An object that has to be there; `None` where it is not.
    Object(&'a str, Option<&'a Object>),
    /// An upload: its key, and the account that initiated it.
    Upload(&'a str, Option<Account>),
}

impl<'a> Subject<'a> {
    /// The same as an access point sees it: who owns an object, or began an upload, is no matter
    /// of the access point.
    pub(super) fn at_access_point(self) -> Subject<'a> {
        match self {
            Subject::Object(key, Some(_)) | Subject::Created(key) | Subject::Upload(key, _) => {
                Subject::Key(key)
            }
            other => other,
        }
    }

    pub(super) fn key(self) -> Option<&'a str> {
        match self {
            Subject::Bucket => None,
            Subject::Key(key) | Subject::Created(key) | Subject::Object(key, _) | Subject::Upload(key, _) => {
                Some(key)
            }
        }
    }
}

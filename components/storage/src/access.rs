//! Who owns buckets and objects, and who was granted what on them: what operations keep, and what
//! `policy` is told.

use gateway::access::explanation::{Block, of_block};
use gateway::bucket::acl::{self, NamedGrantee, Parties, PrintedAccount, RequestedAcl};
use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::bucket::public_access_block::{self, BlockLevels, BlockSwitch, PublicAccessBlock};
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::{ANONYMOUS_CANONICAL_ID, Account};
use gateway::operations::Purpose;
use gateway::policy::resource_arn;
use sdk::explanation::circumstances;
use sdk::trace;

use crate::account;
use crate::object::write::NewObject;
use crate::plan::Plan;
use crate::records::{Acl, BucketRow, Details, Row, Version};
use crate::request::Request;
use crate::{rows, tables};

pub(crate) mod resources;

/// The owner of a new object, and its ACL.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Owned {
    /// The account.
    pub(crate) owner: Account,
    /// The ACL.
    pub(crate) acl: Acl,
}

/// The owner and the ACL of an object that the request writes into `bucket`.
///
/// `AccessControlListNotSupported` where ACLs are disabled, `AccessDenied` where public ACLs are
/// blocked, and what [`RequestedAcl::resolve`] refuses.
pub(crate) fn of_new_object(
    request: &Request,
    bucket: &BucketRow,
    requested: &RequestedAcl,
) -> Result<Owned> {
    let (ownership, bucket_owner) = (bucket.ownership(), bucket.owner);
    if ownership == ObjectOwnership::BucketOwnerEnforced {
        ownership.check_new_object_acl(requested, request.writer(bucket), bucket_owner, find)?;
        return Ok(Owned { owner: bucket.owner, acl: Acl::Private });
    }
    let owner = ownership.owner_of_new(requested, request.writer(bucket), bucket_owner);
    let acl = requested.resolve(Parties { owner, bucket_owner: Some(bucket_owner) }, find)?;
    check_public(request, bucket, &acl, owner)?;
    Ok(Owned { owner, acl: Acl::of(&acl, owner) })
}

/// The owner and the ACL of an object whose upload was begun for `owner` with `acl`, and is
/// completed in `bucket` now.
///
/// The bucket counts as it is now. `AccessControlListNotSupported` where ACLs are disabled and this
/// one grants something to others, `AccessDenied` where public ACLs are blocked.
pub(crate) fn of_begun_object(
    request: &Request,
    bucket: &BucketRow,
    owner: Account,
    acl: &Acl,
) -> Result<Owned> {
    let begun = acl.to_acl(owner);
    if bucket.ownership() == ObjectOwnership::BucketOwnerEnforced {
        let mut others = begun.grants.iter().filter(|grant| {
            !matches!(grant.grantee, acl::Grantee::Account(account) if account == owner || account == bucket.owner)
        });
        return match others.next() {
            None => Ok(Owned { owner: bucket.owner, acl: Acl::Private }),
            Some(_) => Err(ErrorCode::AccessControlListNotSupported.into()),
        };
    }
    check_public(request, bucket, &begun, owner)?;
    Ok(Owned { owner, acl: acl.clone() })
}

/// Requires, for an object that its ACL makes public, that the account of the bucket's owner still
/// blocks nothing. That is in the account's row, and the commit requires only the bucket's.
pub(crate) fn require_unblocked(
    request: &Request,
    plan: &mut Plan,
    bucket: &BucketRow,
    object: &NewObject,
) -> Result<()> {
    let acl = object.details.acl.to_acl(object.owner);
    if object.details.acl == Acl::Private || !acl.is_public_beside(object.owner) {
        return Ok(());
    }
    let row = rows::account(bucket.owner)?;
    plan.require_as_read(tables::ACCOUNTS, &tables::account_key(bucket.owner), row.as_ref());
    let account = row.and_then(|row| row.record.public_access).unwrap_or_default();
    let levels = BlockLevels { account, ..BlockLevels::default() };
    match account.blocks_acl(&acl, object.owner) {
        true => Err(blocked(request, bucket, levels, BlockSwitch::BlockPublicAcls)),
        false => Ok(()),
    }
}

/// What is blocked in a bucket: by its own setting, by that of its owner's account, and by the
/// access point by which the request comes.
fn block_levels(request: &Request, bucket: &BucketRow) -> Result<BlockLevels> {
    let blocks = request.call.access_point().is_some_and(|point| point.blocks_public_acls);
    let access_point = PublicAccessBlock { block_public_acls: blocks, ..PublicAccessBlock::default() };
    let account = account::public_access(bucket.owner)?;
    Ok(BlockLevels { bucket: bucket.public_access(), account, access_point })
}

/// Checks an ACL that a request sets on an object or bucket of `owner`. `AccessDenied` for a public
/// ACL where these are blocked.
pub(crate) fn check_public(
    request: &Request,
    bucket: &BucketRow,
    acl: &acl::Acl,
    owner: Account,
) -> Result<()> {
    // Few ACLs are public. The account's row is read for those only.
    if !acl.is_public_beside(owner) {
        return Ok(());
    }
    let levels = block_levels(request, bucket)?;
    match levels.together().blocks_acl(acl, owner) {
        true => Err(blocked(request, bucket, levels, BlockSwitch::BlockPublicAcls)),
        false => Ok(()),
    }
}

/// Checks that a public policy may be put on a bucket. `AccessDenied` where these are blocked.
pub(crate) fn check_public_policy(request: &Request, bucket: &BucketRow) -> Result<()> {
    let levels = block_levels(request, bucket)?;
    match levels.together().block_public_policy {
        true => Err(blocked(request, bucket, levels, BlockSwitch::BlockPublicPolicy)),
        false => Ok(()),
    }
}

/// The refusal of what Block Public Access does not let in. The operator is told which switch it
/// is, and what turns it off; the client is told the switch where the bucket is its account's.
fn blocked(request: &Request, bucket: &BucketRow, levels: BlockLevels, switch: BlockSwitch) -> S3Error {
    let is_object = !request.key.is_empty();
    let action = match (switch, request.operation.purpose()) {
        (BlockSwitch::BlockPublicPolicy, _) => "s3:PutBucketPolicy",
        (_, Purpose::SetAcl) if !is_object => "s3:PutBucketAcl",
        (_, Purpose::SetAcl) if request.query.get("versionId").is_some() => "s3:PutObjectVersionAcl",
        (_, Purpose::SetAcl) => "s3:PutObjectAcl",
        _ => "s3:PutObject",
    };
    let resource = resource_arn(&request.bucket, is_object.then_some(&*request.key));
    if let Some(told) = trace::denied(&request.call) {
        let block = Block { switch, bucket: &request.bucket, owner: bucket.owner, levels };
        trace::explain(&request.call, &of_block(&circumstances(&told), (action, &resource), &block));
    }
    let who = request.identity().filter(|_| request.account() == Some(bucket.owner));
    public_access_block::blocked(who.as_ref().map(|who| who.arn.as_str()), action, &resource, switch)
}

/// Plans to note that the bucket holds objects of other accounts, when `owner` is not the bucket's
/// owner. From then on, more than ownership decides. The caller requires the bucket's row
/// unchanged.
pub(crate) fn note_owner(plan: &mut Plan, bucket: &Row<BucketRow>, owner: Account) -> Result<()> {
    if owner == bucket.record.owner || bucket.record.holds_foreign {
        return Ok(());
    }
    let noted = BucketRow { holds_foreign: true, ..bucket.record.clone() };
    plan.put(tables::BUCKETS, bucket.key.clone(), &noted)
}

/// The owner of a version. Where ACLs are disabled, it is the bucket's.
pub(crate) fn owner(bucket: &BucketRow, version: &Version) -> Account {
    match bucket.ownership() {
        ObjectOwnership::BucketOwnerEnforced => bucket.owner,
        ObjectOwnership::BucketOwnerPreferred | ObjectOwnership::ObjectWriter => version.summary.owner,
    }
}

/// The ACL of a version. Where ACLs are disabled, the bucket's owner has full control.
pub(crate) fn acl(bucket: &BucketRow, version: &Version) -> acl::Acl {
    let Details { acl, .. } = &version.details;
    match bucket.ownership() {
        ObjectOwnership::BucketOwnerEnforced => acl::Acl::private(bucket.owner),
        ObjectOwnership::BucketOwnerPreferred | ObjectOwnership::ObjectWriter => {
            acl.to_acl(version.summary.owner)
        }
    }
}

/// The account that a requested ACL names.
pub(crate) fn find(named: &NamedGrantee) -> Option<Account> {
    let identity = match named {
        NamedGrantee::Id(id) if id == ANONYMOUS_CANONICAL_ID => return Some(Account::ANONYMOUS),
        NamedGrantee::Id(id) => sdk::keys::find_by_canonical_id(id),
        NamedGrantee::Email(address) => sdk::keys::find_by_email(address),
        NamedGrantee::Group(_) => None,
    };
    Account::parse(&identity?.account)
}

/// An account as documents print it. One that is no longer configured has its number as id, and no
/// name.
pub(crate) fn print(account: Account) -> PrintedAccount {
    if account == Account::ANONYMOUS {
        let id = ANONYMOUS_CANONICAL_ID.to_owned();
        return PrintedAccount { id, display_name: String::new() };
    }
    let number = account.to_string();
    match sdk::keys::account(&number) {
        Some(identity) => PrintedAccount { id: identity.canonical_id, display_name: identity.display_name },
        None => PrintedAccount { id: number, display_name: String::new() },
    }
}

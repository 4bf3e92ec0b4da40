//! CreateBucket.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateBucket.html>

use gateway::bucket::access_point::{InHost, in_host};
use gateway::bucket::acl::{Parties, RequestedAcl};
use gateway::bucket::encryption::BucketEncryption;
use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::bucket::request_payment::Payer;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::identity::account::Account;
use gateway::object::object_lock::ObjectLockConfiguration;
use gateway::operations::create_bucket::Input;
use gateway::policy::resource_arn;
use sdk::Response;

use super::region;
use crate::access::find;
use crate::account;
use crate::plan::{ATTEMPTS_MAX, Plan, aborted};
use crate::records::{Acl, BucketRow, Versioning};
use crate::request::Request;
use crate::subresource::document;
use crate::{index, rows, tables};

/// Creates the bucket for the account of the principal.
///
/// A name that is taken is `BucketAlreadyExists`, or `BucketAlreadyOwnedByYou` for its owner; with
/// the setting `recreate_own_bucket` = `ok` the owner gets 200 and the bucket stays as it is, as in
/// us-east-1, unless the request wants another ACL than the bucket has.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let owner = request.account().ok_or(ErrorCode::AccessDenied)?;
    let body = document::receive_optional(request).await?;
    let input = Input::parse(&request.bucket, &request.headers, &body)?;
    let region = region::of_new_bucket(input.location.as_deref(), &sdk::settings::region())?;
    let ownership = default_ownership().of_new_bucket(input.ownership, &input.acl);
    let block = default_block();
    let acl = acl(&input.acl, ownership, block, owner)?;
    for _ in 0..ATTEMPTS_MAX {
        if let Some(existing) = rows::bucket(&request.bucket)? {
            return taken(request, owner, &acl, &existing.record);
        }
        let row = BucketRow {
            id: index::next_sequence(),
            owner,
            created_ms: request.now_ms(),
            region: region.clone(),
            versioning: if input.object_lock { Versioning::Enabled } else { Versioning::Unversioned },
            object_lock: input.object_lock.then(ObjectLockConfiguration::default),
            tags: input.tags.tags.clone(),
            ownership: Some(ownership),
            public_access: block,
            acl: acl.clone(),
            policy: None,
            holds_foreign: false,
            mfa_delete: None,
            payer: Payer::default(),
            encryption: default_encryption(),
            transforms: false,
        };
        let mut plan = Plan::new();
        plan.require_absent(tables::BUCKETS, tables::bucket_key(&request.bucket));
        keep_from_access_points(&mut plan, &request.bucket, owner)?;
        plan.make_bucket(&request.bucket, &row)?;
        // A release that does not know cross-origin rules, or those about transforms, leaves their
        // row behind when it deletes a bucket. The new bucket must not inherit it.
        plan.delete(tables::CORS, tables::cors_key(&request.bucket));
        plan.delete(tables::TRANSFORMS, tables::transforms_key(&request.bucket));
        if plan.commit(&request.call).await?.is_some() {
            return Ok(created(&request.bucket));
        }
    }
    Err(aborted())
}

/// Refuses a name by which hosts name an access point: `reports-111122223333`.
///
/// Those that end in the number of another account are that account's, whether it has such an
/// access point or not: clients go on sending to the host of one that is deleted.
/// `BucketAlreadyExists`
fn keep_from_access_points(plan: &mut Plan, bucket: &str, owner: Account) -> Result<()> {
    let Some(InHost { name, account, .. }) = in_host(bucket) else { return Ok(()) };
    let taken = || S3Error::new(ErrorCode::BucketAlreadyExists).detail("BucketName", bucket);
    if account != owner.to_string() && sdk::keys::account(account).is_some() {
        return Err(taken().message(format!("Names that end in -{account} are kept for that account.")));
    }
    let key = tables::access_point_key(account, name);
    for table in [tables::ACCESS_POINTS, tables::OBJECT_LAMBDAS] {
        if index::get(table, key.clone()).is_some() {
            return Err(taken());
        }
        plan.require_absent(table, key.clone());
    }
    Ok(())
}

fn created(bucket: &str) -> Response {
    Response::new(200)
        .header("location", &format!("/{bucket}"))
        .header("x-amz-bucket-arn", &resource_arn(bucket, None))
}

/// The ACL of the new bucket. `InvalidBucketAclWithObjectOwnership` where ACLs are disabled and it
/// grants something, `InvalidBucketAclWithBlockPublicAccessError` where it is public and that is
/// blocked.
fn acl(
    requested: &RequestedAcl,
    ownership: ObjectOwnership,
    block: Option<PublicAccessBlock>,
    owner: Account,
) -> Result<Acl> {
    let acl = requested.resolve(Parties { owner, bucket_owner: None }, find)?;
    ownership.check_bucket_acl(&acl, owner)?;
    if !acl.is_public() {
        return Ok(Acl::of(&acl, owner));
    }
    let block = block.unwrap_or_default().together_with(account::public_access(owner)?);
    if block.blocks_acl(&acl, owner) {
        return Err(ErrorCode::InvalidBucketAclWithBlockPublicAccessError.into());
    }
    Ok(Acl::of(&acl, owner))
}

/// The setting `object_ownership`: for buckets whose creator says nothing.
fn default_ownership() -> ObjectOwnership {
    let name = sdk::settings::get("object_ownership");
    name.and_then(|name| ObjectOwnership::parse(&name)).unwrap_or_default()
}

/// Block Public Access of a new bucket: all four switches, or none. The setting
/// `block_public_access`.
fn default_block() -> Option<PublicAccessBlock> {
    let off = sdk::settings::get("block_public_access").as_deref() == Some("false");
    (!off).then_some(PublicAccessBlock::ALL)
}

/// What a new bucket says about sealing. It blocks SSE-C, as in S3 since April 2026, unless the
/// setting `block_sse_c` is `false`.
/// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/default-s3-c-encryption-setting-faq.html>
fn default_encryption() -> BucketEncryption {
    let off = sdk::settings::get("block_sse_c").as_deref() == Some("false");
    BucketEncryption { blocks_sse_c: !off, ..BucketEncryption::default() }
}

fn taken(request: &Request, owner: Account, acl: &Acl, existing: &BucketRow) -> Result<Response> {
    let code = if existing.owner != owner {
        ErrorCode::BucketAlreadyExists
    } else if sdk::settings::get("recreate_own_bucket").as_deref() == Some("ok") && existing.acl != *acl {
        // 200 would promise an ACL that the bucket does not have.
        ErrorCode::BucketAlreadyExists
    } else if sdk::settings::get("recreate_own_bucket").as_deref() == Some("ok") {
        return Ok(created(&request.bucket));
    } else {
        ErrorCode::BucketAlreadyOwnedByYou
    };
    Err(S3Error::new(code).detail("BucketName", &*request.bucket))
}

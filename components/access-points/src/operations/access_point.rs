//! CreateAccessPoint, GetAccessPoint, ListAccessPoints, DeleteAccessPoint.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_control_CreateAccessPoint.html>

use gateway::bucket::access_point::{OF_ACCOUNT_MAX, check_name, make_alias, name_in_host, taken_by_bucket};
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::operations::access_points::{Create, Shown, list_document};
use gateway::policy::access_point_arn;
use sdk::bindings::access_points::portcullis::gateway::resources;
use sdk::{Call, Response, random, settings};

use crate::changes::{ATTEMPTS_MAX, Changes, commit};
use crate::records::{AccessPoint, Kind};
use crate::request::{Input, Request};
use crate::{rows, tables};

/// CreateAccessPoint. What the request leaves out of Block Public Access is all on.
///
/// `InvalidRequest` for a name against the rules, or one that a bucket has in hosts;
/// `AccessPointAlreadyOwnedByYou`, `TooManyAccessPoints`, `NoSuchBucket`; `AccessDenied` for the
/// bucket of another account, which the request has to name.
pub(crate) async fn create(call: &Call, request: &Request) -> Result<Response> {
    let Input::Create(create) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    check_name(&request.name)?;
    let key = tables::key(&request.account, &request.name);
    let in_host = name_in_host(&request.name, &request.account);
    for _ in 0..ATTEMPTS_MAX {
        if rows::access_point(&request.account, &request.name)?.is_some() {
            let error = S3Error::new(ErrorCode::AccessPointAlreadyOwnedByYou);
            return Err(error.detail("AccessPointName", &*request.name));
        }
        if rows::bucket_revision(&in_host).is_some() {
            return Err(taken_by_bucket(&in_host));
        }
        if rows::count(tables::ACCESS_POINTS, &request.account, OF_ACCOUNT_MAX) >= OF_ACCOUNT_MAX {
            return Err(ErrorCode::TooManyAccessPoints.into());
        }
        let (bucket_account, revision) = bucket(request, create)?;
        let record = AccessPoint {
            kind: Kind::Bucket,
            bucket: create.bucket.clone(),
            bucket_account,
            alias: make_alias(&request.name, random::next_u64),
            created_ms: request.now_ms,
            network: create.network.clone(),
            public_access: create.public_access.unwrap_or(PublicAccessBlock::ALL),
            policy: None,
            tags: create.tags.clone(),
        };
        let mut changes = Changes::new();
        changes.require_absent(tables::ACCESS_POINTS, key.clone());
        changes.require_absent(tables::ALIASES, record.alias.clone().into_bytes());
        changes.require_absent(tables::BUCKETS, in_host.clone().into_bytes());
        changes.require_revision(tables::BUCKETS, create.bucket.clone().into_bytes(), revision);
        changes.put(tables::ACCESS_POINTS, key.clone(), &record)?;
        changes.put_bytes(tables::ALIASES, record.alias.clone().into_bytes(), key.clone());
        let of_bucket = tables::of_bucket_key(&create.bucket, &request.account, &request.name);
        changes.put_bytes(tables::OF_BUCKET, of_bucket, Vec::new());
        if commit(call, changes).await?.is_some() {
            return Ok(Response::new(200).xml(shown(&request.name, &request.arn(), &record).created()));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

/// The account that owns the bucket of a new access point, and the revision of the bucket's row.
fn bucket(request: &Request, create: &Create) -> Result<(String, u64)> {
    let no_such = || S3Error::new(ErrorCode::NoSuchBucket).detail("BucketName", &*create.bucket);
    let revision = rows::bucket_revision(&create.bucket).ok_or_else(no_such)?;
    let owner = resources::bucket(&create.bucket).ok_or_else(no_such)?.owner;
    let expected = create.bucket_account.as_deref().unwrap_or(&request.account);
    if owner == expected { Ok((owner, revision)) } else { Err(ErrorCode::AccessDenied.into()) }
}

/// An access point, as documents show it.
fn shown<'a>(name: &'a str, arn: &'a str, record: &'a AccessPoint) -> Shown<'a> {
    Shown {
        name,
        bucket: &record.bucket,
        bucket_account: &record.bucket_account,
        network: record.network.as_deref(),
        public_access: record.public_access,
        created_ms: record.created_ms,
        alias: &record.alias,
        arn,
    }
}

/// GetAccessPoint. `NoSuchAccessPoint`
pub(crate) fn get(request: &Request) -> Result<Response> {
    let row = request.access_point()?;
    let domains = settings::get("domains").unwrap_or_default();
    let domain = domains.split(',').map(str::trim).find(|domain| !domain.is_empty());
    let endpoints: Vec<_> = domain
        .map(|domain| ("ipv4", format!("s3-accesspoint.{}.{domain}", request.region)))
        .into_iter()
        .collect();
    let document = shown(&request.name, &request.arn(), &row.record).document(&endpoints);
    Ok(Response::new(200).xml(document))
}

/// ListAccessPoints: those of the account, in the order of their names.
pub(crate) fn list(request: &Request) -> Result<Response> {
    let Input::List(list) = &request.input else { return Err(ErrorCode::InternalError.into()) };
    // One more than the page holds says whether there are more.
    let mut found = rows::list(&request.account, list.bucket.as_deref(), &list.after, list.max + 1)?;
    let more = found.len() > list.max as usize;
    found.truncate(list.max as usize);
    let arns: Vec<String> =
        found.iter().map(|(name, _)| access_point_arn(&request.region, &request.account, name)).collect();
    let shown: Vec<Shown<'_>> =
        found.iter().zip(&arns).map(|((name, row), arn)| shown(name, arn, &row.record)).collect();
    Ok(Response::new(200).xml(list_document(&shown, more)))
}

/// DeleteAccessPoint, with its policy. `NoSuchAccessPoint`
pub(crate) async fn delete(call: &Call, request: &Request) -> Result<Response> {
    for _ in 0..ATTEMPTS_MAX {
        let row = request.access_point()?;
        let mut changes = Changes::new();
        changes.require(tables::ACCESS_POINTS, &row);
        changes.delete(tables::ACCESS_POINTS, row.key.clone());
        changes.delete(tables::POLICIES, row.key);
        changes.delete(tables::ALIASES, row.record.alias.into_bytes());
        let of_bucket = tables::of_bucket_key(&row.record.bucket, &request.account, &request.name);
        changes.delete(tables::OF_BUCKET, of_bucket);
        if commit(call, changes).await?.is_some() {
            return Ok(Response::new(204));
        }
    }
    Err(ErrorCode::OperationAborted.into())
}

//! The export `resources`: tells `policy` what is stored about access.

use gateway::bucket::object_ownership::ObjectOwnership;
use gateway::bucket::public_access_block::PublicAccessBlock;
use gateway::errors::{ErrorCode, Result};
use gateway::identity::account::Account;
use gateway::sse;
use sdk::access::grants;
use sdk::bindings::guest::portcullis::gateway::access::PublicAccessBlock as PublicAccess;
use sdk::bindings::storage::exports::portcullis::gateway::resources::{
    BucketAccess, Guest, ObjectAccess, Unreadable,
};
use sdk::{NamedVersion, Span};

use crate::object::copy_object::refuse_transformed;
use crate::object::{read, slice};
use crate::records::{BucketRow, Protection, Row, Upload, Version};
use crate::{Storage, account, rows, tables, version_id};

impl Guest for Storage {
    fn bucket(name: String) -> Option<BucketAccess> {
        let bucket = bucket_row(&name)?.record;
        Some(BucketAccess {
            owner: bucket.owner.to_string(),
            ownership: bucket.ownership().into(),
            public_access: bucket.public_access().into(),
            // Fail closed: a row of the account that cannot be read may block anything, so
            // everything counts as blocked.
            account_public_access: account::public_access(bucket.owner)
                .unwrap_or(PublicAccessBlock::ALL)
                .into(),
            acl: match bucket.ownership() {
                ObjectOwnership::BucketOwnerEnforced => Vec::new(),
                ObjectOwnership::BucketOwnerPreferred | ObjectOwnership::ObjectWriter => {
                    grants(&bucket.acl.to_acl(bucket.owner))
                }
            },
            policy: bucket.policy,
            payer: bucket.payer.into(),
        })
    }

    fn account_public_access(account: String) -> PublicAccess {
        // Fail closed, as above.
        let blocked = Account::parse(&account).map(account::public_access);
        blocked.and_then(Result::ok).unwrap_or(PublicAccessBlock::ALL).into()
    }

    fn bucket_policy(name: String) -> Option<String> {
        let bucket = bucket_row(&name)?.record;
        bucket.policy?;
        let row = rows::policy(bucket.id);
        row.ok().flatten().map(|row| row.record.text)
    }

    fn object(bucket: String, key: String, version_id: Option<String>) -> Option<ObjectAccess> {
        let bucket = bucket_row(&bucket)?.record;
        let version = version(&bucket, &key, version_id.as_deref()).ok()?;
        let acl = match bucket.ownership() {
            ObjectOwnership::BucketOwnerEnforced => Vec::new(),
            _ => grants(&super::acl(&bucket, &version)),
        };
        Some(ObjectAccess { owner: super::owner(&bucket, &version).to_string(), acl })
    }

    fn object_spans(named: NamedVersion) -> std::result::Result<Vec<Span>, Unreadable> {
        let NamedVersion { bucket: name, key, version_id } = named;
        let bucket = bucket_row(&name).ok_or(Unreadable::Missing)?.record;
        refuse_transformed(&bucket, &name, &key).map_err(|error| match error.code {
            ErrorCode::MethodNotAllowed => Unreadable::Transformed,
            _ => Unreadable::Damaged,
        })?;
        let version = version(&bucket, &key, version_id.as_deref()).map_err(|error| match error.code {
            ErrorCode::InternalError => Unreadable::Damaged,
            _ => Unreadable::Missing,
        })?;
        if !matches!(version.details.protection, Protection::Unsaid | Protection::SseS3) {
            return Err(Unreadable::Sealed);
        }
        match slice::spans(&version, 0, version.summary.size) {
            Ok(Some(spans)) => Ok(spans.into_iter().map(Span::from).collect()),
            Ok(None) => Err(Unreadable::Missing),
            Err(_) => Err(Unreadable::Damaged),
        }
    }

    fn object_tags(bucket: String, key: String, version_id: Option<String>) -> Vec<(String, String)> {
        let tags = bucket_row(&bucket)
            .and_then(|bucket| version(&bucket.record, &key, version_id.as_deref()).ok())
            .map(|version| version.details.tags);
        tags.unwrap_or_default()
    }

    fn bucket_tags(bucket: String) -> Vec<(String, String)> {
        bucket_row(&bucket).map(|row| row.record.tags).unwrap_or_default()
    }

    fn upload_headers(bucket: String, key: String, upload_id: String) -> Vec<(String, String)> {
        let Some(upload) = upload(&bucket, &key, &upload_id) else { return Vec::new() };
        let mut headers = upload.begun_with;
        let is_said = headers.iter().any(|(name, _)| name.starts_with(sse::HEADER));
        if !is_said {
            headers.extend(protection_headers(&upload.protection));
        }
        headers
    }

    fn upload_initiator(bucket: String, key: String, upload_id: String) -> Option<String> {
        upload(&bucket, &key, &upload_id).map(|upload| upload.initiator.account.to_string())
    }
}

fn upload(bucket: &str, key: &str, upload_id: &str) -> Option<Upload> {
    let bucket = bucket_row(bucket)?.record.id;
    let (sequence, nonce) = version_id::decode(upload_id)?;
    let upload = rows::upload(bucket, key, sequence).ok().flatten()?.record;
    (upload.nonce == nonce).then_some(upload)
}

/// How an upload is sealed, where its bucket said it: as a request would have.
fn protection_headers(protection: &Protection) -> Vec<(String, String)> {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    match protection {
        Protection::Unsaid | Protection::SseS3 => vec![header(sse::HEADER, sse::AES256)],
        Protection::SseC(_) => vec![header(sse::CUSTOMER_ALGORITHM_HEADER, sse::AES256)],
        Protection::SseKms(sse_kms) => {
            vec![header(sse::HEADER, sse::KMS), header(sse::KEY_ID_HEADER, &sse_kms.arn)]
        }
    }
}

/// A row that cannot be read grants nothing here. The operation reads it again, and reports the
/// error.
fn bucket_row(name: &str) -> Option<Row<BucketRow>> {
    rows::get(tables::BUCKETS, tables::bucket_key(name)).ok().flatten()
}

fn version(bucket: &BucketRow, key: &str, id: Option<&str>) -> Result<Version> {
    // The method only stands in the text of a refusal, which is dropped here.
    Ok(read::named_object(bucket, key, id, "GET")?.row.record)
}

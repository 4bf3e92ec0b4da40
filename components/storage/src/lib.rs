//! The end of the pipeline: S3 object semantics over the host's index and blobs.
//!
//! A call has one record as long as it is here ([`calls`]). Its bucket is located before anything
//! is decided. After the decision its request is read once ([`request`]) and handed to the function
//! of its operation ([`dispatch`]), which makes the response. What is stored is described in
//! [`tables`] (keys) and [`records`] (values). Operations read rows, plan one batch that requires
//! what they read to be unchanged ([`plan`]), commit it, and plan again when another request was
//! faster.

mod access;
mod account;
mod bucket;
mod calls;
mod decisions;
mod exchange;
mod index;
mod listing;
mod multipart;
mod object;
mod owners;
mod plan;
mod quota;
mod records;
mod references;
mod request;
mod rows;
mod sealing;
mod subresource;
mod tables;
mod usage;
mod version_id;

use gateway::errors::Result;
use gateway::operations::{Operation, Support, nothing};
use sdk::bindings::storage::exports::portcullis::gateway::owners as owner_contract;
use sdk::bindings::storage::exports::portcullis::gateway::references as contract;
use sdk::bindings::storage::exports::portcullis::gateway::storage::{
    Given, Guest, Located as WhatBucketSays, Sealing, Step,
};
use sdk::{Call, Refusal, Response, SeenRequest, SentHead, Target, refuse};

use crate::request::Request;

/// The stage, as the component exports it.
#[derive(Debug)]
pub struct Storage;

impl Guest for Storage {
    fn locate(call: Call, head: SentHead, target: Target) -> std::result::Result<WhatBucketSays, Refusal> {
        calls::locate(call, head, target).map_err(refuse)
    }

    fn start(id: u64, sealing: Sealing, seen: Option<SeenRequest>) -> std::result::Result<Step, Refusal> {
        calls::start(id, sealing, seen, |request| Box::pin(answer(request))).map_err(refuse)
    }

    fn resume(id: u64, given: Option<Given>) -> std::result::Result<Step, Refusal> {
        calls::resume(id, given).map_err(refuse)
    }

    fn abandon(id: u64) {
        calls::abandon(id);
    }
}

impl contract::Guest for Storage {
    fn blobs_of(table: String, value: Vec<u8>) -> std::result::Result<Vec<u64>, String> {
        references::blobs_of(&table, &value).map_err(|error| error.message.unwrap_or_default())
    }

    fn describe(
        table: String,
        key: Vec<u8>,
        value: Vec<u8>,
        blob: Option<u64>,
    ) -> Option<contract::Description> {
        references::describe(&table, &key, &value, blob)
    }

    fn usage_of(
        table: String,
        key: Vec<u8>,
        value: Vec<u8>,
    ) -> std::result::Result<Option<contract::Counted>, String> {
        usage::of_row(&table, &key, &value).map_err(|error| error.message.unwrap_or_default())
    }
}

impl owner_contract::Guest for Storage {
    fn tables() -> Vec<String> {
        vec![tables::BUCKETS.to_owned()]
    }

    fn owner_of(table: String, value: Vec<u8>) -> std::result::Result<String, String> {
        owners::owner_of(&table, &value).map_err(|error| error.message.unwrap_or_default())
    }
}

// Only a component exports: a native linker does not take the names of the exports.
#[cfg(target_arch = "wasm32")]
sdk::bindings::storage::export!(Storage with_types_in sdk::bindings::storage);

async fn answer(request: Request) -> Result<()> {
    let response = request.told_who_pays(dispatch(&request).await?);
    response.send(&request.call);
    Ok(())
}

/// Every operation that is served, and where.
#[expect(clippy::too_many_lines, reason = "one line for each operation")]
async fn dispatch(request: &Request) -> Result<Response> {
    match request.operation {
        Operation::GetObject => object::get_object::handle(request).await,
        Operation::HeadObject => object::head_object::handle(request).await,
        Operation::PutObject => object::put_object::handle(request).await,
        Operation::PostObject => object::post_object::handle(request).await,
        Operation::CopyObject => object::copy_object::handle(request).await,
        Operation::DeleteObject => object::delete_object::handle(request).await,
        Operation::DeleteObjects => object::delete_objects::handle(request).await,
        Operation::GetObjectAttributes => object::get_object_attributes::handle(request).await,

        Operation::GetObjectTagging => subresource::tagging::get(request).await,
        Operation::GetObjectAcl => subresource::acl::get(request).await,
        Operation::PutObjectAcl => subresource::acl::put(request).await,
        Operation::PutObjectTagging => subresource::tagging::put(request).await,
        Operation::DeleteObjectTagging => subresource::tagging::delete(request).await,
        Operation::GetObjectRetention => subresource::retention::get(request).await,
        Operation::PutObjectRetention => subresource::retention::put(request).await,
        Operation::GetObjectLegalHold => subresource::legal_hold::get(request).await,
        Operation::PutObjectLegalHold => subresource::legal_hold::put(request).await,

        Operation::CreateMultipartUpload => multipart::create_multipart_upload::handle(request).await,
        Operation::UploadPart => multipart::upload_part::handle(request).await,
        Operation::UploadPartCopy => multipart::upload_part_copy::handle(request).await,
        Operation::CompleteMultipartUpload => multipart::complete_multipart_upload::handle(request).await,
        Operation::AbortMultipartUpload => multipart::abort_multipart_upload::handle(request).await,
        Operation::ListParts => multipart::list_parts::handle(request).await,
        Operation::ListMultipartUploads => multipart::list_multipart_uploads::handle(request).await,

        Operation::ListObjects => listing::list_objects::handle(request).await,
        Operation::ListObjectsV2 => listing::list_objects_v2::handle(request).await,
        Operation::ListObjectVersions => listing::list_object_versions::handle(request).await,

        Operation::ListBuckets => bucket::list_buckets::handle(request).await,
        Operation::CreateBucket => bucket::create_bucket::handle(request).await,
        Operation::HeadBucket => bucket::head_bucket::handle(request).await,
        Operation::DeleteBucket => bucket::delete_bucket::handle(request).await,
        Operation::GetBucketLocation => bucket::get_bucket_location::handle(request).await,
        Operation::GetBucketVersioning => bucket::versioning::get(request).await,
        Operation::PutBucketVersioning => bucket::versioning::put(request).await,
        Operation::GetBucketTagging => bucket::tagging::get(request).await,
        Operation::PutBucketTagging => bucket::tagging::put(request).await,
        Operation::DeleteBucketTagging => bucket::tagging::delete(request).await,
        Operation::GetBucketAcl => bucket::acl::get(request).await,
        Operation::PutBucketAcl => bucket::acl::put(request).await,
        Operation::GetBucketOwnershipControls => bucket::ownership_controls::get(request).await,
        Operation::PutBucketOwnershipControls => bucket::ownership_controls::put(request).await,
        Operation::DeleteBucketOwnershipControls => bucket::ownership_controls::delete(request).await,
        Operation::GetBucketPolicy => bucket::policy::get(request).await,
        Operation::PutBucketPolicy => bucket::policy::put(request).await,
        Operation::DeleteBucketPolicy => bucket::policy::delete(request).await,
        Operation::GetBucketPolicyStatus => bucket::policy::status(request).await,
        Operation::GetBucketCors => bucket::cors::get(request).await,
        Operation::PutBucketCors => bucket::cors::put(request).await,
        Operation::DeleteBucketCors => bucket::cors::delete(request).await,
        Operation::GetBucketTransforms => bucket::transforms::get(request),
        Operation::PutBucketTransforms => bucket::transforms::put(request).await,
        Operation::DeleteBucketTransforms => bucket::transforms::delete(request).await,
        Operation::GetPublicAccessBlock => bucket::public_access_block::get(request).await,
        Operation::PutPublicAccessBlock => bucket::public_access_block::put(request).await,
        Operation::DeletePublicAccessBlock => bucket::public_access_block::delete(request).await,
        Operation::GetBucketEncryption => bucket::encryption::get(request).await,
        Operation::PutBucketEncryption => bucket::encryption::put(request).await,
        Operation::DeleteBucketEncryption => bucket::encryption::delete(request).await,
        Operation::GetBucketRequestPayment => bucket::request_payment::get(request).await,
        Operation::PutBucketRequestPayment => bucket::request_payment::put(request).await,
        Operation::GetAccountPublicAccessBlock => account::get(request).await,
        Operation::PutAccountPublicAccessBlock => account::put(request).await,
        Operation::DeleteAccountPublicAccessBlock => account::delete(request).await,
        Operation::GetObjectLockConfiguration => bucket::object_lock::get(request).await,
        Operation::PutObjectLockConfiguration => bucket::object_lock::put(request).await,

        other if other.row().support == Support::Nothing => bucket::nothing::handle(request).await,
        other => Err(nothing::not_implemented(other)),
    }
}

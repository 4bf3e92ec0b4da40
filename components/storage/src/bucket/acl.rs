//! GetBucketAcl, PutBucketAcl.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketAcl.html>

use gateway::bucket::acl::{Parties, RequestedAcl, document};
use gateway::errors::Result;
use sdk::Response;

use crate::access::{check_public, find, print};
use crate::records::Acl;
use crate::request::Request;
use crate::subresource::document::receive_optional;

/// GetBucketAcl.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let acl = bucket.acl.to_acl(bucket.owner);
    Ok(Response::new(200).xml(document(bucket.owner, &acl, print)))
}

/// PutBucketAcl. `AccessControlListNotSupported` where ACLs are disabled, `AccessDenied` for a
/// public one where those are blocked.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let requested = RequestedAcl::of_request(&request.headers, &receive_optional(request).await?)?;
    super::change(request, |bucket| {
        let owner = bucket.owner;
        bucket.ownership().check_object_acl(&requested, owner, find)?;
        let acl = requested.resolve(Parties { owner, bucket_owner: None }, find)?;
        check_public(request, bucket, &acl, owner)?;
        bucket.acl = Acl::of(&acl, bucket.owner);
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}

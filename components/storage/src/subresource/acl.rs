//! GetObjectAcl, PutObjectAcl.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutObjectAcl.html>

use gateway::bucket::acl::{Parties, RequestedAcl};
use gateway::errors::Result;
use sdk::Response;

use super::{change, respond};
use crate::access::{self, find, print};
use crate::records::Acl;
use crate::request::Request;
use crate::subresource::document::receive_optional;

/// GetObjectAcl.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let bucket = &request.bucket_row()?.record;
    let version = request.object(bucket)?.row.record;
    let owner = access::owner(bucket, &version);
    let document = gateway::bucket::acl::document(owner, &access::acl(bucket, &version), print);
    Ok(respond(200, bucket, &version).xml(document))
}

/// PutObjectAcl. The owner stays the same. `AccessControlListNotSupported` where ACLs are disabled,
/// `AccessDenied` for a public ACL where these are blocked.
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let requested = RequestedAcl::of_request(&request.headers, &receive_optional(request).await?)?;
    let (bucket, version) = change(request, |bucket, version| {
        let bucket_owner = bucket.owner;
        bucket.ownership().check_object_acl(&requested, bucket_owner, find)?;
        let owner = access::owner(bucket, version);
        let acl = requested.resolve(Parties { owner, bucket_owner: Some(bucket_owner) }, find)?;
        access::check_public(request, bucket, &acl, owner)?;
        if bucket.has_acls() {
            version.details.acl = Acl::of(&acl, version.summary.owner);
        }
        Ok(())
    })
    .await?;
    Ok(respond(200, &bucket, &version))
}

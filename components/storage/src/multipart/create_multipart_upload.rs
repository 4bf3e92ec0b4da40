//! CreateMultipartUpload:
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_CreateMultipartUpload.html>

use gateway::access::BEGINNING;
use gateway::errors::Result;
use gateway::identity::account::{ANONYMOUS_CANONICAL_ID, Account};
use gateway::object::checksum::MultipartChecksum;
use gateway::operations::create_multipart_upload::document;
use gateway::request::headers::Headers;
use sdk::{Identity, IdentityKind, Response};

use super::upload_id;
use crate::object::input::ObjectHeaders;
use crate::plan::{ATTEMPTS_MAX, Plan, contended};
use crate::records::{Initiator, Upload};
use crate::request::Request;
use crate::sealing::{self, Seal};
use crate::{access, index, tables};

/// Begins an upload. What the headers say of the object is kept until it is completed.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let checksum = MultipartChecksum::parse(&request.headers)?;
    let initiator = initiator(request.identity());
    let seal = Seal::of(request)?;
    for attempt in 0..ATTEMPTS_MAX {
        let bucket = request.bucket_just_decided(attempt).await?;
        sealing::check_still_fits(request, &bucket.record, &seal.protection)?;
        let input = ObjectHeaders::read(&request.headers, &bucket.record, request.now_ms())?;
        let owned = access::of_new_object(request, &bucket.record, &input.acl)?;
        let upload = Upload {
            sequence: index::next_sequence(),
            nonce: index::random(),
            initiated_ms: request.now_ms(),
            owner: owned.owner,
            acl: owned.acl,
            initiator: initiator.clone(),
            content: input.content,
            metadata: input.metadata,
            tags: input.tags,
            storage_class: input.storage_class.unwrap_or_default(),
            checksum_algorithm: checksum.map(|checksum| checksum.algorithm),
            checksum_type: checksum.map(|checksum| checksum.kind),
            retention: input.retention,
            legal_hold: input.legal_hold,
            website_redirect: input.website_redirect,
            protection: seal.protection.clone(),
            begun_with: begun_with(&request.headers),
        };
        let mut plan = Plan::new();
        // Without its bucket, nothing would ever find the upload again.
        plan.require_bucket(&bucket);
        let key = tables::upload_key(bucket.record.id, &request.key, upload.sequence);
        plan.put(tables::UPLOADS, key, &upload)?;
        if plan.commit(&request.call).await?.is_some() {
            return Ok(respond(request, &upload, &seal));
        }
    }
    Err(contended())
}

/// The headers that conditions see when parts are uploaded and the upload is completed. Each has
/// the value that counts.
fn begun_with(headers: &Headers) -> Vec<(String, String)> {
    let sent = BEGINNING.iter().filter_map(|name| {
        let value = if name.starts_with("x-amz-grant-") {
            headers.joined(name)?.into_owned()
        } else {
            headers.get(name)?.to_owned()
        };
        Some(((*name).to_owned(), value))
    });
    sent.collect()
}

fn respond(request: &Request, upload: &Upload, seal: &Seal) -> Response {
    let mut lines = String::with_capacity(128);
    seal.push_chosen(&mut lines);
    let mut response = Response::with_lines(200, lines);
    if let Some(algorithm) = upload.checksum_algorithm {
        response = response.header("x-amz-checksum-algorithm", algorithm.name());
    }
    if let Some(covers) = upload.checksum_type {
        response = response.header("x-amz-checksum-type", covers.name());
    }
    response.xml(document(&request.bucket, &request.key, &upload_id(upload)))
}

/// The root user of an account is printed by the account's canonical id, any other user by its ARN.
fn initiator(identity: Option<Identity>) -> Initiator {
    match identity {
        None => Initiator { id: ANONYMOUS_CANONICAL_ID.to_owned(), ..Initiator::default() },
        Some(identity) if identity.kind == IdentityKind::Root => Initiator {
            account: Account::parse(&identity.account).unwrap_or_default(),
            id: identity.canonical_id,
            display_name: identity.display_name,
        },
        Some(identity) => Initiator {
            account: Account::parse(&identity.account).unwrap_or_default(),
            display_name: identity.arn.rsplit('/').next().unwrap_or_default().to_owned(),
            id: identity.arn,
        },
    }
}

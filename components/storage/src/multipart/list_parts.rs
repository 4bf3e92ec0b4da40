//! ListParts: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListParts.html>

use gateway::errors::Result;
use gateway::object::etag::ETag;
use gateway::operations::list_parts::{self, Input, PartRow};
use gateway::operations::listing::Owner;
use sdk::Response;

use super::{Told, checksum, find, open, parts};
use crate::listing::owners::Owners;
use crate::records::{Part, Row};
use crate::request::Request;

/// Responds with a page of the upload's parts, by number.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let input = Input::parse(&request.query)?;
    let upload = find(request, request.bucket_row()?.record.id)?.record;
    let told = open(request, &upload).await?;
    let max = input.limit as usize;
    let mut page = match max {
        0 => Vec::new(),
        // One more than the limit, to see whether more follow.
        max => parts::list(upload.sequence, input.after, max.saturating_add(1))?,
    };
    let truncated = page.len() > max;
    page.truncate(max);

    let told_of = |part: &Row<Part>| match told {
        Told::Checksums => checksum::of_documents(&part.record.checksums, None),
        Told::Nothing => Vec::new(),
    };
    let checksums: Vec<_> = page.iter().map(told_of).collect();
    let rows = page.iter().zip(&checksums).map(|(part, checksums)| PartRow {
        number: part.record.number,
        modified_ms: part.record.modified_ms,
        etag: ETag::of_object(part.record.md5),
        size: part.record.size,
        checksums,
    });
    let mut owners = Owners::of(&request.bucket_row()?.record);
    let described = list_parts::Upload {
        bucket: &request.bucket,
        key: &request.key,
        initiator: Owner { id: &upload.initiator.id, display_name: &upload.initiator.display_name },
        owner: owners.get(upload.owner),
        storage_class: upload.storage_class,
        checksum: Some(checksum::kind(&upload)),
    };
    Ok(Response::new(200).xml(input.document(&described, rows, truncated)))
}

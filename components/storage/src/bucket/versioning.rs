//! GetBucketVersioning, PutBucketVersioning.
//!
//! <https://docs.aws.amazon.com/AmazonS3/latest/API/API_PutBucketVersioning.html>

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::xml::{Element, XmlWriter};
use sdk::Response;

use crate::records::Versioning;
use crate::request::Request;
use crate::subresource::document;

/// GetBucketVersioning. A bucket that never had versioning enabled answers no `Status` at all.
pub(crate) async fn get(request: &Request) -> Result<Response> {
    let mut xml = XmlWriter::document("VersioningConfiguration");
    match request.bucket_row()?.record.versioning {
        Versioning::Unversioned => {}
        Versioning::Enabled => xml.text("Status", "Enabled"),
        Versioning::Suspended => xml.text("Status", "Suspended"),
    }
    Ok(Response::new(200).xml(xml.finish()))
}

/// PutBucketVersioning. Object Lock needs versions: with it, versioning cannot be suspended (409 `InvalidBucketState`).
pub(crate) async fn put(request: &Request) -> Result<Response> {
    let wanted = parse(&document::receive(request, "VersioningConfiguration").await?)?;
    super::change(request, |bucket| {
        if bucket.object_lock.is_some() && wanted != Versioning::Enabled {
            return Err(S3Error::new(ErrorCode::InvalidBucketState).message(
                "An Object Lock configuration is present on this bucket, so the versioning state cannot be changed.",
            ));
        }
        bucket.versioning = wanted;
        Ok(())
    })
    .await?;
    Ok(Response::new(200))
}

/// MFA delete would be stored and not enforced, so enabling it is refused.
fn parse(document: &Element) -> Result<Versioning> {
    document.only(&["Status", "MfaDelete"])?;
    match document.text_of("MfaDelete").map(str::trim) {
        None | Some("Disabled") => {}
        Some("Enabled") => {
            return Err(S3Error::new(ErrorCode::NotImplemented).message("MFA delete is not implemented."));
        }
        Some(_) => return Err(ErrorCode::MalformedXML.into()),
    }
    match document.text_of("Status").map(str::trim) {
        Some("Enabled") => Ok(Versioning::Enabled),
        Some("Suspended") => Ok(Versioning::Suspended),
        Some(_) => Err(ErrorCode::MalformedXML.into()),
        None => Err(S3Error::new(ErrorCode::IllegalVersioningConfigurationException)
            .message("The Versioning element must be specified")),
    }
}

#[cfg(test)]
mod tests;

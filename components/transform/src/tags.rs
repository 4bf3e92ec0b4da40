//! The tags of an object, for functions that are shown them: as the caller itself would read them.

use gateway::errors::{ErrorCode, Result};
use gateway::request::url_encoding::encoded;
use gateway::xml::Element;
use sdk::{Call, InnerPurpose, Work as _, failure_to_error};

use crate::prepare::Prepared;
use crate::reply;

/// The tags of the object of a request, where a function of its chain is shown them. None where the
/// caller may not read them.
pub(crate) async fn read(call: &Call, prepared: &Prepared) -> Result<Vec<(String, String)>> {
    if !prepared.chain.iter().any(|link| link.function.shows_tags) {
        return Ok(Vec::new());
    }
    let mut target = object_target(&prepared.bucket, &prepared.key);
    target.push_str("?tagging");
    if let Some(version_id) = &prepared.version_id {
        target.push_str("&versionId=");
        target.push_str(&encoded(version_id));
    }
    let response = call.request(&target, InnerPurpose::AsItIs).await.map_err(failure_to_error)?;
    match (response.status, response.document) {
        (200, Some(document)) => tags_of(&document).ok_or_else(reply::broken),
        (403..=405, _) => Ok(Vec::new()),
        (503, _) => Err(ErrorCode::SlowDown.into()),
        _ => Err(ErrorCode::InternalError.into()),
    }
}

/// The target of a request for an object.
pub(crate) fn object_target(bucket: &str, key: &str) -> String {
    ["/", bucket, "/", &encoded(key)].concat()
}

fn tags_of(document: &[u8]) -> Option<Vec<(String, String)>> {
    let root = Element::parse_named(document, "Tagging").ok()?;
    let tag = |tag: &Element| Some((tag.text_of("Key")?.to_owned(), tag.text_of("Value")?.to_owned()));
    root.child("TagSet")?.children("Tag").map(tag).collect()
}

//! DeleteObjects: <https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html>
//!
//! Keys that are named once are deleted in one commit. A key that is named again, because several
//! of its versions go, waits for the next commit: two plans of one key do not add up. After a
//! conflict, each key of the batch is tried alone. The decision holds for the bucket as it was when
//! it was made. Where more than ownership may decide by now, the keys that are left are denied.

use std::collections::BTreeMap;

use gateway::errors::{ErrorCode, Result, S3Error};
use gateway::object::etag::EntityTags;
use gateway::object::precondition::DeletePreconditions;
use gateway::xml::{Element, XmlWriter};
use gateway::{object::key, timestamp};
use sdk::{Response, Work};

use crate::plan::Plan;
use crate::request::Request;
use crate::subresource::document;
use crate::subresource::lock::Bypass;
use crate::subresource::second_factor::{self, SecondFactor};

use super::delete_object::{self, Deleted, Deletion};
use super::read;

#[cfg(test)]
mod tests;

/// Objects in one request.
const OBJECTS_MAX: usize = 1000;
/// After this many objects, other calls go first.
const SLICE: usize = 100;

/// An `Object` element.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ObjectToDelete {
    key: String,
    /// As sent.
    version: Option<String>,
    conditions: DeletePreconditions,
}

/// DeleteObjects.
pub(crate) async fn handle(request: &Request) -> Result<Response> {
    let document = document::receive(request).await?;
    let (objects, quiet) = parse(&Element::parse_named(&document, "Delete")?)?;
    let bypass = Bypass::of(&request.headers);
    let factor = factor(request, &objects)?;
    let allowed = request.decide_on_named(objects.iter().map(named_object)).await?;
    let deletions = objects
        .iter()
        .zip(allowed)
        .map(|(object, allowed)| allowed.and_then(|()| deletion(object, bypass, factor, request.now_ms())));
    let deletions: Vec<Result<Deletion>> = deletions.collect();
    let mut results: BTreeMap<usize, Result<Deleted>> = BTreeMap::new();
    let mut planned: Vec<(usize, &Deletion)> = Vec::with_capacity(deletions.len());
    for (position, deletion) in deletions.iter().enumerate() {
        match deletion {
            Ok(deletion) => planned.push((position, deletion)),
            Err(error) => {
                results.insert(position, Err(error.clone()));
            }
        }
    }
    for round in rounds(planned) {
        delete_together(request, &round, &mut results).await?;
    }
    let answers = objects.iter().zip(results.into_values());
    Ok(Response::new(200).xml(write(answers, quiet)))
}

/// The second factor for deleting versions. Where the bucket requires one and there is none, the
/// whole request is refused: `AccessDenied`.
fn factor(request: &Request, objects: &[ObjectToDelete]) -> Result<SecondFactor> {
    if objects.iter().all(|object| object.version.is_none()) {
        return Ok(SecondFactor::Missing);
    }
    let factor = SecondFactor::of(request)?;
    second_factor::check_delete(&request.read_bucket_row()?.record, factor)?;
    Ok(factor)
}

/// What `policy` decides on.
fn named_object(object: &ObjectToDelete) -> sdk::NamedObject {
    sdk::NamedObject { key: object.key.clone(), version_id: object.version.clone() }
}

/// Splits deletions so that no round has a key twice, in the order sent.
fn rounds(deletions: Vec<(usize, &Deletion)>) -> Vec<Vec<(usize, &Deletion)>> {
    let mut rounds: Vec<Vec<(usize, &Deletion)>> = Vec::new();
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for (position, deletion) in deletions {
        let time = times.entry(&deletion.key).or_default();
        match rounds.get_mut(*time) {
            Some(round) => round.push((position, deletion)),
            None => rounds.push(vec![(position, deletion)]),
        }
        *time += 1;
    }
    rounds
}

/// Deletes different keys in one commit; one by one when it fails.
async fn delete_together(
    request: &Request,
    deletions: &[(usize, &Deletion)],
    results: &mut BTreeMap<usize, Result<Deleted>>,
) -> Result<()> {
    let bucket = match request.bucket_of_named() {
        Ok(bucket) => bucket,
        // Earlier rounds have deleted objects, and the response has to say so. So the error is that
        // of the keys which are left, not of the request.
        Err(error) => {
            results.extend(deletions.iter().map(|(position, _)| (*position, Err(error.clone()))));
            return Ok(());
        }
    };
    let mut plan = Plan::new();
    plan.require_bucket(&bucket);
    let mut planned = Vec::with_capacity(deletions.len());
    for (number, (position, deletion)) in deletions.iter().enumerate() {
        if number % SLICE == SLICE - 1 {
            request.call.pause().await;
        }
        // A plan of its own: when it fails, nothing of it is in the batch of the others.
        let mut own = Plan::new();
        match delete_object::add(&mut own, &bucket.record, deletion) {
            Ok(deleted) if deleted.changes => {
                plan.append(own);
                planned.push((*position, *deletion, deleted));
            }
            other => {
                results.insert(*position, other);
            }
        }
    }
    if planned.is_empty() {
        return Ok(());
    }
    if plan.commit(&request.call).await?.is_some() {
        results.extend(planned.into_iter().map(|(position, _, deleted)| (position, Ok(deleted))));
        return Ok(());
    }
    for (position, deletion, _) in planned {
        results.insert(position, delete_object::commit(request, deletion).await);
    }
    Ok(())
}

fn deletion(object: &ObjectToDelete, bypass: Bypass, factor: SecondFactor, now_ms: u64) -> Result<Deletion> {
    key::check(&object.key)?;
    let version = match &object.version {
        Some(text) => Some(read::parse_version_id(text).map_err(|_| S3Error::new(ErrorCode::NoSuchVersion))?),
        None => None,
    };
    let conditions = object.conditions.clone();
    Ok(Deletion { key: object.key.clone(), version, conditions, bypass, factor, now_ms })
}

/// Reads the document: the objects, and whether the response is to name errors only. `MalformedXML`
/// without any object, or with more than 1,000.
fn parse(document: &Element) -> Result<(Vec<ObjectToDelete>, bool)> {
    let mut objects = Vec::new();
    for element in document.children("Object") {
        if objects.len() == OBJECTS_MAX {
            return Err(ErrorCode::MalformedXML.into());
        }
        let key = element.exact("Key")?;
        if key.is_empty() {
            return Err(ErrorCode::UserKeyMustBeSpecified.into());
        }
        let text = |name| element.text_of(name).filter(|text: &&str| !text.is_empty());
        objects.push(ObjectToDelete {
            key: key.to_owned(),
            version: element.exact_of("VersionId")?.filter(|id| !id.is_empty()).map(str::to_owned),
            conditions: DeletePreconditions {
                if_match: text("ETag").map(EntityTags::parse),
                if_match_modified_ms: text("LastModifiedTime").map(parse_time).transpose()?,
                if_match_size: element.number_of("Size")?,
            },
        });
    }
    if objects.is_empty() {
        return Err(ErrorCode::MalformedXML.into());
    }
    let quiet = document.word_of("Quiet").is_some_and(|text| text.eq_ignore_ascii_case("true"));
    Ok((objects, quiet))
}

/// The document's type is a timestamp without a format: SDKs send either.
fn parse_time(text: &str) -> Result<u64> {
    let time = timestamp::parse_http_date(text).or_else(|| timestamp::parse_iso8601(text));
    time.ok_or_else(|| ErrorCode::MalformedXML.into())
}

fn write<'a>(answers: impl Iterator<Item = (&'a ObjectToDelete, Result<Deleted>)>, quiet: bool) -> String {
    let mut xml = XmlWriter::document("DeleteResult");
    for (object, result) in answers {
        match result {
            Ok(_) if quiet => {}
            Ok(deleted) => write_deleted(&mut xml, object, deleted),
            Err(error) => {
                xml.open("Error");
                xml.text("Key", &object.key);
                xml.optional("VersionId", object.version.as_deref());
                xml.text("Code", error.code.as_str());
                xml.text("Message", error.message.as_deref().unwrap_or(error.code.message()));
                xml.close("Error");
            }
        }
    }
    xml.finish()
}

fn write_deleted(xml: &mut XmlWriter, object: &ObjectToDelete, deleted: Deleted) {
    xml.open("Deleted");
    xml.text("Key", &object.key);
    xml.optional("VersionId", object.version.as_deref());
    if deleted.is_marker {
        xml.boolean("DeleteMarker", true);
        let id = deleted.version.map(|id| id.to_string());
        xml.optional("DeleteMarkerVersionId", id.as_deref());
    }
    xml.close("Deleted");
}

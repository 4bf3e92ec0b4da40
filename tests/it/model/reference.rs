//! A small S3 in memory: what a bucket means, without anything that makes it fast or durable.
//!
//! Ids of versions and uploads are the server's to choose; the reference is told them and objects
//! to impossible ones.

use std::collections::BTreeMap;

use ::tests::bodies::{hex, md5, md5_hex};

/// Whether overwritten and deleted objects stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Versioning {
    /// Never turned on.
    Never,
    Enabled,
    Suspended,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) body: Vec<u8>,
    /// Without quotes.
    pub(super) etag: String,
}

impl Object {
    pub(super) fn new(body: Vec<u8>) -> Object {
        Object { etag: md5_hex(&body), body }
    }
}

#[derive(Clone, Debug)]
pub(super) struct Version {
    /// `null` for what was written without versioning.
    pub(super) id: String,
    /// `None`: a delete marker.
    pub(super) object: Option<Object>,
}

#[derive(Clone, Debug)]
pub(super) struct Upload {
    pub(super) key: String,
    pub(super) id: String,
    pub(super) parts: BTreeMap<u32, Vec<u8>>,
}

/// A precondition of a write.
#[derive(Clone, Debug)]
pub(super) enum Condition {
    None,
    /// `If-None-Match: *`
    Absent,
    /// `If-Match` with the current ETag, or with a wrong one where there is no object.
    Current,
    /// `If-Match` with an ETag that no object has.
    Other,
}

/// Status and error code of an answer that refuses.
pub(super) type Refusal = (u16, &'static str);

pub(super) const PART_BYTES_MIN: usize = 5 * 1024 * 1024;
pub(super) const NO_SUCH_ETAG: &str = "00000000000000000000000000000000";

#[derive(Clone, Debug)]
pub(super) struct Bucket {
    pub(super) versioning: Versioning,
    /// Of each key, its versions, oldest first. No key has none.
    keys: BTreeMap<String, Vec<Version>>,
    /// In the order of their creation.
    pub(super) uploads: Vec<Upload>,
}

impl Bucket {
    pub(super) fn new() -> Bucket {
        Bucket { versioning: Versioning::Never, keys: BTreeMap::new(), uploads: Vec::new() }
    }

    /// What a read without a version id finds. The newest version, be it a marker.
    pub(super) fn latest(&self, key: &str) -> Option<&Version> {
        self.keys.get(key).and_then(|versions| versions.last())
    }

    /// The object that a read without a version id answers with.
    pub(super) fn current(&self, key: &str) -> Option<&Object> {
        self.latest(key).and_then(|version| version.object.as_ref())
    }

    /// Oldest first.
    pub(super) fn versions(&self, key: &str) -> &[Version] {
        self.keys.get(key).map_or(&[], Vec::as_slice)
    }

    pub(super) fn version(&self, key: &str, id: &str) -> Option<&Version> {
        self.versions(key).iter().find(|version| version.id == id)
    }

    pub(super) fn keys(&self) -> impl Iterator<Item = &String> {
        self.keys.keys()
    }

    /// May this write happen?
    pub(super) fn judge(&self, key: &str, condition: &Condition) -> Result<(), Refusal> {
        match (condition, self.current(key)) {
            (Condition::None, _) | (Condition::Absent, None) | (Condition::Current, Some(_)) => Ok(()),
            (Condition::Absent, Some(_)) | (Condition::Other, Some(_)) => Err((412, "PreconditionFailed")),
            (Condition::Current | Condition::Other, None) => Err((404, "NoSuchKey")),
        }
    }

    /// A new current version. `id` is the `x-amz-version-id` of the answer.
    pub(super) fn write(
        &mut self,
        key: &str,
        object: Option<Object>,
        id: Option<&str>,
    ) -> Result<(), String> {
        let id = match (self.versioning, id) {
            (Versioning::Never, None) => "null",
            // A null object is written without saying so; a null marker is named.
            (Versioning::Suspended, id) if id == object.is_none().then_some("null") => "null",
            (Versioning::Enabled, Some(id)) if id != "null" && !id.is_empty() => id,
            (versioning, id) => {
                return Err(format!("{key}: version id {id:?} while versioning is {versioning:?}"));
            }
        };
        if id != "null" && self.version(key, id).is_some() {
            return Err(format!("{key}: version id {id} was given twice"));
        }
        let versions = self.keys.entry(key.into()).or_default();
        versions.retain(|version| version.id != id);
        versions.push(Version { id: id.into(), object });
        Ok(())
    }

    /// A delete without a version id; `id` is the marker's, when the answer has one.
    pub(super) fn delete(&mut self, key: &str, id: Option<&str>) -> Result<(), String> {
        if self.versioning != Versioning::Never {
            return self.write(key, None, id);
        }
        self.keys.remove(key);
        if id.is_some() { Err(format!("{key}: a version id without versioning")) } else { Ok(()) }
    }

    /// A delete of one version: the version, when there was one.
    pub(super) fn delete_version(&mut self, key: &str, id: &str) -> Option<Version> {
        let versions = self.keys.get_mut(key)?;
        let position = versions.iter().position(|version| version.id == id)?;
        let removed = versions.remove(position);
        if versions.is_empty() {
            self.keys.remove(key);
        }
        Some(removed)
    }

    /// What completing an upload of all its parts makes.
    pub(super) fn assemble(&self, upload: usize) -> Result<Object, Refusal> {
        let parts = &self.uploads[upload].parts;
        let Some((last, _)) = parts.last_key_value() else {
            return Err((400, "MalformedXML"));
        };
        if parts.iter().any(|(number, part)| number != last && part.len() < PART_BYTES_MIN) {
            return Err((400, "EntityTooSmall"));
        }
        let digests: Vec<u8> = parts.values().flat_map(|part| md5(part)).collect();
        let body = parts.values().flatten().copied().collect();
        Ok(Object { body, etag: format!("{}-{}", hex(&md5(&digests)), parts.len()) })
    }

    /// A listing of objects, in order.
    pub(super) fn list(&self, prefix: &str, delimiter: &str) -> Vec<Item> {
        let objects = self.keys.keys().filter_map(|key| self.current(key).map(|object| (key, object)));
        rolled_up(objects, prefix, delimiter, |key, object| {
            vec![format!("{key} {} {}", object.etag, object.body.len())]
        })
    }

    /// A listing of versions: keys in order, of each the newest first.
    pub(super) fn list_versions(&self, prefix: &str, delimiter: &str) -> Vec<Item> {
        rolled_up(self.keys.iter(), prefix, delimiter, |key, versions| {
            let describe = |(age, version): (usize, &Version)| {
                let latest = if age == 0 { "latest" } else { "older" };
                match &version.object {
                    Some(object) => {
                        format!("{key} {} {latest} {} {}", version.id, object.etag, object.body.len())
                    }
                    None => format!("{key} {} {latest} marker", version.id),
                }
            };
            versions.iter().rev().enumerate().map(describe).collect()
        })
    }

    /// A listing of uploads: keys in order, of each the oldest first.
    pub(super) fn list_uploads(&self, prefix: &str, delimiter: &str) -> Vec<Item> {
        let mut keys: BTreeMap<&String, Vec<&String>> = BTreeMap::new();
        for upload in &self.uploads {
            keys.entry(&upload.key).or_default().push(&upload.id);
        }
        rolled_up(keys.into_iter(), prefix, delimiter, |key, ids| {
            ids.iter().map(|id| format!("{key} {id}")).collect()
        })
    }
}

/// One line of a listing; each counts as one towards `max-keys`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Item {
    Entry(String),
    CommonPrefix(String),
}

/// Keys below `prefix`; those that go on with the delimiter become one common prefix.
fn rolled_up<'a, T>(
    keys: impl Iterator<Item = (&'a String, T)>,
    prefix: &str,
    delimiter: &str,
    describe: impl Fn(&str, T) -> Vec<String>,
) -> Vec<Item> {
    let mut items = Vec::new();
    for (key, value) in keys {
        let Some(rest) = key.strip_prefix(prefix) else { continue };
        match rest.find(delimiter).filter(|_| !delimiter.is_empty()) {
            Some(position) => {
                let common = Item::CommonPrefix(format!("{prefix}{}{delimiter}", &rest[..position]));
                if items.last() != Some(&common) {
                    items.push(common);
                }
            }
            None => items.extend(describe(key, value).into_iter().map(Item::Entry)),
        }
    }
    items
}

#[cfg(test)]
mod tests;

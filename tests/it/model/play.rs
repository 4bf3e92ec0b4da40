//! Each step on the server and on the reference, and whether they agree.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use tests::bodies::{Body, md5};
use tests::client::{Client, path, value};
use tests::http::{Request, Response};
use tests::server::Server;
use tests::xml::Node;

use super::reference::{Bucket, Condition, NO_SUCH_ETAG, Object, Refusal, Upload, Version, Versioning};
use super::steps::Step;

type Agreed = Result<(), String>;

static BUCKETS: AtomicU64 = AtomicU64::new(0);

/// One sequence: a bucket of its own on the server, and its reference.
pub(super) struct Player {
    pub(super) client: Client,
    pub(super) bucket: String,
    pub(super) reference: Bucket,
    seed: u64,
}

impl Player {
    pub(super) fn new(server: &Server) -> Player {
        let bucket = format!("model-{}", BUCKETS.fetch_add(1, Ordering::Relaxed));
        let mut client = server.client();
        client.put(&format!("/{bucket}"), "");
        Player { client, bucket, reference: Bucket::new(), seed: 0 }
    }

    pub(super) fn play(&mut self, step: &Step) -> Agreed {
        match step {
            Step::Enable => self.set_versioning(Versioning::Enabled),
            Step::Suspend => self.set_versioning(Versioning::Suspended),
            Step::Put { key, length, condition } => self.put(key, *length, condition),
            Step::Copy { from, nth, to } => self.copy(from, *nth, to),
            Step::Delete { key } => self.delete(key),
            Step::DeleteVersion { key, nth } => self.delete_version(key, *nth),
            Step::DeleteMany { keys } => self.delete_many(keys),
            Step::Get { key, nth, range } => self.get(key, *nth, *range),
            Step::GetIf { key, condition } => self.get_if(key, condition),
            Step::CreateUpload { key } => self.create_upload(key),
            Step::UploadPart { nth, number, length } => self.upload_part(*nth, *number, *length),
            Step::CopyPart { nth, number, from } => self.copy_part(*nth, *number, from),
            Step::Complete { nth, condition } => self.complete(*nth, condition),
            Step::Abort { nth } => self.abort(*nth),
            Step::List { kind, prefix, delimiter, page } => {
                self.compare_listing(*kind, prefix, delimiter, *page)
            }
        }
    }

    fn target(&self, key: &str) -> String {
        format!("/{}/{}", self.bucket, path(key))
    }

    pub(super) fn send(&mut self, request: Request) -> Result<Response, String> {
        let line = format!("{} {}", request.method, request.target);
        self.client.try_send(request).map_err(|error| format!("{line}: {error}"))
    }

    fn noise(&mut self, length: usize) -> Vec<u8> {
        self.seed += 1;
        Body { seed: self.seed, length }.bytes()
    }

    /// The id of one of the key's versions.
    fn nth_version(&self, key: &str, nth: usize) -> Option<String> {
        let versions = self.reference.versions(key);
        (!versions.is_empty()).then(|| versions[nth % versions.len()].id.clone())
    }

    fn nth_upload(&self, nth: usize) -> Option<usize> {
        nth.checked_rem(self.reference.uploads.len())
    }

    fn set_versioning(&mut self, versioning: Versioning) -> Agreed {
        let status = if versioning == Versioning::Enabled { "Enabled" } else { "Suspended" };
        self.client.set_versioning(&self.bucket, status);
        self.reference.versioning = versioning;
        let answer = self.client.get(&format!("/{}?versioning", self.bucket));
        same("versioning", Node::parse(&answer.text()).value("Status"), status)
    }

    /// The header that asks for a condition.
    fn conditional(&self, request: Request, key: &str, condition: &Condition) -> Request {
        let current = self.reference.current(key).map_or(NO_SUCH_ETAG, |object| object.etag.as_str());
        match condition {
            Condition::None => request,
            Condition::Absent => request.header("if-none-match", "*"),
            Condition::Current => request.header("if-match", &format!("\"{current}\"")),
            Condition::Other => request.header("if-match", &format!("\"{NO_SUCH_ETAG}\"")),
        }
    }

    fn put(&mut self, key: &str, length: usize, condition: &Condition) -> Agreed {
        let object = Object::new(self.noise(length));
        let request = Request::new("PUT", &self.target(key)).body(object.body.clone());
        let answer = self.send(self.conditional(request, key, condition))?;
        if let Err(refusal) = self.reference.judge(key, condition) {
            return refused(&answer, refusal);
        }
        accepted(&answer, 200)?;
        same("ETag", answer.etag(), &object.etag)?;
        self.reference.write(key, Some(object), answer.header("x-amz-version-id"))
    }

    fn copy(&mut self, from: &str, nth: Option<usize>, to: &str) -> Agreed {
        let version = nth.and_then(|nth| self.nth_version(from, nth));
        let to_itself = from == to && version.is_none();
        if from == to
            && version.as_ref() == self.reference.latest(from).map(|version| &version.id)
            && !to_itself
        {
            return Ok(()); // Amazon's page does not say whether that changes anything.
        }
        let mut source = self.target(from);
        if let Some(id) = &version {
            source.push_str(&format!("?versionId={}", value(id)));
        }
        let request = Request::new("PUT", &self.target(to)).header("x-amz-copy-source", &source);
        let answer = self.send(request)?;
        let found = match &version {
            Some(id) => self.reference.version(from, id).and_then(|version| version.object.as_ref()),
            None => self.reference.current(from),
        };
        let Some(object) = found.cloned() else {
            let refusal = if version.is_some() { (400, "InvalidRequest") } else { (404, "NoSuchKey") };
            return refused(&answer, refusal);
        };
        if to_itself {
            return refused(&answer, (400, "InvalidRequest"));
        }
        accepted(&answer, 200)?;
        let copied = Object::new(object.body);
        same("ETag of the copy", Node::parse(&answer.text()).value("ETag").trim_matches('"'), &copied.etag)?;
        self.reference.write(to, Some(copied), answer.header("x-amz-version-id"))
    }

    fn delete(&mut self, key: &str) -> Agreed {
        let answer = self.send(Request::new("DELETE", &self.target(key)))?;
        accepted(&answer, 204)?;
        let marker = if self.reference.versioning == Versioning::Never { None } else { Some("true") };
        same("x-amz-delete-marker", answer.header("x-amz-delete-marker"), marker)?;
        self.reference.delete(key, answer.header("x-amz-version-id"))
    }

    fn delete_version(&mut self, key: &str, nth: usize) -> Agreed {
        let Some(id) = self.nth_version(key, nth) else { return Ok(()) };
        let target = format!("{}?versionId={}", self.target(key), value(&id));
        let answer = self.send(Request::new("DELETE", &target))?;
        accepted(&answer, 204)?;
        let removed = self.reference.delete_version(key, &id);
        let was_marker = removed.is_some_and(|version| version.object.is_none());
        same("x-amz-delete-marker", answer.header("x-amz-delete-marker") == Some("true"), was_marker)?;
        match self.reference.versioning {
            Versioning::Never => Ok(()),
            _ => same("x-amz-version-id", answer.header("x-amz-version-id"), Some(id.as_str())),
        }
    }

    fn delete_many(&mut self, keys: &[(&'static str, Option<usize>)]) -> Agreed {
        let mut wanted: Vec<(&str, Option<String>)> = Vec::new();
        for (key, nth) in keys {
            if !wanted.iter().any(|(known, _)| known == key) {
                wanted.push((key, nth.and_then(|nth| self.nth_version(key, nth))));
            }
        }
        let mut document = String::from("<Delete>");
        for (key, id) in &wanted {
            let key = key.replace('&', "&amp;");
            let id = id.as_ref().map(|id| format!("<VersionId>{id}</VersionId>")).unwrap_or_default();
            document.push_str(&format!("<Object><Key>{key}</Key>{id}</Object>"));
        }
        document.push_str("</Delete>");
        let request = Request::new("POST", &format!("/{}?delete", self.bucket))
            .header("content-md5", &BASE64.encode(md5(document.as_bytes())));
        let answer = self.send(request.body(document))?;
        accepted(&answer, 200)?;
        let result = Node::parse(&answer.text());
        same("deleted keys", result.all("Deleted").count(), wanted.len())?;
        for (key, id) in wanted {
            let deleted = result.all("Deleted").find(|node| node.value("Key") == key);
            let deleted = deleted.ok_or_else(|| format!("{key} is not in {}", answer.text()))?;
            let marker = deleted.value("DeleteMarkerVersionId");
            match id {
                None => self.reference.delete(key, Some(marker).filter(|id| !id.is_empty()))?,
                Some(id) => {
                    let removed = self.reference.delete_version(key, &id);
                    let was_marker = removed.is_some_and(|version| version.object.is_none());
                    same("VersionId", deleted.value("VersionId"), id.as_str())?;
                    same("DeleteMarkerVersionId", marker, if was_marker { id.as_str() } else { "" })?;
                }
            }
        }
        Ok(())
    }

    fn get(&mut self, key: &str, nth: Option<usize>, range: Option<(usize, usize)>) -> Agreed {
        let id = nth.and_then(|nth| self.nth_version(key, nth));
        let version = match &id {
            Some(id) => self.reference.version(key, id).cloned(),
            None => self.reference.latest(key).cloned(),
        };
        self.compare_version(key, id.as_deref(), version.as_ref(), range)
    }

    /// GET, and HEAD, of what the reference holds.
    fn compare_version(
        &mut self,
        key: &str,
        id: Option<&str>,
        version: Option<&Version>,
        range: Option<(usize, usize)>,
    ) -> Agreed {
        let query = id.map(|id| format!("?versionId={}", value(id))).unwrap_or_default();
        let mut request = Request::new("GET", &(self.target(key) + &query));
        if let Some((start, more)) = range {
            request = request.header("range", &format!("bytes={start}-{}", start + more));
        }
        let answer = self.send(request.clone())?;
        let head = self.send(Request { method: "HEAD".into(), ..request })?;
        same("the status of HEAD", head.status, answer.status)?;
        let Some(object) = version.and_then(|version| version.object.as_ref()) else {
            let marker = version.map(|_| "true");
            same("x-amz-delete-marker", answer.header("x-amz-delete-marker"), marker)?;
            let by_id = version.is_some() && id.is_some();
            return refused(&answer, if by_id { (405, "MethodNotAllowed") } else { (404, "NoSuchKey") });
        };
        let size = object.body.len();
        let wanted = match range {
            Some((start, _)) if start >= size => return refused(&answer, (416, "InvalidRange")),
            Some((start, more)) => start..size.min(start + more + 1),
            None => 0..size,
        };
        accepted(&answer, if range.is_some() { 206 } else { 200 })?;
        same("the length in HEAD", head.header("content-length"), Some(wanted.len().to_string().as_str()))?;
        same("ETag in HEAD", head.etag(), object.etag.as_str())?;
        same("ETag", answer.etag(), object.etag.as_str())?;
        if answer.body != object.body[wanted] {
            return Err(format!("{key}: {} bytes that are not the object's", answer.body.len()));
        }
        let shown = version.filter(|_| self.reference.versioning != Versioning::Never);
        same("x-amz-version-id", answer.header("x-amz-version-id"), shown.map(|version| version.id.as_str()))
    }

    fn get_if(&mut self, key: &str, condition: &Condition) -> Agreed {
        let request = Request::new("GET", &self.target(key));
        let request = match condition {
            // For reads: "unless it is still this one".
            Condition::Absent => {
                let current = self.reference.current(key).map_or(NO_SUCH_ETAG, |object| object.etag.as_str());
                request.header("if-none-match", &format!("\"{current}\""))
            }
            condition => self.conditional(request, key, condition),
        };
        let answer = self.send(request)?;
        match (self.reference.current(key), condition) {
            (None, _) => refused(&answer, (404, "NoSuchKey")),
            (Some(object), Condition::Absent) => {
                accepted(&answer, 304)?;
                same("ETag", answer.etag(), object.etag.as_str())
            }
            (Some(_), Condition::Other) => refused(&answer, (412, "PreconditionFailed")),
            (Some(object), _) => {
                accepted(&answer, 200)?;
                same("body", answer.body == object.body, true)
            }
        }
    }

    fn create_upload(&mut self, key: &str) -> Agreed {
        let answer = self.send(Request::new("POST", &format!("{}?uploads", self.target(key))))?;
        accepted(&answer, 200)?;
        let id = Node::parse(&answer.text()).value("UploadId").to_string();
        let is_new = !id.is_empty() && self.reference.uploads.iter().all(|upload| upload.id != id);
        same("a new upload id", is_new, true)?;
        self.reference.uploads.push(Upload { key: key.into(), id, parts: Default::default() });
        Ok(())
    }

    fn part_target(&self, upload: usize, number: u32) -> String {
        let upload = &self.reference.uploads[upload];
        format!("{}?partNumber={number}&uploadId={}", self.target(&upload.key), value(&upload.id))
    }

    fn upload_part(&mut self, nth: usize, number: u32, length: usize) -> Agreed {
        let Some(upload) = self.nth_upload(nth) else { return Ok(()) };
        let body = self.noise(length);
        let object = Object::new(body);
        let request = Request::new("PUT", &self.part_target(upload, number)).body(object.body.clone());
        let answer = self.send(request)?;
        accepted(&answer, 200)?;
        same("ETag of the part", answer.etag(), object.etag.as_str())?;
        self.reference.uploads[upload].parts.insert(number, object.body);
        Ok(())
    }

    fn copy_part(&mut self, nth: usize, number: u32, from: &str) -> Agreed {
        let Some(upload) = self.nth_upload(nth) else { return Ok(()) };
        let source = self.reference.current(from).cloned();
        if source.as_ref().is_some_and(|object| object.body.is_empty()) {
            return Ok(());
        }
        let request = Request::new("PUT", &self.part_target(upload, number));
        let answer = self.send(request.header("x-amz-copy-source", &self.target(from)))?;
        let Some(object) = source else { return refused(&answer, (404, "NoSuchKey")) };
        accepted(&answer, 200)?;
        let part = Object::new(object.body);
        same(
            "ETag of the part",
            Node::parse(&answer.text()).value("ETag").trim_matches('"'),
            part.etag.as_str(),
        )?;
        self.reference.uploads[upload].parts.insert(number, part.body);
        Ok(())
    }

    fn complete(&mut self, nth: usize, condition: &Condition) -> Agreed {
        let Some(upload) = self.nth_upload(nth) else { return Ok(()) };
        let Upload { key, id, parts } = self.reference.uploads[upload].clone();
        let mut document = String::from("<CompleteMultipartUpload>");
        for (number, part) in &parts {
            let etag = Object::new(part.clone()).etag;
            document
                .push_str(&format!("<Part><PartNumber>{number}</PartNumber><ETag>\"{etag}\"</ETag></Part>"));
        }
        document.push_str("</CompleteMultipartUpload>");
        let request = Request::new("POST", &format!("{}?uploadId={}", self.target(&key), value(&id)));
        let request = self.conditional(request.body(document), &key, condition);
        let answer = self.send(request.clone())?;
        let object = match (self.reference.assemble(upload), self.reference.judge(&key, condition)) {
            (Ok(object), Ok(())) => object,
            (Err(refusal), Ok(())) | (Ok(_), Err(refusal)) => return refused(&answer, refusal),
            (Err(one), Err(other)) => return refused(&answer, one).or_else(|_| refused(&answer, other)),
        };
        accepted(&answer, 200)?;
        let etag = |answer: &Response| {
            Node::parse(answer.text().trim_start()).value("ETag").trim_matches('"').to_string()
        };
        same("ETag of the whole", etag(&answer), object.etag.clone())?;
        if matches!(condition, Condition::None) {
            // A client that lost the answer asks again, and gets it again.
            let again = self.send(request)?;
            accepted(&again, 200)?;
            same("ETag, asked again", etag(&again), object.etag.clone())?;
        }
        self.reference.uploads.remove(upload);
        self.reference.write(&key, Some(object), answer.header("x-amz-version-id"))
    }

    fn abort(&mut self, nth: usize) -> Agreed {
        let Some(upload) = self.nth_upload(nth) else { return Ok(()) };
        let Upload { key, id, .. } = self.reference.uploads.remove(upload);
        let target = format!("{}?uploadId={}", self.target(&key), value(&id));
        accepted(&self.send(Request::new("DELETE", &target))?, 204)?;
        let parts = self.send(Request::new("GET", &target))?;
        refused(&parts, (404, "NoSuchUpload"))
    }

    /// Everything that the bucket holds.
    pub(super) fn compare_all(&mut self) -> Agreed {
        self.compare_listings()?;
        let keys: Vec<String> = self.reference.keys().cloned().collect();
        for key in keys {
            for version in self.reference.versions(&key).to_vec() {
                let id = version.id.clone();
                self.compare_version(&key, Some(&id), Some(&version), None)?;
            }
        }
        for upload in 0..self.reference.uploads.len() {
            self.compare_parts(upload)?;
        }
        Ok(())
    }

    fn compare_parts(&mut self, upload: usize) -> Agreed {
        let Upload { key, id, parts } = self.reference.uploads[upload].clone();
        let answer =
            self.send(Request::new("GET", &format!("{}?uploadId={}", self.target(&key), value(&id))))?;
        accepted(&answer, 200)?;
        let listed: Vec<(String, String, String)> = Node::parse(&answer.text())
            .all("Part")
            .map(|part| {
                let etag = part.value("ETag").trim_matches('"').to_string();
                (part.value("PartNumber").to_string(), etag, part.value("Size").to_string())
            })
            .collect();
        let expected: Vec<(String, String, String)> = parts
            .iter()
            .map(|(number, part)| {
                (number.to_string(), Object::new(part.clone()).etag, part.len().to_string())
            })
            .collect();
        same("parts", listed, expected)
    }
}

/// The answer has this status and is no error document.
pub(super) fn accepted(answer: &Response, status: u16) -> Agreed {
    if answer.status == status && answer.code().is_empty() {
        return Ok(());
    }
    Err(format!("expected {status}, came {} {}", answer.status, answer.text()))
}

fn refused(answer: &Response, (status, code): Refusal) -> Agreed {
    if answer.status == status && answer.code() == code {
        return Ok(());
    }
    let body = answer.text();
    Err(format!(
        "expected {status} {code}, came {} {}",
        answer.status,
        &body[..body.floor_char_boundary(400)]
    ))
}

pub(super) fn same<T: PartialEq<U> + std::fmt::Debug, U: std::fmt::Debug>(
    what: &str,
    came: T,
    expected: U,
) -> Agreed {
    if came == expected { Ok(()) } else { Err(format!("{what}: expected {expected:?}, came {came:?}")) }
}

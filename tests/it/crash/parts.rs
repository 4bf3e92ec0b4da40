//! A worker that uploads in parts: parts survive, completion is all or nothing.

use tests::bodies::{Body, Noise};
use tests::client::{Client, value};
use tests::http::Request;
use tests::xml::Node;

use super::ledger::{Content, acknowledged, fresh, shown};
use super::{Interrupted, Worker};

/// The smallest size of any part but the last.
const PART_BYTES_MIN: usize = 5 * 1024 * 1024;
const TARGET: &str = "/plain/in-parts";

pub(super) struct Parts {
    noise: Noise,
    object: Option<Content>,
    upload: Option<Upload>,
}

/// An upload that was created, with the parts that were acknowledged.
#[derive(Clone, Debug)]
struct Upload {
    id: String,
    parts: Vec<Body>,
    /// What was on its way: the next part, or the completion.
    attempted: Option<Attempt>,
}

#[derive(Clone, Debug)]
enum Attempt {
    Part(Body),
    Complete,
    Abort,
}

impl Parts {
    pub(super) fn new(seed: u64) -> Parts {
        Parts { noise: Noise::new(seed), object: None, upload: None }
    }

    fn create(&mut self, client: &mut Client) -> Result<(), Interrupted> {
        let answer = acknowledged(client.try_send(Request::new("POST", &format!("{TARGET}?uploads"))))?;
        let id = Node::parse(&answer.text()).value("UploadId").to_string();
        self.upload = Some(Upload { id, parts: Vec::new(), attempted: None });
        Ok(())
    }

    fn send_part(&mut self, client: &mut Client, length: usize) -> Result<(), Interrupted> {
        let upload = self.upload.as_mut().expect("an upload");
        let part = fresh(length);
        upload.attempted = Some(Attempt::Part(part));
        let target = format!("{TARGET}?partNumber={}&uploadId={}", upload.parts.len() + 1, value(&upload.id));
        acknowledged(client.try_send(Request::new("PUT", &target).body(part.bytes())))?;
        upload.parts.push(part);
        upload.attempted = None;
        Ok(())
    }

    fn complete(&mut self, client: &mut Client) -> Result<(), Interrupted> {
        let upload = self.upload.as_mut().expect("an upload");
        upload.attempted = Some(Attempt::Complete);
        let listed = upload.parts.iter().enumerate().map(|(at, part)| {
            format!("<Part><PartNumber>{}</PartNumber><ETag>\"{}\"</ETag></Part>", at + 1, part.etag())
        });
        let document =
            format!("<CompleteMultipartUpload>{}</CompleteMultipartUpload>", listed.collect::<String>());
        let target = format!("{TARGET}?uploadId={}", value(&upload.id));
        acknowledged(client.try_send(Request::new("POST", &target).body(document)))?;
        let upload = self.upload.take().expect("an upload");
        self.object = Some(Content::Parts(upload.parts));
        Ok(())
    }

    fn abort(&mut self, client: &mut Client) -> Result<(), Interrupted> {
        let upload = self.upload.as_mut().expect("an upload");
        upload.attempted = Some(Attempt::Abort);
        let target = format!("{TARGET}?uploadId={}", value(&upload.id));
        acknowledged(client.try_send(Request::new("DELETE", &target)))?;
        self.upload = None;
        Ok(())
    }

    /// The parts that the server has of an upload, as ETags; `None` when there is no such upload.
    fn parts_of(client: &mut Client, id: &str) -> Option<Vec<String>> {
        let answer = client.call("GET", &format!("{TARGET}?uploadId={}", value(id)));
        let listing = (answer.status == 200).then(|| Node::parse(&answer.text()))?;
        Some(listing.all("Part").map(|part| part.value("ETag").trim_matches('"').to_string()).collect())
    }

    fn verify_upload(client: &mut Client, upload: &Upload) -> Result<(), String> {
        let etags = |parts: &[Body]| parts.iter().map(|part| part.etag()).collect::<Vec<_>>();
        let came = Parts::parts_of(client, &upload.id);
        let mut allowed = vec![Some(etags(&upload.parts))];
        match &upload.attempted {
            Some(Attempt::Part(part)) => {
                let with_it: Vec<Body> = upload.parts.iter().chain([part]).copied().collect();
                allowed.push(Some(etags(&with_it)));
            }
            Some(Attempt::Complete | Attempt::Abort) => allowed.push(None),
            None => {}
        }
        if allowed.contains(&came) { Ok(()) } else { Err(format!("parts {came:?}; allowed are {allowed:?}")) }
    }
}

impl Worker for Parts {
    fn step(&mut self, client: &mut Client) -> Result<(), Interrupted> {
        match &self.upload {
            None => self.create(client),
            Some(upload) => match upload.parts.len() {
                0 if self.noise.below(2) == 0 => self.send_part(client, PART_BYTES_MIN),
                0 => self.send_part(client, 300_000),
                // A short first part can only be the last one.
                1 if upload.parts[0].length == PART_BYTES_MIN => self.send_part(client, 10_000),
                _ if self.noise.below(5) == 0 => self.abort(client),
                _ => self.complete(client),
            },
        }
    }

    fn verify(&mut self, client: &mut Client) -> Result<(), String> {
        let answer = client.call("GET", TARGET);
        let upload = self.upload.take();
        let completed = upload.as_ref().filter(|upload| matches!(upload.attempted, Some(Attempt::Complete)));
        let completed = completed.map(|upload| Content::Parts(upload.parts.clone()));
        let is_old = self.object.as_ref().map_or(answer.status == 404, |content| content.is(&answer));
        match completed {
            Some(content) if content.is(&answer) => self.object = Some(content),
            _ if is_old => {}
            completed => {
                return Err(format!(
                    "{TARGET}: {} is neither {:?} nor {completed:?}",
                    shown(&answer),
                    self.object
                ));
            }
        }
        let Some(upload) = upload else { return Ok(()) };
        Parts::verify_upload(client, &upload)?;
        // Each round starts with a new upload.
        let aborted = client.call("DELETE", &format!("{TARGET}?uploadId={}", value(&upload.id)));
        if [204, 404].contains(&aborted.status) { Ok(()) } else { Err(format!("abort: {}", shown(&aborted))) }
    }
}

//! A worker on a versioned bucket: versions, delete markers, and deletes of single versions.

use tests::bodies::Noise;
use tests::client::{Client, value};
use tests::http::Request;
use tests::xml::Node;

use super::ledger::{Content, acknowledged, shown};
use super::{Interrupted, Worker};

const KEYS: usize = 3;
/// Beyond so many versions of a key the worker rather removes one.
const VERSIONS_MAX: usize = 6;

pub(super) struct Versioned {
    prefix: String,
    noise: Noise,
    keys: [Ledger; KEYS],
}

/// A version: its id, and what it holds; a delete marker holds nothing.
type Version = (String, Option<Content>);

#[derive(Clone, Debug, Default)]
struct Ledger {
    /// Newest first.
    versions: Vec<Version>,
    attempted: Option<Attempt>,
}

#[derive(Clone, Debug)]
enum Attempt {
    /// A new version or marker, whose id never arrived.
    Add(Option<Content>),
    /// The delete of a version.
    Remove(String),
}

impl Versioned {
    pub(super) fn new(number: usize, seed: u64) -> Versioned {
        Versioned { prefix: format!("worker-{number}/"), noise: Noise::new(seed), keys: Default::default() }
    }

    fn key(&self, key: usize) -> String {
        format!("{}key-{key}", self.prefix)
    }

    fn add(&mut self, client: &mut Client, key: usize, content: Option<Content>) -> Result<(), Interrupted> {
        let target = format!("/versioned/{}", self.key(key));
        let request = match &content {
            Some(content) => Request::new("PUT", &target).body(content.bytes()),
            None => Request::new("DELETE", &target),
        };
        self.keys[key].attempted = Some(Attempt::Add(content.clone()));
        let answer = acknowledged(client.try_send(request))?;
        let id = answer.header("x-amz-version-id").expect("a version id").to_string();
        self.keys[key].versions.insert(0, (id, content));
        self.keys[key].attempted = None;
        Ok(())
    }

    fn remove(&mut self, client: &mut Client, key: usize) -> Result<(), Interrupted> {
        let count = self.keys[key].versions.len() as u64;
        let nth = usize::try_from(self.noise.below(count)).expect("an index");
        let id = self.keys[key].versions[nth].0.clone();
        self.keys[key].attempted = Some(Attempt::Remove(id.clone()));
        let target = format!("/versioned/{}?versionId={}", self.key(key), value(&id));
        acknowledged(client.try_send(Request::new("DELETE", &target)))?;
        self.keys[key].versions.remove(nth);
        self.keys[key].attempted = None;
        Ok(())
    }

    /// The ids that the server lists for a key, newest first.
    fn listed(&self, client: &mut Client, key: usize) -> Vec<String> {
        let answer = client.get(&format!("/versioned?versions&prefix={}", self.key(key)));
        let listing = Node::parse(&answer.text());
        let entries =
            listing.children.iter().filter(|node| node.name == "Version" || node.name == "DeleteMarker");
        entries.map(|node| node.value("VersionId").to_string()).collect()
    }

    fn verify_key(&mut self, client: &mut Client, key: usize) -> Result<(), String> {
        let listed = self.listed(client, key);
        let ledger = &mut self.keys[key];
        let ids = |ledger: &Ledger| ledger.versions.iter().map(|(id, _)| id.clone()).collect::<Vec<_>>();
        let attempted = ledger.attempted.take();
        if ids(ledger) != listed {
            match &attempted {
                Some(Attempt::Add(content)) if !listed.is_empty() => {
                    ledger.versions.insert(0, (listed[0].clone(), content.clone()));
                }
                Some(Attempt::Remove(id)) => ledger.versions.retain(|(known, _)| known != id),
                _ => {}
            }
        }
        if ids(ledger) != listed {
            return Err(format!("versions {listed:?} instead of {:?}, attempted {attempted:?}", ids(ledger)));
        }
        for (nth, (id, content)) in ledger.versions.clone().into_iter().enumerate() {
            let target = format!("/versioned/{}", self.key(key));
            let answer = client.call("GET", &format!("{target}?versionId={}", value(&id)));
            let is_right = content.as_ref().map_or(answer.status == 405, |content| content.is(&answer));
            if !is_right {
                return Err(format!("version {nth} ({id}): {} instead of {content:?}", shown(&answer)));
            }
            if nth == 0 {
                let current = client.call("GET", &target);
                if !content.as_ref().map_or(current.status == 404, |content| content.is(&current)) {
                    return Err(format!("the current version: {} instead of {content:?}", shown(&current)));
                }
            }
        }
        Ok(())
    }
}

impl Worker for Versioned {
    fn step(&mut self, client: &mut Client) -> Result<(), Interrupted> {
        let key = usize::try_from(self.noise.below(KEYS as u64)).expect("an index");
        let count = self.keys[key].versions.len();
        match self.noise.below(10) {
            _ if count >= VERSIONS_MAX => self.remove(client, key),
            0..=2 if count > 0 => self.remove(client, key),
            3 | 4 => self.add(client, key, None),
            _ => {
                let content = Content::random(&mut self.noise);
                self.add(client, key, Some(content))
            }
        }
    }

    fn verify(&mut self, client: &mut Client) -> Result<(), String> {
        for key in 0..KEYS {
            self.verify_key(client, key).map_err(|why| format!("{}: {why}", self.key(key)))?;
        }
        Ok(())
    }
}

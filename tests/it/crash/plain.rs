//! A worker on an unversioned bucket: writes, overwrites, deletes, copies, reads.

use tests::bodies::Noise;
use tests::client::Client;
use tests::http::Request;
use tests::xml::Node;

use super::ledger::{Content, acknowledged, shown};
use super::{Interrupted, Worker};

const KEYS: usize = 8;

pub(super) struct Plain {
    /// The worker's keys start with it.
    prefix: String,
    noise: Noise,
    keys: [Ledger; KEYS],
}

/// One key.
#[derive(Clone, Debug, Default)]
struct Ledger {
    acknowledged: Option<Content>,
    /// What the interrupted request would have made of it.
    attempted: Option<Option<Content>>,
}

impl Plain {
    pub(super) fn new(number: usize, seed: u64) -> Plain {
        Plain { prefix: format!("worker-{number}/"), noise: Noise::new(seed), keys: Default::default() }
    }

    fn target(&self, key: usize) -> String {
        format!("/plain/{}key-{key}", self.prefix)
    }

    fn draw_key(&mut self) -> usize {
        usize::try_from(self.noise.below(KEYS as u64)).expect("an index")
    }

    /// Sends a request that makes `content` of a key.
    fn change(
        &mut self,
        client: &mut Client,
        key: usize,
        request: Request,
        content: Option<Content>,
    ) -> Result<(), Interrupted> {
        self.keys[key].attempted = Some(content.clone());
        acknowledged(client.try_send(request))?;
        self.keys[key] = Ledger { acknowledged: content, attempted: None };
        Ok(())
    }

    fn read(&mut self, client: &mut Client, key: usize) -> Result<(), Interrupted> {
        let answer = client.try_send(Request::new("GET", &self.target(key))).map_err(|_| Interrupted)?;
        match &self.keys[key].acknowledged {
            _ if answer.status == 503 => return Err(Interrupted),
            Some(content) => {
                assert!(content.is(&answer), "read after write of {}: {}", self.target(key), shown(&answer))
            }
            None => assert_eq!(answer.status, 404, "read after delete of {}", self.target(key)),
        }
        Ok(())
    }
}

impl Worker for Plain {
    fn step(&mut self, client: &mut Client) -> Result<(), Interrupted> {
        let key = self.draw_key();
        let target = self.target(key);
        match self.noise.below(10) {
            0..=5 => {
                let content = Content::random(&mut self.noise);
                let request = Request::new("PUT", &target).body(content.bytes());
                self.change(client, key, request, Some(content))
            }
            6 | 7 => self.change(client, key, Request::new("DELETE", &target), None),
            8 => {
                let from = self.draw_key();
                match self.keys[from].acknowledged.clone() {
                    Some(content) if from != key => {
                        let request =
                            Request::new("PUT", &target).header("x-amz-copy-source", &self.target(from));
                        self.change(client, key, request, Some(content))
                    }
                    _ => Ok(()),
                }
            }
            _ => self.read(client, key),
        }
    }

    fn verify(&mut self, client: &mut Client) -> Result<(), String> {
        let mut expected = Vec::new();
        for key in 0..KEYS {
            let target = self.target(key);
            let answer = client.call("GET", &target);
            let holds = |content: &Option<Content>| match content {
                Some(content) => content.is(&answer),
                None => answer.status == 404,
            };
            let ledger = &mut self.keys[key];
            match ledger.attempted.take() {
                Some(attempted) if holds(&attempted) => ledger.acknowledged = attempted,
                attempted if !holds(&ledger.acknowledged) => {
                    return Err(format!(
                        "{target}: {} is neither {:?} nor {attempted:?}",
                        shown(&answer),
                        ledger.acknowledged
                    ));
                }
                _ => {}
            }
            if ledger.acknowledged.is_some() {
                expected.push(format!("{}key-{key}", self.prefix));
            }
        }
        let listing = Node::parse(&client.get(&format!("/plain?list-type=2&prefix={}", self.prefix)).text());
        let listed: Vec<&str> = listing.all("Contents").map(|entry| entry.value("Key")).collect();
        if listed != expected {
            return Err(format!("{} lists {listed:?} instead of {expected:?}", self.prefix));
        }
        Ok(())
    }
}

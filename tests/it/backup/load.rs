//! Writers that know which states they have made.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use tests::bodies::{Body, Noise};
use tests::client::Client;
use tests::http::Request;
use tests::sign::MAIN;

/// Writers at a time.
const WRITERS: usize = 4;
/// Keys of a writer: most changes overwrite or delete.
const KEYS: u64 = 24;

/// How far a writer is, in changes.
#[derive(Debug, Default)]
struct Writer {
    seed: u64,
    begun: AtomicU64,
    acknowledged: AtomicU64,
}

/// How far all writers are: changes begun and acknowledged.
pub(super) type Progress = Vec<(u64, u64)>;

/// What a change leaves of its key.
fn change(seed: u64, number: u64) -> (u64, Option<Body>) {
    let mut noise = Noise::new(seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let key = noise.below(KEYS);
    let length = match noise.below(10) {
        0 => return (key, None),
        // A file of its own.
        1 => 300_000 + noise.below(400_000),
        _ => 16 + noise.below(30_000),
    };
    (key, Some(Body { seed: noise.draw(), length: usize::try_from(length).unwrap() }))
}

fn target(writer: usize, key: u64) -> String {
    format!("/load/writer-{writer}/key-{key}")
}

/// All of them.
pub(super) struct Writers {
    writers: Vec<Writer>,
}

impl Writers {
    pub(super) fn new(noise: &mut Noise) -> Writers {
        let writer = |_| Writer { seed: noise.draw(), ..Writer::default() };
        Writers { writers: (0..WRITERS).map(writer).collect() }
    }

    /// Lets them write while something happens.
    pub(super) fn work<T>(&mut self, port: u16, meanwhile: impl FnOnce(&Writers) -> T) -> T {
        let stop = AtomicBool::new(false);
        let writers = &*self;
        thread::scope(|scope| {
            for (number, writer) in writers.writers.iter().enumerate() {
                let stop = &stop;
                scope.spawn(move || {
                    let mut client = Client::new(port, Some(MAIN));
                    while !stop.load(Ordering::Acquire) {
                        writer.step(number, &mut client, stop);
                    }
                });
            }
            // The writers stop also when what happens fails.
            let _stop = Stop(&stop);
            meanwhile(writers)
        })
    }

    pub(super) fn progress(&self) -> Progress {
        let of = |writer: &Writer| {
            let acknowledged = writer.acknowledged.load(Ordering::Acquire);
            (writer.begun.load(Ordering::Acquire), acknowledged)
        };
        self.writers.iter().map(of).collect()
    }

    /// Whether what a server has is, for each writer, what was there after some change between what
    /// was acknowledged `before` and what was begun `after`.
    pub(super) fn compare(
        &self,
        client: &mut Client,
        before: &Progress,
        after: &Progress,
    ) -> Result<(), String> {
        for (number, writer) in self.writers.iter().enumerate() {
            let mut found = BTreeMap::new();
            for key in 0..KEYS {
                let answer = client.send(Request::new("GET", &target(number, key)));
                match answer.status {
                    200 => drop(found.insert(key, answer.body)),
                    404 => {}
                    status => return Err(format!("writer {number}, key {key}: {status} {}", answer.text())),
                }
            }
            let (least, most) = (before[number].1, after[number].0);
            let mut expected: BTreeMap<u64, Body> = BTreeMap::new();
            let mut is_found = false;
            for made in 0..=most {
                if made > 0 {
                    match change(writer.seed, made) {
                        (key, Some(body)) => drop(expected.insert(key, body)),
                        (key, None) => drop(expected.remove(&key)),
                    }
                }
                let lengths = |key: &u64| found.get(key).map(Vec::len);
                is_found |= made >= least
                    && expected.len() == found.len()
                    && expected.iter().all(|(key, body)| lengths(key) == Some(body.length))
                    && expected.iter().all(|(key, body)| found[key] == body.bytes());
            }
            if !is_found {
                return Err(format!(
                    "writer {number}: this is no state between its changes {least} and {most}"
                ));
            }
        }
        Ok(())
    }
}

impl Writer {
    /// One change, repeated until it is acknowledged: to repeat it makes the same state.
    fn step(&self, number: usize, client: &mut Client, stop: &AtomicBool) {
        let next = self.acknowledged.load(Ordering::Acquire) + 1;
        let (key, body) = change(self.seed, next);
        let request = match body {
            Some(body) => Request::new("PUT", &target(number, key)).body(body.bytes()),
            None => Request::new("DELETE", &target(number, key)),
        };
        self.begun.store(next, Ordering::Release);
        while !stop.load(Ordering::Acquire) {
            match client.try_send(request.clone()) {
                Ok(answer) if matches!(answer.status, 200 | 204) => {
                    self.acknowledged.store(next, Ordering::Release);
                    return;
                }
                _ => thread::sleep(Duration::from_millis(10)),
            }
        }
    }
}

/// Says stop when it is dropped.
struct Stop<'a>(&'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

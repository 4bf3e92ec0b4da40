//! What a worker knows: acknowledged contents, and the one request whose outcome it does not know.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};

use tests::bodies::{Body, Noise, hex, md5, md5_hex};
use tests::http::Response;

use super::Interrupted;

static SEEDS: AtomicU64 = AtomicU64::new(1);

/// What one object holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Content {
    /// Written by one PUT.
    Whole(Body),
    /// Written in parts.
    Parts(Vec<Body>),
}

impl Content {
    /// A body that no object had before, of a random size: empty, small, in the log, or in a file
    /// of its own.
    pub(super) fn random(noise: &mut Noise) -> Content {
        const LENGTHS: [usize; 8] = [0, 1, 700, 4_096, 20_000, 60_000, 300_000, 1_100_000];
        Content::Whole(fresh(*noise.pick(&LENGTHS)))
    }

    pub(super) fn bytes(&self) -> Vec<u8> {
        match self {
            Content::Whole(body) => body.bytes(),
            Content::Parts(parts) => parts.iter().flat_map(|part| part.bytes()).collect(),
        }
    }

    pub(super) fn etag(&self) -> String {
        match self {
            Content::Whole(body) => body.etag(),
            Content::Parts(parts) => {
                let digests: Vec<u8> = parts.iter().flat_map(|part| md5(&part.bytes())).collect();
                format!("{}-{}", md5_hex(&digests), parts.len())
            }
        }
    }

    /// Whether a response to a GET is this object, whole.
    pub(super) fn is(&self, response: &Response) -> bool {
        response.status == 200 && response.body == self.bytes() && response.etag() == self.etag()
    }
}

/// A body that no object had before.
pub(super) fn fresh(length: usize) -> Body {
    Body { seed: SEEDS.fetch_add(1, Ordering::Relaxed), length }
}

/// A name of the body for messages.
pub(super) fn shown(response: &Response) -> String {
    let start = hex(&response.body[..response.body.len().min(16)]);
    format!("{} {} ({} bytes, {start}…)", response.status, response.code(), response.body.len())
}

/// The answer to a request that must work, if it came at all.
pub(super) fn acknowledged(answer: io::Result<Response>) -> Result<Response, Interrupted> {
    match answer {
        Ok(response) if (200..300).contains(&response.status) && response.code().is_empty() => Ok(response),
        Ok(response) if response.status == 503 => Err(Interrupted),
        Ok(response) => panic!("under load: {} {}", response.status, response.text()),
        Err(_) => Err(Interrupted),
    }
}

//! The fuzz targets for a few seconds on every run: corpus files, mutated by a fixed sequence of
//! random numbers.
//!
//! `PORTCULLIS_FUZZ_SECONDS` sets the seconds for each target (2). A finding is printed as a byte
//! string; put it into the corpus of its target. `tests/fuzz` looks deeper, with coverage, on the
//! nightly toolchain.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tests::bodies::Noise;
use tests::cost;
use tests::fuzz::TARGETS;
use tests::fuzz::shapes::SHAPES;
use tests::http::{Connection, Request};
use tests::server::Server;
use tests::sign::Payload;
use tests::workspace;

/// Mutated inputs are no longer than this.
const BYTES_MAX: usize = 16 * 1024;

/// Pieces of the languages in question.
const TOKENS: [&str; 26] = [
    "\r\n",
    "\0",
    "%",
    "%00",
    "%ff",
    "=",
    "&",
    "?",
    "/",
    "//",
    ";",
    ",",
    "AWS4-HMAC-SHA256 ",
    "Credential=",
    "<",
    "</",
    "&#x0;",
    "<![CDATA[",
    "ffffffffffffffff",
    "-1",
    "*",
    "?",
    "*?*?",
    "${filename}",
    "<a>",
    "[",
];

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder: PathBuf = workspace::tests().join("fuzz").join("corpus").join(target);
    let files = workspace::files(&folder, "");
    assert!(!files.is_empty(), "no corpus for {target}");
    files.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

fn mutated(noise: &mut Noise, corpus: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = noise.pick(corpus).clone();
    for _ in 0..=noise.below(6) {
        let at = index(noise, bytes.len() + 1);
        match noise.below(8) {
            0 if at < bytes.len() => bytes[at] ^= 1 << noise.below(8),
            1 if at < bytes.len() => bytes[at] = noise.draw().to_le_bytes()[0],
            2 => {
                let end = (at + index(noise, 16)).min(bytes.len());
                bytes.drain(at..end);
            }
            3 => splice(&mut bytes, at, noise.pick(&TOKENS).as_bytes()),
            4 => {
                let end = (at + index(noise, 64)).min(bytes.len());
                let piece = bytes[at..end].repeat(1 + index(noise, 40));
                splice(&mut bytes, at, &piece);
            }
            // As often as it fits: separators, wildcards, empty elements, whatever stands here.
            5 => {
                let end = (at + 1 + index(noise, 24)).min(bytes.len());
                let piece = bytes[at.min(end)..end].repeat(BYTES_MAX / (end - at.min(end)).max(1));
                splice(&mut bytes, at, &piece);
            }
            6 => splice(&mut bytes, at, &noise.pick(&TOKENS).repeat(1 + index(noise, 2000)).into_bytes()),
            _ => {
                let other = noise.pick(corpus);
                let piece = other[index(noise, other.len() + 1)..].to_vec();
                splice(&mut bytes, at, &piece);
            }
        }
    }
    bytes.truncate(BYTES_MAX);
    bytes
}

fn index(noise: &mut Noise, limit: usize) -> usize {
    usize::try_from(noise.below(limit as u64)).unwrap()
}

fn splice(bytes: &mut Vec<u8>, at: usize, piece: &[u8]) {
    bytes.splice(at..at, piece.iter().copied());
}

fn seconds() -> Duration {
    Duration::from_secs(workspace::number("PORTCULLIS_FUZZ_SECONDS", 2))
}

#[test]
fn no_input_makes_a_parser_panic_or_work_long() {
    for target in TARGETS {
        let corpus = corpus(target.name);
        corpus.iter().for_each(|bytes| target.judge(bytes));
        let mut noise = Noise::new(1);
        let end = Instant::now() + seconds();
        while Instant::now() < end {
            let bytes = mutated(&mut noise, &corpus);
            let outcome = catch_unwind(AssertUnwindSafe(|| target.judge(&bytes)));
            assert!(outcome.is_ok(), "{}: b\"{}\"", target.name, bytes.escape_ascii());
        }
    }
}

/// Bytes of the shorter one of two inputs of a shape, and how many times longer the other one is.
const SHORTER: usize = 8 * 1024;
const LONGER: usize = 4;

#[test]
fn four_times_the_input_costs_about_four_times_as_much() {
    for shape in SHAPES {
        let entry = TARGETS.iter().find(|target| target.name == shape.target).unwrap().entry;
        let (short, long) = (shape.bytes(SHORTER), shape.bytes(SHORTER * LONGER));
        let costs = || (cost::least(5, || entry(&short)), cost::least(5, || entry(&long)));
        let (less, more) = costs();
        let name = shape.name();
        for (one, other) in [(less.allocated, more.allocated), (less.most, more.most)] {
            assert!(other <= one * 6 + (64 << 10), "{name}: {one} bytes, then {other}");
        }
        // With a square it is sixteen. What takes no time at all says nothing about it.
        let is_linear =
            |(less, more): (cost::Cost, cost::Cost)| more.time <= less.time * 8 + Duration::from_micros(400);
        let mut tries = std::iter::once((less, more)).chain(std::iter::repeat_with(costs).take(5));
        assert!(tries.any(is_linear), "{name}: {:?}, then {:?}", less.time, more.time);
    }
}

#[test]
fn no_framing_confuses_the_server() {
    let server = Server::start();
    server.client().put("/fuzz", "");
    let corpus = corpus("aws_chunked");
    let mut noise = Noise::new(2);
    let end = Instant::now() + seconds();
    while Instant::now() < end {
        let bytes = mutated(&mut noise, &corpus);
        let mut request = Request::new("PUT", "/fuzz/key").body("hello, world");
        request = server.client().signed(request, Payload::UnsignedChunks(8, &[]));
        request.body = bytes.clone();
        match server.client().try_send_as_is(&request) {
            Ok(answer) if answer.status == 200 => {
                assert_eq!(
                    server.client().get("/fuzz/key").body.len(),
                    "hello, world".len(),
                    "b\"{}\"",
                    bytes.escape_ascii()
                );
            }
            Ok(answer) => assert!(answer.status < 500, "{}: b\"{}\"", answer.status, bytes.escape_ascii()),
            Err(error) => panic!("{error}: b\"{}\"", bytes.escape_ascii()),
        }
    }
    assert!(server.is_alive());
}

#[test]
fn no_form_confuses_iam() {
    let server = Server::start();
    let mut client = server.client();
    let corpus = corpus("iam_form");
    let mut noise = Noise::new(4);
    let end = Instant::now() + seconds();
    while Instant::now() < end {
        let bytes = mutated(&mut noise, &corpus);
        let request = Request::new("POST", "/")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(bytes.clone());
        let status = client.send(request).status;
        assert!(status < 500 || status == 501, "{status}: b\"{}\"", bytes.escape_ascii());
    }
    let replaced = server.metric("portcullis_instances_replaced_total", &[]);
    assert_eq!(replaced, 0.0, "a stage trapped");
}

#[test]
fn no_head_confuses_the_server() {
    // Half a head is waited for no longer than this.
    let server = Server::start_with(&["--limits-request-head-seconds-max", "2"]);
    let corpus = corpus("http");
    let mut noise = Noise::new(3);
    let end = Instant::now() + seconds();
    while Instant::now() < end {
        let bytes = mutated(&mut noise, &corpus);
        let mut connection = Connection::open(server.port()).unwrap();
        connection.patience(Duration::from_secs(10)).unwrap();
        let _written = connection.write(&bytes);
        let _finished = connection.finish_writing();
        match connection.read_status() {
            Ok(status) => assert!(status < 500 || status == 501, "{status}: b\"{}\"", bytes.escape_ascii()),
            Err(error) => assert_ne!(
                error.kind(),
                std::io::ErrorKind::WouldBlock,
                "it hangs: b\"{}\"",
                bytes.escape_ascii()
            ),
        }
    }
    assert!(server.is_alive());
    let replaced = server.metric("portcullis_instances_replaced_total", &[]);
    assert_eq!(replaced, 0.0, "a stage trapped");
}

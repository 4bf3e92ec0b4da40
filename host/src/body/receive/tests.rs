//! Bodies of every kind into memory and into a real volume, and all the ways in which they fail.

use std::{
    collections::VecDeque,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use sha2::{Digest as _, Sha256};
use volume::{Batch, Options, Span};

use super::*;
use crate::body::{ChunkSignature, digest::compute, framing::FramingError};

const IDLE: Duration = Duration::from_secs(20);
/// For clients that stop sending.
const IMPATIENT: Duration = Duration::from_millis(30);

/// What a client does next.
#[derive(Clone)]
enum Act {
    Sends(Bytes),
    Breaks,
    Stalls,
}

/// A body as it arrives.
#[derive(Clone)]
struct Arriving(VecDeque<Act>);

#[derive(Debug, thiserror::Error)]
#[error("broken")]
struct Broken;

impl Body for Arriving {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        match self.0.pop_front() {
            None => Poll::Ready(None),
            Some(Act::Sends(bytes)) => Poll::Ready(Some(Ok(Frame::data(bytes)))),
            Some(Act::Breaks) => Poll::Ready(Some(Err(Broken))),
            Some(Act::Stalls) => {
                self.0.push_front(Act::Stalls);
                Poll::Pending
            }
        }
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::default()
    }
}

/// A body in pieces of so many bytes, and what comes after it.
fn arriving(bytes: &[u8], piece: usize, end: impl IntoIterator<Item = Act>) -> Arriving {
    let sent = bytes.chunks(piece).map(|piece| Act::Sends(Bytes::copy_from_slice(piece)));
    Arriving(sent.chain(end).collect())
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

fn unsigned_chunks(decoded_length: Option<u64>) -> Payload {
    Payload::Chunked(Chunked { decoded_length, signature: None, trailers: true })
}

fn signed_chunks() -> Payload {
    let signature = ChunkSignature::new([7; 32], "20130524T000000Z".into(), "scope".into(), "0".repeat(64));
    Payload::Chunked(Chunked { decoded_length: Some(3), signature: Some(signature), trailers: false })
}

struct Folder {
    volume: std::sync::Arc<Volume>,
    _dir: tempfile::TempDir,
}

fn folder() -> Folder {
    let dir = tempfile::tempdir().unwrap();
    Folder { volume: Volume::open(Options::new(dir.path())).unwrap(), _dir: dir }
}

impl Folder {
    fn keep(&self, blob: &PendingBlob) -> SpanReader {
        self.volume.commit_blocking(Batch { keep: vec![blob.id()], ..Batch::default() }).unwrap();
        let span = Span { blob: blob.id(), offset: 0, length: blob.length() };
        self.volume.reader(&[span], None).unwrap()
    }

    async fn read(&self, blob: &PendingBlob) -> Vec<u8> {
        let mut reader = self.keep(blob);
        let mut all = Vec::new();
        while let Some(bytes) = reader.next(TURN_BYTES).await.unwrap() {
            all.extend_from_slice(&bytes);
        }
        all
    }
}

fn plan(digests: &[Algorithm], content_length: Option<u64>) -> Plan {
    Plan { length_max: 5 << 20, digests: digests.to_vec(), content_length, key: None }
}

/// Bytes that repeat only after 251.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8).collect()
}

#[tokio::test]
async fn a_collected_body_is_the_body() {
    let bytes = pattern(200_000);
    for payload in [Payload::Unsigned, Payload::Sha256(sha256(&bytes))] {
        let collected = collect(arriving(&bytes, 7_000, []), payload, 200_000, IDLE).await.unwrap();
        assert_eq!(collected.bytes, bytes);
    }
}

#[tokio::test]
async fn a_body_longer_than_allowed_is_refused_in_every_way_of_saying_so() {
    let late = collect(arriving(b"abcd", 2, []), Payload::Unsigned, 3, IDLE).await;
    assert_eq!(late, Err(Failure::BodyTooLarge));
    let announced = collect(http_body_util::Full::new(Bytes::from("abcd")), Payload::Unsigned, 3, IDLE).await;
    assert_eq!(announced, Err(Failure::BodyTooLarge));
    // Announced lengths are refused before anything is read: this body never sends.
    let stalling = || arriving(b"", 1, [Act::Stalls]);
    let decoded = collect(stalling(), unsigned_chunks(Some(4)), 3, IDLE).await;
    assert_eq!(decoded, Err(Failure::BodyTooLarge));
    let Folder { volume, _dir } = folder();
    let plan = Plan { length_max: 3, content_length: Some(4), ..Plan::default() };
    let ingested = ingest(stalling(), Payload::Unsigned, plan, &volume, IDLE).await;
    assert_eq!(ingested.map(|_| ()), Err(Failure::BodyTooLarge));
}

#[tokio::test]
async fn a_body_that_is_not_what_was_signed_is_never_delivered() {
    let payload = || Payload::Sha256(sha256(b"abc"));
    let collected = collect(arriving(b"abd", 1, []), payload(), 10, IDLE).await;
    assert_eq!(collected, Err(Failure::PayloadMismatch));
    let Folder { volume, _dir } = folder();
    for bytes in [&b"abd"[..], b""] {
        let ingested = ingest(arriving(bytes, 1, []), payload(), plan(&[], None), &volume, IDLE).await;
        assert_eq!(ingested.map(|_| ()), Err(Failure::PayloadMismatch));
    }
    let framed = format!("3;chunk-signature={0}\r\nabc\r\n0;chunk-signature={0}\r\n\r\n", "0".repeat(64));
    let chunked = collect(arriving(framed.as_bytes(), 50, []), signed_chunks(), 10, IDLE).await;
    assert_eq!(chunked, Err(Failure::ChunkSignatureMismatch));
}

#[tokio::test]
async fn a_body_that_breaks_off_is_incomplete() {
    let broken = collect(arriving(b"abc", 2, [Act::Breaks]), Payload::Unsigned, 10, IDLE).await;
    assert_eq!(broken, Err(Failure::BodyIncomplete));
    let Folder { volume, _dir } = folder();
    let short = ingest(arriving(b"abc", 2, []), Payload::Unsigned, plan(&[], Some(4)), &volume, IDLE).await;
    assert_eq!(short.map(|_| ()), Err(Failure::BodyIncomplete));
    let framed = collect(arriving(b"3\r\nabc\r\n", 4, []), unsigned_chunks(None), 10, IDLE).await;
    assert_eq!(framed, Err(Failure::BodyIncomplete));
    let decoded =
        collect(arriving(b"3\r\nabc\r\n0\r\n\r\n", 4, []), unsigned_chunks(Some(4)), 10, IDLE).await;
    assert_eq!(decoded, Err(FramingError::DecodedLengthMismatch.into()));
    let malformed =
        collect(arriving(b"3\r\nabcd\r\n0\r\n\r\n", 4, []), unsigned_chunks(None), 10, IDLE).await;
    assert_eq!(malformed, Err(Failure::ChunkMalformed));
}

#[tokio::test]
async fn a_client_that_stops_sending_is_not_waited_for() {
    let stalled = collect(arriving(b"abc", 2, [Act::Stalls]), Payload::Unsigned, 10, IMPATIENT).await;
    assert_eq!(stalled, Err(Failure::BodyTimeout));
}

#[tokio::test]
async fn an_ingested_body_is_stored_with_its_digests_in_the_order_of_the_plan() {
    let folder = folder();
    let planned = [Algorithm::Crc64nvme, Algorithm::Sha256, Algorithm::Md5, Algorithm::Crc32];
    for (length, piece) in [(1, 1), (4096, 4096), (300_000, 65_536), (3_000_001, 100_000)] {
        let bytes = pattern(length);
        for payload in [Payload::Unsigned, Payload::Sha256(sha256(&bytes))] {
            let plan = plan(&planned, Some(length as u64));
            let body = arriving(&bytes, piece, []);
            let ingested = ingest(body, payload, plan, &folder.volume, IDLE).await.unwrap();
            assert_eq!(ingested.length, length as u64);
            let expected: Vec<_> = planned.map(|name| (name, compute(name, &bytes))).into();
            assert_eq!(ingested.digests, expected);
            assert!(folder.read(&ingested.blob.unwrap()).await == bytes, "{length} bytes");
        }
    }
}

#[tokio::test]
async fn an_empty_body_has_digests_and_no_blob() {
    let Folder { volume, _dir } = folder();
    for content_length in [None, Some(0)] {
        let plan = plan(&[Algorithm::Md5, Algorithm::Crc64nvme], content_length);
        let ingested = ingest(arriving(b"", 1, []), Payload::Unsigned, plan, &volume, IDLE).await.unwrap();
        assert!(ingested.blob.is_none());
        let expected = [Algorithm::Md5, Algorithm::Crc64nvme].map(|name| (name, compute(name, b"")));
        assert_eq!(ingested.digests, expected);
    }
}

#[tokio::test]
async fn a_framed_body_is_stored_without_its_framing() {
    let folder = folder();
    let bytes = pattern(1_500_000);
    let mut framed = Vec::new();
    for chunk in bytes.chunks(70_000) {
        framed.extend(format!("{:x}\r\n", chunk.len()).bytes());
        framed.extend(chunk.iter().chain(b"\r\n"));
    }
    framed.extend(b"0\r\nx-check:abc\r\n\r\n");
    let plan = plan(&[Algorithm::Md5], Some(framed.len() as u64));
    let payload = unsigned_chunks(Some(bytes.len() as u64));
    let ingested = ingest(arriving(&framed, 16_384, []), payload, plan, &folder.volume, IDLE).await.unwrap();
    assert_eq!(ingested.trailers, [("x-check".to_owned(), "abc".to_owned())]);
    assert_eq!(ingested.digests, [(Algorithm::Md5, compute(Algorithm::Md5, &bytes))]);
    assert!(folder.read(&ingested.blob.unwrap()).await == bytes);
}

#[tokio::test]
async fn stored_bytes_can_be_digested_later() {
    let folder = folder();
    let bytes = pattern(700_000);
    let ingested =
        ingest(arriving(&bytes, 50_000, []), Payload::Unsigned, plan(&[], None), &folder.volume, IDLE);
    let blob = ingested.await.unwrap().blob.unwrap();
    let digests = digest(folder.keep(&blob), vec![Algorithm::Sha1, Algorithm::Xxhash3]).await.unwrap();
    let expected = [Algorithm::Sha1, Algorithm::Xxhash3].map(|name| (name, compute(name, &bytes)));
    assert_eq!(digests, expected);
}

#[tokio::test]
async fn stored_bytes_come_into_a_blob_of_their_own() {
    let (folder, bytes) = (folder(), pattern(600_000));
    let asked = [Algorithm::Md5, Algorithm::Sha256];
    let whole = || plan(&asked, None);
    let first =
        ingest(arriving(&bytes, 9_000, []), Payload::Unsigned, whole(), &folder.volume, IDLE).await.unwrap();
    let reader = folder.keep(first.blob.as_ref().unwrap());
    let second = reseal(reader, whole(), &folder.volume).await.unwrap();
    assert_eq!((second.length, &second.digests), (600_000, &first.digests));
    let blob = second.blob.unwrap();
    assert_ne!(blob.id(), first.blob.unwrap().id());
    assert!(folder.read(&blob).await == bytes);
    let reader = folder.keep(&blob);
    let short = Plan { length_max: 599_999, ..whole() };
    assert_eq!(reseal(reader, short, &folder.volume).await.unwrap_err(), Failure::BodyTooLarge);
    let nothing = reseal(folder.volume.reader(&[], None).unwrap(), whole(), &folder.volume).await.unwrap();
    assert!(nothing.blob.is_none() && nothing.length == 0);
}

#[tokio::test]
async fn an_unwanted_body_is_read_away_within_limits() {
    let body = |end| arriving(&[0; 100], 30, end);
    assert_eq!(drain(body(vec![]), 100, IDLE).await, Drained::Whole);
    assert_eq!(drain(body(vec![]), 99, IDLE).await, Drained::Partly);
    assert_eq!(drain(body(vec![Act::Breaks]), 100, IDLE).await, Drained::Partly);
    assert_eq!(drain(body(vec![Act::Stalls]), 100, IMPATIENT).await, Drained::Partly);
}

#[tokio::test]
async fn a_failed_body_can_still_be_drained_by_who_kept_it() {
    let mut body = arriving(&[0; 100], 30, []);
    let failed = collect(&mut body, Payload::Unsigned, 10, IDLE).await;
    assert_eq!(failed, Err(Failure::BodyTooLarge));
    assert_eq!(drain(&mut body, 100, IDLE).await, Drained::Whole);
    assert!(body.0.is_empty());
}
